import type { GuestType } from '../types.js';
import { epochToIso, type Row, toBool, toPlainText, toText } from './coerce.js';

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
  readonly vmstate: boolean;
}

export interface SnapshotOwner {
  readonly vmid: number;
  readonly node: string;
  readonly type: GuestType;
}

/** Without the pseudo row `current` ("you are here") and rows without name. */
export function parseSnapshots(rows: readonly Row[], owner: SnapshotOwner): readonly Snapshot[] {
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
      vmstate: toBool(row.vmstate) ?? false,
    });
  }
  return snapshots;
}
