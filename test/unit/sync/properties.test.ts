import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { aConnectedCluster, aGuest, syncInventory, type EstateGuest } from '../../support/factories/estate.js';
import { createInMemoryNetBox, type InMemoryNetBox } from '../../support/factories/in-memory-netbox.js';
import { aNode } from '../../support/factories/proxmox.js';
import type { ConnectedCluster } from '../../../src/sync/guests.js';

const machines = '/api/virtualization/virtual-machines/';

interface GuestShape {
  readonly vmid: number;
  readonly lxc: boolean;
  readonly name: string;
  readonly node: string;
  readonly status: string;
  readonly cores: number;
  readonly memoryMb: number;
  readonly diskGb: number;
  readonly tags: string;
}

const names = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom('web', 'Web', 'web (2)', 'db', '', 'a'.repeat(64), ' odd\nname ') },
  { weight: 1, arbitrary: fc.string({ maxLength: 80, unit: 'grapheme' }) },
);

const aGuestShape: fc.Arbitrary<GuestShape> = fc.record({
  vmid: fc.integer({ min: 100, max: 115 }),
  lxc: fc.boolean(),
  name: names,
  node: fc.constantFrom('pve1', 'pve2'),
  status: fc.constantFrom('running', 'stopped', 'paused', 'unknown'),
  cores: fc.constantFrom(0, 1, 2, 1.5),
  memoryMb: fc.nat({ max: 4096 }),
  diskGb: fc.nat({ max: 64 }),
  tags: fc.constantFrom('', 'prod', 'Prod;web', 'a.b,a-b', 'web'),
});

const guestShapes = fc.uniqueArray(aGuestShape, { selector: ({ vmid }) => vmid, maxLength: 5 });

/** Two clusters whose VMIDs, node names and guest names overlap. */
const estates = fc.record({ lab: guestShapes, edge: guestShapes });
type Estate = typeof estates extends fc.Arbitrary<infer Value> ? Value : never;

function toGuest({ vmid, lxc, name, node, status, cores, memoryMb, diskGb, tags }: GuestShape): EstateGuest {
  return aGuest(
    { vmid, type: lxc ? 'lxc' : 'qemu', name, node, status, maxcpu: cores, maxmem: memoryMb * 1_048_576 },
    { [lxc ? 'rootfs' : 'scsi0']: `local:d,size=${diskGb}G`, tags },
  );
}

function clustersOf({ lab, edge }: Estate): readonly ConnectedCluster[] {
  const nodes = [aNode('pve1'), aNode('pve2')];
  return [
    aConnectedCluster(lab.map(toGuest), { view: { nodes } }),
    aConnectedCluster(edge.map(toGuest), {
      view: { endpointId: 2, endpointName: 'edge', name: 'edge', host: '10.0.0.20', nodes },
    }),
  ];
}

/** What NetBox holds, without ids and times: equal for equal estates. */
function picture(netbox: InMemoryNetBox): readonly string[] {
  const clusters = new Map(netbox.rows('/api/virtualization/clusters/').map(({ id, name }) => [id, name]));
  return netbox
    .rows(machines)
    .map((row) => {
      const { id } = row.cluster as { id: number };
      const tags = (row.tags as { slug: string }[]).map(({ slug }) => slug).sort();
      const fields = { ...row, id: 0, cluster: clusters.get(id), device: 0, site: 0, virtual_machine_type: 0, tags };
      return JSON.stringify(fields);
    })
    .sort();
}

const runs = { seed: 20260103, numRuns: 300 };

describe('any estate', () => {
  it('needs nothing more after it was synced: the next run writes nothing', async () => {
    await fc.assert(
      fc.asyncProperty(estates, async (estate) => {
        const netbox = createInMemoryNetBox();
        const first = await syncInventory(netbox, clustersOf(estate));
        expect(first.machines.counts).toMatchObject({ created: estate.lab.length + estate.edge.length, failed: 0 });
        netbox.writes.length = 0;
        const second = await syncInventory(netbox, clustersOf(estate), { runId: 'R2' });
        expect(netbox.writes).toEqual([]);
        expect(second.machines.counts.unchanged).toBe(second.machines.counts.total);
      }),
      runs,
    );
  });

  it('converges from any other one, and never makes a machine twice', async () => {
    await fc.assert(
      fc.asyncProperty(estates, estates, async (before, after) => {
        const netbox = createInMemoryNetBox();
        await syncInventory(netbox, clustersOf(before));
        const changed = await syncInventory(netbox, clustersOf(after), { runId: 'R2' });
        expect(changed.machines.counts.failed).toBe(0);
        netbox.writes.length = 0;
        await syncInventory(netbox, clustersOf(after), { runId: 'R3' });
        expect(netbox.writes).toEqual([]);
        const identities = netbox
          .rows('/api/plugins/proxbox/sync-state/virtual-machines/')
          .map((row) => `${String(row.proxmox_endpoint_raw_id)}/${String(row.proxmox_vm_id)}`);
        expect(new Set(identities).size).toBe(identities.length);
        expect(netbox.rows(machines)).toHaveLength(identities.length);
      }),
      runs,
    );
  });

  it('gives the same NetBox in whatever order it is listed', async () => {
    await fc.assert(
      fc.asyncProperty(estates, async (estate) => {
        const [straight, reversed] = [createInMemoryNetBox(), createInMemoryNetBox()];
        await syncInventory(straight, clustersOf(estate));
        const turned = { lab: [...estate.lab].reverse(), edge: [...estate.edge].reverse() };
        await syncInventory(reversed, [...clustersOf(turned)].reverse());
        expect(picture(reversed)).toEqual(picture(straight));
      }),
      runs,
    );
  });

  it('leaves alone what does not carry the Proxbox tag', async () => {
    await fc.assert(
      fc.asyncProperty(
        estates,
        fc.array(
          names.filter((name) => name.trim() !== ''),
          { maxLength: 4 },
        ),
        async (estate, own) => {
          const netbox = createInMemoryNetBox();
          await syncInventory(netbox, clustersOf({ lab: [], edge: [] }));
          const [cluster] = netbox.rows('/api/virtualization/clusters/');
          const distinct = [...new Map(own.map((name) => [name.trim().toLowerCase(), name.trim()])).values()];
          const theirs = distinct.map((name) =>
            netbox.put(machines, { name, cluster: cluster?.id, status: 'staged', memory: 7 }),
          );
          await syncInventory(netbox, clustersOf(estate));
          for (const row of theirs) expect(netbox.rows(machines)).toContainEqual(row);
          expect(netbox.writes.some(({ id, path }) => path === machines && theirs.some((row) => row.id === id))).toBe(
            false,
          );
        },
      ),
      runs,
    );
  });
});
