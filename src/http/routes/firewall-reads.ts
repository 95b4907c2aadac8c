/** What the plugin's pages read of Proxmox's firewall. Which routes there are follows from the table of places. */
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import {
  answerGuestFirewall,
  answerList,
  answerOptions,
  answerSummary,
  type PlaceRequest,
} from '../../firewall/answer-reads.js';
import { placeTable, type PlaceKind } from '../../firewall/places.js';
import type { ReadName } from '../../firewall/reads.js';
import type { ReadDeps } from '../../proxmox-reads/read-endpoints.js';
import type { App } from '../app-type.js';
import { integerField } from '../query-fields.js';
import { answers, foreignRows } from '../route-document.js';
import { ClusterScope, NodeName, Scope, tellFailed } from './read-scope.js';

export const firewallTags = ['firewall'];
export const firewallPath = '/proxmox/firewall';

const Vmid = integerField({ min: 1, max: 999_999_999 });
const VnetName = z.string().regex(/^[a-zA-Z][a-zA-Z0-9]{0,7}$/, 'must be the name of a VNet');

/** Where a guest is, in the query. */
export const GuestQuery = z.object({
  node: NodeName.optional().describe('Of a guest; looked for when it is not given'),
  vm_type: z.enum(['qemu', 'lxc']).default('qemu').describe('Of a guest'),
});
type Where = z.infer<typeof GuestQuery>;

const noParams = z.object({});
/** What stands in the path of each kind of place. */
export const placeParams = {
  datacenter: noParams,
  node: z.object({ node: NodeName }),
  guest: z.object({ vmid: Vmid }),
  vnet: z.object({ vnet: VnetName }),
} as const satisfies Record<PlaceKind, z.ZodType>;

export function placeIn(kind: PlaceKind, params: unknown, { node, vm_type: type }: Where): PlaceRequest {
  switch (kind) {
    case 'datacenter':
      return { kind };
    case 'node':
      return { kind, ...placeParams.node.parse(params) };
    case 'guest':
      return { kind, ...placeParams.guest.parse(params), node, type };
    case 'vnet':
      return { kind, ...placeParams.vnet.parse(params) };
  }
}

const lists: readonly ReadName[] = ['rules', 'groups', 'ipsets', 'aliases'];
const summaries = {
  rules: 'Firewall rules',
  groups: 'Security groups with their rules',
  ipsets: 'IP sets with their members',
  aliases: 'Firewall aliases',
} as const satisfies Record<ReadName, string>;

/** Fastify sends null as an empty body. */
function objectOrNull(reply: FastifyReply, value: object | null): FastifyReply {
  return value === null ? reply.type('application/json').send('null') : reply.send(value);
}

function registerPlace(app: App, kind: Exclude<PlaceKind, 'vnet'>, deps: ReadDeps): void {
  const { route, objects, of } = placeTable[kind];
  const schema = { tags: firewallTags, params: placeParams[kind], querystring: Scope.extend(GuestQuery.shape) };
  const wanted = (params: unknown, query: Where) => {
    const place = placeIn(kind, params, query);
    if (place.kind === 'vnet') throw new Error('a VNet is not read');
    return place;
  };
  for (const name of lists.filter((list) => objects.includes(list))) {
    app.get(
      `${firewallPath}/${route}/${name}`,
      { config: answers(foreignRows), schema: { ...schema, summary: `${summaries[name]} of ${of}` } },
      async ({ params, query }, reply) => {
        const answer = await answerList(query, wanted(params, query), name, deps);
        tellFailed(reply, answer);
        return answer.body;
      },
    );
  }
  app.get(
    `${firewallPath}/${route}/options`,
    {
      config: answers(z.looseObject({}).nullable()),
      schema: { ...schema, summary: `Firewall options of ${of}` },
    },
    async ({ params, query }, reply) => {
      const answer = await answerOptions(query, wanted(params, query), deps);
      tellFailed(reply, answer);
      return objectOrNull(reply, answer.body);
    },
  );
}

export function registerFirewallReadRoutes(app: App, deps: ReadDeps): void {
  app.get(
    `${firewallPath}/summary`,
    {
      config: answers(z.union([foreignRows, z.looseObject({})])),
      schema: {
        tags: firewallTags,
        summary: 'The firewall of each cluster: rules, groups, sets, aliases, options',
        querystring: Scope,
      },
    },
    async ({ query }, reply) => {
      const answer = await answerSummary(query, deps);
      tellFailed(reply, answer);
      return answer.body;
    },
  );
  for (const kind of ['datacenter', 'node', 'guest'] as const) registerPlace(app, kind, deps);
  app.get(
    '/proxmox/nodes/:node/qemu/:vmid/firewall',
    {
      config: answers(z.looseObject({})),
      schema: {
        tags: firewallTags,
        summary: 'The firewall of a virtual machine as Proxmox has it',
        params: z.object({ node: NodeName, vmid: Vmid }),
        querystring: ClusterScope,
      },
    },
    async ({ params, query }, reply) => {
      const { cluster_name: clusterName, ...scope } = query;
      const place = { kind: 'guest', type: 'qemu', ...params } as const;
      const answer = await answerGuestFirewall({ ...scope, clusterName }, place, deps);
      tellFailed(reply, answer);
      return answer.body;
    },
  );
}
