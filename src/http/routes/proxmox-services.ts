/** States of the services of a node, for whoever monitors them. They name their endpoint as verbs do. */
import { z } from 'zod';
import type { Clock } from '../../config/clock.js';
import { linkTarget } from '../../proxmox/connection.js';
import { nodeServices, type ServiceDeps } from '../../proxmox-reads/services.js';
import type { App } from '../app-type.js';
import { textField } from '../query-fields.js';
import { answers, foreignRows, said } from '../route-document.js';
import { GateQuery, readGateOf, type GateDeps } from './gated.js';

export interface ServiceRouteDeps extends ServiceDeps {
  readonly proxmoxEndpoints: GateDeps['proxmoxEndpoints'] & ServiceDeps['proxmoxEndpoints'];
  readonly clock: Clock;
}

const maxUnits = 32;
const unitPattern = '[A-Za-z0-9@_.:-]{0,128}';
const unitsPattern = `^${unitPattern}(,${unitPattern}){0,${maxUnits - 1}}$`;
const Units = said(
  textField(4200)
    .refine((text) => new RegExp(unitsPattern).test(text.replaceAll(' ', '')), {
      error: `must be a comma list of at most ${maxUnits} names of units`,
    })
    .optional(),
  { pattern: unitsPattern, description: 'Comma list; absent = all that Proxmox lists' },
);

function unitsIn(text = ''): readonly string[] {
  return text
    .split(',')
    .map((unit) => unit.trim())
    .filter((unit) => unit !== '');
}

const Answer = z.object({
  endpoint_id: z.int(),
  host: z.string(),
  node: z.string().nullable(),
  collected_at: z.string(),
  reachable: z.boolean(),
  services: foreignRows,
  error: z.object({ reason: z.string(), detail: z.string() }).nullable(),
});

export function registerServiceRoutes(app: App, deps: ServiceRouteDeps): void {
  app.get(
    '/proxmox/services/systemd',
    {
      config: answers(Answer),
      schema: {
        tags: ['proxmox'],
        summary: 'States of the services of the node behind an endpoint',
        querystring: GateQuery.extend({ units: Units }),
      },
    },
    async ({ query }, reply) => {
      const gated = readGateOf(deps, query);
      if ('refusal' in gated) return reply.status(403).send(gated.refusal);
      const { endpoint } = gated;
      const units = unitsIn(query.units);
      const collectedAt = deps.clock.now().toISOString();
      const answer = await nodeServices(endpoint, units, deps);
      return reply.send({
        endpoint_id: query.endpoint_id ?? endpoint.id,
        host: linkTarget(endpoint).host,
        collected_at: collectedAt,
        ...answer,
      });
    },
  );
}
