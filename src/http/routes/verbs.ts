/** Operational verbs on guests. Every route passes the gate before anything else is looked at. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Clock } from '../../config/clock.js';
import { ProxboxError } from '../../errors/proxbox-error.js';
import type { GuestType } from '../../proxmox/types.js';
import { cancelVerb } from '../../verbs/cancel.js';
import { destroyVerb, type DestroyWish } from '../../verbs/destroy.js';
import type { LocateDeps } from '../../verbs/locate.js';
import { watchMigration } from '../../verbs/migration-stream.js';
import type { VerbService } from '../../verbs/service.js';
import { deleteSnapshotVerb } from '../../verbs/snapshot.js';
import { verbTable } from '../../verbs/table.js';
import { tagsVerb } from '../../verbs/tags.js';
import type { Verb } from '../../verbs/types.js';
import type { App } from '../app-type.js';
import { booleanField, integerField } from '../query-fields.js';
import { answersStream, said, type RouteDocument } from '../route-document.js';
import { streamSse } from '../stream/sse.js';
import { actorOf, headerText } from './actor.js';
import { checkedBody } from './checked-body.js';
import { gateOf, GateQuery, readGateOf, type GateDeps } from './gated.js';

export interface VerbRouteDeps extends GateDeps, LocateDeps {
  readonly clock: Clock;
  readonly verbs: VerbService;
  /** Aborted when the service stops: streams end. */
  readonly stopping: AbortController;
  readonly proxmoxEndpoints: GateDeps['proxmoxEndpoints'] & LocateDeps['proxmoxEndpoints'];
}

const tags = ['verbs'];
const types = ['qemu', 'lxc'] as const satisfies readonly GuestType[];
const GuestParams = z.object({ vmid: integerField({ min: 1, max: 999_999_999 }) });
const TaskParams = GuestParams.extend({ task_upid: said(z.string().min(1).max(1024), { pattern: '^UPID:' }) });
const SnapshotParams = GuestParams.extend({ snapname: z.string().min(1).max(255) });
const maxKey = 255;

function keyOf(request: FastifyRequest): string | undefined {
  const key = headerText(request, 'idempotency-key');
  if (key.length <= maxKey) return key === '' ? undefined : key;
  throw new ProxboxError('invalid_idempotency_key', `Idempotency-Key may have at most ${maxKey} characters.`);
}

type Query = z.infer<typeof GateQuery>;

interface VerbRequest {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly query: Query;
  readonly guest: { readonly type: GuestType; readonly vmid: number };
  /** What the query asks for, where it stands in for a body. */
  readonly body?: object;
}

/** Behind the gate: the verb with who asked for it. What it is made of may be checked only there, too. */
async function runVerb(of: Verb | (() => Verb), asked: VerbRequest, deps: VerbRouteDeps): Promise<FastifyReply> {
  const { request, reply, query, guest } = asked;
  const gated = gateOf(deps, query, 'endpoint_writes_disabled');
  if ('refusal' in gated) return reply.status(403).send(gated.refusal);
  const verb = typeof of === 'function' ? of() : of;
  const { status, body } = await deps.verbs.run(verb, {
    ...guest,
    endpoint: gated.endpoint,
    endpointId: query.endpoint_id ?? gated.endpoint.id,
    endpointIdKind: query.endpoint_id_kind,
    body: asked.body ?? request.body,
    actor: actorOf(request),
    idempotencyKey: keyOf(request),
  });
  return reply.status(status).send(body);
}

const Told = z.looseObject({
  verb: z.string(),
  vmid: z.int(),
  vm_type: z.enum(types),
  endpoint_id: z.int(),
  backend_endpoint_id: z.int(),
  endpoint_name: z.string(),
  result: z.string(),
});

const TagsTold = Told.extend({ ok: z.literal(true), node: z.string(), tags_after: z.array(z.string()) });

const KeyHeader = z.looseObject({ 'idempotency-key': said(z.string().optional(), { maxLength: maxKey }) });

/** A verb that had nothing to do answers 200 also where one that was accepted answers 202. */
function documentOf({ accepted, body }: Verb): { readonly document: RouteDocument } {
  return {
    document: {
      answers: { 200: Told, [accepted.status]: Told },
      headers: KeyHeader,
      ...(body === undefined ? {} : { body }),
    },
  };
}

