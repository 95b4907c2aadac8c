/** The sync routes: one pair (JSON and `/stream`) per row of the stage table, the full update, and what runs now. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Clock } from '../../../config/clock.js';
import { ProxboxError } from '../../../errors/proxbox-error.js';
import {
  addressFamilies,
  fromNames,
  interfaceStrategies,
  orphanActions,
  overwriteFlags,
  syncResources,
} from '../../../sync/plan/options.js';
import { failedCount, stageJson } from '../../../sync/json-result.js';
import { parseSweepRequest, parseSyncRequest, type RawQuery, type SyncRequest } from '../../../sync/request.js';
import type { RunSummary } from '../../../sync/run-finish.js';
import type { PreparedRun, SyncService } from '../../../sync/service.js';
import { stageTable, sweepEntry, type StageEntry } from '../../../sync/stages/index.js';
import type { App } from '../../app-type.js';
import { integerField } from '../../query-fields.js';
import { answers, answersStream, foreignRows, said } from '../../route-document.js';
import { shortenFrame } from '../../stream/frame-size.js';
import { paceFrames } from '../../stream/pace-frames.js';
import { streamSse, type SseFrame } from '../../stream/sse.js';

export interface SyncRouteDeps {
  readonly sync: SyncService;
  readonly clock: Clock;
  /** See stream/pace-frames.ts. */
  readonly closingPauseMs: number;
  /** Aborted when the service stops. */
  readonly stopping: AbortController;
}

const Raw = z.record(z.string(), z.union([z.string(), z.array(z.string())]).optional());
/** Of a repeated key the last one counts. */
const parameter = (json: Readonly<Record<string, unknown>>) =>
  said(z.union([z.string(), z.array(z.string())]).optional(), { anyOf: undefined, type: 'string', ...json });
const text = (description: string) => parameter({ description });
const flag = (description: string) => parameter({ type: 'boolean', description });
const choice = (choices: readonly string[], description: string) => parameter({ enum: [...choices, ''], description });
const id = String.raw`\s*0*[1-9]\d{0,14}\s*`;
const endpointId = String.raw`\s*\d{1,15}\s*`;
const endpointIds = (description: string) =>
  parameter({ maxLength: 255, pattern: `^(${endpointId}(,${endpointId}){0,99})?$`, description });

/**
 * What the API document says about the query. Unknown keys pass: the plugin sends one bundle of parameters to every stage.
 * The rules and their errors are in sync/request.ts.
 */
const Query = z.looseObject({
  source: choice(['database', 'netbox'], 'Whose ids of Proxmox endpoints are meant'),
  proxmox_endpoint_ids: endpointIds('Comma list of Proxmox endpoint ids; absent = every enabled one'),
  endpoint_ids: endpointIds('The same; proxmox_endpoint_ids wins'),
  netbox_vm_ids: parameter({
    pattern: `^${id}(,${id})*$`,
    description: 'Comma list of NetBox virtual machine ids; absent = all',
  }),
  netbox_branch_schema_id: parameter({
    pattern: '^[a-z0-9_]{0,64}$',
    description: 'Schema id of a netbox-branching branch; absent = main',
  }),
  vm_stage_failed: flag('Sweep route: true does nothing, as the stage of machines had failures'),
  run_id: text('Stamped into the rows that this run writes; absent = a new UUID'),
  fetch_max_concurrency: parameter({
    type: 'integer',
    minimum: 1,
    description: 'Proxmox reads at once, unless a variable sets it',
  }),
  sync_vm_network: flag('Stage of machines: false leaves out their interfaces, addresses and disks'),
  sync_task_history: flag('Stage of machines: false leaves out their task history'),
  assign_vm_interface_ips: flag('Stage of machines: false leaves out addresses'),
  sync_vm_interface_macs: flag('false leaves out MAC addresses'),
  vm_interface_sync_strategy: choice(interfaceStrategies, 'How interfaces of machines are named'),
  use_guest_agent_interface_name: flag('Under legacy_rename: interfaces are called as the guest agent calls them'),
  ignore_ipv6_link_local_addresses: flag('false: link-local addresses are written too'),
  primary_ip_preference: choice(addressFamilies, 'The family that comes first'),
  delete_nonexistent_backup: flag('true: rows of backups that are gone from Proxmox are deleted'),
  delete_nonexistent_snapshot: flag('true: rows of snapshots that are gone from Proxmox are deleted'),
  orphan_action: choice(orphanActions, 'What becomes of machines whose guest is gone'),
  force_deletes: flag('true: however many rows are gone at once, they are deleted'),
  parse_description_metadata: flag('true: the netbox-metadata block of guest descriptions is read'),
  dry_run: flag('true: writes nothing; every stage says what it would do with what NetBox has now'),
  include_objects: flag('true: full lists in the answer of a full update instead of the first 100'),
  ...fromNames(overwriteFlags, () => flag('false: leave the field of existing objects alone')),
  ...fromNames(
    syncResources.map((resource) => `sync_mode_${resource}` as const),
    () => text('always, bootstrap_only or disabled; anything else is always'),
  ),
});
/** Of the sweep: it marks machines, so it names the run (and, unless it only looks, the endpoints). */
const SweepQuery = said(Query.extend({ run_id: said(Query.shape.run_id, { pattern: String.raw`\S` }) }), {
  required: ['run_id'],
});
const VmParams = z.object({ netbox_vm_id: integerField({ min: 1 }) });

