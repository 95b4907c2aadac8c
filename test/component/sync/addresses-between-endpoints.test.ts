/**
 * Addresses that move at random among nodes and guests of two endpoints: one run over both and one call per endpoint, in
 * either order, end with the same NetBox content.
 */
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { path } from '../../contract/netbox/target.js';
import { aCluster, anEstate } from '../../contract/sync/estates.js';
import { all, edit, one, sync, syncQuietly, tagsOf, watchedSync } from '../../contract/sync/target.js';
import { contentOf } from '../../fault/support/content.js';
import type { EstateCluster } from '../../simulator/estate/index.js';
import { createSteppedClock } from '../../support/stepped-clock.js';
import { openSimulated, type SimulatedTarget } from './simulated-target.js';
import { aTalker, giveNode, say } from './talkers.js';

const hosts = ['10.0.7.1', '10.0.7.2', '10.0.7.3', '10.0.7.4', '2001:db8:7::1'];
const places = [
  { endpoint: 1, node: 'pve1' },
  { endpoint: 1, node: 'pve2' },
  { endpoint: 1, vmid: 100 },
  { endpoint: 2, node: 'n1' },
  { endpoint: 2, vmid: 200 },
] as const;

/** Of each host, the number of the place that has it. */
type Placing = readonly number[];
const start: Placing = hosts.map((_, n) => n % places.length);
const anywhere = fc.array(fc.nat({ max: places.length - 1 }), { minLength: hosts.length, maxLength: hosts.length });

const call = (id: number): string => `/full-update/stream?proxmox_endpoint_ids=${id}`;
const orders = {
  'one run over both': [0],
  'one call per endpoint': [1, 2],
  'one call per endpoint, the other way round': [2, 1],
};

/** Every guest and node has an address that stays: it tells something, and has its primary one. */
function arrange([lab, edge]: readonly EstateCluster[], placing: Placing): void {
  const here = (n: number): readonly string[] => hosts.filter((_, host) => placing[host] === n);
  for (const [n, place] of places.entries()) {
    const cluster = place.endpoint === 1 ? lab! : edge!;
    if ('vmid' in place) {
      say(cluster, place.vmid, [`10.9.0.${place.vmid}`, ...here(n)]);
      continue;
    }
    for (const [index, host] of hosts.entries()) {
      const bridge = `vmbr${10 + index}`;
      const { network } = cluster.nodes.find(({ name }) => name === place.node)!;
      const at = network.findIndex(({ iface }) => iface === bridge);
      // Half of the bridges go with their address.
      if (here(n).includes(host) || (at >= 0 && index % 2 === 0))
        giveNode(cluster, place.node, here(n).includes(host) ? [host] : [], bridge);
      else if (at >= 0) network.splice(at, 1);
      for (const row of network)
        if (row['iface'] === bridge) Object.assign(row, { gateway: undefined, gateway6: undefined });
    }
  }
}

interface World {
  readonly calls: readonly number[];
  readonly target: SimulatedTarget;
  readonly clock: ReturnType<typeof createSteppedClock>;
}

