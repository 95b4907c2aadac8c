import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addGuest, budgetGuest, createEstate } from '../../simulator/estate/index.js';
import { aGuest } from '../../contract/sync/estates.js';
import { sync, type Observed } from '../../contract/sync/target.js';
import { stages } from './plugin-calls.js';
import { createSteppedClock } from '../../support/stepped-clock.js';
import { openSimulated, type SimulatedTarget } from './simulated-target.js';

/** What a run cost both sides, counted by them. */
interface Cost {
  readonly netbox: number;
  readonly writes: number;
  readonly proxmox: number;
}

const machinePath = 'virtualization/virtual-machines';

const expected = [
  {
    guests: 1000,
    clusters: 1,
    reads: 'full',
    first: { netbox: 444, writes: 376, proxmox: 3768 },
    noChange: { netbox: 52, writes: 0, proxmox: 3042 },
    oneAdded: { netbox: 57, writes: 5, proxmox: 3044 },
    oneMachine: { netbox: 25, writes: 0, proxmox: 18 },
    staged: { netbox: 97, writes: 0, proxmox: 4064 },
  },
  {
    guests: 200,
    clusters: 2,
    reads: 'full',
    first: { netbox: 146, writes: 94, proxmox: 792 },
    noChange: { netbox: 37, writes: 0, proxmox: 652 },
    oneAdded: { netbox: 42, writes: 5, proxmox: 654 },
    oneMachine: { netbox: 25, writes: 0, proxmox: 17 },
    staged: { netbox: 155, writes: 0, proxmox: 893 },
  },
  {
    guests: 1000,
    clusters: 1,
    reads: 'changes',
    first: { netbox: 445, writes: 376, proxmox: 3768 },
    noChange: { netbox: 10, writes: 0, proxmox: 3042 },
    oneAdded: { netbox: 30, writes: 5, proxmox: 3046 },
    oneMachine: { netbox: 18, writes: 0, proxmox: 18 },
    staged: { netbox: 58, writes: 0, proxmox: 4064 },
  },
  {
    guests: 200,
    clusters: 2,
    reads: 'changes',
    first: { netbox: 147, writes: 94, proxmox: 792 },
    noChange: { netbox: 8, writes: 0, proxmox: 652 },
    oneAdded: { netbox: 24, writes: 5, proxmox: 658 },
    oneMachine: { netbox: 18, writes: 0, proxmox: 17 },
    staged: { netbox: 96, writes: 0, proxmox: 893 },
  },
];

/** With the time of a full read; the other half asks the change log what it has to read. */
const variablesOf = (reads: string): Readonly<Record<string, string>> =>
  reads === 'full' ? { PROXBOX_FULL_READ_HOURS: '0' } : {};

const hourMs = 3_600_000;
const betweenStagesMs = 20_000;
/** Storages that may hold backups: three shared ones per cluster, and a local one on each node. */
const contentLists = 16;

