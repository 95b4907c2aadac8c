/** Rows of the plugin about what Proxmox no longer has. Pure. */
import { counted } from '../../../values/short-text.js';
import type { RecordOf } from '../../../netbox/kinds/index.js';
import type { DeleteLimit, SyncMode } from '../../plan/options.js';
import type { PlanBuilder } from '../../plan/plan-builder.js';
import { planStale, type SdnKind, type StaleRows } from '../../plan/stale.js';
import { activeRows, doubledRows, missingRows, rowsOf, type RowKind } from './map-rows.js';
import type { SdnCluster, StoredSdn } from './types.js';

export interface GoneInput {
  readonly stored: StoredSdn;
  readonly deleteLimit: DeleteLimit;
  readonly mode: SyncMode;
}

export interface Gone<K extends SdnKind> {
  /** From now on. */
  readonly marked: readonly RecordOf<K>[];
  /** They were too many at once: none was marked. */
  readonly isHeld: boolean;
}

interface GoneKind<K extends SdnKind> extends RowKind<K>, Pick<StaleRows<K>, 'first'> {
  readonly kind: K;
}

/** Marks rows that Proxmox would list if what they are about existed, and rows that are there under another name of the cluster as well. */
export function planGone<K extends SdnKind>(
  builder: PlanBuilder,
  { kind, noun, nameOf, aclPathOf, first }: GoneKind<K>,
  sdn: SdnCluster,
  { stored, deleteLimit, mode }: GoneInput,
): Gone<K> {
  const { view } = sdn.cluster;
  const missing = missingRows(kind, sdn, stored);
  const isGone = (row: RecordOf<K>): boolean => {
    const path = aclPathOf(row, sdn);
    return path === null || sdn.shown.has(path);
  };
  const hidden = missing.filter((row) => !isGone(row)).map(nameOf);
  if (hidden.length > 0)
    builder.warn({
      code: 'privilege_optional',
      message: `${counted(noun, hidden)} of "${view.name}" not listed: gone, or hidden from the Proxmox user, who needs SDN.Audit there. What is stored stays as it is.`,
      source: { endpointId: view.owner.endpointId, cluster: view.name },
    });
  const gone = missing.filter(isGone);
  const rows = { kind, noun, view, mode, idOf: nameOf, ...(first === undefined ? {} : { first }) };
  const active = activeRows(rowsOf(kind, sdn, stored)).length;
  const marked = planStale(builder, { ...rows, stored: active, gone, limit: deleteLimit });
  const doubled = activeRows(doubledRows(kind, sdn, stored));
  const more = planStale(builder, { ...rows, stored: doubled.length, gone: doubled, limit: noLimit });
  return { marked: [...marked, ...more], isHeld: marked.length === 0 && gone.length > 0 };
}

/** For rows that follow from others. */
export const noLimit: DeleteLimit = { percent: 100, force: false };

/** What the Python service kept of every route, address and bridge that nodes had learned: this service reads none of them. */
const learned = new Set(['node-zone-bridge', 'node-zone-content', 'node-ip-vrf', 'node-mac-vrf']);

/** Those rows say nothing that is still true, however many they are. */
export function planLearned(builder: PlanBuilder, sdn: SdnCluster, { stored, mode }: GoneInput): void {
  const rows = activeRows(rowsOf('sdn-binding', sdn, stored)).filter((row) => learned.has(row.source_type));
  planStale(builder, {
    kind: 'sdn-binding',
    noun: 'SDN binding',
    view: sdn.cluster.view,
    mode,
    idOf: (row: RecordOf<'sdn-binding'>) => `${row.source_type} ${row.source_name}`,
    stored: rows.length,
    gone: rows,
    limit: noLimit,
  });
}
