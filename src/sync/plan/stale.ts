/** Rows of jobs and networks that are gone from Proxmox: the plugin keeps them, with a status that says so. */
import type { RecordOf } from '../../netbox/kinds/index.js';
import type { ObjectKey, Outcome } from '../types.js';
import { counted } from '../../values/short-text.js';
import { admitAbsence, type Absence } from './absence.js';
import type { ClusterView } from './cluster-views.js';
import type { SyncMode } from './options.js';
import type { PlanBuilder } from './plan-builder.js';

/** Kinds of rows about what a whole cluster has. */
export type KeptKind = 'replication' | 'backup-routine' | SdnKind;

/** Kinds of rows about software-defined networks. */
export type SdnKind =
  | 'sdn-controller'
  | 'sdn-zone'
  | 'sdn-vnet'
  | 'sdn-subnet'
  | 'sdn-fabric'
  | 'sdn-route-map'
  | 'sdn-prefix-list'
  | 'sdn-binding';

/** The rows of one endpoint of the plugin that say that what they are about exists. */
export function activeRowsOf<Row extends RecordOf<KeptKind>>(endpointId: number, rows: readonly Row[]): readonly Row[] {
  return rows.filter((row) => row.endpoint === endpointId && row.status !== 'stale');
}

export interface StaleRows<K extends KeptKind> extends Pick<Absence<K>, 'kind' | 'noun' | 'stored' | 'limit'> {
  readonly view: ClusterView;
  /** Of what the rows are about; absent: `always`. */
  readonly mode?: SyncMode;
  /** What it is called. */
  readonly idOf: (row: RecordOf<K>) => string;
  readonly gone: readonly RecordOf<K>[];
  /** Plans what has to be written before the mark, and answers its key: where that fails, the row is not marked. */
  readonly first?: (row: RecordOf<K>) => ObjectKey | undefined;
}

/** Plans the mark for the rows that may get it (none while the cluster has no quorum), and answers them; each counts as one discovered object of its kind, and as updated. */
export function planStale<K extends KeptKind>(
  builder: PlanBuilder,
  { view, mode = 'always', idOf, gone, first, ...stale }: StaleRows<K>,
): readonly RecordOf<K>[] {
  const { kind, noun } = stale;
  const source = { endpointId: view.owner.endpointId, cluster: view.name };
  if (!view.isQuorate && gone.length > 0) {
    const message = `${counted(noun, gone.map(idOf))} of "${view.name}" not listed, by a node without quorum, which hears of nothing new: what is stored stays as it is.`;
    builder.warn({ code: 'read_incomplete', message, source });
    return [];
  }
  const rows = gone.map((row) => ({ key: `${row.id}`, label: idOf(row), current: row, source }));
  const admitted = admitAbsence(builder, { ...stale, ...source, rows, mode });
  builder.discovered(kind, admitted.length);
  for (const { current, key, ...subject } of admitted) {
    const after = first?.(current);
    const mark = { ...subject, kind, key: `stale ${key}`, fields: { status: 'stale' }, rules: {} };
    builder.add(after === undefined ? mark : { ...mark, after }, current);
  }
  return admitted.map(({ current }) => current);
}

function isStaleMark({ status, why = [] }: Outcome): boolean {
  return status === 'updated' && why.some(({ field, to }) => field === 'status' && to === 'stale');
}

export function countStale(outcomes: readonly Outcome[]): number {
  return outcomes.filter(isStaleMark).length;
}

/** What was created or updated, without the marks: what clients of the two job stages know as their count. */
export function countWritten(outcomes: readonly Outcome[]): number {
  const written = outcomes.filter(({ status }) => status === 'created' || status === 'updated');
  return written.length - countStale(outcomes);
}
