/** Whether the tags, roles and types that the sync needs in NetBox are there, as the last pass found them. */
import { z } from 'zod';
import type { BootstrapReport } from '../../sync/bootstrap-report.js';
import type { App } from '../app-type.js';
import { answers } from '../route-document.js';

const labels = z.array(z.string());
const Report = z.object({
  ok: z.boolean(),
  skipped: z.boolean(),
  reason: z.string().nullable(),
  warnings: z.array(z.object({ object: z.string(), error: z.string() })),
  created: labels,
  patched: labels,
  unchanged: labels,
});

export function registerBootstrapStatusRoute(app: App, status: () => BootstrapReport): void {
  app.get(
    '/extras/bootstrap-status',
    {
      config: answers(Report),
      schema: { tags: ['netbox'], summary: 'State of the support objects in NetBox' },
    },
    async () => status(),
  );
}
