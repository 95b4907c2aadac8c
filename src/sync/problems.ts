/** What a run could not do, object by object and grouped by reason. Pure. */
import { kinds } from '../netbox/kinds/index.js';
import { nameList, shortText } from '../values/short-text.js';
import { reasonCodes, type ReasonCode } from './reasons.js';
import type { StageResult } from './summary.js';
import type { Outcome, Reason, SourceRef, Warning } from './types.js';

/** One object that failed, one thing that was not read, or what an operator can mend. */
export interface Problem extends Reason {
  /** Where frames about it belong. */
  readonly phase: string;
  /** Of the object; absent where the reason is about more than one. */
  readonly subject?: Pick<Outcome, 'kind' | 'label' | 'id' | 'displayUrl'>;
  readonly source?: SourceRef;
  readonly hasFailed: boolean;
}

type Told = Pick<StageResult, 'phase' | 'outcomes' | 'warnings' | 'notes'>;

/** What a stage tells object by object: what failed, and what was left out for a reason that somebody can mend. */
export function problemsOf({ phase, outcomes, warnings, notes }: Told): readonly Problem[] {
  const ofObjects = outcomes.flatMap((outcome): readonly Problem[] => {
    const { reason, status, source } = outcome;
    if (reason === undefined) return [];
    const hasFailed = status === 'failed';
    if (!hasFailed && !(status === 'skipped' && isMendable(reason.code))) return [];
    return [{ ...reason, phase, subject: outcome, hasFailed, ...sourced(source) }];
  });
  const leftOut = notes
    .filter(({ code }) => reasonCodes[code].isPartial)
    .map(({ code, message, source }) => ({ code, message, phase, hasFailed: false, ...sourced(source) }));
  // What concerns a whole kind is the reason of each of its objects, and a warning as well: that of what others do without
  // counts and names them.
  const single = ofObjects.filter(
    ({ message, hasFailed }) => hasFailed || !warnings.some((warning) => warning.message.startsWith(`${message} `)),
  );
  const said = new Set(single.map(({ message }) => message));
  const others = warnings.filter(({ message }) => !said.has(message));
  return [...single, ...warningProblems(phase, others), ...leftOut];
}

export function warningProblems(phase: string, warnings: readonly Warning[]): readonly Problem[] {
  return warnings
    .filter(({ code }) => isMendable(code))
    .map(({ code, message, source }) => ({ code, message, phase, hasFailed: false, ...sourced(source) }));
}

/** Keeps a run from being complete. */
export function isDefect({ hasFailed, code }: Problem): boolean {
  return hasFailed || reasonCodes[code].isPartial;
}

/** The problems of one reason. */
export interface ProblemGroup {
  readonly code: ReasonCode;
  /** Never empty. */
  readonly problems: readonly [Problem, ...Problem[]];
}

/** Failures before what only followed from one, and these before what was not read; the most frequent reason first. */
export function groupProblems(problems: readonly Problem[]): readonly ProblemGroup[] {
  const groups = new Map<ReasonCode, [Problem, ...Problem[]]>();
  for (const problem of problems) {
    const group = groups.get(problem.code);
    if (group === undefined) groups.set(problem.code, [problem]);
    else group.push(problem);
  }
  const failures = (group: readonly Problem[]): number => group.filter(({ hasFailed }) => hasFailed).length;
  const rank = ({ code, problems: group }: ProblemGroup): number =>
    failures(group) === 0 ? 2 : code === 'dependency_failed' ? 1 : 0;
  return [...groups]
    .map(([code, group]) => ({ code, problems: group }))
    .sort(
      (a, b) =>
        rank(a) - rank(b) || failures(b.problems) - failures(a.problems) || b.problems.length - a.problems.length,
    );
}

/** A group as `errors` of the `complete` frame lists it; clients read `detail`. */
export interface ErrorGroup {
  readonly reason: string;
  readonly count: number;
  readonly detail: string;
  readonly suggestion: string;
  /** Names of the first three. */
  readonly examples: readonly string[];
}

/** Characters of JSON: with the remedy a group, and a frame about it, stay within 560. */
const room = { detail: 200, name: 40, summary: 240 } as const;
const exampleCount = 3;

export function errorGroup({ code, problems }: ProblemGroup): ErrorGroup {
  return {
    reason: code,
    count: problems.length,
    detail: shortText(`${code}: ${problems[0].message}`, room.detail),
    suggestion: reasonCodes[code].remedy,
    examples: problems.slice(0, exampleCount).map((problem) => shortText(nameOf(problem), room.name)),
  };
}

/** A group in one sentence: reason, number, first names, and what was said about the first. */
export function summaryText(group: ProblemGroup): string {
  return shortText(`${namesText(group)} ${group.problems[0].message}`, room.summary);
}

/** `node_offline (5): web, db, mail and 2 more.` */
export function namesText({ code, problems }: ProblemGroup): string {
  const names = problems.map((problem) => shortText(nameOf(problem), room.name));
  return `${code} (${problems.length}): ${nameList(names, { most: exampleCount })}.`;
}

/** Groups for which there is no sentence of their own. */
export function shortSummary(texts: readonly string[]): string {
  return shortText(texts.join(' '), room.summary);
}

/** For people: the object, or where it happened. */
export function nameOf({ subject, source, phase }: Problem): string {
  if (subject !== undefined) return subject.label;
  return source?.name ?? source?.node ?? source?.cluster ?? phase;
}

/** `virtual machine`; empty where it is about no single object. */
export function nounOf({ subject }: Problem): string {
  return subject === undefined ? '' : kinds[subject.kind].noun;
}

function isMendable(code: ReasonCode): boolean {
  return reasonCodes[code].concern === 'mendable';
}

function sourced(source: SourceRef | undefined): { readonly source?: SourceRef } {
  return source === undefined ? {} : { source };
}
