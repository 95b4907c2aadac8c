/** Plans: what a run would do, kept to be read and then carried out as it was read. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Clock } from '../../config/clock.js';
import { ProxboxError } from '../../errors/proxbox-error.js';
import type { Ledger } from '../../ledger/ledger.js';
import { changingOutcomes, type ItemEntry, type StoredItem, type StoredRun } from '../../ledger/types.js';
import { comparedChanges, differences, type Difference } from '../../sync/approved.js';
import { parseSyncRequest, type SyncRequest } from '../../sync/request.js';
import type { SyncService } from '../../sync/service.js';
import { isObject } from '../../values/plain-object.js';
import type { App } from '../app-type.js';
import { booleanField, integerField } from '../query-fields.js';
import { answers } from '../route-document.js';
import { askedBy, callerOf } from './actor.js';
import { askedJob, jobOf, PlanQuery } from './asked-job.js';
import { planHtml } from '../../sync/plan-html.js';
import { planText, type PlanText } from '../../sync/plan-text.js';
import { Plan, WholePlan } from './plan-bodies.js';
import { itemBody, runBody, stageBody } from './run-bodies.js';
import { begin, Begun, runToEnd } from './sync/run-to-end.js';

export interface PlanRouteDeps {
  readonly ledger: Pick<Ledger, 'runs' | 'run' | 'stages' | 'items' | 'kept'>;
  readonly sync: Pick<SyncService, 'preparePlan' | 'prepareCheck' | 'prepareApply'>;
  readonly clock: Pick<Clock, 'now'>;
}

/** So long a plan says what is to be done. */
const lastsMs = 86_400_000;
/** Rows of one look into the ledger. */
const pageSize = 1000;
/** Differences that are told; their number is exact. */
const mostDifferences = 200;

const PlanParams = z.object({ id: z.string().min(1).max(255) });
const wait = booleanField
  .default(true)
  .describe('false: answers 202 with the id at once; GET /runs/{id}/stream tells how it goes on');
const AskQuery = PlanQuery.extend({ wait });
const cursor = integerField({ min: 0 }).optional().describe('next_cursor of the page before');
const limit = integerField({ min: 1, max: pageSize }).default(100);
const ListQuery = z.object({ cursor, limit });
const OneQuery = z.object({
  format: z
    .enum(['json', 'text', 'html'])
    .default('json')
    .describe('text: as a diff, for people; html: the same as a document; both are the whole plan'),
  cursor,
  limit: integerField({ min: 1, max: pageSize }).default(pageSize),
});
const ApplyQuery = z.object({
  allow_drift: booleanField
    .default(false)
    .describe('true: what differs by now is left out, and the rest is carried out'),
  wait: wait.describe(
    'false: answers 202 with run_id as soon as it is known that the plan is still what would be done',
  ),
});

const PlanPage = z.object({ plans: z.array(Plan), next_cursor: z.number().nullable() });
const Applied = z.looseObject({ status: z.string(), ok: z.boolean(), plan_id: z.string(), run_id: z.string() });
const tags = ['plans'];

export function registerPlanRoutes(app: App, deps: PlanRouteDeps): void {
  registerAsking(app, deps);
  registerReading(app, deps);
  app.post(
    '/plans/:id/apply',
    {
      config: {
        document: { answers: { 200: Applied, 202: Begun.extend({ plan_id: z.string(), run_id: z.string() }) } },
      },
      schema: {
        tags,
        summary: 'Carry out a plan, if it is still what would be done',
        params: PlanParams,
        querystring: ApplyQuery,
      },
    },
    async (request, reply) => apply(deps, request.params.id, request.query, { request, reply }),
  );
}

function registerAsking(app: App, { ledger, sync, clock }: PlanRouteDeps): void {
  app.post(
    '/plans',
    {
      config: { document: { answers: { 201: WholePlan, 202: Begun } } },
      schema: { tags, summary: 'Plan a full update or one stage', querystring: AskQuery },
    },
    async (request, reply) => {
      const { wait: waits, ...asks } = request.query;
      const { name, job, query, asked } = askedJob(request, asks);
      const prepared = sync.preparePlan(job, asked, { plan_of: name, query });
      if (!waits) return reply.status(202).send(begin(prepared, request.log));
      await runToEnd(prepared, reply);
      const plan = ledger.run(prepared.runId);
      // What is there of one that could be written in part is no plan: nobody could tell what it lacks.
      if (plan === undefined || plan.status === 'running')
        throw new ProxboxError(
          'database_unusable',
          `The plan was made and could not be kept; the log says why. It is kept as '${prepared.runId}' when that is mended.`,
        );
      return reply.status(201).send(wholeBody({ ledger, clock }, plan, { limit: pageSize }));
    },
  );
}

function registerReading(app: App, deps: PlanRouteDeps): void {
  const { ledger, clock } = deps;
  app.get(
    '/plans',
    { config: answers(PlanPage), schema: { tags, summary: 'Plans, the newest first', querystring: ListQuery } },
    async ({ query }) => {
      const { rows, next } = ledger.runs({ kind: 'plan' }, { before: query.cursor, limit: query.limit });
      return { plans: rows.map((row) => planBody(row, clock)), next_cursor: next };
    },
  );
  app.get(
    '/plans/:id',
    {
      config: answers(WholePlan),
      schema: { tags, summary: 'A plan and its changes', params: PlanParams, querystring: OneQuery },
    },
    async ({ params: { id }, query: { format, cursor: after, limit: most } }, reply) => {
      const plan = stored(ledger, id);
      if (format === 'json') return wholeBody(deps, plan, { after, limit: most });
      if (format === 'text') return reply.type('text/plain; charset=utf-8').send(planText(toldOf(deps, plan)));
      // It needs nothing but itself.
      reply.header(
        'content-security-policy',
        "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
      );
      return reply.type('text/html; charset=utf-8').send(planHtml(toldOf(deps, plan)));
    },
  );
}

