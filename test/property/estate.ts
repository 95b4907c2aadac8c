/** The estate of a scenario, what happens to it, and what is true of it. */
import { makeStorage } from '../simulator/estate/generate-storage.js';
import { makeNode } from '../simulator/estate/generate-node.js';
import { makeCluster } from '../simulator/estate/make-cluster.js';
import { makeGuest, type GuestDraft } from '../simulator/estate/make-guest.js';
import type { Estate, EstateCluster, EstateGuest, EstateVolume } from '../simulator/estate/index.js';
import type { Change, ClusterShape, GuestShape, Scenario } from './scenario.js';

const epochS = 1_777_593_600;
const names = ['lab', 'edge'] as const;

export function anEstate({ clusters }: Pick<Scenario, 'clusters'>): Estate {
  return { epochS, clusters: clusters.map((shape, index) => aCluster(shape, index)) };
}

/** The cluster becomes as the other is; the simulator goes on serving it. */
export function restore(cluster: EstateCluster, as: EstateCluster): void {
  const lists = ['nodes', 'storages', 'backupJobs', 'replicationJobs'] as const;
  for (const list of lists) cluster[list].splice(0, Infinity, ...(as[list] as never[]));
  cluster.profile = as.profile;
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

function aBackup({ vmid, type, node }: EstateGuest, storage: 'local' | 'pbs', n: number): EstateVolume {
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

const at = <T>(items: readonly T[], index: number): T | undefined => items[index % Math.max(1, items.length)];

/** Does nothing where there is nothing that could change so. */
export function applyChange(estate: Estate, { what, cluster: index, target }: Change): void {
  const cluster = estate.clusters[index];
  if (cluster === undefined) return;
  const guest = at([...cluster.guests.values()], target);
  const node = at(cluster.nodes, target);
  if (what === 'guest-added') {
    const vmid = 200 + target;
    const draft = {
      vmid,
      name: `new-${vmid}`,
      node: node?.name ?? 'pve1',
      config: { scsi0: `ceph:vm-${vmid}-disk-0,size=8G` },
    };
    if (cluster.guests.has(vmid)) return;
    const added = makeGuest(epochS, draft);
    changed.add(added);
    cluster.guests.set(vmid, added);
  } else if (what === 'node-offline' || what === 'node-stalled') {
    // One node always answers.
    if (node === undefined || node === cluster.nodes[0]) return;
    if (what === 'node-offline') node.online = false;
    else node.isStalled = true;
  } else if (guest !== undefined) changeGuest(cluster, guest, { what, target });
}

type Addresses = NonNullable<EstateGuest['agent']['interfaces'][number]['ip-addresses']>;

/** The first network device, as the configuration, the agent and the container tell of it. */
function changeFirstNic(guest: EstateGuest, mac: string, addresses: Addresses): void {
  const [first] = guest.agent.interfaces;
  if (first === undefined) return;
  const net = String(guest.config['net0']).replace(/[0-9A-F]{2}(:[0-9A-F]{2}){5}/, mac);
  const told = { ...first, 'hardware-address': mac.toLowerCase(), 'ip-addresses': addresses };
  Object.assign(guest, {
    config: { ...guest.config, net0: net },
    agent: { ...guest.agent, interfaces: [told, ...guest.agent.interfaces.slice(1)] },
    containerInterfaces: guest.containerInterfaces.map((row, n) =>
      n === 0 ? { ...row, hwaddr: mac.toLowerCase(), 'ip-addresses': addresses } : row,
    ),
  });
}

function firstNicOf({ agent: { interfaces } }: EstateGuest): {
  readonly mac: string;
  readonly addresses: Addresses;
} {
  const [first] = interfaces;
  return { mac: first?.['hardware-address']?.toUpperCase() ?? '', addresses: first?.['ip-addresses'] ?? [] };
}

/** What passes between two guests of a cluster, each of which has a network device. */
function changeTwo(cluster: EstateCluster, guest: EstateGuest, { what, target }: Omit<Change, 'cluster'>): void {
  const others = [...cluster.guests.values()].filter((one) => one !== guest && one.config['net0'] !== undefined);
  const other = at(others, target);
  if (other === undefined || guest.config['net0'] === undefined) return;
  changed.add(other);
  const [mine, its] = [firstNicOf(guest), firstNicOf(other)];
  if (what === 'mac-swapped') {
    changeFirstNic(guest, its.mac, mine.addresses);
    changeFirstNic(other, mine.mac, its.addresses);
  }
  if (what === 'address-moved' && mine.addresses.length > 0) {
    changeFirstNic(guest, mine.mac, mine.addresses.slice(0, -1));
    changeFirstNic(other, its.mac, [...its.addresses, ...mine.addresses.slice(-1)]);
  }
}

/** Guests of which a run may have seen more than the first one did: what NetBox keeps of them depends on which did. */
const changed = new WeakSet<EstateGuest>();

function changeGuest(cluster: EstateCluster, guest: EstateGuest, { what, target }: Omit<Change, 'cluster'>): void {
  if (what === 'guest-removed' && changed.has(guest)) return;
  changed.add(guest);
  const disks = Object.keys(guest.config).filter((key) => /^(scsi|mp)\d$/.test(key));
  if (what === 'guest-removed') cluster.guests.delete(guest.vmid);
  if (what === 'guest-renamed') guest.name = `renamed-${guest.vmid}`;
  if (what === 'guest-resized') guest.memoryMb += 512;
  if (what === 'guest-migrated') guest.node = at(cluster.nodes, target)?.name ?? guest.node;
  if (what === 'disk-removed' && disks.length > 1) Reflect.deleteProperty(guest.config, disks.at(-1) ?? '');
  if (what === 'snapshot-removed' && guest.snapshots !== 'unsupported') guest.snapshots.pop();
  if (what === 'backup-removed')
    at(
      cluster.storages.filter(({ volumes }) => volumes.length > 0),
      target,
    )?.volumes.pop();
  if (what === 'tags-changed') guest.tags = guest.tags === 'moved' ? '' : 'moved';
  if (what === 'mac-swapped' || what === 'address-moved') changeTwo(cluster, guest, { what, target });
  if (what === 'nic-removed' && guest.config['net1'] !== undefined) {
    Reflect.deleteProperty(guest.config, 'net1');
    Object.assign(guest, {
      agent: { ...guest.agent, interfaces: guest.agent.interfaces.slice(0, 1) },
      containerInterfaces: guest.containerInterfaces.slice(0, 1),
    });
  }
  if (what === 'address-removed') {
    const [first] = guest.agent.interfaces;
    const kept = first?.['ip-addresses']?.slice(0, -1) ?? [];
    if (first === undefined || kept.length === 0) return;
    const interfaces = [{ ...first, 'ip-addresses': kept }, ...guest.agent.interfaces.slice(1)];
    Object.assign(guest, {
      agent: { ...guest.agent, interfaces },
      containerInterfaces: guest.containerInterfaces.map((row, n) =>
        n === 0 ? { ...row, 'ip-addresses': kept } : row,
      ),
    });
  }
}

export function heal(estate: Estate): void {
  for (const { nodes } of estate.clusters)
    for (const node of nodes) {
      node.online = true;
      node.isStalled = false;
    }
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
