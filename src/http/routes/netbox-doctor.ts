/** What is wrong between this service and NetBox, and how to mend it. Nothing is written. */
import { z } from 'zod';
import type { NetBoxDoctor } from '../../netbox-doctor/service.js';
import { reportText } from '../../netbox-doctor/text.js';
import type { App } from '../app-type.js';
import { answers } from '../route-document.js';
import { answerReport, reportFormat } from './doctor-report.js';

const Report = z.looseObject({
  ok: z.boolean(),
  endpoint_id: z.int().nullable(),
  endpoint: z.string(),
  reachable: z.boolean(),
  version: z.string().nullable(),
});

const Query = z.object({ format: reportFormat });

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
      return answerReport(reply, await doctor.examine(), { format, textOf: reportText });
    },
  );
}
