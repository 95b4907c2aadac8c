/** Which stored row is which disk of a machine, also where an operator gave it another name. Pure. */
import type { RecordOf } from '../../../netbox/kinds/index.js';
import { isDiskKey, isVolume, type DiskEntry, type GuestDisks } from '../../../proxmox/parse/disks.js';

type Row = RecordOf<'virtual-disk'>;

export interface StoredDisks {
  readonly rows: readonly Row[];
  readonly isOurs: (row: Row) => boolean;
  /** Whether the sidecar of a row may mean the storage of a disk: it names that one, or none. */
  readonly mayBeOn: (row: Row, disk: DiskEntry) => boolean;
}

export interface ChosenRows {
  readonly rows: ReadonlyMap<DiskEntry, Row>;
  /** Disks that may be one of several rows with names of an operator, or whose row another disk may be; with these rows. */
  readonly doubtful: ReadonlyMap<DiskEntry, readonly Row[]>;
}

/**
 * The row of each disk: that of its name; else one of ours that an operator gave another name: the only one of its size, or,
 * as a disk may grow, the only one that is left for it where it is the only disk that is left for the row.
 */
export function chooseRows(stored: StoredDisks, { disks, unsized }: GuestDisks): ChosenRows {
  const chosen = new Map<DiskEntry, Row>();
  for (const disk of disks) {
    const row = chooseRow(stored.rows, disk);
    if (row !== undefined) chosen.set(disk, row);
  }
  const renamed = stored.rows.filter((row) => !isDiskKey(row.name) && stored.isOurs(row));
  const without = disks.filter((disk) => !chosen.has(disk));
  for (const disk of without) {
    const [row, ...others] = renamed.filter(({ size }) => size === disk.sizeMb);
    const isOnlyOne = without.filter(({ sizeMb }) => sizeMb === disk.sizeMb).length === 1;
    if (row !== undefined && others.length === 0 && isOnlyOne) chosen.set(disk, row);
  }
  const taken = new Set(chosen.values());
  const left = renamed.filter((row) => !taken.has(row));
  // A volume whose size nobody tells has a row as well, which may be any of them.
  const isAnyUnsized = unsized.some((one) => isVolume(one) && stored.rows.every(({ name }) => name !== one.name));
  return { rows: chosen, doubtful: chooseLeft(chosen, { without, left, isAnyUnsized }, stored) };
}

interface Left {
  readonly without: readonly DiskEntry[];
  readonly left: readonly Row[];
  readonly isAnyUnsized: boolean;
}

/** Adds the pairs that are certain. */
function chooseLeft(
  chosen: Map<DiskEntry, Row>,
  { without, left, isAnyUnsized }: Left,
  { mayBeOn }: StoredDisks,
): ChosenRows['doubtful'] {
  const disks = without.filter((disk) => !chosen.has(disk));
  // A drive for removable media has no size, and never gets one.
  const mayBe = (row: Row, disk: DiskEntry): boolean => (row.size ?? 0) > 0 === disk.sizeMb > 0 && mayBeOn(row, disk);
  const doubtful = new Map<DiskEntry, readonly Row[]>();
  for (const disk of disks) {
    const rows = left.filter((row) => mayBe(row, disk));
    const [row] = rows;
    if (row === undefined) continue;
    const isCertain = rows.length === 1 && !isAnyUnsized && disks.filter((one) => mayBe(row, one)).length === 1;
    if (isCertain) chosen.set(disk, row);
    else doubtful.set(disk, rows);
  }
  return doubtful;
}

/** Of several rows with the name the one with the right size. */
function chooseRow(stored: readonly Row[], { name, sizeMb }: DiskEntry): Row | undefined {
  const named = stored.filter((row) => row.name === name);
  return named.find((row) => row.size === sizeMb) ?? named[0];
}
