/** When a full update begins by itself, and when that is left out. */
import { afterEach, describe, expect, it } from 'vitest';
import { recurring } from '../../../src/config/cron.js';
import type { StoredRun } from '../../../src/ledger/types.js';
import { createSchedule, type Schedule } from '../../../src/sync/schedule.js';
import { turns } from '../../support/eventually.js';
import { createSteppedClock } from '../../support/stepped-clock.js';
import { logProbe } from '../db/database-kit.js';

const minute = 60_000;
const hour = 60 * minute;
const stopping = new AbortController();
afterEach(() => stopping.signal.throwIfAborted());

const aRun = (of: Partial<StoredRun>): StoredRun =>
  ({
    kind: 'full-update',
    trigger: 'plugin',
    status: 'completed',
    branch: '',
    scope: {},
    endpointIds: [1, 2],
    ...of,
  }) as StoredRun;

interface Situation {
  readonly random?: number;
  readonly runs?: readonly StoredRun[];
  readonly endpoints?: readonly number[];
  readonly prepare?: () => never;
}

function start({ random = 0, runs = [], endpoints = [1, 2], prepare }: Situation = {}) {
  const clock = createSteppedClock('2026-01-01T00:30:00Z');
  const log = logProbe();
  const begun: string[] = [];
  const counted: string[] = [];
  const asked: unknown[] = [];
  const active: { kind: string; isPreview: boolean }[] = [];
  const schedule: Schedule = createSchedule({
    times: recurring('0 * * * *'),
    clock,
    random: () => random,
    logger: log.logger,
    count: (outcome) => void counted.push(outcome),
    enabledEndpoints: () => endpoints,
    runs: (filter) => {
      asked.push(filter);
      return runs;
    },
    sync: {
      activeRuns: { list: () => active } as never,
      prepareFullUpdate: (request) => {
        prepare?.();
        begun.push(`${clock.now().toISOString()} ${request.caller.trigger}`);
        return { start: async function* () {} } as never;
      },
    },
  });
  const kept = schedule.keep(stopping.signal);
  kept.catch(() => undefined);
  const pass = async (ms: number): Promise<void> => {
    await turns(5);
    clock.step(ms);
    await turns(5);
  };
  return { schedule, begun, counted, asked, active, pass, log };
}

describe('a schedule', () => {
  it('begins a full update at each of its times, and says when the next one is', async () => {
    const { schedule, begun, counted, pass } = start();
    expect([schedule.next(), schedule.last()]).toEqual(['2026-01-01T01:00:00.000Z', null]);
    await pass(30 * minute - 1);
    expect(begun).toEqual([]);
    await pass(1);
    expect(begun).toEqual(['2026-01-01T01:00:00.000Z schedule']);
    expect(schedule.next()).toBe('2026-01-01T02:00:00.000Z');
    expect(schedule.last()).toMatchObject({ at: '2026-01-01T01:00:00.000Z', outcome: 'begun' });
    await pass(hour);
    expect(begun).toHaveLength(2);
    expect(counted).toEqual(['begun', 'begun']);
  });

  it('begins up to a minute later, as chance has it', async () => {
    const { begun, pass } = start({ random: 0.5 });
    await pass(30 * minute + 29_999);
    expect(begun).toEqual([]);
    await pass(1);
    expect(begun).toEqual(['2026-01-01T01:00:30.000Z schedule']);
  });

  it('leaves out a start while a run is under way, but for previews, and begins the next', async () => {
    const { schedule, begun, active, counted, pass } = start();
    active.push({ kind: 'devices', isPreview: false });
    await pass(30 * minute);
    expect([begun, schedule.last()?.message]).toEqual([[], expect.stringContaining('devices is running')]);
    active.splice(0, 1, { kind: 'full-update', isPreview: true });
    await pass(hour);
    expect([begun.length, counted]).toEqual([1, ['busy', 'begun']]);
  });

  it.each<[string, readonly StoredRun[], 'recent' | 'begun']>([
    ['of every endpoint', [aRun({})], 'recent'],
    [
      'of every endpoint, in several calls',
      [aRun({ endpointIds: [1] }), aRun({ kind: 'virtual-machines', endpointIds: [2] })],
      'recent',
    ],
    ['in part', [aRun({ status: 'partial' })], 'recent'],
    ['of one endpoint', [aRun({ endpointIds: [1] })], 'begun'],
    ['of some machines', [aRun({ scope: { netbox_vm_ids: [3] } })], 'begun'],
    ['of a branch', [aRun({ branch: 'draft' })], 'begun'],
    ['of another stage', [aRun({ kind: 'devices' })], 'begun'],
    ['that failed', [aRun({ status: 'failed' })], 'begun'],
    ['that is its own', [aRun({ trigger: 'schedule' })], 'begun'],
    ['of nobody', [], 'begun'],
  ])('after a sync %s within half the distance', async (_case, runs, outcome) => {
    const { counted, asked, pass } = start({ runs });
    await pass(30 * minute);
    expect(counted).toEqual([outcome]);
    expect(asked).toEqual([{ since: '2026-01-01T00:30:00.000Z' }]);
  });

  it('begins where no endpoint is enabled, so that the run says so', async () => {
    const { counted, pass } = start({ endpoints: [], runs: [aRun({})] });
    await pass(30 * minute);
    expect(counted).toEqual(['begun']);
  });

  it('tells of a run that cannot begin, and goes on', async () => {
    const { schedule, counted, pass, log } = start({
      prepare: () => {
        throw new Error('No NetBox endpoint is stored.');
      },
    });
    await pass(30 * minute);
    expect(schedule.last()).toMatchObject({
      outcome: 'failed',
      message: expect.stringContaining('No NetBox endpoint'),
    });
    expect(log.lines().some((line) => JSON.stringify(line).includes('No NetBox endpoint'))).toBe(true);
    await pass(hour);
    expect(counted.filter((outcome) => outcome === 'failed')).toHaveLength(2);
  });
});
