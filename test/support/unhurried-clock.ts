/** The time of a service of which a test counts the requests: what it does by itself, seconds later, does not come. */
import { systemClock, type Clock } from '../../src/config/clock.js';

/** The first reading of NetBox that nobody asked for is due 5 s after an endpoint was registered. */
const byItselfMs = 4_000;
const longerThanAnyTestMs = 24 * 3_600_000;

/**
 * The system's time, but what is done in the background after four seconds or more waits until the service stops. On a slow
 * machine it would come into the middle of what a test counts.
 */
export const unhurriedClock: Clock = {
  ...systemClock,
  sleep: (ms, signal, options) =>
    systemClock.sleep(options?.isBackground === true && ms >= byItselfMs ? longerThanAnyTestMs : ms, signal, options),
};
