import { isObject } from '../netbox/records/compare.js';
import type { RunSummary } from './runner.js';
import type { Stage } from './stage.js';
import type { Outcome } from './types.js';

/** The answer of a stage's JSON form: the NetBox objects that are now as they should be, without null values. */
export function stageJson(stage: Stage, summary: RunSummary): readonly object[] {
  const [mainKind] = stage.kinds;
  const done = summary.stages
    .flatMap(({ outcomes }) => outcomes)
    .filter(({ kind, record }) => kind === mainKind && record !== undefined);
  return mainKind === 'storage' ? done.map(storageRow) : done.map(({ record }) => withoutNulls(record ?? {}));
}

export function failedCount(summary: RunSummary): number {
  return summary.stages.reduce((sum, { counts }) => sum + counts.failed, 0);
}

function storageRow({ label, record, status, source }: Outcome): object {
  return { id: record?.id, name: label, cluster: source?.cluster ?? null, action: status };
}

function withoutNulls(record: object): object {
  return Object.fromEntries(
    Object.entries(record).filter(
      ([, value]) => value !== null && !(isObject(value) && Object.keys(value).length === 0),
    ),
  );
}
