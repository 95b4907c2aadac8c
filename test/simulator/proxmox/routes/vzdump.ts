import { isoSeconds } from '../../estate/index.js';
import type { EstateGuest, EstateStorage, EstateVolume } from '../../estate/index.js';
import { ApiError } from '../api-error.js';
import { bootDiskBytes, isOnNode } from '../load.js';
import type { Call } from '../route.js';
import { placeOf } from '../route.js';

/** `POST nodes/{node}/vzdump` for one guest: a task that leaves an archive behind. */
export function backUp(call: Call): string {
  const node = placeOf(call, 'node');
  const vmid = String(call.parameters['vmid']);
  const storageName = String(call.parameters['storage'] ?? 'local');
  call.permissions.requireAll(`/vms/${vmid}`, ['VM.Backup']);
  call.permissions.requireAll(`/storage/${storageName}`, ['Datastore.AllocateSpace']);
  const guest = call.cluster.guests.get(Number(vmid));
  if (guest === undefined) throw new ApiError(500, `unable to find VM '${vmid}'`);
  // Guests of other nodes are theirs to back up: no task, and no word.
  if (guest.node !== node) return 'OK';
  const storage = call.cluster.storages.find((candidate) => candidate.name === storageName);
  if (storage === undefined || storage.disabled || !isOnNode(storage, node)) {
    throw new ApiError(500, `storage '${storageName}' is not available on node '${node}'`);
  }
  const ctime = Math.floor(call.nowS);
  const notes = String(call.parameters['notes-template'] ?? '').replaceAll('{{guestname}}', guest.name);
  return call.tasks.start({
    node,
    type: 'vzdump',
    id: vmid,
    user: call.principal.id,
    effect: () => void storage.volumes.push(archive(guest, storage, { ctime, notes })),
  });
}

function archive(
  guest: EstateGuest,
  storage: EstateStorage,
  { ctime, notes }: { readonly ctime: number; readonly notes: string },
): EstateVolume {
  const common = {
    content: 'backup' as const,
    size: Math.floor(bootDiskBytes(guest) / 3),
    ctime,
    vmid: guest.vmid,
    node: storage.shared ? '' : guest.node,
    extra: { subtype: guest.type, ...(notes === '' ? {} : { notes }) },
  };
  const stamp = isoSeconds(ctime);
  if (storage.type === 'pbs') {
    const kind = guest.type === 'qemu' ? 'vm' : 'ct';
    return { ...common, volid: `${storage.name}:backup/${kind}/${guest.vmid}/${stamp}`, format: `pbs-${kind}` };
  }
  const format = guest.type === 'qemu' ? 'vma.zst' : 'tar.zst';
  const day = stamp.slice(0, 10).replaceAll('-', '_');
  const time = stamp.slice(11, 19).replaceAll(':', '_');
  const file = `vzdump-${guest.type}-${guest.vmid}-${day}-${time}.${format}`;
  return { ...common, volid: `${storage.name}:backup/${file}`, format };
}
