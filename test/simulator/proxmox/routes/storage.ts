import { createHash } from 'node:crypto';
import type { EstateGuest, EstateStorage, EstateVolume, PveRow } from '../../estate/index.js';
import { ApiError } from '../api-error.js';
import { isOnNode, sizeOf } from '../load.js';
import type { Call, Route } from '../route.js';
import { placeOf } from '../route.js';

export const storageRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/storage',
    parameters: { type: { type: 'string' } },
    handler: ({ cluster, permissions, parameters }) =>
      cluster.storages
        .filter((storage) => permissions.has(`/storage/${storage.name}`, 'Datastore.Audit'))
        .filter((storage) => parameters['type'] === undefined || storage.type === parameters['type'])
        .map(configRow),
  },
  {
    method: 'GET',
    path: '/storage/{storage}',
    permission: { at: '/storage/{storage}', all: ['Datastore.Allocate'] },
    handler: (call) => configRow(storageOf(call)),
  },
  { method: 'GET', path: '/nodes/{node}/storage', handler: statusRows },
  {
    method: 'GET',
    path: '/nodes/{node}/storage/{storage}/content',
    parameters: {
      content: {
        type: 'string',
        pattern: /^(backup|images|import|iso|none|rootdir|snippets|vztmpl)$/,
        complaint: (text) => `invalid format - invalid content type '${text}'\n`,
      },
      vmid: { type: 'integer', minimum: 100 },
    },
    permission: { at: '/storage/{storage}', any: () => ['Datastore.Audit', 'Datastore.AllocateSpace'] },
    handler: contentRows,
  },
];

function storageOf(call: Call): EstateStorage {
  const name = placeOf(call, 'storage');
  const storage = call.cluster.storages.find((candidate) => candidate.name === name);
  if (storage === undefined) throw new ApiError(500, `storage '${name}' does not exist`);
  return storage;
}

function configRow(storage: EstateStorage): PveRow {
  const row = {
    storage: storage.name,
    type: storage.type,
    ...(storage.content === null ? {} : { content: storage.content }),
    ...(storage.nodes === '' ? {} : { nodes: storage.nodes }),
    ...(storage.shared ? { shared: 1 } : {}),
    ...(storage.disabled ? { disable: 1 } : {}),
    ...storage.options,
  };
  return { ...row, digest: createHash('sha1').update(JSON.stringify(row)).digest('hex') };
}

/** Share of a file system that is kept for root: free for nobody else. */
const RESERVED = 0.05;

function statusRows({ cluster, permissions, place }: Call): PveRow[] {
  return cluster.storages
    .filter(({ name }) =>
      ['Datastore.Audit', 'Datastore.AllocateSpace'].some((one) => permissions.has(`/storage/${name}`, one)),
    )
    .map((storage) => {
      const isEnabled = !storage.disabled && isOnNode(storage, place['node'] ?? '');
      const isActive = isEnabled && storage.isInactive !== true;
      const total = isActive ? storage.totalBytes : 0;
      const used = isActive ? storage.usedBytes : 0;
      return {
        storage: storage.name,
        type: storage.type,
        content: storage.content ?? '',
        shared: storage.shared ? 1 : 0,
        enabled: isEnabled ? 1 : 0,
        active: isActive ? 1 : 0,
        total,
        used,
        avail: Math.max(0, Math.floor(total * (1 - RESERVED)) - used),
        ...(total === 0 ? {} : { used_fraction: used / total }),
      };
    });
}

function contentRows(call: Call): PveRow[] {
  const storage = storageOf(call);
  const node = placeOf(call, 'node');
  if (storage.disabled) throw new ApiError(500, `storage '${storage.name}' is disabled`);
  if (!isOnNode(storage, node)) throw new ApiError(500, `storage '${storage.name}' is not available on node '${node}'`);
  if (storage.isInactive === true) throw new ApiError(500, `storage '${storage.name}' is not online`);
  const kind = call.parameters['content'];
  const vmid = call.parameters['vmid'];
  const stored = storage.volumes.filter((volume) => volume.node === '' || volume.node === node).map(volumeRow);
  return [...stored, ...imageRows(call, storage, node)]
    .filter((row) => kind === undefined || row['content'] === kind)
    .filter((row) => vmid === undefined || row['vmid'] === vmid)
    .filter((row) => isVisible(call, storage, row));
}

/**
 * What check_volume_access lets a caller see. Whoever manages the storage sees all, and whoever names a guest what is that
 * guest's. Else archives are for those who use the space and may back up the guest, images for those who may change its disks.
 */
function isVisible({ permissions, parameters }: Call, storage: EstateStorage, row: PveRow): boolean {
  const onStorage = `/storage/${storage.name}`;
  if (permissions.has(onStorage, 'Datastore.Allocate')) return true;
  const { content, vmid } = row;
  if (content === 'iso' || content === 'vztmpl' || content === 'import') return true;
  if (typeof vmid !== 'number') return false;
  if (vmid === parameters['vmid']) return true;
  const owner = `/vms/${vmid}`;
  if (content === 'backup')
    return permissions.has(onStorage, 'Datastore.AllocateSpace') && permissions.has(owner, 'VM.Backup');
  return permissions.has(onStorage, 'Datastore.Audit') && permissions.has(owner, 'VM.Config.Disk');
}

function volumeRow(volume: EstateVolume): PveRow {
  return {
    volid: volume.volid,
    content: volume.content,
    format: volume.format,
    size: volume.size,
    ctime: volume.ctime,
    ...(volume.vmid === undefined ? {} : { vmid: volume.vmid }),
    ...volume.extra,
  };
}

const DISK_KEY = /^(?:(?:scsi|virtio|sata|ide|efidisk|tpmstate|unused|mp)\d+|rootfs)$/;

function imageRows(call: Call, storage: EstateStorage, node: string): PveRow[] {
  return [...call.cluster.guests.values()]
    .filter((guest) => storage.shared || guest.node === node)
    .flatMap((guest) => imagesOf(guest, storage));
}

/** A volume belongs to the guest that its name says, whoever has it in the configuration. */
function ownerOf(volid: string): number | undefined {
  const [, owner] = /(?:^|[:/])(?:vm|base|subvol|basevol)-(\d+)-/.exec(volid) ?? [];
  return owner === undefined ? undefined : Number(owner);
}

function imagesOf(guest: EstateGuest, storage: EstateStorage): PveRow[] {
  return Object.entries(guest.config).flatMap(([key, value]) => {
    const volid = String(value).split(',', 1)[0] ?? '';
    const isOurs = DISK_KEY.test(key) && volid.startsWith(`${storage.name}:`) && !volid.includes(':iso/');
    if (!isOurs) return [];
    const content = guest.type === 'qemu' ? 'images' : 'rootdir';
    const size = sizeOf(value);
    const row = { volid, content, format: 'raw', size, vmid: ownerOf(volid) ?? guest.vmid, ctime: guest.startedAtS };
    return [{ ...row, used: size, parent: null }];
  });
}
