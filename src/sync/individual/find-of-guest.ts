/** Single objects of a guest as Proxmox has them. All throw when Proxmox cannot say whether the object is there. */
import { toProxboxError, type ProxboxError } from '../../errors/proxbox-error.js';
import { bootStorage, parseGuestDisks } from '../../proxmox/parse/disks.js';
import { readSnapshots, untoldSnapshots } from '../../proxmox/reads/guests.js';
import { readTasks } from '../../proxmox/reads/nodes.js';
import { readStorages } from '../../proxmox/reads/storage.js';
import { readConfigs } from '../collect/guest-config.js';
import { readGuestNetwork } from '../collect/guest-network.js';
import { readFromCluster } from '../collect/proxmox.js';
import { hostOf } from '../plan/address-ownership.js';
import { matchNics } from '../plan/guest-nics.js';
import type { ConnectedCluster } from '../guests.js';
import type { RunContext } from '../run-context.js';
import { readContent } from '../stages/backups/collect.js';
import { contentPlaces } from '../stages/backups/map.js';
import { wantedNics } from '../plan/guest-addresses.js';
import { errorOf } from './answer.js';
import { requireCluster, requireConfig, requireGuest } from './find.js';
import type { FoundObject, ObjectQuery } from './types.js';

/** On whichever node the storage has it. */
export async function findBackup(run: RunContext, query: ObjectQuery): Promise<FoundObject | null> {
  await requireGuest(run, query);
  const cluster = requireCluster(run);
  const storages = await readFromCluster(run, cluster, (session) => readStorages(session, { signal: run.signal }));
  const own = storages.filter(({ name }) => name === query.storage);
  const { places, outOfReach } = contentPlaces(own, cluster.view.nodes);
  const { values, first } = await settle(
    run,
    places.map((place) => readContent(run, cluster, { place, vmid: query.vmid })),
  );
  const backup = values.flatMap(({ backups }) => backups).find(({ volumeId }) => volumeId === query.volid);
  if (backup === undefined && first !== undefined) throw first;
  if (backup === undefined) {
    throwIfOffline(
      cluster,
      outOfReach.map(({ node }) => node),
      `has the backup "${query.volid}"`,
    );
    return null;
  }
  const { volumeId, storage, vmid, subtype, format, size, creationTime, notes } = backup;
  return { resource: { volid: volumeId, storage, vmid, subtype, format, size, ctime: creationTime, notes }, storage };
}

/** Its row refers to the storage of the boot disk; where that is not known, to the one that the caller names. */
export async function findSnapshot(run: RunContext, query: ObjectQuery): Promise<FoundObject | null> {
  const guest = await requireGuest(run, query);
  const read = await readFromCluster(run, guest.cluster, async (session) => {
    const told = await readSnapshots(session, guest.resource, { signal: run.signal });
    if (told.status === 'untold') throw untoldSnapshots(session, guest.resource);
    return told;
  });
  const snapshots = read.status === 'read' ? read.snapshots : [];
  const snapshot = snapshots.find(({ name }) => name === query.snapshot_name);
  if (snapshot === undefined) return null;
  const [located] = await readConfigs(run, [guest], 'snapshots');
  const { name, description, vmid, node, subtype, snaptime, parent } = snapshot;
  return {
    resource: { name, description, vmid, node, type: subtype, snaptime, parent },
    storage: located?.config.status === 'read' ? bootStorage(located.config.config) : query.storage_name,
  };
}

/** The task with the UPID, else the one that began last. */
export async function findTask(run: RunContext, query: ObjectQuery): Promise<FoundObject | null> {
  const { cluster, resource: guest } = await requireGuest(run, query);
  const until = Math.floor(Date.parse(run.now) / 1000);
  const { vmid } = query;
  const nodes = cluster.view.nodes.filter(({ online }) => online);
  const { values, first } = await settle(
    run,
    nodes.map(({ name: node }) =>
      readFromCluster(run, cluster, (session) => readTasks(session, { node, until, vmid, signal: run.signal })),
    ),
  );
  const tasks = values
    .flatMap((read) => read.tasks)
    .filter(({ taskId, upid }) => taskId === String(vmid) && (query.upid === '' || upid === query.upid))
    .sort((a, b) => (b.startTime ?? '').localeCompare(a.startTime ?? ''));
  const [task] = tasks;
  if (task === undefined && first !== undefined) throw first;
  if (task === undefined) {
    // A task is in the archive of its node, whose name is in its id.
    const [, home = guest.node] = query.upid === '' ? [] : query.upid.split(':');
    throwIfOffline(cluster, [home], query.upid === '' ? 'has further tasks' : `has the task "${query.upid}"`);
    return null;
  }
  const { upid, node, taskId: id, taskType: type, username: user, startTime, endTime, status } = task;
  const resource = { upid, node, id, type, user, starttime: startTime, endtime: endTime, status };
  return { resource, params: { upid } };
}

