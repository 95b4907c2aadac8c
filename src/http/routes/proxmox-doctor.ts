/** What is wrong between this service and Proxmox, and how to mend it. Nothing is stored. */
import { z } from 'zod';
import type { ProxmoxDoctor } from '../../proxmox-doctor/service.js';
import type { App } from '../app-type.js';
import { reportText } from '../../proxmox-doctor/text.js';
import { answers } from '../route-document.js';
import { answerReport, reportFormat } from './doctor-report.js';
import { Scope } from './read-scope.js';

const Report = z.object({
  ok: z.boolean(),
  endpoints: z.array(z.looseObject({ endpoint_id: z.int(), endpoint: z.string(), ok: z.boolean() })),
});

const Query = Scope.extend({ format: reportFormat });

export function registerProxmoxDoctorRoute(app: App, doctor: ProxmoxDoctor): void {
  app.get(
    '/proxmox/doctor',
    {
      config: answers(Report),
      schema: {
        tags: ['proxmox'],
        summary: 'Reachability, TLS, login, privileges and nodes of each endpoint, with causes and cures',
        querystring: Query,
      },
    },
    async ({ query: { format, ...scope } }, reply) => {
      return answerReport(reply, await doctor.examine(scope), { format, textOf: reportText });
    },
  );
}
