/** The answer of a stage's JSON form. */
import { renderedOf } from '../netbox/kinds/decode.js';
import { isObject } from '../values/plain-object.js';
import type { Outcome } from './types.js';
import { isDone } from './run-report.js';
import type { RunSummary } from './run-finish.js';
import type { StageEntry } from './stages/index.js';

/** The NetBox objects that are now as they should be (without null values), or counters. */
export function stageJson({ stage, answer, row }: StageEntry, summary: RunSummary): object {
  if (answer === 'counters') return summary.result;
  const all = summary.stages.flatMap(({ outcomes }) => outcomes);
  return all.filter(isDone(stage.kinds[0])).map((outcome) => row?.(outcome, all) ?? withoutNulls(rendering(outcome)));
}

export function failedCount(summary: RunSummary): number {
  return summary.stages.reduce((sum, { counts }) => sum + counts.failed, 0);
}

/** A dry run has no object to show of what it would create. */
function rendering({ record, label }: Outcome): object {
  return (record === undefined ? undefined : renderedOf(record)) ?? { name: label };
}

function withoutNulls(record: object): object {
  return Object.fromEntries(
    Object.entries(record).filter(
      ([, value]) => value !== null && !(isObject(value) && Object.keys(value).length === 0),
    ),
  );
}
