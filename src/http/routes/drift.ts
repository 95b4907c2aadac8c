/** By how much NetBox differed from each endpoint when previews and full updates looked. */
import { z } from 'zod';
import type { Clock } from '../../config/clock.js';
import type { Ledger } from '../../ledger/ledger.js';
import { lookerOf } from '../../ledger/types.js';
import type { App } from '../app-type.js';
import { integerField } from '../query-fields.js';
import { answers } from '../route-document.js';
import { Drift } from './drift-bodies.js';

export interface DriftRouteDeps {
  readonly ledger: Pick<Ledger, 'newestLooks' | 'lookDays'>;
  readonly clock: Pick<Clock, 'now'>;
}

const dayMs = 86_400_000;
const Query = z.object({
  days: integerField({ min: 1, max: 366 }).default(30).describe('Today and as many before it as that makes'),
});

const dayOf = (time: number): string => new Date(time).toISOString().slice(0, 10);

export function registerDriftRoutes(app: App, { ledger, clock }: DriftRouteDeps): void {
  app.get(
    '/drift',
    {
      config: answers(Drift),
      schema: { tags: ['plans'], summary: 'By how much NetBox differed, endpoint by endpoint', querystring: Query },
    },
    async ({ query: { days: count } }) => {
      const until = clock.now().getTime();
      const since = dayOf(until - (count - 1) * dayMs);
      const days = ledger.lookDays(since);
      const newest = new Map(ledger.newestLooks().map((look) => [look.endpointId, look]));
      const endpoints = [...newest.values()]
        .sort((one, other) => one.endpointId - other.endpointId)
        .map((look) => ({
          endpoint_id: look.endpointId,
          newest: { run_id: look.runId, by: lookerOf(look), at: look.endedAt, changes: look.changes },
          days: days
            .filter(({ endpointId }) => endpointId === look.endpointId)
            .map(({ day, looks, most }) => ({ day, looks, most })),
        }));
      return { since, until: dayOf(until), endpoints };
    },
  );
}
