/** What is wrong between this service and Proxmox, and how to mend it. Nothing is stored. */
import type { ProxmoxDoctor } from '../../proxmox-doctor/service.js';
import type { App } from '../app-type.js';
import { Scope } from './read-scope.js';

/** 200 also when endpoints are not well: the report says so. */
export function registerProxmoxDoctorRoute(app: App, doctor: ProxmoxDoctor): void {
  app.get(
    '/proxmox/doctor',
    {
      schema: {
        tags: ['proxmox'],
        summary: 'Reachability, TLS, login, privileges and nodes of each endpoint, with causes and cures',
        querystring: Scope,
      },
    },
    async (request) => doctor.examine(request.query),
  );
}
