/** The few values of a guest configuration that NetBox mirrors besides disks and network devices. */
import type { GuestConfig } from '../types.js';
import { type CloudInit, parseCloudInit } from './cloud-init.js';
import { toBool, toInt, toPlainText, toText } from './coerce.js';
import { addressParts, numberedTexts } from './network-devices.js';
import { parsePropertyString } from './property-string.js';

export interface GuestConfigSummary {
  readonly onboot: boolean;
  readonly unprivileged: boolean;
  /** Whether the QEMU guest agent is enabled in the configuration. */
  readonly agent: boolean;
  readonly searchDomain: string | null;
  /** QEMU: `l26`, `win11`...; LXC: the distribution. */
  readonly ostype: string | null;
  readonly cores: number | null;
  readonly sockets: number | null;
  /** MiB. */
  readonly memoryMb: number | null;
  /** Text of `tags`; see parseTags. */
  readonly tags: string;
  readonly description: string;
  /** Container host name. */
  readonly hostname: string | null;
  readonly cloudInit: CloudInit | null;
}

export function parseGuestConfig(config: GuestConfig): GuestConfigSummary {
  return {
    onboot: toBool(config.onboot) ?? false,
    unprivileged: toBool(config.unprivileged) ?? false,
    agent: parseAgentFlag(config.agent),
    searchDomain: toText(config.searchdomain),
    ostype: toText(config.ostype),
    cores: toInt(config.cores),
    sockets: toInt(config.sockets),
    memoryMb: memoryMb(config.memory),
    tags: toPlainText(config.tags),
    description: toPlainText(config.description),
    hostname: toText(config.hostname),
    cloudInit: parseCloudInit(config),
  };
}

/** `1`, `enabled=1,...` and `1,fstrim_cloned_disks=1`: the piece without `=` decides, else `enabled=`. */
export function parseAgentFlag(value: unknown): boolean {
  if (typeof value !== 'string') return toBool(value) ?? false;
  return toBool(parsePropertyString(value, 'enabled').get('enabled')) ?? false;
}

/** Newer releases write `memory` as a property string (`current=4096`). */
function memoryMb(value: unknown): number | null {
  return typeof value === 'string' ? toInt(parsePropertyString(value, 'current').get('current')) : toInt(value);
}

export interface IpConfig extends ReturnType<typeof addressParts> {
  /** N of `ipconfigN`: belongs to `netN`. */
  readonly index: number;
}

/** Cloud-init addresses, `ipconfig0`...: `ip=10.85.0.52/22,gw=10.85.3.253,ip6=auto`. */
export function parseIpConfigs(config: GuestConfig): readonly IpConfig[] {
  return numberedTexts(config, 'ipconfig').map(([, index, text]) => ({
    index,
    ...addressParts(parsePropertyString(text, 'ip')),
  }));
}
