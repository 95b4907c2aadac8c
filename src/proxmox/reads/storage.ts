/** Storages and what is on them. */
import { path } from '../host.js';
import { parseBackup } from '../parse/backups.js';
import { parseDiskSizeMb } from '../parse/disk-size.js';
import type { VolumeSizes } from '../parse/disks.js';
import { parseStorage } from '../parse/storages.js';
import type { ProxmoxSession, ReadOptions } from '../types.js';
import { everyEntry, listEvery, listRows, type Reader } from './rows.js';

export interface ContentRequest {
  readonly node: string;
  readonly storage: string;
  /** `backup`, `vztmpl`; default everything. */
  readonly content?: string;
  readonly vmid?: number;
  readonly signal?: AbortSignal;
}

/** Configured storages by name; never `storage/{id}`, which a read-only role may not read. */
export async function readStorages(session: Pick<ProxmoxSession, 'storages' | 'endpointName'>, options?: ReadOptions) {
  const { endpointName } = session;
  const storages = everyEntry(await session.storages(options), { endpointName, below: 'storage' }, parseStorage);
  return storages.toSorted((one, other) => (one.name < other.name ? -1 : 1));
}
export async function readStorageContent(session: Reader, request: ContentRequest) {
  return listRows(session, ...contentOf(request));
}
function contentOf(request: ContentRequest): readonly [below: string, options: ReadOptions] {
  const { node, storage, content, vmid, signal } = request;
  const query = { content, vmid };
  return [path`nodes/${node}/storage/${storage}/content`, { query, ...(signal === undefined ? {} : { signal }) }];
}
/**
 * The backups on a storage that the account may see; whether that is all of them tells missingBackupPrivileges. Proxmox
 * filters by VMID loosely, so the rows are filtered again.
 */
export async function readBackups(session: Reader, request: ContentRequest) {
  const [below, options] = contentOf({ ...request, content: 'backup' });
  const backups = await listEvery(session, below, parseBackup, options);
  return request.vmid === undefined ? backups : backups.filter((backup) => backup.vmid === request.vmid);
}

/** The sizes of the volumes of a guest on a storage, MiB, as far as the storage tells them. */
export async function readVolumeSizes(session: Reader, request: ContentRequest): Promise<VolumeSizes> {
  const rows = await readStorageContent(session, request);
  return new Map(
    rows.flatMap(({ volid, size }) => {
      const sizeMb = parseDiskSizeMb(size);
      return typeof volid === 'string' && sizeMb !== null && sizeMb > 0 ? [[volid, sizeMb] as const] : [];
    }),
  );
}
