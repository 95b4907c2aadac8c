/** Disk entries of guest configurations: `scsiN ideN sataN virtioN mpN efidiskN tpmstateN rootfs`. */
import type { GuestConfig } from '../types.js';
import { clampDiskMb, parseDiskSizeMb } from './disk-size.js';
import { parsePropertyString } from './property-string.js';

export interface DiskEntry {
  /** `scsi0`, `rootfs`. */
  readonly name: string;
  readonly rawValue: string;
  readonly kind: 'disk' | 'cdrom' | 'cloud-init';
  /** MiB; 0 for CD-ROM and cloud-init drives. */
  readonly sizeMb: number;
  /** `storage:volume`, as configured. */
  readonly volume: string;
  /** null for an empty drive, and for one of the node. */
  readonly storageName: string | null;
  readonly format: string | null;
  readonly description: string;
}

/** A disk whose size is not known: neither counted nor mirrored. */
export interface UnsizedDisk {
  readonly name: string;
  readonly volume: string;
  /** null: a path of the node (a passed-through disk, a mounted folder), which is no volume whatever size stands there. */
  readonly storageName: string | null;
}

/** Whether it has a size that is only not known; a disk or folder of the node has none that NetBox could hold. */
export function isVolume({ storageName }: UnsizedDisk): boolean {
  return storageName !== null;
}

/** Sizes of volumes as their storages tell them, MiB, by `storage:volume`. */
export type VolumeSizes = ReadonlyMap<string, number>;

export interface GuestDisks {
  readonly disks: readonly DiskEntry[];
  readonly unsized: readonly UnsizedDisk[];
  /** Sum of `disks`, MiB, at most what NetBox stores. */
  readonly totalMb: number;
}

const diskKey = /^(scsi|ide|sata|virtio|mp|efidisk|tpmstate)(\d{1,6})$/;

/**
 * Disks in natural order (`scsi2` before `scsi10`).
 *
 * @param sizes of volumes whose size the configuration does not have
 */
export function parseGuestDisks(config: GuestConfig, sizes: VolumeSizes = new Map()): GuestDisks {
  const keys = Object.keys(config).flatMap((key) => {
    const order = diskOrder(key);
    return order === null ? [] : [{ key, ...order }];
  });
  keys.sort((left, right) => compareText(left.bus, right.bus) || left.index - right.index);

  const disks: DiskEntry[] = [];
  const unsized: UnsizedDisk[] = [];
  for (const { key } of keys) {
    const raw = config[key];
    if (typeof raw !== 'string' || raw.trim() === '') continue;
    const properties = parsePropertyString(raw, 'file');
    const entry = diskEntry(key, raw, { properties, sizes });
    const volume = volumeOf(properties);
    if (entry === null) unsized.push({ name: key, volume, storageName: storageOf(volume) });
    else disks.push(entry);
  }
  return { disks, unsized, totalMb: clampDiskMb(disks.reduce((sum, disk) => sum + disk.sizeMb, 0)) };
}

/** Whether a configuration may have a disk under this key. */
export function isDiskKey(key: string): boolean {
  return diskOrder(key) !== null;
}

function diskOrder(key: string): { bus: string; index: number } | null {
  if (key === 'rootfs') return { bus: 'rootfs', index: 0 };
  const match = diskKey.exec(key);
  return match === null ? null : { bus: match[1] ?? '', index: Number(match[2]) };
}

function compareText(left: string, right: string): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}

function volumeOf(properties: ReadonlyMap<string, string>): string {
  return properties.get('file') ?? properties.get('volume') ?? '';
}

function diskEntry(
  name: string,
  rawValue: string,
  { properties, sizes }: { readonly properties: ReadonlyMap<string, string>; readonly sizes: VolumeSizes },
): DiskEntry | null {
  const volume = volumeOf(properties);
  const storageName = storageOf(volume);
  const format = properties.get('format') ?? null;
  const common = { name, rawValue, volume, storageName, format };
  const kind = diskKind(volume, properties.get('media'));
  if (kind !== 'disk') return { ...common, kind, sizeMb: 0, description: driveDescription(kind, volume) };

  if (storageName === null) return null;
  const sizeMb = parseDiskSizeMb(properties.get('size')) || sizes.get(volume) || 0;
  if (sizeMb === 0) return null;
  const parts = [`Storage: ${storageName}`, format === null ? '' : `Format: ${format}`];
  return { ...common, kind, sizeMb, description: parts.filter((part) => part !== '').join(' | ') };
}

const bootOrder = ['rootfs', 'scsi0', 'virtio0', 'ide0', 'sata0'];
const notData = /^(efidisk|tpmstate)/;

/** The storage of the boot disk, or of the first disk; null when the guest has no disk on a storage. */
export function bootStorage(config: GuestConfig): string | null {
  const { disks, unsized } = parseGuestDisks(config);
  const real = disks.filter(({ kind }) => kind === 'disk');
  const stored = [...real, ...unsized].filter(({ volume }) => storageOf(volume) !== null);
  const boot = bootOrder.flatMap((name) => stored.find((disk) => disk.name === name) ?? [])[0];
  const chosen = boot ?? stored.find(({ name }) => !notData.test(name)) ?? stored[0];
  return chosen === undefined ? null : storageOf(chosen.volume);
}

/** `local-lvm` of `local-lvm:vm-100-disk-0`; null for `/dev/sdb`, `none` and `cdrom`. */
function storageOf(volume: string): string | null {
  const colon = volume.indexOf(':');
  return colon <= 0 || volume.startsWith('/') ? null : volume.slice(0, colon);
}

/** Cloud-init drives are CD-ROMs whose volume Proxmox names `...cloudinit`, with a suffix on file storages. */
function diskKind(volume: string, media: string | undefined): DiskEntry['kind'] {
  if (media !== 'cdrom') return 'disk';
  return /(^|[-:/])cloudinit(\.(qcow2|raw|vmdk))?$/.test(volume) ? 'cloud-init' : 'cdrom';
}

function driveDescription(kind: 'cdrom' | 'cloud-init', volume: string): string {
  if (kind === 'cloud-init') return 'Cloud-init drive';
  return volume === '' || volume === 'none' || volume === 'cdrom' ? 'CD-ROM drive' : `CD-ROM drive | ISO: ${volume}`;
}
