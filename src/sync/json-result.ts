import { isObject } from '../netbox/records/compare.js';
import { isDone } from './run-report.js';
import type { RunSummary } from './runner.js';
import type { StageEntry } from './stages/index.js';

/** The answer of a stage's JSON form: the NetBox objects that are now as they should be (without null values), or counters. */
export function stageJson({ stage, answer, row }: StageEntry, summary: RunSummary): object {
  if (answer === 'counters') return summary.result ?? {};
  const all = summary.stages.flatMap(({ outcomes }) => outcomes);
  return all.filter(isDone(stage.kinds[0])).map((outcome) => row?.(outcome, all) ?? withoutNulls(outcome.record ?? {}));
}

export function failedCount(summary: RunSummary): number {
  return summary.stages.reduce((sum, { counts }) => sum + counts.failed, 0);
}

function withoutNulls(record: object): object {
  return Object.fromEntries(
    Object.entries(record).filter(
      ([, value]) => value !== null && !(isObject(value) && Object.keys(value).length === 0),
    ),
  );
}
