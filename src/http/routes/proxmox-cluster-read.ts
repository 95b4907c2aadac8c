/** Live reads of whole clusters: the overview, backup and replication jobs. */
import { z } from 'zod';
import { backupJobs, backupRows, replicationJobs, replicationRows } from '../../proxmox-reads/jobs.js';
import { readOverview, readTopLevel, topLevels } from '../../proxmox-reads/overview.js';
import type { ReadDeps } from '../../proxmox-reads/read-endpoints.js';
import type { App } from '../app-type.js';
import { answers, foreignRows } from '../route-document.js';
import { createReadAll, Scope } from './read-scope.js';

const tags = ['proxmox'];
const LevelParams = z.object({ top_level: z.enum(topLevels) });

export function registerProxmoxClusterReadRoutes(app: App, deps: ReadDeps): void {
  const readAll = createReadAll(deps);

  app.get(
    '/proxmox',
    {
      config: answers(z.object({ message: z.string(), proxmox_api_viewer: z.string(), clusters: foreignRows })),
      schema: { tags, summary: 'What is below the root of the Proxmox API', querystring: Scope },
    },
    async (request, reply) => {
      const { results } = await readAll(request.query, reply, readOverview);
      return {
        message: 'Proxmox API',
        proxmox_api_viewer: 'https://pve.proxmox.com/pve-docs/api-viewer/',
        clusters: results,
      };
    },
  );
  app.get(
    '/proxmox/:top_level',
    {
      config: answers(foreignRows),
      schema: { tags, summary: 'A part of the Proxmox API as it is', params: LevelParams, querystring: Scope },
    },
    async ({ params, query }, reply) =>
      (await readAll(query, reply, (session) => readTopLevel(session, params.top_level))).results,
  );
  app.get(
    '/proxmox/cluster/backup',
    { config: answers(foreignRows), schema: { tags, summary: 'Backup jobs', querystring: Scope } },
    async (request, reply) => backupRows(await readAll(request.query, reply, backupJobs)),
  );
  app.get(
    '/proxmox/replication',
    { config: answers(foreignRows), schema: { tags, summary: 'Replication jobs', querystring: Scope } },
    async (request, reply) => replicationRows(await readAll(request.query, reply, replicationJobs)),
  );
}
