/** When this service syncs by itself. */
import { z } from 'zod';
import { startOutcomes, type Schedule } from '../../../sync/schedule.js';
import type { App } from '../../app-type.js';
import { answers } from '../../route-document.js';

export interface ScheduleRouteDeps {
  /** Null: it syncs only when it is asked to. */
  readonly schedule: Pick<Schedule, 'next' | 'last'> | null;
  readonly env: { readonly syncSchedule: string | null };
}

const Answer = z.object({
  schedule: z.string().nullable().describe('PROXBOX_SYNC_SCHEDULE; null: only when it is asked to'),
  next_at: z.string().nullable(),
  last: z.object({ at: z.string(), outcome: z.enum(startOutcomes), message: z.string() }).nullable(),
});

export function registerScheduleRoute(app: App, { schedule, env }: ScheduleRouteDeps): void {
  app.get(
    '/sync/schedule',
    { config: answers(Answer), schema: { tags: ['sync'], summary: 'When it syncs by itself' } },
    async () => ({
      schedule: env.syncSchedule,
      next_at: schedule?.next() ?? null,
      last: schedule?.last() ?? null,
    }),
  );
}
