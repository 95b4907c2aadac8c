/** The frames of a run in the words of the wire: the plugin reads these fields, so they are translated nowhere. */
import type { ErrorCategory } from '../errors/catalog-entry.js';
import type { OutcomeStatus } from './types.js';

export interface Item {
  readonly name: string;
  readonly netbox_id?: number;
  readonly netbox_url?: string;
  readonly item_type?: string;
  readonly extra?: Readonly<Record<string, unknown>>;
}

export interface Progress {
  readonly current: number;
  readonly total: number;
  /** 0 when the total is 0. */
  readonly percent: number;
}

export interface Counts {
  readonly created: number;
  readonly updated: number;
  readonly unchanged: number;
  readonly deleted: number;
  readonly failed: number;
  readonly skipped: number;
  readonly total: number;
}

export type StepStatus = 'started' | 'progress' | 'completed' | 'failed';
export type ItemOperation = 'created' | 'updated' | 'deleted' | 'would_delete' | 'skipped' | 'failed';

export interface StepData {
  readonly step: string;
  readonly status: StepStatus;
  readonly message: string;
  readonly result?: object;
  /** Of the first one of a run: its id. */
  readonly payload?: { readonly run_id: string };
  readonly duration_seconds?: number;
}

export interface CompleteData {
  readonly ok: boolean;
  readonly message: string;
  readonly result: object;
  readonly errors: readonly { readonly detail: string }[];
}

/** The set of event names is closed (the plugin compares it for equality); a new kind of news becomes a field. */
interface EventData {
  readonly complete: CompleteData;
  readonly error: { readonly step: string; readonly status: 'failed'; readonly error: string; readonly detail: string };
  readonly step: StepData;
  readonly discovery: {
    readonly event: 'discovery';
    readonly phase: string;
    readonly status: 'discovered';
    readonly message: string;
    readonly count: number;
    readonly items: readonly object[];
    readonly progress: Progress;
    readonly metadata: object;
  };
  readonly substep: {
    readonly event: 'substep';
    readonly phase: string;
    readonly substep: string;
    readonly status: string;
    readonly message: string;
    readonly result?: object;
  };
  readonly item_progress: {
    readonly event: 'item_progress';
    readonly phase: string;
    readonly status: 'processing' | 'completed' | 'failed' | 'skipped' | 'warning';
    readonly message: string;
    readonly item: Item;
    readonly operation?: ItemOperation;
    readonly progress: Progress;
    readonly error?: string;
    readonly warning?: string;
  };
  readonly phase_summary: {
    readonly event: 'phase_summary';
    readonly phase: string;
    readonly status: 'completed' | 'completed_with_errors';
    readonly message: string;
    readonly result: Counts;
    readonly timing: { readonly elapsed_ms: number };
  };
  readonly error_detail: {
    readonly event: 'error_detail';
    readonly phase: string;
    readonly category: ErrorCategory;
    readonly message: string;
    readonly detail: string;
    readonly suggestion?: string;
    readonly item?: Item;
  };
  readonly bootstrap_done: object;
  readonly duplicate_name_resolved: {
    readonly event: 'duplicate_name_resolved';
    readonly cluster: string;
    readonly original_name: string;
    readonly resolved_name: string;
    readonly vmid: number;
    readonly suffix_index: number;
    readonly operator_renamed: boolean;
  };
}

export type EmittedEventName = keyof EventData;
export type RunEvent = {
  readonly [Name in EmittedEventName]: {
    readonly event: Name;
    readonly data: EventData[Name];
    /** Sums up what a reader that keeps few frames must not miss: a stream gives it time before (see pace-frames.ts). */
    readonly isClosing?: true;
  };
}[EmittedEventName];

/** Where a stage puts its news. Never waits: a slow reader loses progress, not summaries (see event-channel.ts). */
export interface EventSink {
  emit(event: RunEvent): void;
}

export function progressOf(current: number, total: number): Progress {
  return { current, total, percent: total === 0 ? 0 : Math.round((current / total) * 10_000) / 100 };
}

/** What happened to an object, as the wire's `operation`; unchanged has no word there. */
const operations: Readonly<Record<OutcomeStatus, ItemOperation | undefined>> = {
  created: 'created',
  updated: 'updated',
  unchanged: undefined,
  skipped: 'skipped',
  failed: 'failed',
  deleted: 'deleted',
};

export function operationOf(status: OutcomeStatus, isDryRun: boolean): ItemOperation | undefined {
  return isDryRun && status === 'deleted' ? 'would_delete' : operations[status];
}

/** Frames that may be dropped when the reader is slow. */
export function isDroppable(event: RunEvent): boolean {
  return event.event === 'item_progress' || event.event === 'substep';
}

export function step(data: StepData): RunEvent {
  return { event: 'step', data };
}

export function substep(phase: string, name: string, message: string, result?: object): RunEvent {
  return {
    event: 'substep',
    data: {
      event: 'substep',
      phase,
      substep: name,
      status: 'processing',
      message,
      ...(result === undefined ? {} : { result }),
    },
  };
}
