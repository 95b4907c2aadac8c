/** What a guest is called in NetBox, as far as its own name decides that. */

export interface GuestName {
  readonly name: string;
  /** True when NetBox cannot take the name as Proxmox has it. */
  readonly adjusted: boolean;
}

/** NetBox's limit for the name of a virtual machine, characters. */
const maxLength = 64;

/**
 * A guest name as NetBox takes it: control characters and line ends become one space, trimmed, at most 64 characters,
 * `vm-<vmid>` when nothing remains.
 */
export function parseGuestName(value: unknown, vmid: number): GuestName {
  const original = typeof value === 'string' ? value : '';
  // Nothing beyond this can survive the limit, whatever is removed before it, except in hostile input.
  const head = original.length > 4096 ? original.slice(0, 4096) : original;
  const printable = head
    .replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, ' ')
    .replace(/\p{Surrogate}/gu, '\ufffd');
  const characters = Array.from(printable.trim());
  const name = characters.slice(0, maxLength).join('').trim() || `vm-${vmid}`;
  return { name, adjusted: name !== original };
}
