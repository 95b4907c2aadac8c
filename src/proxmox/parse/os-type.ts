/** The operating system that a guest's configuration names. Facts: `ostype` of qemu-server and pve-container (Proxmox VE 8 and 9). */
import { toText } from './coerce.js';
import type { GuestConfig } from '../types.js';

/** By `ostype`; the names are those under which the Python service made platforms in NetBox. */
const names: Readonly<Record<string, string>> = {
  l24: 'Linux (kernel 2.4)',
  l26: 'Linux (kernel 2.6 or newer)',
  solaris: 'Solaris',
  other: 'Other',
  wxp: 'Windows XP',
  w2k: 'Windows 2000',
  w2k3: 'Windows Server 2003',
  w2k8: 'Windows Server 2008',
  wvista: 'Windows Vista',
  win7: 'Windows 7',
  win8: 'Windows 8',
  win10: 'Windows 10',
  win11: 'Windows 11',
  alpine: 'Alpine Linux',
  archlinux: 'Arch Linux',
  centos: 'CentOS',
  debian: 'Debian',
  devuan: 'Devuan',
  fedora: 'Fedora',
  gentoo: 'Gentoo',
  nixos: 'NixOS',
  opensuse: 'openSUSE',
  ubuntu: 'Ubuntu',
  unmanaged: 'Unmanaged',
};

const known = new Set(Object.values(names).map((name) => name.toLowerCase()));

/** What the operating system is called in NetBox; null where the configuration names none, or one that nobody knows. */
export function parseOsName(config: GuestConfig): string | null {
  const ostype = toText(config['ostype']);
  return ostype !== null && Object.hasOwn(names, ostype) ? (names[ostype] ?? null) : null;
}

/** Whether a platform of this name can stand for what a configuration names. */
export function isOsName(name: string): boolean {
  return known.has(name.toLowerCase());
}
