/** Backups in the fields of the plugin's rows, and where they are listed. Pure. */
import { equalValues } from '../../../netbox/kinds/values.js';
import { kinds, type RecordOf } from '../../../netbox/kinds/index.js';
import type { Backup } from '../../../proxmox/parse/backups.js';
import type { Storage } from '../../../proxmox/parse/storages.js';
import { isStorageOnNode } from '../../../proxmox/parse/storages.js';
import type { ClusterStatusNode } from '../../../proxmox/types.js';
import { type Desired, type SourceRef, ref } from '../../types.js';

/** Content to be listed once: from the first of the nodes that answers. */
export interface ContentPlace {
  readonly storage: string;
  readonly nodes: readonly string[];
}

export interface ContentPlaces {
  readonly places: readonly ContentPlace[];
  /** Content that nobody can list now; without a node: the storage is on no node of the cluster. */
  readonly outOfReach: readonly { readonly storage: string; readonly node: string | null }[];
}

/** Where backups are: a shared storage is listed once, a local one on each of its nodes. */
export function contentPlaces(storages: readonly Storage[], nodes: readonly ClusterStatusNode[]): ContentPlaces {
  const places: ContentPlace[] = [];
  const outOfReach: { storage: string; node: string | null }[] = [];
  for (const storage of storages) {
    if (!storage.enabled || !storage.contentKinds.includes('backup')) continue;
    const own = nodes.filter(({ name }) => isStorageOnNode(storage, name));
    const online = own.filter((node) => node.online).map(({ name }) => name);
    const offline = own.filter((node) => !node.online).map(({ name }) => name);
    if (own.length === 0) outOfReach.push({ storage: storage.name, node: null });
    else if (!storage.shared) {
      places.push(...online.map((node) => ({ storage: storage.name, nodes: [node] })));
      outOfReach.push(...offline.map((node) => ({ storage: storage.name, node })));
    } else if (online.length > 0) places.push({ storage: storage.name, nodes: online });
    else outOfReach.push(...offline.map((node) => ({ storage: storage.name, node })));
  }
  return { places, outOfReach };
}

/**
 * Whether every copy on a storage was read, by storage. One that is switched off or holds other content now may still hold
 * backups; one that is not configured any more holds none.
 */
export function wholeStorages(
  { places, outOfReach }: ContentPlaces,
  unread: readonly ContentPlace[],
  configured: readonly Pick<Storage, 'name'>[],
): (storage: string) => boolean {
  const listable = new Set(places.map(({ storage }) => storage));
  const known = new Set(configured.map(({ name }) => name));
  const missing = new Set([...outOfReach, ...unread].map(({ storage }) => storage));
  return (storage) => (listable.has(storage) ? !missing.has(storage) : !known.has(storage));
}

/** Of two copies of one volume the one that was verified, else the later one. */
export function betterCopy(one: Backup | undefined, other: Backup): Backup {
  if (one === undefined) return other;
  const isVerified = one.verificationState !== null;
  if (isVerified !== (other.verificationState !== null)) return isVerified ? one : other;
  return (other.creationTime ?? '') > (one.creationTime ?? '') ? other : one;
}

export interface BackupOwner {
  /** Of the machine in the plan. */
  readonly key: string;
  readonly source: SourceRef;
}

/** Every field is Proxmox's; tags and comments are the operator's. */
export function backupRow(
  backup: Backup,
  key: string,
  owner: BackupOwner,
  storageId: number | null,
): Desired<'backup'> {
  return {
    kind: 'backup',
    key,
    label: backup.volumeId,
    source: owner.source,
    fields: {
      virtual_machine: ref('virtual-machine', owner.key),
      proxmox_storage: storageId,
      storage: backup.storage,
      subtype: backup.subtype,
      format: backup.format,
      creation_time: backup.creationTime,
      size: backup.size,
      used: backup.used,
      notes: backup.notes,
      volume_id: backup.volumeId,
      vmid: backup.vmid,
      encrypted: backup.encrypted ?? '',
      verification_state: backup.verificationState,
      verification_upid: backup.verificationUpid,
    },
    rules: {},
  };
}

const newsworthy = ['verification_state', 'notes', 'size'] as const;

/** Whether an update says something about the backup that is worth a journal entry. */
export function isNews({ fields }: Desired<'backup'>, current: RecordOf<'backup'>): boolean {
  return newsworthy.some((field) => !equalValues(kinds.backup.fields[field], current[field], fields[field]));
}

/** The journal entry of a backup that was created or changed. */
export function journalEntry(
  backup: Backup,
  { key, label, source }: Desired<'backup'>,
  verb: 'created' | 'updated',
): Desired<'backup-journal'> {
  return {
    kind: 'backup-journal',
    key,
    label,
    ...(source === undefined ? {} : { source }),
    fields: {
      assigned_object_type: 'netbox_proxbox.vmbackup',
      assigned_object_id: ref('backup', key),
      kind: 'info',
      comments: `Backup ${verb} for VM ${backup.vmid ?? ''} in storage ${backup.storage}`,
    },
    rules: {},
  };
}
