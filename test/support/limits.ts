/**
 * How long anything in a test may take. Only a hang reaches these limits, on whatever machine: what a test asserts is
 * counts and order, or the time of a clock that it moves itself.
 */

/** One test, one hook. */
export const testLimitMs = 180_000;

/** The same where a test is large, or its NetBox is a real one. */
export const loadLimitMs = 900_000;

/** One wait for what will be true; less than a test, so that the failure says what was waited for. */
export const waitLimitMs = 60_000;

/** One request of the service to a simulator: more than a wait, so that a request that hangs never ends a wait. */
export const requestLimitS = 300;
