/** What the plugin's pages push into Proxmox's firewall. Which routes there are follows from the tables of places and objects. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { ConfirmWrites, ProxmoxEndpoint } from '../../endpoints/types.js';
import { ProxboxError, toProxboxError } from '../../errors/proxbox-error.js';
import { bodySchemas } from '../../firewall/body.js';
import { objectTable, type ObjectName, type WriteOp } from '../../firewall/objects.js';
import { placeTable, type PlaceKind } from '../../firewall/places.js';
import type { FirewallWrites } from '../../firewall/write.js';
import type { PluginMirror } from '../../plugin-endpoints/mirror.js';
import type { App } from '../app-type.js';
import { booleanField } from '../query-fields.js';
import { actorHeader, requiredActor } from './actor.js';
import { checkedBody } from './checked-body.js';
import { firewallPath, firewallTags, GuestQuery, placeIn, placeParams } from './firewall-reads.js';
import { gateOf, GateQuery, type GateDeps } from './gated.js';

export interface FirewallWriteRouteDeps extends GateDeps {
  readonly firewall: FirewallWrites;
  readonly confirmWrites: ConfirmWrites;
  readonly pluginMirror: Pick<PluginMirror, 'noticeRefusal'>;
}

const Query = GateQuery.extend(GuestQuery.shape).extend({
  force: booleanField.default(false).describe('Delete an IP set with its members'),
});
type Query = z.infer<typeof Query>;

const name = z.string().min(1).max(256);
const itemParams = {
  ':pos': { pos: z.string().regex(/^\d{1,5}$/, 'must be the position of a rule') },
  ':name': { name },
  '*': { '*': name },
} as const;
/** Of which list, and which of it. */
const ItemParams = z.object({
  pos: z.string().optional(),
  name: z.string().optional(),
  '*': z.string().optional(),
  parent: z.string().default(''),
});

const off = 'writes_disabled_for_endpoint';
const offText =
  'Firewall writes are disabled on this endpoint. Enable ProxmoxEndpoint.allow_writes before pushing firewall changes.';
const texts: Readonly<Record<string, string>> = {
  [off]: offText,
  endpoint_id_required: 'Firewall writes require an explicit endpoint_id query parameter.',
};

interface Asked {
  readonly kind: PlaceKind;
  readonly object: ObjectName;
  readonly op: WriteOp;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly params: Readonly<Record<string, unknown>>;
  readonly query: Query;
}

/** The gate comes first, then who asks, then the body. */
async function answerWrite(asked: Asked, deps: FirewallWriteRouteDeps): Promise<FastifyReply> {
  const { kind, object, op, request, reply, params, query } = asked;
  const gated = gateOf(deps, query, off);
  if ('refusal' in gated) {
    const { refusal } = gated;
    return reply.status(403).send({ ...refusal, detail: texts[refusal.reason] ?? refusal.detail });
  }
  const actor = requiredActor(request, 'Firewall writes require X-Proxbox-Actor.');
  const { pos, name, '*': rest, parent } = ItemParams.parse(params);
  const written = await deps.firewall.write({
    endpoint: gated.endpoint,
    endpointId: query.endpoint_id ?? gated.endpoint.id,
    actor,
    place: placeIn(kind, params, query),
    object,
    op,
    parent,
    key: pos ?? name ?? rest,
    body: op === 'remove' ? {} : checkedBody(bodySchemas[object], request.body),
    isForced: query.force,
    confirm: () => confirm(gated.endpoint, deps),
  });
  return reply.send(written);
}

/** The switches may have been turned since the gate looked at them. */
async function confirm(endpoint: ProxmoxEndpoint, { confirmWrites }: FirewallWriteRouteDeps): Promise<void> {
  try {
    await confirmWrites(endpoint);
  } catch (error) {
    const failure = toProxboxError(error);
    if (failure.code !== 'endpoint_writes_disabled') throw failure;
    throw new ProxboxError(off, offText, { detail: offText, where: { endpoint_id: endpoint.id }, cause: failure });
  }
}

const Actor = actorHeader('journal');
const Written = z.object({
  status: z.enum(['pushed', 'deleted', 'skipped']),
  endpoint_id: z.int(),
  cluster_name: z.string(),
  actor: z.string(),
  path: z.string().describe('Of Proxmox'),
  reason: z.string().nullable(),
  detail: z.string().nullable(),
  proxmox_task_id: z.null(),
  response: z.null(),
});

const methods = { create: 'POST', update: 'PUT', remove: 'DELETE' } as const satisfies Record<WriteOp, string>;
const verbs = { create: 'Make, or change, a', update: 'Change a', remove: 'Delete a' } as const;

function registerWrite(
  app: App,
  [kind, object, op]: readonly [kind: PlaceKind, object: ObjectName, op: WriteOp],
  deps: FirewallWriteRouteDeps,
): void {
  const place = placeTable[kind];
  const { route, item, noun } = objectTable[object];
  const list = `${firewallPath}/${place.route}/${route}`;
  const summary = item === null ? `Change firewall options of ${place.of}` : `${verbs[op]} ${noun} of ${place.of}`;
  app.route({
    method: methods[op],
    url: op === 'create' || item === null ? list : `${list}/${item}`,
    config: {
      document: {
        answers: { 200: Written },
        headers: Actor,
        ...(op === 'remove' ? {} : { body: bodySchemas[object] }),
      },
    },
    schema: {
      tags: firewallTags,
      summary: object === 'groupRules' ? `${verbs[op]} rule of a security group` : summary,
      params: z.looseObject({
        ...placeParams[kind].shape,
        ...(route.includes(':parent') ? { parent: name } : {}),
        ...(op === 'create' || item === null ? {} : itemParams[item]),
      }),
      querystring: Query,
    },
    handler: (request, reply) =>
      answerWrite({ kind, object, op, request, reply, params: request.params, query: request.query }, deps),
  });
}

export function registerFirewallWriteRoutes(app: App, deps: FirewallWriteRouteDeps): void {
  for (const kind of ['datacenter', 'node', 'guest', 'vnet'] as const)
    for (const object of placeTable[kind].objects)
      for (const op of objectTable[object].ops) registerWrite(app, [kind, object, op], deps);
}
