/** What is wrong between this service and NetBox, and how to mend it. Nothing is written. */
import { z } from 'zod';
import type { NetBoxDoctor } from '../../netbox-doctor/service.js';
import { reportText } from '../../netbox-doctor/text.js';
import type { App } from '../app-type.js';
import { answers } from '../route-document.js';

const Report = z.looseObject({
  ok: z.boolean(),
  endpoint_id: z.int().nullable(),
  endpoint: z.string(),
  reachable: z.boolean(),
  version: z.string().nullable(),
});

const Query = z.object({ format: z.enum(['json', 'text']).default('json').describe('text: for people') });

/** 200 also when NetBox is not well: the report says so, and the header `X-Proxbox-Status`: `completed` or `failed`. */
export function registerNetBoxDoctorRoute(app: App, doctor: NetBoxDoctor): void {
  app.get(
    '/netbox/doctor',
    {
      config: answers(Report),
      schema: {
        tags: ['netbox'],
        summary: 'Reachability, version, plugin, token and permissions of NetBox, with causes and cures',
        querystring: Query,
      },
    },
    async ({ query: { format } }, reply) => {
      const report = await doctor.examine();
      reply.header('x-proxbox-status', report.ok ? 'completed' : 'failed');
      if (format === 'json') return report;
      return reply.type('text/plain; charset=utf-8').send(reportText(report));
    },
  );
}
