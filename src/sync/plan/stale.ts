/** Rows of jobs that are gone from Proxmox: the plugin keeps them, with a status that says so. */
import { choiceValue, relationId, textOf } from '../../netbox/records/compare.js';
import type { NetBoxRecord } from '../../netbox/types.js';
import type { Outcome } from '../types.js';
import { admitAbsence, type Absence } from './absence.js';
import type { ClusterView } from './cluster-views.js';
import type { PlanBuilder } from './plan-builder.js';

/** The rows of one endpoint of the plugin that say that their job exists. */
export function activeRowsOf(endpointId: number, rows: readonly NetBoxRecord[]): readonly NetBoxRecord[] {
  return rows.filter((row) => relationId(row['endpoint']) === endpointId && choiceValue(row['status']) !== 'stale');
}

export interface StaleRows extends Pick<Absence, 'kind' | 'noun' | 'stored' | 'limit'> {
  readonly view: ClusterView;
  /** The field that names the job. */
  readonly idField: string;
  readonly gone: readonly NetBoxRecord[];
}

/** Plans the mark for the rows that may get it; each counts as one discovered object of its kind, and as updated. */
export function planStale(builder: PlanBuilder, { view, idField, gone, ...stale }: StaleRows): void {
  const { kind } = stale;
  const source = { endpointId: view.owner.endpointId, cluster: view.name };
  const rows = gone.map((row) => ({ key: `${row.id}`, label: textOf(row[idField]), current: row, source }));
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
