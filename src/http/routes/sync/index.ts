/** The sync routes: one pair (JSON and `/stream`) per row of the stage table, the full update, and what runs now. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Clock } from '../../../config/clock.js';
import { ProxboxError } from '../../../errors/proxbox-error.js';
import { stageJson } from '../../../sync/json-result.js';
import type { SyncRequest } from '../../../sync/request.js';
import type { PreparedRun, SyncService } from '../../../sync/service.js';
import { stageTable, sweepEntry, type StageEntry } from '../../../sync/stages/index.js';
import type { App } from '../../app-type.js';
import { integerField } from '../../query-fields.js';
import { answers, answersStream } from '../../route-document.js';
import { shortenFrame } from '../../stream/frame-size.js';
import { paceFrames } from '../../stream/pace-frames.js';
import { streamSse, type SseFrame } from '../../stream/sse.js';
import { Query, requestOf, shownRequestOf, sweepRequestOf, SweepQuery } from './query.js';
import { registerPartRoutes } from './parts.js';
import { clientGone, objects, previews, runToEnd, withFailures } from './run-to-end.js';

export interface SyncRouteDeps {
  readonly sync: SyncService;
  readonly clock: Clock;
  /** See stream/pace-frames.ts. */
  readonly closingPauseMs: number;
  /** Aborted when the service stops. */
  readonly stopping: AbortController;
}

const VmParams = z.object({ netbox_vm_id: integerField({ min: 1 }) });

const streams = { ...previews, ...answersStream };

const Active = z.object({
  active: z.boolean(),
  started_at: z.string().nullable(),
  id: z.string().nullable(),
  kind: z.string().nullable(),
  runs: z.array(z.object({ id: z.string(), kind: z.string(), started_at: z.string(), run_id: z.string() })),
});
const RunParams = z.object({ id: z.string().min(1).max(255) });
const FullUpdate = z.looseObject({ status: z.string(), ok: z.boolean(), errors: z.array(z.looseObject({})) });

export function registerSyncRoutes(app: App, deps: SyncRouteDeps): void {
  for (const entry of stageTable) {
    registerStage(app, deps, entry);
    if (entry.machine !== undefined) registerOneMachine(app, deps, { ...entry, ...entry.machine });
  }
  registerPartRoutes(app, deps);
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
  const prepare = (request: FastifyRequest) => deps.sync.prepareStage(sweepEntry, sweepRequestOf(request));
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

function activeBody(sync: SyncService) {
  const runs = sync.activeRuns
    .list()
    .map(({ id, kind, startedAt, runId }) => ({ id, kind, started_at: startedAt, run_id: runId }));
  const [head] = runs;
  return {
    active: head !== undefined,
    started_at: head?.started_at ?? null,
    id: head?.id ?? null,
    kind: head?.kind ?? null,
    runs,
  };
}