/** Exact numbers: the promise is the ceiling, but a request more than before is to be noticed, and explained. */
describe.each(expected)(
  'the cost of $guests guests on 10 nodes in $clusters cluster(s), reading $reads',
  ({ guests, clusters, reads, ...exact }) => {
    const estate = createEstate({ vms: guests, clusters, nodesPerCluster: 10 / clusters, seed: 1, guest: budgetGuest });
    const clock = createSteppedClock();
    let target: SimulatedTarget;

    beforeAll(async () => {
      target = await openSimulated(estate, { clock, variables: variablesOf(reads) });
    });
    afterAll(() => target.close());

    /** An hour after whatever was before, so that nothing is remembered. */
    async function costOf(action: () => Promise<unknown>): Promise<Cost> {
      clock.step(hourMs);
      for (const simulator of target.world.proxmox) simulator.resetCounters();
      const seen: Observed = await target.watch(action);
      const proxmox = target.world.proxmox.reduce((sum, { counters }) => sum + counters.total, 0);
      return { netbox: seen.requests, writes: seen.writes.length, proxmox };
    }

    /** One configuration, one question about the network and one list of snapshots per guest; network and tasks per node. */
    const floor = 3 * guests + 2 * 10 + contentLists + 7 * clusters;

    it('first run: at most 450 requests to NetBox', async () => {
      const cost = await costOf(() => sync(target));

      expect(target.simulator.state.objects(machinePath)).toHaveLength(guests);
      expect(cost.netbox).toBeLessThanOrEqual(450);
      expect(cost).toEqual(exact.first);
    });

    it('nothing changed: at most 80 requests, 12 where the last run is known, no write, and little more than the least that Proxmox must be asked', async () => {
      // After so many writes everything is read once more.
      if (reads === 'changes') expect(await costOf(() => sync(target))).toMatchObject({ writes: 0 });
      const cost = await costOf(() => sync(target));

      expect(cost.writes).toBe(0);
      expect(cost.netbox).toBeLessThanOrEqual(reads === 'full' ? 80 : 12);
      expect(cost.proxmox).toBeLessThanOrEqual(1.1 * floor);
      expect(cost).toEqual(exact.noChange);
    });

    it('one guest more: at most ten requests more than reading everything', async () => {
      addGuest(estate.clusters[0]!, aGuest({ vmid: 9001 }));

      const cost = await costOf(() => sync(target));

      if (reads === 'full') expect(cost.netbox).toBeLessThanOrEqual(exact.noChange.netbox + 10);
      expect(cost).toEqual(exact.oneAdded);
    });

    it('one machine by its id, with its network, disks and tasks: at most 25 requests, whichever it is', async () => {
      const costs: Cost[] = [];
      for (const { id } of target.simulator.state.objects(machinePath).slice(0, 12))
        costs.push(await costOf(() => sync(target, `/virtualization/virtual-machines/${id}/create/stream`)));

      expect(costs.filter(({ writes }) => writes > 0)).toEqual([]);
      expect(Math.max(...costs.map(({ netbox }) => netbox))).toBeLessThanOrEqual(25);
      expect(costs[0]).toEqual(exact.oneMachine);
    });

    it('stage by stage, as the plugin calls it for each endpoint: at most 150 requests, and no write', async () => {
      const cost = await costOf(async () => {
        for (let id = 1; id <= clusters; id += 1) {
          for (const stage of stages(id)) {
            clock.step(betweenStagesMs);
            await sync(target, stage);
          }
        }
      });

      expect(cost.writes).toBe(0);
      expect(cost.netbox).toBeLessThanOrEqual(150 * clusters);
      expect(cost).toEqual(exact.staged);
    });
  },
);

describe('the cost of devices, storages and machines alone, for 1,000 guests on 10 nodes, reading full', () => {
  const estate = createEstate({ vms: 1000, clusters: 1, nodesPerCluster: 10, seed: 1, guest: budgetGuest });
  const clock = createSteppedClock();
  let target: SimulatedTarget;

  beforeAll(async () => {
    target = await openSimulated(estate, { clock, variables: variablesOf('full') });
  });
  afterAll(() => target.close());

  async function costOfStages(): Promise<Omit<Cost, 'proxmox'>> {
    clock.step(hourMs);
    const { requests, writes } = await target.watch(async () => {
      for (const stage of stages(1).slice(0, 3)) await sync(target, stage);
    });
    return { netbox: requests, writes: writes.length };
  }

  it.each([
    ['first run', 120, { netbox: 94, writes: 60 }],
    ['nothing changed', 30, { netbox: 25, writes: 0 }],
    ['one guest more', 34, { netbox: 27, writes: 2 }],
  ])('%s: at most %i requests', async (change, limit, exact) => {
    if (change === 'one guest more') addGuest(estate.clusters[0]!, aGuest({ vmid: 9001 }));

    const cost = await costOfStages();

    expect(cost.netbox).toBeLessThanOrEqual(limit);
    expect(cost).toEqual(exact);
  });
});
