/** The frames of one run for all who read them: who began it, and who comes later. */
import { EventChannel } from './event-channel.js';
import { isDroppable, type EventSink, type RunEvent } from './events.js';

/** Of what a late reader is told first; discoveries, steps and summaries of all stages are fewer. */
const mostKept = 400;

/**
 * Says in its first frames and in `complete` which run it is. `complete` waits until the run is told to have ended: whoever reads it
 * finds the run ended wherever he looks.
 */
export class RunStream implements EventSink {
  readonly #runId: string;
  readonly #first = new EventChannel();
  readonly #later = new Set<EventChannel>();
  #kept: RunEvent[] = [];
  #progress: RunEvent | undefined;
  #complete: RunEvent | undefined;
  readonly #named = new Set<RunEvent['event']>();

  constructor(runId: string) {
    this.#runId = runId;
  }

  emit(event: RunEvent): void {
    const named = this.#withRunId(event);
    if (named.event === 'complete') this.#complete = named;
    else this.#tell(named);
  }

  /** For who began the run. */
  frames(): AsyncGenerator<RunEvent, void> {
    return this.#first[Symbol.asyncIterator]();
  }

  /** What the run has come to, then every frame as it comes. The run goes on when this reader goes away. */
  async *attach(): AsyncGenerator<RunEvent, void> {
    const channel = new EventChannel();
    for (const event of this.#kept) channel.emit(event);
    if (this.#progress !== undefined) channel.emit(this.#progress);
    this.#later.add(channel);
    try {
      yield* channel;
    } finally {
      this.#later.delete(channel);
    }
  }

  /** The run has ended. */
  close(): void {
    if (this.#complete !== undefined) this.#tell(this.#complete);
    for (const channel of [this.#first, ...this.#later]) channel.close();
  }

  #tell(event: RunEvent): void {
    if (event.event === 'item_progress') this.#progress = event;
    if (!isDroppable(event)) this.#keep(event);
    for (const channel of [this.#first, ...this.#later]) channel.emit(event);
  }

  /** Details of single objects give way first: they are in the list of the run. */
  #keep(event: RunEvent): void {
    this.#kept.push(event);
    if (this.#kept.length <= mostKept) return;
    const isDetail = ({ event: name }: RunEvent): boolean =>
      name === 'error_detail' || name === 'duplicate_name_resolved';
    const index = this.#kept.findIndex(isDetail);
    this.#kept.splice(Math.max(0, index), 1);
  }

  /** In fields that the plugin knows: a frame has no others. */
  #withRunId(event: RunEvent): RunEvent {
    const run_id = this.#runId;
    if (event.event === 'complete')
      return { ...event, data: { ...event.data, result: { run_id, ...event.data.result } } };
    if (this.#named.has(event.event)) return event;
    this.#named.add(event.event);
    if (event.event === 'bootstrap_done') return { ...event, data: { ...event.data, run_id } };
    if (event.event === 'step') return { ...event, data: { ...event.data, payload: { run_id } } };
    if (event.event !== 'discovery') return event;
    return { ...event, data: { ...event.data, metadata: { ...event.data.metadata, run_id } } };
  }
}
