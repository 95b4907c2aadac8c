/** A full update or one stage, as the routes about runs and plans are asked for it. */
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { ProxboxError } from '../../errors/proxbox-error.js';
import { parseSyncRequest, type SyncRequest } from '../../sync/request.js';
import type { Job } from '../../sync/service.js';
import { stageTable, sweepEntry } from '../../sync/stages/index.js';
import { said } from '../route-document.js';
import { askedBy, callerOf } from './actor.js';
import { Query, Raw } from './sync/query.js';

const jobs: ReadonlyMap<string, Job> = new Map<string, Job>([
  ['full-update', 'full-update'],
  ...[...stageTable, sweepEntry].map((entry) => [entry.stage.name, entry] as const),
]);

const oneOf = (names: readonly string[]) =>
  said(z.union([z.string(), z.array(z.string())]).optional(), {
    anyOf: undefined,
    type: 'string',
    enum: names,
    description: 'One stage; absent = a full update',
  });

export const PlanQuery = Query.extend({ stage: oneOf([...jobs.keys()]) });
/** A sweep marks what others have not found: it has a route of its own, which asks after whose run it is. */
export const RunQuery = Query.extend({
  stage: oneOf([...jobs.keys()].filter((name) => name !== sweepEntry.stage.name)),
});

export interface AskedJob {
  /** `full-update`, or the name of the stage. */
  readonly name: string;
  readonly job: Job;
  readonly query: Readonly<Record<string, string>>;
  readonly asked: SyncRequest;
}

/**
 * @param asks the query of the request, without what is meant for the route itself
 * @throws as parseSyncRequest, and for a stage that there is not
 */
export function askedJob(request: FastifyRequest, asks: object): AskedJob {
  const { stage: name = 'full-update', ...query } = lastOfEach(Raw.parse(asks));
  return { name, job: jobOf(name), query, asked: askedBy(callerOf(request), parseSyncRequest(query)) };
}

/** @throws ProxboxError `invalid_request` */
export function jobOf(name: string): Job {
  const job = jobs.get(name);
  if (job !== undefined) return job;
  throw new ProxboxError('invalid_request', `stage must be one of ${[...jobs.keys()].join(', ')}`);
}

/** Of a repeated key the last one counts. */
function lastOfEach(query: z.infer<typeof Raw>): Readonly<Record<string, string>> {
  const texts: Record<string, string> = {};
  for (const [name, value] of Object.entries(query)) {
    const text = Array.isArray(value) ? value.at(-1) : value;
    if (text !== undefined) texts[name] = text;
  }
  return texts;
}
