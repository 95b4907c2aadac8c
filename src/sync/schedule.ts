/**
 * Full updates at times of its own, for those whose plugin does not begin them. A start is left out while a run is under way, and
 * where others have synced every endpoint within half the distance to the start after it.
 */
import type { Logger } from 'pino';
import type { Clock } from '../config/clock.js';
import type { Recurring } from '../config/cron.js';
import { errorText } from '../errors/proxbox-error.js';
import type { RunFilter, StoredRun } from '../ledger/types.js';
import { parseSyncRequest } from './request.js';
import type { SyncService } from './service.js';
import { untilEnded } from './until-ended.js';

/** `begun`; `busy`: a run was under way; `recent`: others had synced everything; `failed`: the run could not begin. */
export const startOutcomes = ['begun', 'busy', 'recent', 'failed'] as const;
type StartOutcome = (typeof startOutcomes)[number];

export interface Start {
  /** ISO 8601, UTC. */
  readonly at: string;
  readonly outcome: StartOutcome;
  /** For people. */
  readonly message: string;
}

export interface SchedulePorts {
  readonly times: Recurring;
  readonly clock: Clock;
  /** From 0 to less than 1. */
  readonly random: () => number;
  readonly logger: Pick<Logger, 'info' | 'warn'>;
  readonly sync: Pick<SyncService, 'prepareFullUpdate' | 'activeRuns'>;
  /** The newest first. */
  readonly runs: (filter: RunFilter) => readonly StoredRun[];
  /** Ids of the stored Proxmox endpoints that a full update is about. */
  readonly enabledEndpoints: () => readonly number[];
  readonly count: (outcome: StartOutcome) => void;
}

export interface Schedule {
  /** ISO 8601, UTC, without the jitter; null: no start is to come. */
  next(): string | null;
  last(): Start | null;
  /** Begins runs until the signal is aborted, with which it rejects. */
  keep(signal: AbortSignal): Promise<void>;
}

/** Several services with one pattern do not begin at once. */
const jitter = { ofDistance: 0.1, mostMs: 60_000 } as const;
/** Timers of Node end at once beyond 2^31 ms. */
const longestSleepMs = 86_400_000;
const everyStage: ReadonlySet<string> = new Set(['full-update', 'virtual-machines']);

export function createSchedule(ports: SchedulePorts): Schedule {
  const { times, clock, random, count, logger } = ports;
  let next: Date | undefined = times.nextAfter(clock.now());
  let last: Start | null = null;

  const note = (outcome: StartOutcome, message: string): void => {
    last = { at: clock.now().toISOString(), outcome, message };
    count(outcome);
    if (outcome === 'failed') logger.warn({ outcome }, message);
    else logger.info({ outcome }, message);
  };

  const begin = (distanceMs: number): void => {
    const [active] = ports.sync.activeRuns.list().filter(({ isPreview }) => !isPreview);
    if (active !== undefined) return note('busy', `A start of the schedule was left out: ${active.kind} is running.`);
    const since = new Date(clock.now().getTime() - distanceMs / 2);
    if (isSyncedSince(ports, since))
      return note(
        'recent',
        `A start of the schedule was left out: others synced every endpoint after ${since.toISOString()}.`,
      );
    carryOut(ports).then(
      () => undefined,
      (error: unknown) => note('failed', `A run of the schedule could not be carried out: ${errorText(error)}`),
    );
    return note('begun', 'The schedule has begun a full update.');
  };

  return {
    next: () => next?.toISOString() ?? null,
    last: () => last,
    async keep(signal) {
      for (; next !== undefined; next = times.nextAfter(clock.now())) {
        const distanceMs = (times.nextAfter(next)?.getTime() ?? Infinity) - next.getTime();
        const startMs = next.getTime() + random() * Math.min(distanceMs * jitter.ofDistance, jitter.mostMs);
        for (let left = startMs - clock.now().getTime(); left > 0; left = startMs - clock.now().getTime())
          await clock.sleep(Math.min(left, longestSleepMs), signal, { isBackground: true });
        signal.throwIfAborted();
        begin(distanceMs);
      }
    },
  };
}

async function carryOut({ sync }: Pick<SchedulePorts, 'sync'>): Promise<void> {
  const request = { ...parseSyncRequest({}), caller: { trigger: 'schedule', actor: '' } } as const;
  await untilEnded(sync.prepareFullUpdate(request).start(new AbortController()));
}

/** Whether runs that others began, together, were about every endpoint. */
function isSyncedSince({ runs, enabledEndpoints }: SchedulePorts, since: Date): boolean {
  const synced = new Set(
    runs({ since: since.toISOString() })
      .filter(isWhole)
      .flatMap(({ endpointIds }) => endpointIds),
  );
  const enabled = enabledEndpoints();
  return enabled.length > 0 && enabled.every((id) => synced.has(id));
}

/** All machines of its endpoints, in main. */
function isWhole({ kind, trigger, status, branch, scope }: StoredRun): boolean {
  const isDone = status === 'completed' || status === 'partial';
  const isAll = !('selector' in scope) && !('netbox_vm_ids' in scope);
  return everyStage.has(kind) && trigger !== 'schedule' && isDone && branch === '' && isAll;
}
