import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addGuest, budgetGuest, createEstate } from '../../simulator/estate/index.js';
import { aGuest, anEstate } from '../../contract/sync/estates.js';
import { aNetworkedCluster } from '../../contract/sync/sdn-estate.js';
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
    first: { netbox: 426, writes: 376, proxmox: 3768 },
    noChange: { netbox: 52, writes: 0, proxmox: 3042 },
    oneAdded: { netbox: 57, writes: 5, proxmox: 3044 },
    oneMachine: { netbox: 25, writes: 0, proxmox: 18 },
    staged: { netbox: 97, writes: 0, proxmox: 4064 },
  },
  {
    guests: 200,
    clusters: 2,
    reads: 'full',
    first: { netbox: 144, writes: 94, proxmox: 792 },
    noChange: { netbox: 37, writes: 0, proxmox: 652 },
    oneAdded: { netbox: 42, writes: 5, proxmox: 654 },
    oneMachine: { netbox: 25, writes: 0, proxmox: 17 },
    staged: { netbox: 155, writes: 0, proxmox: 893 },
  },
  {
    guests: 1000,
    clusters: 1,
    reads: 'changes',
    first: { netbox: 427, writes: 376, proxmox: 3768 },
    noChange: { netbox: 10, writes: 0, proxmox: 3042 },
    oneAdded: { netbox: 30, writes: 5, proxmox: 3046 },
    oneMachine: { netbox: 18, writes: 0, proxmox: 18 },
    staged: { netbox: 58, writes: 0, proxmox: 4064 },
  },
  {
    guests: 200,
    clusters: 2,
    reads: 'changes',
    first: { netbox: 145, writes: 94, proxmox: 792 },
    noChange: { netbox: 8, writes: 0, proxmox: 652 },
    oneAdded: { netbox: 24, writes: 5, proxmox: 658 },
    oneMachine: { netbox: 18, writes: 0, proxmox: 17 },
    staged: { netbox: 96, writes: 0, proxmox: 893 },
  },
];

/** With the time of a full read; the other half asks the change log what it has to read. */
const variablesOf = (reads: string): Readonly<Record<string, string>> =>
  reads === 'full' ? { PROXBOX_FULL_READ_HOURS: '0' } : {};

/** What one machine asks NetBox for: itself, and what hangs on it. */
const ofOneMachine = [
  'plugins/proxbox/settings/runtime',
  'status',
  'plugins/proxbox/endpoints/proxmox',
  'plugins/proxbox/sync-state/virtual-machines',
  machinePath,
  'extras/tags',
  'plugins/proxbox/vm-cloudinit',
  'virtualization/interfaces',
  'ipam/vlans',
  'plugins/proxbox/sync-state/vm-interfaces',
  'plugins/proxbox/guest-vm-interfaces',
  'ipam/ip-addresses',
  'plugins/proxbox/guest-vm-interface-addresses',
  'virtualization/virtual-disks',
  'plugins/proxbox/sync-state/virtual-disks',
];
/** And for what beside that, why. */
const ofItsPlace = [
  ['plugins/proxbox/proxmox-nodes', 'the sidecar points to one'],
  ['dcim/interfaces', 'an address of the guest may be one of its node'],
] as const;
const beyondOneMachine: Readonly<Record<string, readonly (readonly [path: string, why: string])[]>> = {
  changes: [...ofItsPlace, ['core/object-changes', 'says what is still true of what was read before']],
  full: [
    ...ofItsPlace,
    ['extras/custom-fields', 'which of them the machine may have'],
    ['virtualization/clusters', 'which cluster it is'],
    ['dcim/devices', 'which node it is'],
    ['plugins/proxbox/sync-state/devices', 'which node it was'],
    ['plugins/proxbox/storage', 'the sidecar of a disk points to one'],
    ['extras/tags', 'the tags of every run'],
    ['dcim/device-roles', 'the role of the machine'],
    ['virtualization/virtual-machine-types', 'the type of the machine'],
  ],
};

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

    it('first run: at most 430 requests to NetBox', async () => {
      const cost = await costOf(() => sync(target));

      expect(target.simulator.state.objects(machinePath)).toHaveLength(guests);
      expect(cost.netbox).toBeLessThanOrEqual(430);
      expect(cost).toEqual(exact.first);
    });

    it('nothing changed: at most 52 requests, 12 where the last run is known, no write, and little more than the least that Proxmox must be asked', async () => {
      // After so many writes everything is read once more.
      if (reads === 'changes') expect(await costOf(() => sync(target))).toMatchObject({ writes: 0 });
      const cost = await costOf(() => sync(target));

      expect(cost.writes).toBe(0);
      expect(cost.netbox).toBeLessThanOrEqual(reads === 'full' ? 52 : 12);
      expect(cost.proxmox).toBeLessThanOrEqual(1.1 * floor);
      expect(cost).toEqual(exact.noChange);
    });

    it('one guest more: at most ten requests more than reading everything', async () => {
      addGuest(estate.clusters[0]!, aGuest({ vmid: 9001 }));

      const cost = await costOf(() => sync(target));

      if (reads === 'full') expect(cost.netbox).toBeLessThanOrEqual(exact.noChange.netbox + 10);
      expect(cost).toEqual(exact.oneAdded);
    });

    it('one machine by its id, with its network, disks and tasks: 15 requests, and those with a reason', async () => {
      const paths: string[][] = [];
      const costs: Cost[] = [];
      for (const { id } of target.simulator.state.objects(machinePath).slice(0, 12)) {
        costs.push(await costOf(() => sync(target, `/virtualization/virtual-machines/${id}/create/stream`)));
        paths.push(target.simulator.requestLog.map((sent) => /^\/api\/(.*)\//.exec(sent.target)?.[1] ?? ''));
      }

      const reasons = beyondOneMachine[reads]!.map(([path]) => path);
      expect(costs.filter(({ writes }) => writes > 0)).toEqual([]);
      expect(Math.max(...costs.map(({ netbox }) => netbox))).toBeLessThanOrEqual(15 + reasons.length);
      expect(paths[0]!.toSorted()).toEqual([...ofOneMachine, ...reasons].toSorted());
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

describe('the cost of software-defined networks, where they are on', () => {
  const estate = anEstate(aNetworkedCluster());
  const clock = createSteppedClock();
  let target: SimulatedTarget;

  beforeAll(async () => {
    target = await openSimulated(estate, { clock, variables: variablesOf('full') });
    await sync(target, '/full-update/stream?sync_mode_sdn=always');
  });
  afterAll(() => target.close());

  /** Of a full update in which nothing changed. */
  async function costOf(query: string): Promise<Cost> {
    clock.step(hourMs);
    for (const simulator of target.world.proxmox) simulator.resetCounters();
    const seen = await target.watch(() => sync(target, `/full-update/stream?${query}`));
    const proxmox = target.world.proxmox.reduce((sum, { counters }) => sum + counters.total, 0);
    return { netbox: seen.requests, writes: seen.writes.length, proxmox };
  }

  it('one list of each of eight tables and of four kinds of NetBox; of Proxmox each list, and what each node says of zones', async () => {
    const off = await costOf('');
    const on = await costOf('sync_mode_sdn=always');

    expect(on.writes).toBe(0);
    expect(on.netbox - off.netbox).toBe(8 + 4);
    // Controllers, zones, VNets and fabrics; subnets of three VNets; three nodes.
    expect(on.proxmox - off.proxmox).toBe(4 + 3 + 3);
  });
});
