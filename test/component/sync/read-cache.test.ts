/**
 * What the variables of the cache of NetBox reads do to the calls of a job, counted by NetBox and shown by /cache/metrics.
 * Everything is read in full: the change log would tell what is true beyond them (changes-since.test.ts).
 */
import { afterEach, describe, expect, it } from 'vitest';
import { path } from '../../contract/netbox/target.js';
import { machineOf, sync, syncQuietly, watchedSync } from '../../contract/sync/target.js';
import { budgetGuest, createEstate } from '../../simulator/estate/index.js';
import { createSteppedClock, type SteppedClock } from '../../support/stepped-clock.js';
import { stages } from './plugin-calls.js';
import { openSimulated, type SimulatedTarget } from './simulated-target.js';

let target: SimulatedTarget;
let clock: SteppedClock;
afterEach(() => target.close());

/** 40 guests that are in NetBox already, an hour after whatever was before. */
async function aSyncedTarget(variables: Readonly<Record<string, string>> = {}): Promise<void> {
  clock = createSteppedClock();
  const estate = createEstate({ vms: 40, clusters: 1, nodesPerCluster: 3, seed: 1, guest: budgetGuest });
  target = await openSimulated(estate, { clock, variables: { PROXBOX_FULL_READ_HOURS: '0', ...variables } });
  await sync(target);
  clock.step(3_600_000);
  await target.world.ask('POST', '/clear-cache');
}

const metrics = async (): Promise<Readonly<Record<string, number>>> =>
  (await target.world.ask('GET', '/cache/metrics')).body;

/** All stages, as the job of the plugin calls them; the answer is what it cost. */
async function job(betweenStagesMs = 20_000): Promise<{ readonly requests: number; readonly writes: number }> {
  const seen = await target.watch(async () => {
    for (const stage of stages(1)) {
      clock.step(betweenStagesMs);
      await sync(target, stage);
    }
  });
  return { requests: seen.requests, writes: seen.writes.length };
}

describe('the calls of a job', () => {
  it('share what they read: hits are shown, and NetBox is asked less', async () => {
    await aSyncedTarget();

    expect(await job()).toEqual({ requests: 78, writes: 0 });
    expect(await metrics()).toMatchObject({ hits: 108, misses: 65, invalidations: 0 });
  });

  it('read everything themselves with a time-to-live of 0, each list once', async () => {
    await aSyncedTarget({ PROXBOX_NETBOX_GET_CACHE_TTL: '0' });

    expect(await job()).toEqual({ requests: 183, writes: 0 });
    expect(await metrics()).toMatchObject({ hits: 0, misses: 0, current_entries: 0, ttl_seconds: 0 });
  });

  it.each([
    ['20 s apart share for a minute', '60', 20_000, 78],
    ['longer apart than the time-to-live share nothing', '60', 61_000, 183],
    ['share for as long as the variable says', '300', 61_000, 75],
  ])('%s', async (_text, ttl, betweenMs, requests) => {
    await aSyncedTarget({ PROXBOX_NETBOX_GET_CACHE_TTL: ttl });

    expect(await job(betweenMs)).toEqual({ requests, writes: 0 });
  });
});

describe('a run', () => {
  it.each(['0', '60'])('with a time-to-live of %s s reads each list once', async (ttl) => {
    await aSyncedTarget({ PROXBOX_NETBOX_GET_CACHE_TTL: ttl });
    target.simulator.resetCounters();

    await syncQuietly(target);

    const reads = target.simulator.requestLog.map(({ target: asked }) => asked);
    expect(reads.filter((asked, index) => reads.indexOf(asked) !== index)).toEqual([]);
    expect(reads).toHaveLength(37);
  });

  it.each([
    ['entries', { PROXBOX_NETBOX_GET_CACHE_MAX_ENTRIES: '4' }],
    ['bytes', { PROXBOX_NETBOX_GET_CACHE_MAX_BYTES: '200000' }],
    ['the size of one list', { PROXBOX_NETBOX_GET_CACHE_MAX_BYTES: '4096' }],
  ])('reads each list once when the cache is too small for it, by %s', async (by, variables) => {
    await aSyncedTarget(variables);
    target.simulator.resetCounters();

    await syncQuietly(target);

    const reads = target.simulator.requestLog.map(({ target: asked }) => asked);
    expect(reads.filter((asked, index) => reads.indexOf(asked) !== index)).toEqual([]);

    const { current_entries, current_bytes, max_entries, max_bytes, evictions_size, evictions_bytes } = await metrics();
    expect(current_entries).toBeLessThanOrEqual(max_entries!);
    expect(current_bytes).toBeLessThanOrEqual(max_bytes!);
    if (by !== 'the size of one list') expect(evictions_size! + evictions_bytes!).toBeGreaterThan(0);
  });
});

describe('what somebody changed in NetBox', () => {
  const machinesStage = (): string => stages(1)[2]!;
  const change = async (memory: number): Promise<void> => {
    const [cluster] = target.world.estate.clusters;
    const [vmid = 0] = cluster!.guests.keys();
    const { machine } = await machineOf(target, vmid, cluster!.name);
    target.simulator.operator.update(path.vms, machine.id, { memory });
  };
  const written = async (at: string): Promise<readonly string[]> => (await watchedSync(target, at)).writes;

  it('since the last job is seen by the next one at once', async () => {
    await aSyncedTarget();
    await job(0);
    await change(1);

    await sync(target, stages(1)[0]);

    expect(await written(machinesStage())).toEqual([`PATCH ${path.vms}`]);
  });

  it('since a call of the same job is seen when the time-to-live is over, or the caches are cleared', async () => {
    await aSyncedTarget();
    await sync(target, machinesStage());
    await change(1);
    expect(await written(machinesStage())).toEqual([]);
    clock.step(60_001);
    expect(await written(machinesStage())).toEqual([`PATCH ${path.vms}`]);

    await change(2);
    expect(await written(machinesStage())).toEqual([]);
    await target.world.ask('POST', '/clear-cache');
    expect(await metrics()).toMatchObject({ hits: 0, misses: 0, current_entries: 0, current_bytes: 0 });
    expect(await written(machinesStage())).toEqual([`PATCH ${path.vms}`]);
  });
});
