/** Sizes of disks, from the units of Proxmox to the MiB of NetBox. Pure. */

/** The largest size NetBox stores (PositiveIntegerField), MiB. */
const maxDiskMb = 2_147_483_647;

const mebibyte = 1024 * 1024;
const bytesPerUnit: Readonly<Record<string, number>> = {
  '': 1,
  B: 1,
  K: 1024,
  M: mebibyte,
  G: mebibyte * 1024,
  T: mebibyte * mebibyte,
  P: mebibyte * mebibyte * 1024,
};

/**
 * A Proxmox size (`32G`, `528K`, `4194304` = bytes) in MiB, rounded up, so that nothing that exists has size 0; null when
 * the text is no size. The only place where sizes are converted: the disk rows and the total of a VM must agree.
 */
export function parseDiskSizeMb(value: unknown): number | null {
  const text = typeof value === 'number' ? String(value) : value;
  if (typeof text !== 'string' || text.length > 64) return null;
  const match = /^(\d+(?:\.\d+)?)\s*([BKMGTP]?)$/i.exec(text.trim());
  if (match === null) return null;
  const bytes = Number(match[1]) * (bytesPerUnit[(match[2] ?? '').toUpperCase()] ?? 1);
  return clampDiskMb(Math.ceil(bytes / mebibyte));
}

export function clampDiskMb(sizeMb: number): number {
  return Math.min(sizeMb, maxDiskMb);
}