export function registerVerbRoutes(app: App, deps: VerbRouteDeps): void {
  for (const type of types) {
    for (const verb of verbTable(deps.clock).filter(({ only = type }) => only === type)) {
      app.post(
        `/proxmox/${type}/:vmid/${verb.name}`,
        {
          config: documentOf(verb),
          schema: { tags, summary: verb.summary, params: GuestParams, querystring: GateQuery },
        },
        (request, reply) => {
          const { vmid } = request.params;
          return runVerb(verb, { request, reply, query: request.query, guest: { type, vmid } }, deps);
        },
      );
    }
    registerTags(app, type, deps);
    registerDeletions(app, type, deps);
    registerMigration(app, type, deps);
  }
}

const TagList = z.array(z.string()).default([]);
/** Clients name the node that they think the guest is on; it is looked for all the same. */
const Node = z.string().trim().min(1).max(255);
const tagBodies = {
  PUT: z.object({ node: Node, tags: TagList }).transform(({ tags }) => ({ kind: 'replace', tags }) as const),
  PATCH: z
    .object({ node: Node, add: TagList, remove: TagList })
    .transform(({ add, remove }) => ({ kind: 'change', add, remove }) as const),
} as const;

function registerTags(app: App, type: GuestType, deps: VerbRouteDeps): void {
  for (const method of ['PUT', 'PATCH'] as const) {
    const schema = tagBodies[method];
    const { summary } = tagsVerb(schema.parse({ node: 'any' }));
    app.route({
      method,
      url: `/proxmox/${type}/:vmid/tags`,
      config: { document: { answers: { 200: TagsTold }, headers: KeyHeader, body: schema } },
      schema: { tags, summary, params: GuestParams, querystring: GateQuery },
      handler: (request, reply) => {
        const { vmid } = request.params;
        const verb = (): Verb => tagsVerb(checkedBody(schema, request.body));
        return runVerb(verb, { request, reply, query: request.query, guest: { type, vmid } }, deps);
      },
    });
  }
}

const DestroyQuery = GateQuery.extend({
  purge: booleanField.default(false).describe('Also from high availability, replication and backup jobs'),
  destroy_unreferenced_disks: booleanField
    .default(false)
    .describe('Also disks with its number that its configuration does not name'),
});

function registerDeletions(app: App, type: GuestType, deps: VerbRouteDeps): void {
  const destroy = destroyVerb({ clock: deps.clock, stopping: deps.stopping.signal });
  app.delete(
    `/proxmox/${type}/:vmid`,
    {
      config: documentOf(destroy),
      schema: { tags, summary: destroy.summary, params: GuestParams, querystring: DestroyQuery },
    },
    (request, reply) => {
      const { purge, destroy_unreferenced_disks: destroyUnreferencedDisks } = request.query;
      const body: DestroyWish = { purge, destroyUnreferencedDisks };
      const guest = { type, vmid: request.params.vmid };
      return runVerb(destroy, { request, reply, query: request.query, guest, body }, deps);
    },
  );
  const snapshot = deleteSnapshotVerb('');
  app.delete(
    `/proxmox/${type}/:vmid/snapshot/:snapname`,
    {
      config: documentOf(snapshot),
      schema: { tags, summary: snapshot.summary, params: SnapshotParams, querystring: GateQuery },
    },
    (request, reply) => {
      const { vmid, snapname } = request.params;
      const verb = deleteSnapshotVerb(snapname);
      return runVerb(verb, { request, reply, query: request.query, guest: { type, vmid }, body: { snapname } }, deps);
    },
  );
}

function registerMigration(app: App, type: GuestType, deps: VerbRouteDeps): void {
  const path = `/proxmox/${type}/:vmid/migrate/:task_upid`;
  const schema = { tags, params: TaskParams, querystring: GateQuery };
  const cancel = cancelVerb('');
  app.delete(path, { config: documentOf(cancel), schema: { ...schema, summary: cancel.summary } }, (request, reply) => {
    const { vmid, task_upid: task } = request.params;
    return runVerb(cancelVerb(task), { request, reply, query: request.query, guest: { type, vmid } }, deps);
  });
  app.get(
    `${path}/stream`,
    { config: answersStream, schema: { ...schema, summary: 'Follow a migration to its end (SSE)' } },
    async (request, reply) => {
      const { vmid, task_upid: task } = request.params;
      const gated = readGateOf(deps, request.query);
      if ('refusal' in gated) return reply.status(403).send(gated.refusal);
      const gone = new AbortController();
      const signal = AbortSignal.any([gone.signal, deps.stopping.signal]);
      const { endpoint } = gated;
      const endpointId = request.query.endpoint_id ?? endpoint.id;
      const frames = await watchMigration({ endpoint, endpointId, type, vmid, task, signal }, deps);
      return streamSse(reply, frames, { clock: deps.clock, onDisconnect: () => gone.abort() });
    },
  );
}
