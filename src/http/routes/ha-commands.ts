/** Arming and disarming high availability. The switch for writing is looked at for each endpoint; a refused one is a row. */
import { z } from 'zod';
import { selectEndpoints, sourceOf } from '../../plugin-endpoints/select-endpoints.js';
import { commandHa, type HaCommand, type HaDeps } from '../../verbs/ha.js';
import type { App } from '../app-type.js';
import { answers } from '../route-document.js';
import { actorOf } from './actor.js';
import type { GateDeps } from './gated.js';
import { EndpointIds, Source } from './read-scope.js';

export interface HaCommandDeps extends GateDeps, HaDeps {
  readonly proxmoxEndpoints: GateDeps['proxmoxEndpoints'] & HaDeps['proxmoxEndpoints'];
}

const HaQuery = z.object({
  proxmox_endpoint_ids: EndpointIds.describe('Comma list of ids of this service'),
  source: Source.describe('database; with netbox the ids would be others'),
  resource_mode: z
    .enum(['freeze', 'ignore'])
    .default('freeze')
    .describe('While disarmed: orders for managed guests wait, or the guests are not managed'),
});

const Rows = z.array(
  z.object({ cluster_name: z.string(), status: z.enum(['ok', 'error']), error: z.string().nullable() }),
);

const summaries = {
  arm: 'Arm high availability of the named clusters',
  disarm: 'Disarm high availability of the named clusters',
} as const satisfies Record<HaCommand, string>;

const unscoped = {
  reason: 'endpoint_id_required',
  detail:
    'High availability is armed and disarmed for named endpoints only. Add proxmox_endpoint_ids, with ids of this service, to the query.',
} as const;

export function registerHaCommandRoutes(app: App, deps: HaCommandDeps): void {
  for (const command of ['arm', 'disarm'] as const) {
    app.post(
      `/proxmox/cluster/ha/${command}`,
      { config: answers(Rows), schema: { tags: ['verbs'], summary: summaries[command], querystring: HaQuery } },
      async (request, reply) => {
        const { proxmox_endpoint_ids: ids = '', source, resource_mode: mode } = request.query;
        const isNamed = ids.replaceAll(',', '').trim() !== '' && sourceOf({ source }) === 'database';
        if (!isNamed) return reply.status(403).send(unscoped);
        const { endpoints } = selectEndpoints(deps.proxmoxEndpoints.all(), { proxmox_endpoint_ids: ids });
        for (const { id, allowWrites } of endpoints) if (!allowWrites) deps.pluginMirror.noticeRefusal(id);
        return commandHa(endpoints, { command, mode, actor: actorOf(request) }, deps);
      },
    );
  }
}
