/**
 * What hangs on machines and nodes after the first run of a generated estate, worked out from the estate alone, as in
 * `expected-estate.ts`. Every row begins with the cluster and the name of its machine or device.
 */
import type { Estate, EstateCluster, EstateGuest } from '../../simulator/estate/index.js';

interface Placed {
  readonly cluster: EstateCluster;
  readonly guest: EstateGuest;
}

const ofGuests = <T>(estate: Estate, rows: (placed: Placed) => readonly T[]): T[] =>
  estate.clusters.flatMap((cluster) => [...cluster.guests.values()].flatMap((guest) => rows({ cluster, guest })));

const ofNodes = <T>(estate: Estate, rows: (cluster: EstateCluster, node: EstateCluster['nodes'][number]) => T[]): T[] =>
  estate.clusters.flatMap((cluster) => cluster.nodes.flatMap((node) => rows(cluster, node)));

const owner = ({ cluster, guest }: Placed) => ({ cluster: cluster.name, machine: guest.name });
const seconds = (epochS: number): string => new Date(epochS * 1000).toISOString().replace('.000', '');

const valuesOf = (guest: EstateGuest, key: RegExp): [string, string][] =>
  Object.entries(guest.config)
    .filter(([name]) => key.test(name))
    .map(([name, value]) => [name, String(value)]);

export const expectedDisks = (estate: Estate): object[] =>
  ofGuests(estate, (placed) =>
    valuesOf(placed.guest, /^(scsi|virtio|sata|ide|mp)\d+$|^rootfs$/).map(([name, value]) => {
      const [, storage, size] = /^(\S+?):.*,size=(\d+)G$/.exec(value) ?? [];
      return { ...owner(placed), name, size: Number(size ?? 0) * 1024, storage: storage ?? null };
    }),
  );

const macOf = (value: string): string => /([0-9A-F]{2}:){5}[0-9A-F]{2}/i.exec(value)![0].toUpperCase();

/** QEMU calls its devices by their key; a container knows what they are called inside. */
const interfaceName = (guest: EstateGuest, key: string, value: string): string =>
  guest.type === 'qemu' ? key : /name=(\w+)/.exec(value)![1]!;

export const expectedInterfaces = (estate: Estate): object[] =>
  ofGuests(estate, (placed) =>
    valuesOf(placed.guest, /^net\d+$/).map(([key, value]) => {
      const vid = /,tag=(\d+)/.exec(value)?.[1];
      return {
        ...owner(placed),
        name: interfaceName(placed.guest, key, value),
        enabled: true,
        mac: macOf(value),
        vlan: vid === undefined ? null : Number(vid),
        bridge: `${placed.guest.node}/${/bridge=(\w+)/.exec(value)![1]}`,
      };
    }),
  );

export const expectedMacs = (estate: Estate): string[] =>
  ofGuests(estate, ({ guest }) => valuesOf(guest, /^net\d+$/).map(([, value]) => macOf(value)));

const saysItself = ({ type, status, agent }: EstateGuest): boolean =>
  type === 'qemu' && status === 'running' && agent.state === 'running';

/** As NetBox writes it: the estate's `2001:db8:0::15` is `2001:db8::15`. */
const spelled = (address: string): string => address.replace(':0::', '::');

/** What runs inside says, or the configuration of a container. What cloud-init would set is no address that is in use. */
function addressesOf(guest: EstateGuest, value: string): string[] {
  if (saysItself(guest)) {
    const inside = guest.agent.interfaces.find((one) => one['hardware-address']?.toUpperCase() === macOf(value));
    return (inside?.['ip-addresses'] ?? []).map((one) => spelled(`${one['ip-address']}/${one.prefix}`));
  }
  return guest.type === 'qemu'
    ? []
    : [...value.matchAll(/(?:^|,)ip6?=([0-9a-f.:]+\/\d+)/g)].map(([, address]) => spelled(address!));
}

const guestAddresses = (placed: Placed) =>
  valuesOf(placed.guest, /^net\d+$/).flatMap(([key, value]) =>
    addressesOf(placed.guest, value).map((address) => ({
      ...owner(placed),
      interface: interfaceName(placed.guest, key, value),
      address,
    })),
  );

export const expectedAddresses = (estate: Estate): object[] => ofGuests(estate, guestAddresses);