/** A dry run of these is a run without writes. */
const previews = { previews: true } as const;
const streams = { ...previews, ...answersStream };
/** The NetBox objects that are now as they should be, or counters. */
const Objects = z.union([foreignRows, z.looseObject({})]);
const objects = { ...previews, ...answers(Objects) };

const Active = z.object({
  active: z.boolean(),
  started_at: z.string().nullable(),
  id: z.string().nullable(),
  kind: z.string().nullable(),
  runs: z.array(z.object({ id: z.string(), kind: z.string(), started_at: z.string() })),
});
const RunParams = z.object({ id: z.string().min(1).max(255) });
const FullUpdate = z.looseObject({ status: z.string(), ok: z.boolean(), errors: z.array(z.looseObject({})) });

export function registerSyncRoutes(app: App, deps: SyncRouteDeps): void {
  for (const entry of stageTable) {
    registerStage(app, deps, entry);
    if (entry.machine !== undefined) registerOneMachine(app, deps, { ...entry, ...entry.machine });
  }
  registerSweep(app, deps);
  registerFullUpdate(app, deps);
  app.get('/sync/active', { config: answers(Active), schema: { tags: ['sync'], summary: 'What runs now' } }, async () =>
    activeBody(deps.sync),
  );
  registerCancel(app, deps);
}

function registerCancel(app: App, { sync }: SyncRouteDeps): void {
  app.delete(
    '/sync/active/:id',
    {
      config: { document: { answers: { 202: z.object({ id: z.string(), status: z.literal('cancelling') }) } } },
      schema: { tags: ['sync'], summary: 'End a run after the write in flight', params: RunParams },
    },
    async ({ params: { id } }, reply) => {
      const outcome = sync.activeRuns.cancel(id, new Error('The run was cancelled by a request.'));
      if (outcome === 'cancelling') return reply.status(202).send({ id, status: 'cancelling' });
      if (outcome === 'ending') throw new ProxboxError('conflict', `The run '${id}' is ending already.`);
      throw new ProxboxError('not_found', `No run has the id '${id}'. GET /sync/active lists those that run now.`);
    },
  );
}

function registerStage(app: App, deps: SyncRouteDeps, entry: StageEntry): void {
  const schema = (form: string) => ({
    tags: ['sync'],
    summary: `Sync stage ${entry.stage.name} (${form})`,
    querystring: Query,
  });
  if (entry.streamOnly !== true) {
    app.get(entry.path, { config: objects, schema: schema('JSON') }, async (request, reply) => {
      const summary = await runToEnd(deps.sync.prepareStage(entry, shownRequestOf(request)), reply);
      return withFailures(reply, summary).send(stageJson(entry, summary));
    });
  }
  app.get(`${entry.path}/stream`, { config: streams, schema: schema('SSE') }, (request, reply) =>
    stream(deps, deps.sync.prepareStage(entry, requestOf(request)), reply),
  );
}

function registerOneMachine(app: App, deps: SyncRouteDeps, entry: StageEntry): void {
  const schema = {
    tags: ['sync'],
    summary: `Sync stage ${entry.stage.name} of one virtual machine by its NetBox id`,
    params: VmParams,
    querystring: Query,
  };
  const prepare = (request: SyncRequest, id: number) =>
    deps.sync.prepareStage(entry, { ...request, netboxVmIds: [id] });
  if (entry.streamOnly !== true) {
    app.get(entry.path, { config: objects, schema }, async (request, reply) => {
      const summary = await runToEnd(prepare(shownRequestOf(request), request.params.netbox_vm_id), reply);
      return withFailures(reply, summary).send(stageJson(entry, summary));
    });
  }
  app.get(`${entry.path}/stream`, { config: streams, schema }, (request, reply) =>
    stream(deps, prepare(requestOf(request), request.params.netbox_vm_id), reply),
  );
}

