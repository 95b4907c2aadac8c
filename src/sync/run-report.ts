import type { OpenedRun } from './open-run.js';
import type { RunContext } from './run-context.js';
import type { StageEntry } from './stages/index.js';
import type { StageResult } from './summary.js';

/** What the run cost both sides. */
export function traffic({ counters, proxmoxRequests }: OpenedRun): Readonly<Record<string, unknown>> {
  return {
    netbox: { requests: counters.requests, writes: counters.writes, retries: counters.retries },
    proxmox: { requests: proxmoxRequests() },
  };
}

export function withRunWarnings(
  body: Readonly<Record<string, unknown>>,
  run: RunContext,
): Readonly<Record<string, unknown>> {
  const own: readonly unknown[] = Array.isArray(body['warnings']) ? body['warnings'] : [];
  const all = [...run.warnings.map(({ code, message }) => ({ reason: code, message })), ...own];
  return all.length === 0 ? body : { ...body, warnings: all };
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
  table: readonly StageEntry[],
  stages: readonly StageResult[],
  includeAll: boolean,
): Readonly<Record<string, unknown>> {
  const body: Record<string, unknown> = {};
  const kindsBody: Record<string, unknown> = {};
  for (const { stage, resultKey } of table) {
    const result = stages.find((one) => one.stage === stage.name);
    const [mainKind] = stage.kinds;
    const done = (result?.outcomes ?? []).filter(({ kind, record }) => kind === mainKind && record !== undefined);
    const listed = includeAll ? done : done.slice(0, listLimit);
    body[resultKey] = listed.map(({ label, record }) => ({
      id: record?.id,
      name: label,
      url: record?.['url'] ?? null,
    }));
    body[`${resultKey}_count`] =
      result?.outcomes.filter(({ kind, status }) => kind === mainKind && status !== 'failed' && status !== 'skipped')
        .length ?? 0;
    if (listed.length < done.length) body[`${resultKey}_truncated`] = true;
  }
  for (const { kinds } of stages) {
    for (const [kind, counts] of kinds) kindsBody[kind] = addCounts(kindsBody[kind], counts);
  }
  return { ...body, kinds: kindsBody };
}

function addCounts(sum: unknown, counts: object): object {
  if (typeof sum !== 'object' || sum === null) return { ...counts };
  const known = new Map<string, unknown>(Object.entries(sum));
  return Object.fromEntries(
    Object.entries(counts).map(([name, value]: [string, unknown]) => [
      name,
      numberOf(known.get(name)) + numberOf(value),
    ]),
  );
}

function numberOf(value: unknown): number {
  return typeof value === 'number' ? value : 0;
}
