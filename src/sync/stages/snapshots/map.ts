/** Snapshots in the fields of the plugin's rows. Pure. */
import type { Snapshot } from '../../../proxmox/parse/snapshots.js';
import { type Desired, ref } from '../../types.js';
import type { SnapshotGuest } from './types.js';

/** What the plugin keeps one row for, whatever the estate. */
export function uniqueKey(vmid: number | null, node: string, name: string): string {
  return `${vmid ?? ''}/${node}/${name}`;
}

/**
 * Every field is Proxmox's; tags and comments are the operator's.
 *
 * @param storageId of the plugin's row; null = the guest is on none that NetBox knows, undefined = not known: as it is
 */
export function snapshotRow(
  { key, source, virtualMachine }: SnapshotGuest,
  snapshot: Snapshot,
  storageId: number | null | undefined,
): Desired<'snapshot'> {
  return {
    kind: 'snapshot',
    key: `${key}/${snapshot.node}/${snapshot.name}`,
    label: `${snapshot.name} of ${virtualMachine.name}`,
    source,
    fields: {
      virtual_machine: ref('virtual-machine', key),
      ...(storageId === undefined ? {} : { proxmox_storage: storageId }),
      name: snapshot.name,
      description: snapshot.description,
      vmid: snapshot.vmid,
      node: snapshot.node,
      snaptime: snapshot.snaptime,
      parent: snapshot.parent,
      subtype: snapshot.subtype,
      status: 'active',
    },
    rules: {},
  };
}
