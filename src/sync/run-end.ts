/** How a run ends: one status, and the sentence that goes with it. The one place that decides. Pure. */
import { plural } from '../values/short-text.js';
import type { ProxboxError } from '../errors/proxbox-error.js';
import { kinds, type ObjectKind } from '../netbox/kinds/index.js';
import { groupProblems, isDefect, problemsOf, warningProblems, type Problem } from './problems.js';
import type { StageResult, StageStatus } from './summary.js';
import type { Warning } from './types.js';

export type RunStatus = StageStatus | 'cancelled';

/** What a stage came to. `error`: why it could not go on. */
export function statusOfStage(
  done: Omit<StageResult, 'status' | 'isThrough'>,
  { mainKind, error }: { readonly mainKind: ObjectKind; readonly error: ProxboxError | undefined },
): StageStatus {
  const main = done.kinds.get(mainKind);
  if (error !== undefined || (main !== undefined && main.failed * 2 > main.discovered)) return 'failed';
  return problemsOf(done).some(isDefect) ? 'partial' : 'completed';
}

/** All that decides about a run which was not ended from outside. */
export interface Done {
  /** That ran; a stage that was switched off is none. */
  readonly stages: readonly StageResult[];
  /** What everything hangs on; undefined where nothing was to be done. */
  readonly support: StageResult | undefined;
  /** Found while the run was prepared. */
  readonly warnings: readonly Warning[];
  /** Stages that were not run, because one that they need has failed. */
  readonly cancelled: number;
  /** The stage that was asked for, where what ran besides only goes on with it: its failure is that of the run. */
  readonly main?: StageResult | undefined;
}

export function statusOfRun(done: Done): StageStatus {
  const { stages, cancelled, main } = done;
  if (main?.status === 'failed') return 'failed';
  if (stages.length > 0 && stages.every(({ status }) => status === 'failed')) return 'failed';
  const isWhole = cancelled === 0 && stages.every(({ status }) => status === 'completed');
  return isWhole && !problemsOfRun(done).some(isDefect) ? 'completed' : 'partial';
}

/** What was told object by object, of all stages. */
export function problemsOfRun({ stages, support, warnings }: Omit<Done, 'cancelled' | 'main'>): readonly Problem[] {
  const all = support === undefined ? stages : [support, ...stages];
  return [...warningProblems('run', warnings), ...all.flatMap(problemsOf)];
}

const mostParts = 6;

/** What is missing, in numbers: `19 of 20 virtual machines failed, node_offline (3)`. */
export function inNumbers(done: Done): string {
  const { stages, cancelled } = done;
  const failedStages = stages.filter(({ error }) => error !== undefined).map(({ title }) => `${title} failed`);
  const left = groupProblems(problemsOfRun(done).filter((problem) => isDefect(problem) && !problem.hasFailed)).map(
    ({ code, problems }) => `${code} (${problems.length})`,
  );
  const notRun = cancelled === 0 ? [] : [`${cancelled} ${plural('stage', cancelled)} not run`];
  const parts = [...failedStages, ...failuresInNumbers(done), ...notRun, ...left];
  const more = parts.length > mostParts ? [`${parts.length - mostParts} more`] : [];
  return [...parts.slice(0, mostParts), ...more].join(', ');
}

/** `19 of 20 virtual machines failed`, for every kind of which something did. */
export function failuresInNumbers({ stages, support }: Pick<Done, 'stages' | 'support'>): readonly string[] {
  return [...(support === undefined ? [] : [support]), ...stages].flatMap((stage) =>
    [...stage.kinds].flatMap(([kind, { failed, discovered }]) =>
      failed === 0 ? [] : [`${failed} of ${discovered} ${plural(kinds[kind].noun, discovered)} failed`],
    ),
  );
}
