/** Waiting in tests: for what will be true, or until a moment has come. */
import { vi } from 'vitest';
import { waitLimitMs } from './limits.js';

/** Repeats the expectations of `check` until they hold. */
export function eventually<T>(check: () => T | Promise<T>): Promise<T> {
  return vi.waitFor(check, { timeout: waitLimitMs, interval: 50 });
}

/**
 * So many turns of the event loop: whoever answers in this process has had its turn by then, however slow the machine.
 * After them, what has not begun is not going to.
 */
export async function turns(count = 200): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

/** A moment that the test decides: `until` of a fault, so that a request is under way for exactly as long as it has to be. */
export interface Moment {
  readonly come: Promise<void>;
  /** It has come. */
  now(): void;
}

export function aMoment(): Moment {
  let now = (): void => undefined;
  const come = new Promise<void>((resolve) => {
    now = resolve;
  });
  return { come, now };
}