export const expectedPrimaries = (estate: Estate): object[] =>
  ofGuests(estate, (placed) => {
    const addresses = guestAddresses(placed).map(({ address }) => address);
    return [
      {
        ...owner(placed),
        v4: addresses.find((address) => !address.includes(':')) ?? null,
        v6: addresses.find((address) => address.includes(':')) ?? null,
      },
    ];
  });

const nodeTypes = { eth: 'other', bond: 'lag', bridge: 'bridge', vlan: 'virtual' } as const;
const typeOf = (word: unknown): string | undefined => Object.entries(nodeTypes).find(([type]) => type === word)?.[1];

export const expectedNodeInterfaces = (estate: Estate): object[] =>
  ofNodes(estate, (cluster, node) =>
    node.network.map((row) => ({
      cluster: cluster.name,
      device: node.name,
      name: row['iface'],
      type: typeOf(row['type']),
      vlan: row['vlan-id'] === undefined ? null : Number(row['vlan-id']),
    })),
  );

export const expectedNodeAddresses = (estate: Estate): object[] =>
  ofNodes(estate, (cluster, { name, address }) => [
    { cluster: cluster.name, device: name, interface: 'vmbr0', address: `${address}/24` },
  ]);

/** The plugin keeps one snapshot per VMID, node and name, whatever the cluster: the first one's. */
export const expectedSnapshots = (estate: Estate): object[] => {
  const kept = new Set<string>();
  return ofGuests(estate, (placed) => {
    const { snapshots, vmid, node } = placed.guest;
    const own = (snapshots === 'unsupported' ? [] : snapshots).filter(({ name }) => {
      const key = `${vmid}/${node}/${name}`;
      return !kept.has(key) && kept.add(key).has(key);
    });
    return own.map(({ name, description, snaptime, parent }) => ({
      ...owner(placed),
      vmid,
      node,
      name,
      description,
      snaptime: seconds(snaptime),
      parent: parent ?? '',
      status: 'active',
    }));
  });
};

export const expectedBackups = (estate: Estate): object[] =>
  ofGuests(estate, (placed) =>
    placed.cluster.storages
      .filter(({ disabled }) => !disabled)
      .flatMap((storage) => storage.volumes.map((volume) => ({ storage: storage.name, volume })))
      .filter(({ volume }) => volume.content === 'backup' && volume.vmid === placed.guest.vmid)
      .map(({ storage, volume }) => ({
        ...owner(placed),
        vmid: volume.vmid,
        storage,
        volume_id: volume.volid,
        subtype: placed.guest.type,
        format: volume.format,
        size: volume.size,
        creation_time: seconds(volume.ctime),
        notes: volume.extra['notes'],
        verified: volume.extra['verification'] === undefined ? null : 'ok',
      })),
  );

export const expectedTasks = (estate: Estate): object[] =>
  ofGuests(estate, (placed) =>
    placed.cluster.nodes
      .flatMap(({ tasks }) => tasks)
      .filter(({ id, endtime }) => id === String(placed.guest.vmid) && endtime !== undefined)
      .map((task) => ({
        ...owner(placed),
        upid: task.upid,
        node: task.node,
        task_type: task.type,
        // The archive names the user of a token, without the token.
        username: task.user.split('!')[0],
        start_time: seconds(task.starttime),
        end_time: seconds(task.endtime!),
        status: task.status,
      })),
  );

/** `endpoint` is the place of the cluster in the estate. */
export const expectedReplications = (estate: Estate): object[] =>
  estate.clusters.flatMap((cluster, endpoint) =>
    cluster.replicationJobs.map(({ id, guest, target, schedule }) => ({
      endpoint,
      machine: cluster.guests.get(Number(guest))!.name,
      replication_id: id,
      guest,
      target,
      node: target,
      schedule,
      status: 'active',
    })),
  );

export const expectedRoutines = (estate: Estate): object[] =>
  estate.clusters.flatMap((cluster, endpoint) =>
    cluster.backupJobs.map((job) => ({
      endpoint,
      job_id: job['id'],
      enabled: job['enabled'] === 1,
      schedule: job['schedule'],
      storage: job['storage'],
      selection: job['all'] === 1 ? [...cluster.guests.keys()] : String(job['vmid']).split(',').map(Number),
      status: 'active',
    })),
  );
