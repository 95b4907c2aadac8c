/** What runs did, and the run that is under way: lists, a stream to read along, the end of a run by request. */
import { z } from 'zod';
import type { Clock } from '../../config/clock.js';
import { ProxboxError } from '../../errors/proxbox-error.js';
import type { Ledger } from '../../ledger/ledger.js';
import { itemOutcomes, runStatuses, triggers, type RunFilter, type StoredRun } from '../../ledger/types.js';
import type { SyncService } from '../../sync/service.js';
import { sweepEntry } from '../../sync/stages/index.js';
import type { App } from '../app-type.js';
import { dateOf, dateTimeField, integerField, textField } from '../query-fields.js';
import { answers, answersStream, said } from '../route-document.js';
import { shortenFrame } from '../stream/frame-size.js';
import { streamSse, type SseFrame } from '../stream/sse.js';
import { askedJob, RunQuery } from './asked-job.js';
import { Comparison, comparisonBody, Item, itemBody, Run, runBody, RunWithStages, stageBody } from './run-bodies.js';
import { begin, Begun } from './sync/run-to-end.js';

export interface RunRouteDeps {
  readonly ledger: Pick<Ledger, 'runs' | 'run' | 'stages' | 'items' | 'compare'>;
  readonly sync: Pick<SyncService, 'activeRuns' | 'prepareFullUpdate' | 'prepareStage'>;
  readonly clock: Clock;
  /** Aborted when the service stops. */
  readonly stopping: AbortController;
}

const RunParams = z.object({ id: z.string().min(1).max(255) });
const cursor = integerField({ min: 0 }).optional().describe('next_cursor of the page before');
const limit = integerField({ min: 1, max: 1000 }).default(100);
const filterFields = {
  status: z.enum(runStatuses).optional(),
  kind: textField(60).optional().describe('full-update, the name of a stage, or individual'),
  trigger: z.enum(triggers).optional(),
  endpoint: integerField({ min: 1 }).optional().describe('Id of a stored Proxmox endpoint that the run was about'),
};
const LatestQuery = z.object(filterFields);
const ListQuery = z.object({
  ...filterFields,
  job_id: textField(255).optional().describe('The run_id with which runs were asked for'),
  since: said(dateTimeField.optional(), { format: 'date-time', description: 'Begun at this time or later' }),
  until: said(dateTimeField.optional(), { format: 'date-time', description: 'Begun before this time' }),
  cursor,
  limit,
});
const ItemsQuery = z.object({
  outcome: z.enum(itemOutcomes).optional(),
  kind: textField(60).optional(),
  reason: textField(60).optional().describe('A reason of docs/errors.md'),
  stage: textField(60).optional(),
  text: textField(200).optional().describe('Part of the name, the key or the sentence'),
  cursor,
  limit,
});

const nextCursor = z.number().nullable();
const RunPage = z.object({ runs: z.array(Run), next_cursor: nextCursor });
const ItemPage = z.object({ items: z.array(Item), next_cursor: nextCursor });
const cancelling = {
  document: { answers: { 202: z.object({ id: z.string(), status: z.literal('cancelling') }) } },
};
const tags = ['runs'];

/** So many objects that a run left undone are compared with those of the run before, and so many of each list are shown. */
const compared = { most: 20_000, shown: 100 };

export function registerRunRoutes(app: App, deps: RunRouteDeps): void {
  registerLists(app, deps);
  registerOfOne(app, deps);
  registerBeginning(app, deps);
}

function registerBeginning(app: App, { sync }: RunRouteDeps): void {
  app.post(
    '/runs',
    {
      config: { document: { answers: { 202: Begun } } },
      schema: { tags, summary: 'Begin a full update or one stage, which goes on by itself', querystring: RunQuery },
    },
    async (request, reply) => {
      const { name, job, asked } = askedJob(request, request.query);
      if (name === sweepEntry.stage.name)
        throw new ProxboxError(
          'invalid_request',
          `A sweep goes on after a run: GET ${sweepEntry.path} takes its run_id.`,
        );
      const prepared = job === 'full-update' ? sync.prepareFullUpdate(asked) : sync.prepareStage(job, asked);
      return reply.status(202).send(begin(prepared, request.log));
    },
  );
}

function registerLists(app: App, { ledger }: RunRouteDeps): void {
  app.get(
    '/runs',
    { config: answers(RunPage), schema: { tags, summary: 'Runs, the newest first', querystring: ListQuery } },
    async ({ query }) => {
      const { rows, next } = ledger.runs(filterOf(query), { before: query.cursor, limit: query.limit });
      return { runs: rows.map(runBody), next_cursor: next };
    },
  );
  app.get(
    '/runs/latest',
    { config: answers(RunWithStages), schema: { tags, summary: 'The newest run of these', querystring: LatestQuery } },
    async ({ query }) => {
      const [latest] = ledger.runs(filterOf(query), { limit: 1 }).rows;
      if (latest === undefined)
        throw new ProxboxError('not_found', 'No run of these is recorded. GET /runs lists those that are.');
      return wholeBody(ledger, latest);
    },
  );
}

