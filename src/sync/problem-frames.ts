/** Frames and log lines about what a run could not do. */
import { errorCatalog } from '../errors/catalog.js';
import { errorText, type ProxboxError } from '../errors/proxbox-error.js';
import type { ErrorCategory } from '../errors/catalog-entry.js';
import type { Item, RunEvent } from './events.js';
import {
  groupProblems,
  nameOf,
  namesText,
  nounOf,
  shortSummary,
  summaryText,
  type Problem,
  type ProblemGroup,
} from './problems.js';
import { reasonCodes } from './reasons.js';
import type { RunContext } from './run-context.js';
import type { StageResult } from './summary.js';
import type { SourceRef } from './types.js';

/** So many frames about single objects per stage; the log has them all. */
const maxDetails = 50;
const maxClosing = 3;

interface Detail {
  readonly phase: string;
  readonly category: ErrorCategory;
  readonly message: string;
  readonly detail: string;
  readonly suggestion: string;
  readonly item?: Item;
}

type DetailFrame = Extract<RunEvent, { readonly event: 'error_detail' }>;

function errorDetail(data: Detail): DetailFrame {
  return { event: 'error_detail', data: { event: 'error_detail', ...data } };
}

/** One log line for each, and one frame for each of the first 50; the frame after these counts the others. */
export function tellProblems(run: Pick<RunContext, 'events' | 'logger'>, problems: readonly Problem[]): void {
  for (const problem of problems) logProblem(run.logger, problem);
  for (const problem of problems.slice(0, maxDetails)) run.events.emit(problemDetail(problem));
  const [next, ...others] = problems.slice(maxDetails);
  if (next === undefined) return;
  const message = `${others.length + 1} more could not be brought up to date; the log of the service names each of them.`;
  run.events.emit(errorDetail({ ...told(next), message, detail: message }));
}

function logProblem(logger: RunContext['logger'], problem: Problem): void {
  const { code, message, phase, source, subject } = problem;
  const of = source === undefined ? {} : whereOf(source);
  logger.warn(
    { stage: phase, kind: subject?.kind, object: nameOf(problem), code, ...of },
    [nounOf(problem), `"${nameOf(problem)}":`, `${code}:`, message].filter((part) => part !== '').join(' '),
  );
}

export function problemDetail(problem: Problem): RunEvent {
  const { code, message, subject, source } = problem;
  const item = subject === undefined ? {} : { item: itemOf({ ...subject, code, source }) };
  return errorDetail({ ...told(problem), message, detail: `${code}: ${message}`, ...item });
}

function told({ phase, code }: Problem) {
  const { category, remedy } = reasonCodes[code];
  return { phase, category, suggestion: remedy };
}

interface Closing {
  readonly frame: DetailFrame;
  /** For a place that it shares. */
  readonly brief: string;
}

/**
 * The last frames of a partial run: up to three, the worst first; where there is more to say, the third names all the rest.
 * A reader that keeps one frame in a while gets each of them, because it is given time before each (http/stream/pace-frames.ts).
 */
export function closingSummaries(
  phase: string,
  failedStages: readonly DetailFrame[],
  problems: readonly Problem[],
): readonly RunEvent[] {
  const closings: Closing[] = [
    ...failedStages.map((frame) => ({ frame, brief: frame.data.message })),
    ...groupProblems(problems).map((group) => ({ frame: groupDetail(phase, group), brief: namesText(group) })),
  ];
  const [last, ...more] = closings.splice(maxClosing - 1);
  const frames = closings.map(({ frame }) => frame);
  if (last !== undefined) frames.push(more.length === 0 ? last.frame : restDetail(last, more));
  return frames.map((frame) => ({ ...frame, isClosing: true }));
}

function groupDetail(phase: string, group: ProblemGroup): DetailFrame {
  const detail = `${group.code} (${group.problems.length})`;
  return errorDetail({ ...told(group.problems[0]), phase, message: summaryText(group), detail });
}

function restDetail(first: Closing, more: readonly Closing[]): DetailFrame {
  const { phase, category } = first.frame.data;
  return errorDetail({
    phase,
    category,
    message: shortSummary([first, ...more].map(({ brief }) => brief)),
    detail: `${more.length + 1} further reasons`,
    suggestion: 'Read the log of the service: it names each object, with what is to be done.',
  });
}

/** Why a stage or run could not go on. */
export function failureDetail(
  { phase, title }: Pick<StageResult, 'phase' | 'title'>,
  error: ProxboxError,
): DetailFrame {
  return errorDetail({
    phase,
    category: errorCatalog[error.code].category,
    message: `${title} sync failed.`,
    detail: textWithCode(error),
    suggestion: error.remedy,
  });
}

/** `netbox_overwhelmed` and the like stay visible in job logs. */
export function textWithCode(error: ProxboxError): string {
  const text = errorText(error);
  return errorCatalog[error.code].isRemote ? `${error.code}: ${text}` : text;
}

/** An object as frames name it, with where it is in Proxmox and why it is told. */
export function itemOf({
  label,
  id,
  displayUrl: url = '',
  code,
  source,
  kind,
}: NonNullable<Problem['subject']> & {
  readonly code?: string | undefined;
  readonly source?: SourceRef | undefined;
}): Item {
  const extra = {
    ...(source === undefined ? {} : { cluster: source.cluster }),
    ...(source?.vmid === undefined ? {} : { vmid: source.vmid }),
    ...(code === undefined ? {} : { reason: code }),
  };
  return {
    name: label,
    ...(id === undefined ? {} : { netbox_id: id }),
    ...(url === '' ? {} : { netbox_url: url }),
    item_type: kind,
    ...(Object.keys(extra).length === 0 ? {} : { extra }),
  };
}

function whereOf({ endpointId, cluster, node, vmid }: SourceRef) {
  return { endpointId, cluster, ...(node === undefined ? {} : { node }), ...(vmid === undefined ? {} : { vmid }) };
}
