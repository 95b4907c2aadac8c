/**
 * Time before the last frames of a partial run. The plugin keeps one frame of a stream in 1.5 s in the log of its job, and no
 * `complete`: without a pause none of the sentences that sum up what failed would be seen in NetBox.
 */
import type { Clock } from '../../config/clock.js';
import type { SseFrame } from './sse.js';

export interface PacedFrame extends SseFrame {
  /** Must not be missed by a reader that keeps few. */
  readonly isClosing?: true;
}

export interface Pace {
  readonly clock: Clock;
  /** Least time between a closing frame and the frame before it, milliseconds. */
  readonly closingPauseMs: number;
  /** Nobody listens any more, or the service stops: nothing is waited for. */
  readonly signal: AbortSignal;
}

/** Default of `closingPauseMs`: a little more than the plugin's 1.5 s. */
export const defaultClosingPauseMs = 1_600;

export async function* paceFrames(frames: AsyncIterable<PacedFrame>, pace: Pace): AsyncGenerator<SseFrame> {
  const { clock, closingPauseMs, signal } = pace;
  let lastMs = clock.monotonicMs();
  for await (const { isClosing, ...frame } of frames) {
    const restMs = isClosing === true ? lastMs + closingPauseMs - clock.monotonicMs() : 0;
    if (restMs > 0) await clock.sleep(restMs, signal).catch(() => undefined);
    yield frame;
    // The reader asks for the next frame when it has sent this one.
    lastMs = clock.monotonicMs();
  }
}