export async function findDisk(run: RunContext, query: ObjectQuery): Promise<FoundObject | null> {
  const { config } = await requireConfig(run, query);
  const { disks, unsized } = parseGuestDisks(config);
  const disk = disks.find(({ name }) => name === query.disk_name);
  const without = unsized.find(({ name }) => name === query.disk_name);
  if (disk === undefined)
    return without === undefined ? null : { resource: { name: without.name, volume: without.volume } };
  const { name, volume, storageName: storage, format, sizeMb } = disk;
  return { resource: { name, volume, storage, format, size_mb: sizeMb }, storage };
}

/** By the key of the device (`net0`), or by what the guest calls its interface where it is named so. */
export async function findInterface(run: RunContext, query: ObjectQuery): Promise<FoundObject | null> {
  const { guest, config } = await requireConfig(run, query);
  const { type } = guest.resource;
  const plain = matchNics({ config, type }, [], run.options.network).nics;
  let nic = plain.find(({ device }) => device.key === query.interface_name);
  if (nic === undefined) {
    const network = await readGuestNetwork(run, guest, config);
    const inside = network.status === 'told' ? network.interfaces : [];
    const { nics } = matchNics({ config, type }, inside, run.options.network);
    nic = nics.find(({ name }) => name === query.interface_name);
    if (nic === undefined && network.status === 'untold' && network.isProblem)
      throw errorOf(network.reason, query.interface_name);
  }
  if (nic === undefined) return null;
  const { key, mac, bridge, tag } = nic.device;
  return { resource: { name: nic.name, device: key, mac, bridge, tag }, params: { interface_name: key } };
}

/** With a prefix or without; the interface that the caller names comes first. */
export async function findAddress(run: RunContext, query: ObjectQuery): Promise<FoundObject | null> {
  const { guest, config } = await requireConfig(run, query);
  const network = await readGuestNetwork(run, guest, config);
  const told = network.status === 'told' ? network.interfaces : null;
  const nics = wantedNics({ config, type: guest.resource.type }, told, run.options.network);
  const host = hostOf(query.ip_address);
  const held = nics.flatMap(({ name, addresses }) =>
    addresses.filter(({ address }) => hostOf(address) === host).map(({ address }) => ({ name, address })),
  );
  const found = held.find(({ name }) => name === query.interface_name) ?? held[0];
  if (found !== undefined)
    return {
      resource: { address: found.address, interface: found.name },
      params: { interface_name: found.name, ip_address: host },
    };
  if (network.status === 'untold' && network.isProblem) throw errorOf(network.reason, query.ip_address);
  return null;
}

/** What was not found may be on a node that cannot be asked: that is no absence. */
function throwIfOffline({ view }: ConnectedCluster, nodes: readonly (string | null)[], what: string): void {
  const offline = view.nodes.find(({ name, online }) => !online && nodes.includes(name));
  if (offline === undefined) return;
  const message = `The node "${offline.name}" of "${view.name}" is offline, so nobody knows whether it ${what}.`;
  throw errorOf({ code: 'node_offline', message }, what);
}

/** What could be read, and why the first of the others could not. */
async function settle<T>(
  run: RunContext,
  reads: readonly Promise<T>[],
): Promise<{ readonly values: readonly T[]; readonly first: ProxboxError | undefined }> {
  const results = await Promise.allSettled(reads);
  run.signal.throwIfAborted();
  const values = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  const [first] = results.flatMap((result) => (result.status === 'rejected' ? [toProxboxError(result.reason)] : []));
  return { values, first };
}
