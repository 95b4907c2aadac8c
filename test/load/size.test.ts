/** What grows with the estate, and how: the heap, the work of a run, and how long it holds the event loop. */
import { afterEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/config/clock.js';
import { cpuSeconds, peakMiB } from '../bench/process-figures.js';
import type { StartOptions } from '../demo/service-process.js';
import { budgetGuest, createEstate } from '../simulator/estate/index.js';
import { slowness } from '../support/measure.js';
import { openWorld, type World } from '../support/world.js';

interface Cost {
  readonly requests: number;
  readonly cpuSeconds: number;
  readonly heapMiB: number;
  readonly longestSliceMs: number;
  readonly longSlices: number;
}

describe('the size of the estate', () => {
  let world: World;
  afterEach(() => world.close());

  const open = async (vms: number, start: StartOptions = {}) => {
    world = await openWorld({
      estate: createEstate({ vms, clusters: 1, nodesPerCluster: 10, seed: 1, guest: budgetGuest }),
      service: 'process',
      start: { probe: true, ...start },
    });
  };
  const service = () => {
    if (world.process === undefined) throw new Error('the service is no process');
    return world.process;
  };
  const update = async (): Promise<Cost> => {
    const { pid } = service();
    await service().look();
    world.netbox.resetCounters();
    const before = await cpuSeconds(pid);
    const { complete } = await world.fullUpdate();
    expect(complete).toMatchObject({ ok: true, errors: [] });
    const used = (await cpuSeconds(pid)) - before;
    const { heapMiB, longestSliceMs, longSlices } = await service().look();
    return { requests: world.netbox.counters.total, cpuSeconds: used, heapMiB, longestSliceMs, longSlices };
  };

  it('costs in proportion: four times the guests are no more than five times the requests and the work', async () => {
    await open(500);
    const small = await update();
    await world.close();
    await open(2000);
    const large = await update();

    expect(large.requests / small.requests).toBeLessThan(4);
    expect(large.cpuSeconds / small.cpuSeconds).toBeLessThan(5);
    // What is kept of 1,500 guests between runs.
    expect(large.heapMiB - small.heapMiB).toBeLessThan(45);
  });

  it('2,000 guests hold the event loop for no more than a tenth of a second, and the memory of ten runs stays flat', async () => {
    await open(2000, { containerMb: 256 });
    await update();
    const heaps: number[] = [];
    const slices: number[] = [];
    for (let n = 0; n < 10; n += 1) {
      const { heapMiB, longestSliceMs } = await update();
      heaps.push(heapMiB);
      slices.push(longestSliceMs / (await slowness()));
    }

    // The median: one collection of garbage at a bad moment is no long work of ours.
    expect(slices.toSorted((a, b) => a - b)[5]).toBeLessThan(100);
    expect((heaps.at(-1) ?? 0) - (heaps[1] ?? 0)).toBeLessThan(5);
    expect(await peakMiB(service().pid)).toBeLessThan(256);
  });

  it('that the memory does not suffice for is said, and the service goes on', async () => {
    await open(3000, { node: ['--max-semi-space-size=2', '--max-old-space-size=84'] });

    const { complete } = await world.fullUpdate();

    expect(complete).toMatchObject({ ok: false, errors: [{ reason: 'memory_exhausted' }] });
    expect((await world.ask('GET', '/health')).status).toBe(200);
    expect((await world.ask('GET', '/proxmox/endpoints')).body).toHaveLength(1);
    const machine = await world.stream('/virtualization/virtual-machines/1/create/stream');
    expect(machine.complete.ok).toBe(true);
  });
});

describe('requests beside a full update', () => {
  it('50 a second are all answered', async () => {
    const world = await openWorld({
      estate: createEstate({ vms: 1000, clusters: 1, nodesPerCluster: 10, seed: 1, guest: budgetGuest }),
      service: 'process',
      start: { probe: true },
      variables: { PROXBOX_RATE_LIMIT: '1000000' },
    });
    try {
      const paths = ['/health', '/meta', '/version', '/proxmox/endpoints', '/cache/metrics', '/sync/active'];
      const asked: Promise<number>[] = [];
      const over = new AbortController();
      const asking = (async () => {
        while (!over.signal.aborted) {
          const path = paths[asked.length % paths.length] ?? '/health';
          asked.push(world.ask('GET', path).then(({ status }) => status));
          await systemClock.sleep(20);
        }
      })();
      const { complete } = await world.fullUpdate();
      over.abort();
      await asking;
      const statuses = await Promise.all(asked);

      expect(complete).toMatchObject({ ok: true, errors: [] });
      expect(statuses.length).toBeGreaterThan(100);
      expect(statuses.filter((status) => status !== 200)).toEqual([]);
    } finally {
      await world.close();
    }
  });
});
