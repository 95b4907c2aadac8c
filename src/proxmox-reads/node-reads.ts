/** Reads of one node for people and pages: rows as Proxmox sends them, flat. */
import { ProxboxError } from '../errors/proxbox-error.js';
import { path } from '../proxmox/host.js';
import { readStorageContent, readStorages } from '../proxmox/reads/storage.js';
import { listRows, statusOf } from '../proxmox/reads/rows.js';
import { toInt, type Row } from '../proxmox/parse/coerce.js';
import { sortedRows } from '../proxmox/parse/sets.js';
import type { GuestType, ProxmoxSession } from '../proxmox/types.js';
import { flatten, guestRow, storageRow, withoutNulls, type FlatRow } from './flat-rows.js';

/** What `nodes/{node}/network` takes as `type` in every supported release. */
export const interfaceTypes = [
  'bridge', 'bond', 'eth', 'alias', 'vlan', 'OVSBridge', 'OVSBond', 'OVSPort', 'OVSIntPort', 'any_bridge',
  'any_local_bridge',
] as const; // prettier-ignore

export async function nodeNetwork(
  session: ProxmoxSession,
  node: string,
  type: (typeof interfaceTypes)[number] | undefined,
): Promise<readonly FlatRow[]> {
  const rows = await listRows(session, path`nodes/${node}/network`, { query: { type } });
  return sortedRows(rows, 'iface').map((row) => withoutNulls(flatten(row)));
}

/** One object with the name of the session, as the other lists of guests are keyed. */
export async function nodeGuests(
  session: ProxmoxSession,
  node: string,
  type: GuestType,
): Promise<readonly Readonly<Record<string, readonly FlatRow[]>>[]> {
  const rows = await listRows(session, path`nodes/${node}/${type}`);
  return [{ [session.name]: sortedRows(rows, 'vmid').map(guestRow) }];
}

/** What each node that is online says of its storages. One that does not answer costs only its own figures. */
async function storageStatuses(session: ProxmoxSession): Promise<readonly Row[]> {
  if (session.mode === 'restricted') return [];
  const { nodes } = await session.clusterStatus();
  const asked = nodes
    .filter(({ online }) => online)
    .map(({ name }) => listRows(session, path`nodes/${name}/storage`).catch(() => []));
  return (await Promise.all(asked)).flat();
}

/** Storages with their usage over all nodes. */
export async function storagesWithUsage(session: ProxmoxSession): Promise<readonly FlatRow[]> {
  const [storages, resources, statuses] = await Promise.all([
    session.storages(),
    session.resources('storage'),
    storageStatuses(session),
  ]);
  return storages.map((storage) => storageRow(storage, { resources, statuses }));
}

export interface ContentQuery {
  readonly node: string;
  readonly storage: string;
  readonly vmid?: number | undefined;
  readonly content?: string | undefined;
}

/** Proxmox reports a storage it does not have as 500 with this text alone. */
function isUnknownStorage(error: unknown): boolean {
  if (!(error instanceof ProxboxError) || statusOf(error) !== 500) return false;
  return /^storage '[^']{1,255}' does not exist/.test(error.upstream?.statusText ?? '');
}

/** Whether the cluster has a storage of this name that the node may use; true when it does not say. */
export async function hasStorage(session: ProxmoxSession, { node, storage }: Pick<ContentQuery, 'node' | 'storage'>) {
  try {
    const storages = await readStorages(session);
    return storages.some(
      ({ name, nodeNames }) => name === storage && (nodeNames.length === 0 || nodeNames.includes(node)),
    );
  } catch {
    return true;
  }
}

/** Volumes on a storage. Backups of guests that the account may not back up are left out by Proxmox without a word. */
export async function storageContent(session: ProxmoxSession, query: ContentQuery): Promise<readonly FlatRow[]> {
  const { node, storage, vmid, content } = query;
  try {
    const rows = await readStorageContent(session, {
      node,
      storage,
      ...(vmid === undefined ? {} : { vmid }),
      ...(content === undefined ? {} : { content }),
    });
    // Proxmox filters by VMID loosely.
    return rows.filter((row) => vmid === undefined || toInt(row.vmid) === vmid).map(flatten);
  } catch (error) {
    if (!isUnknownStorage(error)) throw error;
    throw new ProxboxError('not_found', 'Node or Storage not found.', {
      detail: `Node or Storage not found: '${session.name}' has no storage '${storage}'.`,
      cause: error,
    });
  }
}
