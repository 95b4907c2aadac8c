/** What NetBox refused because of another object: known to every run until either side changes. That it fails ends nothing. */
import type { Logger } from 'pino';

interface RefusalScope {
  readonly netboxEndpointId: number;
  readonly branch: string;
}

/** As src/db/refusals.ts keeps it. */
export interface RefusalPort {
  recall(scope: RefusalScope): ReadonlySet<string>;
  remember(scope: RefusalScope, sentence: string): void;
  forget(): void;
}

/** As one run sees it. A sentence names both sides, so that it is another one when either has changed. */
export interface Refusals {
  has(sentence: string): boolean;
  remember(sentence: string): void;
}

/** The refusals of one NetBox (or of a branch of it). Where the database does not answer, a line in the log says so. */
export function openRefusals(port: RefusalPort, scope: RefusalScope, logger: Logger): Refusals {
  const known = new Set(attempt(logger, 'read', () => port.recall(scope)));
  return {
    has: (sentence) => known.has(sentence),
    remember(sentence) {
      known.add(sentence);
      attempt(logger, 'kept', () => port.remember(scope, sentence));
    },
  };
}

/** What was refused is tried again, once. */
export function forgetRefusals(port: RefusalPort, logger: Logger): void {
  attempt(logger, 'forgotten', () => port.forget());
}

function attempt<T>(logger: Logger, what: string, act: () => T): T | undefined {
  try {
    return act();
  } catch (error) {
    logger.warn({ err: error }, `What NetBox refused cannot be ${what}; the run goes on without it.`);
    return undefined;
  }
}
