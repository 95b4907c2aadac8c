/** Rows of `nodes/{node}/{qemu,lxc}/{vmid}/snapshot`. */
import type { GuestType } from '../types.js';
import { epochToIso, type Row, toPlainText, toText } from './coerce.js';

export interface Snapshot {
  readonly name: string;
  readonly description: string;
  readonly vmid: number;
  readonly node: string;
  readonly subtype: GuestType;
  /** UTC, ISO 8601. */
  readonly snaptime: string | null;
  /** Name of the snapshot this one was taken on; the tree is implied. */
  readonly parent: string | null;
}

export interface SnapshotOwner {
  readonly vmid: number;
  readonly node: string;
  readonly type: GuestType;
}

/**
 * The oldest first, whatever the order of the rows, which Proxmox keeps in a hash: a snapshot comes after the one that it was
 * taken on. Without the pseudo row `current` ("you are here") and rows without name. Proxmox appends that row to every list
 * (`snapshot_list` of qemu-server and pve-container): null for an answer without it, which is no list of snapshots.
 */
export function parseSnapshots(rows: readonly Row[], owner: SnapshotOwner): readonly Snapshot[] | null {
  if (!rows.some((row) => toText(row.name) === 'current')) return null;
  const snapshots: Snapshot[] = [];
  for (const row of rows) {
    const name = toText(row.name);
    if (name === null || name === 'current') continue;
    snapshots.push({
      name,
      description: toPlainText(row.description),
      vmid: owner.vmid,
      node: owner.node,
      subtype: owner.type,
      snaptime: epochToIso(row.snaptime),
      parent: toText(row.parent),
    });
  }
  return snapshots.toSorted(byAge);
}

/** Of one second: by name. */
function byAge(one: Snapshot, other: Snapshot): number {
  return ageOf(one) < ageOf(other) ? -1 : 1;
}

function ageOf({ snaptime, name }: Snapshot): string {
  return `${snaptime ?? ''} ${name}`;
}
