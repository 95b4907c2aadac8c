/** What is told at the end of a run: the results of its stages as one body. Pure. */
import type { ObjectKind } from '../netbox/kinds/index.js';
import { isObject } from '../values/plain-object.js';
import type { OpenedRun } from './open-run.js';
import type { RunContext } from './run-context.js';
import type { FullUpdateEntry } from './stages/index.js';
import { addCounts, noCounts, noneOfKind, type KindCounts, type StageResult } from './summary.js';
import type { Outcome, Warning } from './types.js';

/** What the run cost both sides. */
export function traffic({ counters, proxmoxRequests }: OpenedRun): Readonly<Record<string, unknown>> {
  return {
    netbox: { requests: counters.requests, writes: counters.writes, retries: counters.retries },
    proxmox: { requests: proxmoxRequests() },
  };
}

/** `more`: what was told before the stage began. */
export function withRunWarnings(
  body: Readonly<Record<string, unknown>>,
  more: readonly Warning[],
): Readonly<Record<string, unknown>> {
  const own: readonly unknown[] = Array.isArray(body['warnings']) ? body['warnings'] : [];
  const all = [...more.map(({ code, message }) => ({ reason: code, message })), ...own];
  return all.length === 0 ? body : { ...body, warnings: all };
}

export interface FollowUp {
  readonly stage: string;
  readonly body: Readonly<Record<string, unknown>>;
}

/** The result of a stage with those of the stages that the same run went on with: their kinds and warnings in one place. */
export function withFollowUps(
  body: Readonly<Record<string, unknown>>,
  followUps: readonly FollowUp[],
): Readonly<Record<string, unknown>> {
  if (followUps.length === 0) return body;
  const all = [body, ...followUps.map((followUp) => followUp.body)];
  const kinds: Record<string, unknown> = {};
  for (const [kind, counts] of all.flatMap((one) => Object.entries(isObject(one['kinds']) ? one['kinds'] : {})))
    if (isObject(counts)) kinds[kind] = addCounts(isObject(kinds[kind]) ? kinds[kind] : {}, counts);
  const warnings = all.flatMap((one): readonly unknown[] => (Array.isArray(one['warnings']) ? one['warnings'] : []));
  const counters = (one: FollowUp['body']) =>
    Object.fromEntries(Object.entries(one).filter(([key]) => key !== 'kinds' && key !== 'warnings'));
  return {
    ...body,
    kinds,
    ...(warnings.length === 0 ? {} : { warnings }),
    follow_ups: Object.fromEntries(followUps.map((followUp) => [followUp.stage, counters(followUp.body)])),
  };
}

export function runWarnings(run: RunContext, stages: readonly StageResult[]): Readonly<Record<string, unknown>> {
  const own = run.warnings.map(({ code, message }) => ({ phase: 'full-update', reason: code, message }));
  const ofStages = stages.flatMap(({ stage, counts, warnings, outcomes }) => [
    ...(counts.failed === 0
      ? []
      : [
          {
            phase: stage,
            succeeded: counts.total - counts.failed,
            failed: counts.failed,
            requested: counts.total,
            message: outcomes.find(({ status }) => status === 'failed')?.reason?.message ?? '',
          },
        ]),
    ...warnings.slice(0, 50).map(({ code, message }) => ({ phase: stage, reason: code, message })),
  ]);
  const all = [...own, ...ofStages];
  return all.length === 0 ? {} : { warnings: all };
}

const listLimit = 100;

export function fullUpdateBody(
  table: readonly FullUpdateEntry[],
  stages: readonly StageResult[],
  includeAll: boolean,
): Readonly<Record<string, unknown>> {
  const body: Record<string, unknown> = {};
  const kindsBody: Partial<Record<ObjectKind, KindCounts>> = {};
  for (const { stage, resultKey, answer } of table) {
    const result = stages.find((one) => one.stage === stage.name);
    const told = answer === 'counters' ? countersOf(result) : objectsOf(result, stage.kinds[0], includeAll);
    body[`${resultKey}_count`] = told.count;
    body[resultKey] = told.value;
    if (told.isTruncated) body[`${resultKey}_truncated`] = true;
  }
  for (const { kinds } of stages) {
    for (const [kind, counts] of kinds) kindsBody[kind] = addCounts(kindsBody[kind] ?? noneOfKind, counts);
  }
  return { ...body, kinds: kindsBody };
}

function countersOf(result: StageResult | undefined) {
  const count = result?.count ?? 0;
  return { count, value: { count, ...(result?.counts ?? noCounts), ...result?.extra }, isTruncated: false };
}

function objectsOf(result: StageResult | undefined, mainKind: ObjectKind, includeAll: boolean) {
  const done = (result?.outcomes ?? []).filter(isDone(mainKind));
  const listed = includeAll ? done : done.slice(0, listLimit);
  const value = listed.map(({ label, id, url = '' }) => ({ id, name: label, url: url === '' ? null : url }));
  return { count: done.length, value, isTruncated: listed.length < done.length };
}

/** The objects of a kind that are now as they should be. */
export function isDone(mainKind: ObjectKind): (outcome: Outcome) => boolean {
  return ({ kind, status }) =>
    kind === mainKind && (status === 'created' || status === 'updated' || status === 'unchanged');
}
