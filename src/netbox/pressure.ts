/**
 * What one NetBox can take at the moment: less with each answer that says it has no capacity, more again with good ones.
 * Additive increase and multiplicative decrease, as TCP does with its window (RFC 5681): it finds the width at which a NetBox
 * answers without being told it.
 */

export interface Pressure {
  /** An answer said that NetBox has no capacity. */
  overloaded(): void;
  /** Any other answer. */
  good(): void;
  /** Milliseconds to wait at least after the last answer, from the configured delay on; 0 while answers are good. */
  leastDelayMs(baseDelayMs: number): number;
  /** Requests at once, 1 to as many as are configured. */
  width(configured: number): number;
  /** Objects of one bulk request, 1 to as many as are configured. */
  batchSize(configured: number): number;
  /** What is held back now. */
  held(): Held;
}

export interface Held {
  /** The last answer said that NetBox has no capacity. */
  readonly isOverwhelmed: boolean;
  /** Requests at once; null: as many as are configured. */
  readonly width: number | null;
  /** Objects of one bulk request; null: as many as are configured. */
  readonly batchSize: number | null;
}

/** So many good answers in a row take one step back. */
const goodAnswers = 20;
/** Smaller requests would cost NetBox more than they spare it. */
const smallestBatch = 10;
/** Doubling further would only meet the upper bound of a delay. */
const mostDoublings = 10;

/** Half of what is allowed now, or of what is configured where nothing was held back. */
function halved(limit: number | undefined, configured: number, least: number): number {
  return Math.max(Math.min(least, configured), Math.floor(Math.min(limit ?? configured, configured) / 2));
}

export function createPressure(): Pressure {
  /** Answers without capacity since the last good one. */
  let failures = 0;
  let goodInARow = 0;
  /** undefined: as much as is configured. */
  let width: number | undefined;
  let batch: number | undefined;
  let configuredWidth = 1;
  let configuredBatch = smallestBatch;

  return {
    overloaded() {
      failures += 1;
      goodInARow = 0;
      width = halved(width, configuredWidth, 1);
      // One failure may be chance; the second in a row says that requests are too large.
      if (failures > 1) batch = halved(batch, configuredBatch, smallestBatch);
    },
    good() {
      failures = 0;
      goodInARow += 1;
      if (goodInARow < goodAnswers) return;
      goodInARow = 0;
      if (width !== undefined) width = width + 1 >= configuredWidth ? undefined : width + 1;
      if (batch !== undefined) batch = batch * 2 >= configuredBatch ? undefined : batch * 2;
    },
    leastDelayMs: (baseDelayMs) => (failures === 0 ? 0 : baseDelayMs * 2 ** Math.min(failures - 1, mostDoublings)),
    width(configured) {
      configuredWidth = configured;
      return Math.min(configured, width ?? configured);
    },
    batchSize(configured) {
      configuredBatch = configured;
      return Math.min(configured, batch ?? configured);
    },
    held: () => ({ isOverwhelmed: failures > 0, width: width ?? null, batchSize: batch ?? null }),
  };
}
