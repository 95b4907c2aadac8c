/** Counts what runs tell of themselves, on its way into the ledger. */
import type { Clock } from '../config/clock.js';
import type { ItemChange, RunBeginning, RunFacts, RunRecord, Success } from '../ledger/types.js';
import type { Metrics } from './registry.js';

interface RunBook {
  begin(beginning: RunBeginning): RunRecord;
  readonly kept: (change: ItemChange) => ItemChange;
}

interface MeasuredDeps {
  readonly clock: Pick<Clock, 'now' | 'monotonicMs'>;
  readonly metrics: Metrics;
  /** Of a stored endpoint; undefined: it is gone. */
  readonly endpointName: (id: number) => string | undefined;
}

/**
 * The same book, with everything that is written into it counted, but for plans: they do nothing.
 * @param former successes of earlier processes, the oldest first
 */
export function measuredRuns(
  book: RunBook,
  former: readonly Success[],
  { clock, metrics, endpointName }: MeasuredDeps,
): RunBook {
  const succeeded = ({ kind, endpointIds }: Omit<Success, 'endedAt'>, at: Date): void => {
    for (const endpoint of endpointIds.flatMap((id) => endpointName(id) ?? []))
      metrics.lastSuccess.set({ endpoint, kind }, at.getTime() / 1000);
  };
  for (const success of former) succeeded(success, new Date(success.endedAt));

  return {
    kept: book.kept,
    begin(beginning) {
      const record = book.begin(beginning);
      const { kind } = beginning;
      if (kind === 'plan') return record;
      const startedMs = clock.monotonicMs();
      let facts: RunFacts | undefined;
      return {
        about(told) {
          facts = told;
          record.about(told);
        },
        stage(entry) {
          for (const [object, counts] of Object.entries(entry.kinds))
            for (const [outcome, count] of Object.entries(counts))
              if (count > 0 && outcome !== 'discovered') metrics.objects.inc({ kind: object, outcome }, count);
          for (const [reason, count] of Object.entries(entry.reasons)) metrics.reasons.inc({ reason }, count);
          return record.stage(entry);
        },
        end(ending) {
          metrics.runs.inc({ kind, status: ending.status });
          metrics.runSeconds.observe({ kind }, (clock.monotonicMs() - startedMs) / 1000);
          const endpointIds = facts?.endpointIds ?? [];
          if (ending.status === 'completed') succeeded({ kind, endpointIds }, clock.now());
          return record.end(ending);
        },
      };
    },
  };
}
