/** What a run waits for, as frames: a reader sees a pause and its cause, and not silence. */
import type { Clock } from '../config/clock.js';
import type { ClientScope } from '../netbox/types.js';
import { substep, type EventSink } from './events.js';

/** Told of every repetition and pause that a request waits for. */
export type OnWait = NonNullable<ClientScope['onWait']>;

export interface WaitNewsDeps {
  readonly events: EventSink;
  readonly clock: Pick<Clock, 'monotonicMs'>;
  /** Of the frames. */
  readonly phase: string;
}

/**
 * For one side of a run: one frame per pause. What begins while a pause that was told is under way is part of it, as many
 * requests fail together.
 */
export function createWaitNews({ events, clock, phase }: WaitNewsDeps): OnWait {
  let toldUntilMs = Number.NEGATIVE_INFINITY;
  return ({ why, delayMs }) => {
    const nowMs = clock.monotonicMs();
    if (nowMs < toldUntilMs) return;
    toldUntilMs = nowMs + delayMs;
    events.emit(substep(phase, 'waiting', `${why}, trying again in ${Math.max(1, Math.round(delayMs / 1000))} s.`));
  };
}
