/** Work in steps, for tests of what it comes to. */
import type { Steps } from '../../src/config/breathe.js';

export function atOnce<T>(steps: Steps<T>): T {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}
