import type { GuestResource, GuestType } from '../types.js';
import { type Row, toBool, toInt, toNumber, toPlainText, toText } from './coerce.js';

/**
 * The guests of `cluster/resources`: once per id, without rows that lack a usable VMID, type or node.
 * @param onUnreadable told how many rows those are, when there are any
 */
export function parseGuestResources(
  rows: readonly Row[],
  onUnreadable: (count: number) => void = () => undefined,
): readonly GuestResource[] {
  const read = rows.map(parseGuest);
  const guests = new Map<string, GuestResource>();
  for (const guest of read) if (guest !== null && !guests.has(guest.id)) guests.set(guest.id, guest);
  const unreadable = read.filter((guest) => guest === null).length;
  if (unreadable > 0) onUnreadable(unreadable);
  return [...guests.values()];
}

function parseGuest(row: Row): GuestResource | null {
  const type = guestType(row.type);
  const vmid = toInt(row.vmid);
  const node = toText(row.node);
  if (type === null || vmid === null || vmid <= 0 || node === null) return null;
  return {
    id: toText(row.id) ?? `${type}/${vmid}`,
    type,
    vmid,
    name: toPlainText(row.name),
    node,
    status: toText(row.status) ?? '',
    template: toBool(row.template) ?? false,
    maxcpu: toNumber(row.maxcpu),
    maxmem: toInt(row.maxmem),
    maxdisk: toInt(row.maxdisk),
    tags: toPlainText(row.tags),
    raw: row,
  };
}

function guestType(value: unknown): GuestType | null {
  return value === 'qemu' || value === 'lxc' ? value : null;
}
