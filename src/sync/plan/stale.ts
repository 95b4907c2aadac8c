/** Rows of jobs that are gone from Proxmox: the plugin keeps them, with a status that says so. */
import type { RecordOf } from '../../netbox/kinds/index.js';
import type { Outcome } from '../types.js';
import { admitAbsence, type Absence } from './absence.js';
import type { ClusterView } from './cluster-views.js';
import type { PlanBuilder } from './plan-builder.js';

/** Kinds of rows about jobs that a whole cluster has. */
export type JobKind = 'replication' | 'backup-routine';

/** The rows of one endpoint of the plugin that say that their job exists. */
export function activeRowsOf<Row extends RecordOf<JobKind>>(endpointId: number, rows: readonly Row[]): readonly Row[] {
  return rows.filter((row) => row.endpoint === endpointId && row.status !== 'stale');
}

export interface StaleRows<K extends JobKind> extends Pick<Absence<K>, 'kind' | 'noun' | 'stored' | 'limit'> {
  readonly view: ClusterView;
  /** How the job is called. */
  readonly idOf: (row: RecordOf<K>) => string;
  readonly gone: readonly RecordOf<K>[];
}

/** Plans the mark for the rows that may get it; each counts as one discovered object of its kind, and as updated. */
export function planStale<K extends JobKind>(builder: PlanBuilder, { view, idOf, gone, ...stale }: StaleRows<K>): void {
  const { kind } = stale;
  const source = { endpointId: view.owner.endpointId, cluster: view.name };
  const rows = gone.map((row) => ({ key: `${row.id}`, label: idOf(row), current: row, source }));
  const admitted = admitAbsence(builder, { ...stale, ...source, rows, mode: 'always' });
  builder.discovered(kind, admitted.length);
  for (const { current, key, ...subject } of admitted)
    builder.add({ ...subject, kind, key: `stale ${key}`, fields: { status: 'stale' }, rules: {} }, current);
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
