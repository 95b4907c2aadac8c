/** Connects the concurrent work of a run (which emits and never waits) with its one reader. */
import { isDroppable, type EventSink, type RunEvent } from './events.js';

const capacity = 1000;

/**
 * When the reader is slow and 1,000 frames wait, progress frames are dropped, oldest first; summaries, errors and
 * `complete` never are.
 */
export class EventChannel implements EventSink {
  #waiting: RunEvent[] = [];
  #wake: (() => void) | undefined;
  #closed = false;
  #dropped = 0;

  emit(event: RunEvent): void {
    if (this.#closed) return;
    if (this.#waiting.length >= capacity && !this.#makeRoom(event)) return;
    this.#waiting.push(event);
    this.#wake?.();
  }

  /** No more events will come; the reader gets what is waiting. */
  close(): void {
    this.#closed = true;
    this.#wake?.();
  }

  get dropped(): number {
    return this.#dropped;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<RunEvent, void> {
    for (;;) {
      const batch = this.#waiting;
      this.#waiting = [];
      yield* batch;
      if (this.#waiting.length > 0) continue;
      if (this.#closed) return;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      this.#wake = undefined;
    }
  }

  /** True when the event may be queued. */
  #makeRoom(event: RunEvent): boolean {
    this.#dropped += 1;
    if (isDroppable(event)) return false;
    const index = this.#waiting.findIndex(isDroppable);
    if (index >= 0) this.#waiting.splice(index, 1);
    else this.#dropped -= 1;
    return true;
  }
}
