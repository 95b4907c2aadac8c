/** The guest rows of `cluster/resources`. Pure. */
import type { GuestType, ListedResource, UnfinishedLock } from '../types.js';
import { type Row, toBool, toInt, toNumber, toPlainText, toText } from './coerce.js';

/**
 * Every guest once per id, without rows that lack a usable VMID, type or node.
 * @param onUnreadable told what those rows are called, when there are any
 */
export function parseGuestResources(
  rows: readonly Row[],
  onUnreadable: (names: readonly string[]) => void = () => undefined,
): readonly ListedResource[] {
  const read = rows.map((row) => parseGuest(row) ?? nameOf(row));
  const guests = new Map<string, ListedResource>();
  for (const guest of read) if (typeof guest !== 'string' && !guests.has(guest.id)) guests.set(guest.id, guest);
  const unreadable = read.filter((guest) => typeof guest === 'string');
  if (unreadable.length > 0) onUnreadable(unreadable);
  return [...guests.values()];
}

/**
 * Status and memory come from what the node's status daemon broadcasts, together with all other figures (`extract_vm_stats`
 * of pve-manager): without them the row is no description, whatever else stands in it (pool, tags, lock, hastate).
 */
function parseGuest(row: Row): ListedResource | null {
  const type = guestType(row.type);
  const vmid = toInt(row.vmid);
  const node = toText(row.node);
  if (type === null || vmid === null || vmid <= 0 || node === null) return null;
  const seat = { id: toText(row.id) ?? `${type}/${vmid}`, type, vmid, node, raw: row };
  const unfinished = unfinishedLock(row.lock);
  if (unfinished !== undefined) return { ...seat, isDescribed: false, unfinished };
  const status = toText(row.status);
  const maxmem = toInt(row.maxmem);
  if (status === null || status === 'unknown' || maxmem === null) return { ...seat, isDescribed: false };
  return {
    ...seat,
    isDescribed: true,
    name: toPlainText(row.name),
    status,
    template: toBool(row.template) ?? false,
    maxcpu: toNumber(row.maxcpu),
    maxmem,
    maxdisk: toInt(row.maxdisk),
  };
}

/** The lock of a list or of a configuration, where it says that what stands there is a place-holder. */
export function unfinishedLock(lock: unknown): UnfinishedLock | undefined {
  return lock === 'create' || lock === 'destroyed' ? lock : undefined;
}

/** Of a row that cannot be used. */
function nameOf({ id, name, vmid }: Row): string {
  return toText(id) ?? toText(name) ?? `VMID ${toText(vmid) ?? '?'}`;
}

function guestType(value: unknown): GuestType | null {
  return value === 'qemu' || value === 'lxc' ? value : null;
}
