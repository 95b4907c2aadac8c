/** Hosts that all have the installer's name, and clusters of one name: two estates, whoever is synced first. */
import { afterEach, describe, expect, it } from 'vitest';
import { path } from '../../../contract/netbox/target.js';
import { aCluster, anEstate } from '../../../contract/sync/estates.js';
import { all, sync, syncQuietly } from '../../../contract/sync/target.js';
import { contentOf } from '../../../fault/support/content.js';
import { openSimulated, type SimulatedTarget } from '../simulated-target.js';

let target: SimulatedTarget;
afterEach(() => target.close());

/** The MAC addresses repeat, as VMIDs do. */
function aGuest(vmid: number, name: string, address: string, node: string) {
  const mac = `BC:24:11:0B:${vmid.toString(16).toUpperCase()}:00`;
  return {
    vmid,
    name,
    node,
    config: { agent: '1', net0: `virtio=${mac},bridge=vmbr0`, scsi0: `local-lvm:vm-${vmid}-disk-0,size=10G` },
    agent: {
      state: 'running' as const,
      hostName: name,
      interfaces: [
        {
          name: 'ens18',
          'hardware-address': mac.toLowerCase(),
          'ip-addresses': [{ 'ip-address': address, 'ip-address-type': 'ipv4' as const, prefix: 24 }],
        },
      ],
    },
  };
}

const estates = {
  'two standalone nodes, both called pve': { name: 'pve', nodes: ['pve'], standalone: true },
  'two clusters of one name with a node of one name': { name: 'prod', nodes: ['pve1'], standalone: false },
} as const;
type Kind = keyof typeof estates;

async function open(kind: Kind): Promise<void> {
  const [node] = estates[kind].nodes;
  target = await openSimulated(
    anEstate(
      aCluster({ ...estates[kind], network: '192.0.2', guests: [aGuest(100, 'web', '203.0.113.10', node)] }),
      aCluster({
        ...estates[kind],
        network: '198.51.100',
        guests: [aGuest(100, 'web', '203.0.113.110', node), aGuest(101, 'nas', '203.0.113.111', node)],
      }),
    ),
  );
}

const of = (id: number): string => `/full-update/stream?proxmox_endpoint_ids=${id}`;
const orders = {
  'one run over both': ['/full-update/stream'],
  'one call per endpoint': [of(1), of(2)],
  'the other way round': [of(2), of(1)],
};
const content = () =>
  contentOf(
    target.simulator,
    target.world.proxmox.map(({ port }) => port),
  );

const cases = Object.keys(estates).flatMap((kind) =>
  Object.entries(orders).map(([order, calls]) => [kind as Kind, order, calls] as const),
);

describe.each(cases)('%s, %s', (kind, _order, calls) => {
  it('are two clusters with two sets of machines, and the second round writes nothing', async () => {
    await open(kind);

    for (const call of calls) await sync(target, call);

    const clusters = await all(target, path.clusters);
    const machines = await all(target, path.vms);
    const disks = await all(target, path.disks);
    expect(clusters.map(({ virtualmachine_count: count }) => count).sort()).toEqual([1, 2]);
    expect(machines.map(({ name }) => name).sort()).toEqual(['nas', 'web', 'web']);
    expect(new Set(machines.map(({ cluster, name }) => `${cluster.id} ${name}`)).size).toBe(3);
    expect(machines.map(({ primary_ip4: ip }) => ip?.address).sort()).toEqual([
      '203.0.113.10/24',
      '203.0.113.110/24',
      '203.0.113.111/24',
    ]);
    expect(disks).toHaveLength(3);
    expect(new Set((await all(target, path.devices)).map(({ cluster }) => cluster.id)).size).toBe(2);
    for (const call of calls) await syncQuietly(target, call);
  });
});

it.each(Object.keys(estates))('%s: what is synced of the second touches no row of the first', async (kind) => {
  await open(kind as Kind);
  await sync(target, of(1));
  const before = content();

  await sync(target, of(2));

  const after = content();
  // The plugin's own rows of what nobody had synced yet are linked.
  expect(before.filter((line) => !after.includes(line) && !/"netbox_(cluster|device)":null/.test(line))).toEqual([]);
});
