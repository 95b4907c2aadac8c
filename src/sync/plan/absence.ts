/**
 * What to do with rows whose object is gone from Proxmox. Nothing is deleted or marked stale because something could not
 * be read, because it is not ours, or because suspiciously much is gone at once.
 */
import type { ObjectKind } from '../../netbox/records/kinds.js';
import type { NetBoxRecord } from '../../netbox/types.js';
import type { Reason, SourceRef } from '../types.js';
import type { DeleteLimit, SyncMode, SyncOptions } from './options.js';
import type { PlanBuilder } from './plan-builder.js';

/** So many may always go: a small estate changes by large shares. */
const alwaysAllowed = 10;

export interface AbsentRow {
  readonly key: string;
  readonly label: string;
  readonly current: NetBoxRecord;
  readonly source?: SourceRef;
}

/** Rows of one kind and one Proxmox endpoint of which a complete read saw nothing. */
export interface Absence {
  readonly kind: ObjectKind;
  /** For the sentence: `backup`, `IP address`. */
  readonly noun: string;
  readonly endpointId: number;
  readonly cluster: string;
  /** Rows of the scope that NetBox holds, the absent ones included. */
  readonly stored: number;
  readonly rows: readonly AbsentRow[];
  readonly limit: DeleteLimit;
  readonly mode: SyncMode;
}

/** The mode under which rows of machines go: in the mode `bootstrap_only` of either class their tag protects them. */
export function protectingMode({ modes }: SyncOptions): SyncMode {
  return modes.vm === 'bootstrap_only' || modes.vm_template === 'bootstrap_only' ? 'bootstrap_only' : 'always';
}

export function exceedsLimit(absent: number, stored: number, { percent, force }: DeleteLimit): boolean {
  return !force && percent < 100 && absent > alwaysAllowed && absent * 100 > stored * percent;
}

/** The rows that may go; none, with a warning, when they are too many at once. */
export function admitAbsence(builder: PlanBuilder, absence: Absence): readonly AbsentRow[] {
  const { rows, stored, limit, noun, cluster, endpointId, mode } = absence;
  const ours = mode === 'bootstrap_only' ? rows.filter(({ current }) => !builder.isBootstrapOnly(current)) : rows;
  if (!exceedsLimit(ours.length, stored, limit)) return ours;
  builder.warn({
    code: 'delete_limit',
    message: `${ours.length} of ${stored} rows (${noun}) of cluster "${cluster}" are gone from Proxmox, more than ${limit.percent} %: none was deleted or marked stale. If that is right, run once with force_deletes=true or raise PROXBOX_DELETE_LIMIT_PERCENT.`,
    source: { endpointId, cluster },
  });
  return [];
}

/** Plans the deletion of the rows that may go. */
export function planDeletes(builder: PlanBuilder, absence: Absence, reason: (row: AbsentRow) => Reason): void {
  for (const row of admitAbsence(builder, absence)) builder.remove({ kind: absence.kind, ...row }, reason(row));
}