/** What becomes of machines whose guest is gone, for callers whose own run has synced the machines. */
function registerSweep(app: App, deps: SyncRouteDeps): void {
  const schema = (form: string) => ({
    tags: ['sync'],
    summary: `Marks (or deletes) machines whose guest is gone (${form}); needs run_id, and endpoint_ids unless dry_run`,
    querystring: SweepQuery,
  });
  const prepare = (request: FastifyRequest) =>
    deps.sync.prepareStage(sweepEntry, parseSweepRequest(Raw.parse(request.query)));
  app.get(sweepEntry.path, { config: answers(z.looseObject({})), schema: schema('JSON') }, async (request, reply) => {
    const summary = await runToEnd(prepare(request), reply);
    return summary.result;
  });
  app.get(`${sweepEntry.path}/stream`, { config: answersStream, schema: schema('SSE') }, (request, reply) =>
    stream(deps, prepare(request), reply),
  );
}

function registerFullUpdate(app: App, deps: SyncRouteDeps): void {
  const schema = {
    tags: ['sync'],
    summary: 'All stages in order',
    querystring: Query,
  };
  app.get('/full-update', { config: { ...previews, ...answers(FullUpdate) }, schema }, async (request, reply) => {
    const summary = await runToEnd(deps.sync.prepareFullUpdate(requestOf(request)), reply);
    return withFailures(reply, summary).send({ ...summary.result, ok: summary.ok, errors: summary.errors });
  });
  app.get('/full-update/stream', { config: streams, schema }, (request, reply) =>
    stream(deps, deps.sync.prepareFullUpdate(requestOf(request)), reply),
  );
}

function requestOf(request: FastifyRequest): SyncRequest {
  const query: RawQuery = Raw.parse(request.query);
  return parseSyncRequest(query);
}

/** Of a route that answers the objects themselves. */
function shownRequestOf(request: FastifyRequest): SyncRequest {
  return { ...requestOf(request), showsObjects: true };
}

const clientGone = (): ProxboxError => new ProxboxError('cancelled', 'The client closed the connection.');

/** Runs to the end and answers with what it did; the run stops when the client goes away. */
async function runToEnd(prepared: PreparedRun, reply: FastifyReply): Promise<RunSummary> {
  const abort = new AbortController();
  const onClose = (): void => {
    if (!reply.raw.writableFinished) abort.abort(clientGone());
  };
  reply.raw.once('close', onClose);
  const frames = prepared.start(abort);
  try {
    for (;;) {
      const { done, value } = await frames.next();
      if (done !== true) continue;
      reply.header('x-proxbox-status', value.status);
      if (value.error !== undefined) throw value.error;
      return value;
    }
  } finally {
    reply.raw.off('close', onClose);
  }
}

async function* shortened(frames: AsyncIterable<SseFrame>): AsyncGenerator<SseFrame> {
  for await (const frame of frames) yield shortenFrame(frame);
}

async function stream(deps: SyncRouteDeps, prepared: PreparedRun, reply: FastifyReply): Promise<void> {
  const abort = new AbortController();
  const signal = AbortSignal.any([abort.signal, deps.stopping.signal]);
  await streamSse(reply, shortened(paceFrames(prepared.start(abort), { ...deps, signal })), {
    clock: deps.clock,
    onDisconnect: () => abort.abort(clientGone()),
  });
}

/** Arrays keep their shape also when some objects failed; the count, like the status, is in a header. */
function withFailures(reply: FastifyReply, summary: RunSummary): FastifyReply {
  const failed = failedCount(summary);
  return failed === 0 ? reply : reply.header('x-proxbox-failed', String(failed));
}

function activeBody(sync: SyncService) {
  const runs = sync.activeRuns.list().map(({ id, kind, startedAt }) => ({ id, kind, started_at: startedAt }));
  const [head] = runs;
  return {
    active: head !== undefined,
    started_at: head?.started_at ?? null,
    id: head?.id ?? null,
    kind: head?.kind ?? null,
    runs,
  };
}
