/** Addresses, prefixes and netmasks as Proxmox writes them. Pure. */
import ipaddr from 'ipaddr.js';

/** Longest text that can be an address with zone and prefix; longer input is refused unread. */
const maxLength = 120;

/** `10.0.0.5`, `2001:db8::1`; no zone, no octal or shortened forms. */
export function isAddress(text: string, family: 4 | 6): boolean {
  if (text.length > maxLength || text.includes('%')) return false;
  return family === 4 ? ipaddr.IPv4.isValidFourPartDecimal(text) : ipaddr.IPv6.isValid(text);
}

/** `address/prefix` of the family, trimmed; null when it is anything else (`dhcp`, `auto`, a bare address). */
export function parseCidr(value: unknown, family: 4 | 6): string | null {
  if (typeof value !== 'string' || value.length > maxLength) return null;
  const [address = '', prefix = '', ...rest] = value.trim().split('/');
  if (rest.length > 0 || !/^\d{1,3}$/.test(prefix) || Number(prefix) > (family === 4 ? 32 : 128)) return null;
  return isAddress(address, family) ? `${address}/${Number(prefix)}` : null;
}

/** A prefix length from `24` or `255.255.255.0`; null when it is neither. */
export function parseNetmask(value: unknown, family: 4 | 6): number | null {
  const text = typeof value === 'number' ? String(value) : value;
  if (typeof text !== 'string' || text.length > maxLength) return null;
  const mask = text.trim();
  if (/^\d{1,3}$/.test(mask)) return Number(mask) <= (family === 4 ? 32 : 128) ? Number(mask) : null;
  return isAddress(mask, family) ? ipaddr.parse(mask).prefixLengthFromSubnetMask() : null;
}