interface Call {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
}

/** Looks again; what differs stops it, or is left out. */
async function apply(
  { ledger, sync, clock }: PlanRouteDeps,
  id: string,
  { allow_drift: allowsDrift, wait: waits }: z.infer<typeof ApplyQuery>,
  { request, reply }: Call,
): Promise<unknown> {
  const plan = stored(ledger, id);
  const { name, query } = askedIn(plan);
  if (plan.status === 'running')
    throw new ProxboxError(
      'conflict',
      `The plan '${id}' is still being made. GET /runs/${id}/stream tells when it is.`,
    );
  if (plan.status !== 'completed' && plan.status !== 'partial')
    throw new ProxboxError(
      'conflict',
      `The plan '${id}' cannot be applied: it ended as ${plan.status}. Make a new one.`,
    );
  if (isExpired(plan, clock))
    throw new ProxboxError(
      'conflict',
      `The plan '${id}' is older than a day: NetBox and Proxmox have gone on. Make a new one.`,
    );
  const asked: SyncRequest = askedBy(callerOf(request), parseSyncRequest(query));
  const shown = everyItem(ledger, id);
  const now: ItemEntry[] = [];
  const job = jobOf(name);
  await runToEnd(
    sync.prepareCheck(job, asked, (items) => void now.push(...items)),
    reply,
  );
  const kept = now.map((item) => ({ ...item, changes: item.changes.map(ledger.kept) }));
  const found = differences(comparedChanges(shown.map(shownItem)), comparedChanges(kept));
  if (found.length > 0 && !allowsDrift) return reply.status(409).send(refusal(id, found));
  const prepared = sync.prepareApply(job, asked, shown.map(shownItem));
  if (!waits) return reply.status(202).send({ ...begin(prepared, request.log), plan_id: id, run_id: prepared.runId });
  const { result, ok, errors } = await runToEnd(prepared, reply);
  return { ...result, ok, errors, plan_id: id, run_id: prepared.runId };
}

function refusal(id: string, found: readonly Difference[]): object {
  const message = `The plan '${id}' is no longer what would be done: ${found.length} change(s) differ. Make a new plan, or apply what is still the same with allow_drift=true.`;
  return { message, detail: message, difference_count: found.length, differences: found.slice(0, mostDifferences) };
}

function stored(ledger: PlanRouteDeps['ledger'], id: string): StoredRun {
  const run = ledger.run(id);
  if (run?.kind === 'plan') return run;
  throw new ProxboxError('not_found', `There is no plan with the id '${id}'. GET /plans lists those that there are.`);
}

function askedIn({ scope: { plan_of: name, query } }: StoredRun) {
  const texts = Object.entries(isObject(query) ? query : {}).map(([field, value]) => [field, String(value)] as const);
  return { name: typeof name === 'string' ? name : 'full-update', query: Object.fromEntries(texts) };
}

function expiresAt({ startedAt }: StoredRun): Date {
  return new Date(Date.parse(startedAt) + lastsMs);
}

function isExpired(plan: StoredRun, clock: PlanRouteDeps['clock']): boolean {
  return expiresAt(plan) <= clock.now();
}

function planBody(plan: StoredRun, clock: PlanRouteDeps['clock']): object {
  const { name, query } = askedIn(plan);
  return {
    ...runBody(plan),
    plan_of: name,
    query,
    expires_at: expiresAt(plan).toISOString(),
    is_expired: isExpired(plan, clock),
    drift: driftOf(plan),
  };
}

/** The number of changes that NetBox is away from Proxmox. */
function driftOf({ totals }: StoredRun): number {
  const changed = Object.values(totals).flatMap((counts) =>
    isObject(counts) ? changingOutcomes.map((outcome) => counts[outcome]) : [],
  );
  return changed.reduce<number>((sum, count) => sum + (typeof count === 'number' ? count : 0), 0);
}

function wholeBody(
  { ledger, clock }: Pick<PlanRouteDeps, 'ledger' | 'clock'>,
  plan: StoredRun,
  page: { readonly after?: number | undefined; readonly limit: number },
): object {
  const { rows, next } = ledger.items(plan.id, {}, page);
  return {
    ...planBody(plan, clock),
    stages: ledger.stages(plan.id).map(stageBody),
    changes: rows.map(itemBody),
    next_cursor: next,
  };
}

function toldOf({ ledger }: PlanRouteDeps, plan: StoredRun): PlanText {
  const { id, startedAt } = plan;
  return {
    id,
    of: askedIn(plan).name,
    createdAt: startedAt,
    expiresAt: expiresAt(plan).toISOString(),
    items: everyItem(ledger, id),
    warnings: ledger.stages(id).flatMap(({ warnings }) => warnings.filter(isWarning)),
  };
}

function isWarning(value: unknown): value is { readonly reason: string; readonly message: string } {
  return isObject(value) && typeof value['reason'] === 'string' && typeof value['message'] === 'string';
}

function everyItem(ledger: PlanRouteDeps['ledger'], id: string): readonly StoredItem[] {
  const items: StoredItem[] = [];
  let after: number | undefined;
  do {
    const page = ledger.items(id, {}, { after, limit: pageSize });
    items.push(...page.rows);
    after = page.next ?? undefined;
  } while (after !== undefined);
  return items;
}

function shownItem({ kind, key, label, outcome, changes }: StoredItem) {
  const fields = changes.flatMap((change) =>
    isObject(change) && typeof change['field'] === 'string'
      ? [{ field: change['field'], from: change['from'], to: change['to'] }]
      : [],
  );
  return { kind, key, label, outcome, changes: fields };
}
