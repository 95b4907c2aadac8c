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
  {
    method: 'GET',
    path: '/nodes/{node}/storage/{storage}/content',
    parameters: { content: { type: 'string' }, vmid: { type: 'integer', minimum: 100 } },
    permission: { at: '/storage/{storage}', all: ['Datastore.Audit'] },
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

function contentRows(call: Call): PveRow[] {
  const storage = storageOf(call);
  const node = placeOf(call, 'node');
  if (storage.disabled) throw new ApiError(500, `storage '${storage.name}' is disabled`);
  if (!isOnNode(storage, node)) throw new ApiError(500, `storage '${storage.name}' is not available on node '${node}'`);
  const kind = call.parameters['content'];
  const vmid = call.parameters['vmid'];
  const stored = storage.volumes.filter((volume) => volume.node === '' || volume.node === node).map(volumeRow);
  return [...stored, ...imageRows(call, storage, node)]
    .filter((row) => kind === undefined || row['content'] === kind)
    .filter((row) => vmid === undefined || row['vmid'] === vmid)
    .filter((row) => isVisible(call, storage, row));
}

/** Archives are shown to those who may manage the storage, or use its space and back up the guest (check_volume_access). */
function isVisible({ permissions }: Call, storage: EstateStorage, row: PveRow): boolean {
  if (row['content'] !== 'backup') return true;
  const onStorage = `/storage/${storage.name}`;
  if (permissions.has(onStorage, 'Datastore.Allocate')) return true;
  const owner = `/vms/${String(row['vmid'])}`;
  return permissions.has(onStorage, 'Datastore.AllocateSpace') && permissions.has(owner, 'VM.Backup');
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

function imagesOf(guest: EstateGuest, storage: EstateStorage): PveRow[] {
  return Object.entries(guest.config).flatMap(([key, value]) => {
    const volid = String(value).split(',', 1)[0] ?? '';
    const isOurs = DISK_KEY.test(key) && volid.startsWith(`${storage.name}:`) && !volid.includes(':iso/');
    if (!isOurs) return [];
    const content = guest.type === 'qemu' ? 'images' : 'rootdir';
    return [{ volid, content, format: 'raw', size: sizeOf(value), vmid: guest.vmid, ctime: guest.startedAtS }];
  });
}
