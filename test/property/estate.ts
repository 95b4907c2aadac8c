/** The estate of a scenario, and what is true of it; what happens to it: `changes.ts`. */
import { makeStorage } from '../simulator/estate/generate-storage.js';
import { makeNode } from '../simulator/estate/generate-node.js';
import { makeCluster } from '../simulator/estate/make-cluster.js';
import { makeGuest, type GuestDraft } from '../simulator/estate/make-guest.js';
import type { Estate, EstateCluster, EstateGuest, EstateVolume } from '../simulator/estate/index.js';
import type { ClusterShape, GuestShape, Scenario } from './scenario.js';

export const epochS = 1_777_593_600;
const names = ['lab', 'edge'] as const;

export function anEstate({ clusters }: Pick<Scenario, 'clusters'>): Estate {
  return { epochS, clusters: clusters.map((shape, index) => aCluster(shape, index)) };
}

/** The cluster becomes as the other is; the simulator goes on serving it. */
export function restore(cluster: EstateCluster, as: EstateCluster): void {
  const lists = ['nodes', 'storages', 'backupJobs', 'replicationJobs'] as const;
  for (const list of lists) cluster[list].splice(0, Infinity, ...(as[list] as never[]));
  cluster.profile = as.profile;
  cluster.name = as.name;
  cluster.guests.clear();
  for (const [vmid, guest] of as.guests) cluster.guests.set(vmid, guest);
}

function aCluster({ profile, nodes, guests }: ClusterShape, index: number): EstateCluster {
  const nodeNames = Array.from({ length: nodes }, (_, n) => `pve${n + 1}`);
  const made = guests.map((shape, n) => makeGuest(epochS, draftOf(shape, index, 100 + n, nodeNames)));
  const local = makeStorage({ name: 'local', type: 'dir', content: 'iso,backup,vztmpl' });
  const shared = makeStorage({ name: 'pbs', type: 'pbs', content: 'backup', shared: true });
  for (const [n, shape] of guests.entries()) {
    const guest = made[n];
    if (guest === undefined) continue;
    for (let k = 0; k < shape.localBackups; k += 1) local.volumes.push(aBackup(guest, 'local', k));
    for (let k = 0; k < shape.sharedBackups; k += 1) shared.volumes.push(aBackup(guest, 'pbs', k));
  }
  return makeCluster({
    name: names[index] ?? `cluster${index}`,
    profile,
    nodes: nodeNames.map((name, n) =>
      makeNode({ name, nodeid: n + 1, address: `192.0.${index + 2}.${n + 1}`, epochS }),
    ),
    guests: made,
    storages: [local, shared, makeStorage({ name: 'ceph', type: 'rbd', content: 'images,rootdir', shared: true })],
    backupJobs: [{ id: 'all', all: 1, enabled: 1, schedule: '02:00', storage: 'pbs', exclude: '901,900' }],
  });
}

function draftOf(shape: GuestShape, cluster: number, vmid: number, nodes: readonly string[]): GuestDraft {
  const { isContainer, nics, disks, agent } = shape;
  const macs = Array.from({ length: nics }, (_, n) => `BC:24:11:0${cluster}:${(vmid % 100) + 10}:0${n}`);
  const addresses =
    nics === 0 ? [] : Array.from({ length: shape.addresses }, (_, n) => `10.${cluster}.${vmid}.${n + 1}`);
  const diskKeys = Array.from({ length: disks }, (_, n) =>
    !isContainer ? `scsi${n}` : n === 0 ? 'rootfs' : `mp${n - 1}`,
  );
  const networks = macs.map((mac, n): [string, string] => [
    `net${n}`,
    isContainer ? `name=eth${n},bridge=vmbr0,hwaddr=${mac},type=veth` : `virtio=${mac},bridge=vmbr0`,
  ]);
  const told = macs.map((mac, n) => ({
    name: `eth${n}`,
    'hardware-address': mac.toLowerCase(),
    'ip-addresses': (n === 0 ? addresses : []).map((address) => ({
      'ip-address': address,
      'ip-address-type': 'ipv4' as const,
      prefix: 24,
    })),
  }));
  return {
    vmid,
    type: isContainer ? 'lxc' : 'qemu',
    node: nodes[shape.node % nodes.length] ?? 'pve1',
    name: shape.name,
    status: shape.isRunning ? 'running' : 'stopped',
    tags: shape.tags,
    config: {
      ...Object.fromEntries(diskKeys.map((key, n) => [key, `ceph:vm-${vmid}-disk-${n},size=${n + 4}G`])),
      ...Object.fromEntries(networks),
      ...(isContainer || agent === 'off' ? {} : { agent: '1' }),
    },
    snapshots: Array.from({ length: shape.snapshots }, (_, n) => ({
      name: `snap${n}`,
      description: '',
      snaptime: epochS - 1000 * (n + 1),
    })),
    agent: { state: agent, interfaces: told },
    containerInterfaces: isContainer
      ? told.map((one) => ({ name: one.name, hwaddr: one['hardware-address'], 'ip-addresses': one['ip-addresses'] }))
      : [],
  };
}

export function aBackup({ vmid, type, node }: EstateGuest, storage: string, n: number): EstateVolume {
  const word = type === 'qemu' ? 'vm' : 'ct';
  const volid =
    storage === 'pbs'
      ? `pbs:backup/${word}/${vmid}/2026-05-0${n + 1}T00:00:00Z`
      : `local:backup/vzdump-${type}-${vmid}-2026_05_0${n + 1}-00_00_00.${type === 'qemu' ? 'vma' : 'tar'}.zst`;
  return {
    volid,
    content: 'backup',
    format: storage === 'pbs' ? `pbs-${word}` : `${type === 'qemu' ? 'vma' : 'tar'}.zst`,
    size: 1024 ** 3 + n,
    ctime: epochS - 86_400 * (n + 1),
    node: storage === 'pbs' ? '' : node,
    vmid,
    extra: { subtype: type, notes: `number ${n}` },
  };
}

/** Every MAC address of a guest's configuration, in capital letters. */
export function macsOfGuest({ config }: EstateGuest): ReadonlySet<string> {
  const values = Object.values(config).map(String);
  return new Set(values.flatMap((value) => /[0-9A-F]{2}(:[0-9A-F]{2}){5}/.exec(value.toUpperCase())?.[0] ?? []));
}

/** Every MAC address that a guest of the estate has. */
export function macsOf({ clusters }: Estate): ReadonlySet<string> {
  const guests = clusters.flatMap((cluster) => [...cluster.guests.values()]);
  return new Set(guests.flatMap((guest) => [...macsOfGuest(guest)]));
}

/** Every address that a guest has, whoever can see it now. */
export function addressesOfGuest({ agent: { interfaces } }: EstateGuest): ReadonlySet<string> {
  return new Set(interfaces.flatMap((one) => (one['ip-addresses'] ?? []).map((told) => told['ip-address'])));
}

/** Every address that a guest or node of the estate has. */
export function addressesOf({ clusters }: Estate): ReadonlySet<string> {
  const guests = clusters.flatMap((cluster) =>
    [...cluster.guests.values()].flatMap((one) => [...addressesOfGuest(one)]),
  );
  const nodes = clusters.flatMap((cluster) => cluster.nodes.map(({ address }) => address));
  return new Set([...guests, ...nodes]);
}