function registerOfOne(app: App, deps: RunRouteDeps): void {
  const { ledger, sync, clock, stopping } = deps;
  app.get(
    '/runs/:id',
    { config: answers(RunWithStages), schema: { tags, summary: 'A run and its stages', params: RunParams } },
    async ({ params: { id } }) => wholeBody(ledger, stored(ledger, id)),
  );
  app.get(
    '/runs/:id/items',
    {
      config: answers(ItemPage),
      schema: {
        tags,
        summary: 'The objects that a run changed, left out or could not write',
        params: RunParams,
        querystring: ItemsQuery,
      },
    },
    async ({ params: { id }, query: { cursor: after, limit: most, ...filter } }) => {
      stored(ledger, id);
      const { rows, next } = ledger.items(id, filter, { after, limit: most });
      return { items: rows.map(itemBody), next_cursor: next };
    },
  );
  app.get(
    '/runs/:id/comparison',
    {
      config: answers(Comparison),
      schema: { tags, summary: 'What a run left undone beside the run before it', params: RunParams },
    },
    async ({ params: { id } }) => comparisonBody(ledger.compare(id, compared.most) ?? unknown(id), compared.shown),
  );
  app.get(
    '/runs/:id/stream',
    {
      config: answersStream,
      schema: { tags, summary: 'What a run has come to, and how it goes on', params: RunParams },
    },
    async ({ params: { id } }, reply) => {
      const frames = sync.activeRuns.attach(id) ?? told(ledger, id);
      const gone = new AbortController();
      const signal = AbortSignal.any([gone.signal, stopping.signal]);
      await streamSse(reply, untilAborted(frames, signal), { clock, onDisconnect: () => gone.abort() });
    },
  );
  app.post(
    '/runs/:id/cancel',
    { config: cancelling, schema: { tags, summary: 'End a run after the write in flight', params: RunParams } },
    async ({ params: { id } }, reply) => {
      const outcome = sync.activeRuns.cancelRun(id, new Error('The run was cancelled by a request.'));
      if (outcome === 'cancelling') return reply.status(202).send({ id, status: 'cancelling' });
      if (outcome === 'ending') throw new ProxboxError('conflict', `The run '${id}' is ending already.`);
      throw new ProxboxError('conflict', whyNotCancelled(stored(ledger, id)));
    },
  );
}

function whyNotCancelled({ id, status }: StoredRun): string {
  return status === 'running'
    ? `The run '${id}' syncs one object: it ends by itself, within 25 seconds.`
    : `The run '${id}' has ended (${status}).`;
}

function filterOf(query: Partial<z.infer<typeof ListQuery>>): RunFilter {
  const time = (asked: string | undefined): string | undefined =>
    asked === undefined ? undefined : dateOf(asked).toISOString();
  const { status, kind, trigger, endpoint, job_id: jobId, since, until } = query;
  return { status, kind, trigger, endpoint, jobId, since: time(since), until: time(until) };
}

function stored(ledger: RunRouteDeps['ledger'], id: string): StoredRun {
  return ledger.run(id) ?? unknown(id);
}

function unknown(id: string): never {
  throw new ProxboxError('not_found', `No run with the id '${id}' is recorded. GET /runs lists those that are.`);
}

function wholeBody(ledger: RunRouteDeps['ledger'], run: StoredRun): object {
  return { ...runBody(run), stages: ledger.stages(run.id).map(stageBody) };
}

/** What is known of a run that does not tell itself: how its stages ended, and how it did. */
async function* toldFrames(ledger: RunRouteDeps['ledger'], run: StoredRun): AsyncGenerator<SseFrame> {
  const { id: run_id, kind, status, message, errors } = run;
  for (const { stage, title, status: ended, message: why, counts, seconds } of ledger.stages(run_id))
    yield {
      event: 'step',
      data: {
        step: stage,
        status: ended === 'completed' || ended === 'partial' ? 'completed' : 'failed',
        message: `${title}: ${why ?? ended}`,
        result: counts,
        payload: { run_id },
        duration_seconds: seconds,
      },
    };
  const ok = status === 'completed' || (status === 'partial' && kind !== 'full-update');
  const text = message ?? `The run ended: ${status}.`;
  if (!ok) yield { event: 'error', data: { step: kind, status: 'failed', error: text, detail: text } };
  yield { event: 'complete', data: { ok, message: text, result: { status, run_id, totals: run.totals }, errors } };
}

function told(ledger: RunRouteDeps['ledger'], id: string): AsyncIterable<SseFrame> {
  const run = stored(ledger, id);
  if (run.status === 'running')
    throw new ProxboxError(
      'conflict',
      `The run '${id}' syncs one object and has no stream. GET /runs/${id} says how it ended.`,
    );
  return toldFrames(ledger, run);
}

/** A reader that leaves, and a service that stops, wait for no further frame. */
async function* untilAborted(frames: AsyncIterable<SseFrame>, signal: AbortSignal): AsyncGenerator<SseFrame> {
  const iterator = frames[Symbol.asyncIterator]();
  const aborted = new Promise<undefined>((resolve) => {
    if (signal.aborted) resolve(undefined);
    signal.addEventListener('abort', () => resolve(undefined), { once: true });
  });
  try {
    for (;;) {
      const next = await Promise.race([iterator.next(), aborted]);
      if (next === undefined || next.done === true) return;
      yield shortenFrame(next.value);
    }
  } finally {
    // Not awaited: what waits for a frame answers only when there is one.
    void iterator.return?.();
  }
}
