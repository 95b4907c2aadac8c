/** The few values of a guest configuration that NetBox mirrors besides disks and network devices. */
import type { GuestConfig, GuestType } from '../types.js';
import { toBool, toInt, toNumber, toText } from './coerce.js';
import { isDiskKey } from './disks.js';
import { parsePropertyString } from './property-string.js';

export interface GuestConfigSummary {
  readonly onboot: boolean;
  readonly unprivileged: boolean;
  /** Whether the QEMU guest agent is enabled in the configuration. */
  readonly agent: boolean;
  readonly searchDomain: string | null;
  /** MiB. */
  readonly memoryMb: number | null;
}

/** Whether each of its disks and network devices is told: one whose value is no text could be anything, and is not gone. */
export function tellsHardware(config: GuestConfig): boolean {
  return Object.entries(config).every(
    ([key, value]) =>
      !(isDiskKey(key) || /^net\d{1,6}$/.test(key)) || (typeof value === 'string' && value.trim() !== ''),
  );
}

/** What tells a QEMU machine from another one that has its VMID later; empty where the configuration does not say. */
export interface GuestOrigin {
  readonly smbiosUuid: string;
  /** When it was created, as text of Unix seconds; a restored backup has that of the original. */
  readonly createdAt: string;
}

/** `smbios1: uuid=...,...` and `meta: creation-qemu=9.0.2,ctime=1714521600`. */
export function parseGuestOrigin({ smbios1, meta }: GuestConfig): GuestOrigin {
  return {
    smbiosUuid:
      parsePropertyString(toText(smbios1) ?? '', 'uuid')
        .get('uuid')
        ?.toLowerCase() ?? '',
    createdAt: parsePropertyString(toText(meta) ?? '', 'ctime').get('ctime') ?? '',
  };
}

export function parseGuestConfig(config: GuestConfig): GuestConfigSummary {
  return {
    onboot: toBool(config.onboot) ?? false,
    unprivileged: toBool(config.unprivileged) ?? false,
    agent: parseAgentFlag(config.agent),
    searchDomain: toText(config.searchdomain),
    memoryMb: memoryMb(config.memory),
  };
}

/**
 * The virtual processors that a guest is given, as Proxmox counts them (`vmstatus` of qemu-server and pve-container), but not
 * cut to what its host has. null: not configured; a machine then has one, a container all of its host, as its resource row says.
 */
export function configuredCpus(type: GuestType, config: GuestConfig): number | null {
  const cores = positive(config.cores);
  if (type === 'lxc') return cores ?? positive(config.cpulimit);
  const sockets = positive(config.sockets);
  const plugged = positive(config.vcpus);
  if (plugged !== null || (cores === null && sockets === null)) return plugged;
  return (cores ?? 1) * (sockets ?? 1);
}

function positive(value: unknown): number | null {
  const number = toNumber(value);
  return number !== null && number > 0 ? number : null;
}

/** `1`, `enabled=1,...` and `1,fstrim_cloned_disks=1`: the piece without `=` decides, else `enabled=`. */
export function parseAgentFlag(value: unknown): boolean {
  if (typeof value !== 'string') return toBool(value) ?? false;
  return toBool(parsePropertyString(value, 'enabled').get('enabled')) ?? false;
}

/** Whether two of them are those of different guests; what only one of them tells does not count. */
export function isAnotherGuest(stored: GuestOrigin | undefined, live: GuestOrigin): boolean {
  if (stored === undefined) return false;
  const fields = ['smbiosUuid', 'createdAt'] as const;
  return fields.some((field) => stored[field] !== '' && live[field] !== '' && stored[field] !== live[field]);
}

/** Newer releases write `memory` as a property string (`current=4096`). */
function memoryMb(value: unknown): number | null {
  return typeof value === 'string' ? toInt(parsePropertyString(value, 'current').get('current')) : toInt(value);
}
