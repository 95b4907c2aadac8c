import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addGuest, createEstate } from '../../../src/simulator/estate/index.js';
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
    clusters: 1,
    first: { netbox: 78, writes: 56, proxmox: 1005 },
    noChange: { netbox: 23, writes: 0, proxmox: 1005 },
    oneAdded: { netbox: 25, writes: 2, proxmox: 1006 },
    oneMachine: { netbox: 23, writes: 0, proxmox: 5 },
    staged: { netbox: 24, writes: 0, proxmox: 1008 },
  },
  {
    clusters: 2,
    first: { netbox: 78, writes: 56, proxmox: 1010 },
    noChange: { netbox: 23, writes: 0, proxmox: 1010 },
    oneAdded: { netbox: 25, writes: 2, proxmox: 1011 },
    oneMachine: { netbox: 22, writes: 0, proxmox: 8 },
    staged: { netbox: 44, writes: 0, proxmox: 1015 },
  },
];

const hourMs = 3_600_000;
const betweenStagesMs = 20_000;

/** Exact numbers: the promise is the ceiling, but a request more than before is to be noticed, and explained. */
describe.each(expected)('the cost of 1,000 guests on 10 nodes in $clusters cluster(s)', ({ clusters, ...exact }) => {
  const estate = createEstate({ vms: 1000, clusters, nodesPerCluster: 10 / clusters, seed: 1 });
  const clock = createSteppedClock();
  let target: SimulatedTarget;

  beforeAll(async () => {
    target = await openSimulated(estate, { clock });
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

  /** Per cluster: status, resources, storages, tag colours, and the version when it connects; one per guest. */
  const expectProxmox = ({ proxmox }: Cost, guests: number): void =>
    expect(proxmox).toBeLessThanOrEqual(1.1 * (guests + 3 * clusters) + 2 * clusters);

  it('first run: at most 120 requests to NetBox', async () => {
    const cost = await costOf(() => sync(target));

    expect(target.simulator.state.objects(machinePath)).toHaveLength(1000);
    expect(cost.netbox).toBeLessThanOrEqual(120);
    expectProxmox(cost, 1000);
    expect(cost).toEqual(exact.first);
  });

  it('nothing changed: at most 30 requests, and no write', async () => {
    const cost = await costOf(() => sync(target));

    expect(cost.writes).toBe(0);
    expect(cost.netbox).toBeLessThanOrEqual(30);
    expectProxmox(cost, 1000);
    expect(cost).toEqual(exact.noChange);
  });

  it('one guest more: at most ten requests more', async () => {
    addGuest(estate.clusters[0]!, aGuest({ vmid: 9001 }));

    const cost = await costOf(() => sync(target));

    expect(cost.netbox).toBeLessThanOrEqual(exact.noChange.netbox + 10);
    expectProxmox(cost, 1001);
    expect(cost).toEqual(exact.oneAdded);
  });

  it('one machine by its id: at most 25 requests, and one configuration read', async () => {
    const { id } = target.simulator.state.objects(machinePath)[0]!;

    const cost = await costOf(() => sync(target, `/virtualization/virtual-machines/${id}/create/stream`));

    expect(cost.netbox).toBeLessThanOrEqual(25);
    expectProxmox(cost, 1);
    expect(cost).toEqual(exact.oneMachine);
  });

  it('stage by stage, as the plugin calls it for each endpoint: no write', async () => {
    const cost = await costOf(async () => {
      for (let id = 1; id <= clusters; id += 1) {
        for (const stage of stages(id)) {
          clock.step(betweenStagesMs);
          await sync(target, stage);
        }
      }
    });

    expect(cost.writes).toBe(0);
    expect(cost.netbox).toBeLessThanOrEqual(30 * clusters);
    expect(cost).toEqual(exact.staged);
  });
});