describe.each([
  ['NetBox keeps addresses unique', true],
  ['NetBox does not', false],
])('addresses that move among nodes and guests of two endpoints, where %s', (_what, globalUnique) => {
  const worlds: World[] = [];

  beforeAll(async () => {
    for (const calls of Object.values(orders)) {
      const estate = anEstate(
        aCluster({ nodes: ['pve1', 'pve2'], guests: [aTalker(100, ['10.9.0.100'])] }),
        aCluster({ name: 'edge', nodes: ['n1'], guests: [{ ...aTalker(200, ['10.9.0.200']), node: 'n1' }] }),
      );
      arrange(estate.clusters, start);
      const clock = createSteppedClock();
      const target = await openSimulated(estate, { clock, netbox: { globalUnique } });
      worlds.push({ calls, target, clock });
      await sync(target);
    }
  });
  afterAll(() => Promise.all(worlds.map(({ target }) => target.close())));

  /** Calls every endpoint once. Answers how many requests wrote. */
  async function round({ calls, target, clock }: World): Promise<number> {
    let writes = 0;
    for (const id of calls) {
      clock.step(3_600_000);
      writes += (await watchedSync(target, id === 0 ? undefined : call(id))).writes.length;
    }
    return writes;
  }

  const content = ({ target }: World): readonly string[] =>
    contentOf(
      target.simulator,
      target.world.proxmox.map(({ port }) => port),
    );

  it('end alike, after one round where what leaves is called first, after two in any order', async () => {
    let before = start;
    await fc.assert(
      fc.asyncProperty(anywhere, async (after) => {
        for (const world of worlds) {
          const { target, calls } = world;
          arrange(target.world.estate.clusters, after);
          await round(world);
          const turn = (n: number): number => calls.indexOf(places[n]!.endpoint);
          const comesFirst = calls.length > 1 && hosts.some((_, n) => turn(after[n]!) < turn(before[n]!));
          if (comesFirst) await round(world);
          expect(await round(world)).toBe(0);
        }
        before = after;
        const [together, ...apart] = worlds.map(content);
        for (const other of apart) expect(other).toEqual(together);
        const placed = together!.filter((line) => line.startsWith('ipam/ip-addresses'));
        for (const [n, host] of hosts.entries()) {
          const place = places[after[n]!]!;
          const rows = placed.filter((line) => line.includes(`"address":"${host}/`));
          expect(rows).toHaveLength(1);
          expect(rows[0]).toContain('vmid' in place ? `host${place.vmid}` : `vmbr${10 + n} @ device ${place.node}`);
        }
      }),
      { seed: 20261128, numRuns: 6, endOnFailure: true },
    );
  });
});

describe.each([
  ['NetBox keeps addresses unique, the one that gives it up first', true, [1, 2]],
  ['NetBox keeps addresses unique, the one that gets it first', true, [2, 1, 2]],
  ['NetBox does not, the one that gets it first', false, [2, 1]],
])('an address with something of an operator on it, where %s', (_what, globalUnique, calls) => {
  let target: SimulatedTarget;
  afterEach(() => target.close());

  it('keeps that on its way from a node to a guest of another endpoint', async () => {
    const lab = aCluster({ nodes: ['pve1'], guests: [] });
    const edge = aCluster({
      name: 'edge',
      nodes: ['n1'],
      guests: [{ ...aTalker(200, ['10.9.0.200']), node: 'n1' }],
    });
    giveNode(lab, 'pve1', ['10.0.7.1'], 'vmbr9');
    const clock = createSteppedClock();
    target = await openSimulated(anEstate(lab, edge), { clock, netbox: { globalUnique } });
    await sync(target);
    const found = await one(target, path.ipAddresses, 'address=10.0.7.1');
    const { id } = await edit(target, path.ipAddresses, found.id, { description: 'ticket 4711' });
    giveNode(lab, 'pve1', [], 'vmbr9');
    say(edge, 200, ['10.9.0.200', '10.0.7.1']);

    for (const endpoint of calls) {
      clock.step(3_600_000);
      await sync(target, call(endpoint));
    }

    const rows = await all(target, path.ipAddresses, '&address=10.0.7.1');
    const told = rows.map((row) => [row.id, row.description, row.assigned_object?.name ?? null, tagsOf(row)]);
    if (globalUnique) expect(told).toEqual([[id, 'ticket 4711', 'net0', []]]);
    else {
      expect(told).toContainEqual([id, 'ticket 4711', null, []]);
      expect(told).toContainEqual([expect.any(Number), '', 'net0', ['proxbox']]);
    }
    for (const endpoint of [1, 2]) {
      clock.step(3_600_000);
      await syncQuietly(target, call(endpoint));
    }
  });
});
