/** The ledger: what every run did, kept over the end of the process. */
import { createRunComparer, type RunComparer } from './compare.js';
import { createDriftReader, type DriftReader } from './drift.js';
import { createPruner, type Pruner } from './prune.js';
import { createRunReader, type RunReader } from './read.js';
import { shownChange } from './rows.js';
import type { ItemChange } from './types.js';
import { createRunWriter, endInterrupted, type RunWriter, type WriterDeps } from './write.js';

export interface Ledger extends RunWriter, RunReader, RunComparer, DriftReader, Pruner {
  /** A changed field as it is kept: without what looks like a secret, and cut where it is very long. */
  readonly kept: (change: ItemChange) => ItemChange;
}

/** What a former process has left unfinished is marked as interrupted. */
export function createLedger(deps: WriterDeps): Ledger {
  const { db, clock, logger } = deps;
  const interrupted = db.attempt(0, 'Runs that were interrupted cannot be marked as such', () => endInterrupted(db));
  if (interrupted > 0) logger.info({ runs: interrupted }, 'Runs were interrupted when the service ended last.');
  return {
    ...createRunWriter(deps),
    ...createRunReader(db),
    ...createRunComparer(db),
    ...createDriftReader(db),
    ...createPruner(db, clock),
    kept: shownChange,
  };
}
