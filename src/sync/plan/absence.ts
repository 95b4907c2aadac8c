/**
 * What to do with rows whose object is gone from Proxmox. Nothing is deleted or marked stale because something could not
 * be read, because it is not ours, or because suspiciously much is gone at once.
 */
import type { ObjectKind, RecordOf } from '../../netbox/kinds/index.js';
import { nameList } from '../../values/short-text.js';
import type { Reason, SourceRef } from '../types.js';
import type { DeleteLimit, SyncMode, SyncOptions } from './options.js';
import type { PlanBuilder } from './plan-builder.js';

/** So many may always go: a small estate changes by large shares. */
const alwaysAllowed = 10;

export interface AbsentRow<K extends ObjectKind> {
  readonly key: string;
  readonly label: string;
  readonly current: RecordOf<K>;
  readonly source?: SourceRef;
}

/** Rows of one kind and one Proxmox endpoint of which a complete read saw nothing. */
export interface Absence<K extends ObjectKind> {
  readonly kind: K;
  /** For the sentence: `backup`, `IP address`. */
  readonly noun: string;
  readonly endpointId: number;
  readonly cluster: string;
  /** Rows of the scope that NetBox holds, the absent ones included. */
  readonly stored: number;
  readonly rows: readonly AbsentRow<K>[];
  readonly limit: DeleteLimit;
  readonly mode: SyncMode;
  /** So many may always go, where it is not the ten of rows that are easily made again. */
  readonly handful?: number;
}

/** The mode under which rows of machines go: in the mode `bootstrap_only` of either class their tag protects them. */
export function protectingMode({ modes }: SyncOptions): SyncMode {
  return modes.vm === 'bootstrap_only' || modes.vm_template === 'bootstrap_only' ? 'bootstrap_only' : 'always';
}

export function exceedsLimit(
  absent: number,
  stored: number,
  ...[{ percent, force }, handful = alwaysAllowed]: [limit: DeleteLimit, handful?: number]
): boolean {
  return !force && percent < 100 && absent > handful && absent * 100 > stored * percent;
}

/** The rows that may go; none, with a warning, when they are too many at once. */
export function admitAbsence<K extends ObjectKind>(builder: PlanBuilder, absence: Absence<K>): readonly AbsentRow<K>[] {
  const { rows, stored, limit, noun, cluster, endpointId, mode, handful } = absence;
  const ours = mode === 'bootstrap_only' ? rows.filter(({ current }) => !builder.isBootstrapOnly(current)) : rows;
  if (!exceedsLimit(ours.length, stored, limit, handful)) return ours;
  builder.warn({
    code: 'delete_limit',
    message: `${ours.length} of ${stored} rows (${noun}) of cluster "${cluster}" are gone from Proxmox, more than ${limit.percent} %: none was deleted or marked (${nameList(ours.map(({ label }) => label))}). If that is right, run once with force_deletes=true or raise PROXBOX_DELETE_LIMIT_PERCENT.`,
    source: { endpointId, cluster },
  });
  return [];
}

/** Plans the deletion of the rows that may go. */
export function planDeletes<K extends ObjectKind>(
  builder: PlanBuilder,
  absence: Absence<K>,
  reason: (row: AbsentRow<K>) => Reason,
): void {
  for (const row of admitAbsence(builder, absence)) builder.remove({ kind: absence.kind, ...row }, reason(row));
}
