/** `clock.sleep` that ends with `cancelled` when the signal fires. */
import type { Clock } from '../config/clock.js';
import { cancelledError } from '../errors/cancelled.js';

export async function sleepUnlessCancelled(ms: number, clock: Clock, signal?: AbortSignal): Promise<void> {
  try {
    await clock.sleep(ms, signal);
  } catch (error) {
    throw signal?.aborted === true ? cancelledError(signal) : error;
  }
}
