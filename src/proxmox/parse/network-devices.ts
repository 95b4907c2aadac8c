/** `netN` of guest configurations: QEMU (`virtio=<MAC>,bridge=...`) and LXC (`name=eth0,bridge=...,hwaddr=...`). */
import type { GuestConfig, GuestType } from '../types.js';
import { parseCidr } from './cidr.js';
import { toBool, toInt, toNumber } from './coerce.js';
import { parseMac } from './mac.js';
import { parsePropertyString } from './property-string.js';

export type AddressMode = 'static' | 'dhcp' | 'auto' | 'manual';

export interface NetworkDevice {
  /** `net0`. */
  readonly key: string;
  readonly index: number;
  /** `name` of a container interface, else the key; no control characters, at most 64 characters. */
  readonly name: string;
  /** QEMU model, lower case; null for containers and when it cannot be told. */
  readonly model: string | null;
  /** Lower case with colons. */
  readonly mac: string | null;
  /** Key of the device with a lower number that has the same MAC: that one takes the agent's addresses. */
  readonly duplicateMacOf: string | null;
  readonly bridge: string | null;
  readonly tag: number | null;
  /** VLANs besides `tag`, as Proxmox writes them: `10;20-30`. */
  readonly trunks: string | null;
  readonly firewall: boolean | null;
  readonly linkDown: boolean | null;
  /** 1 means "as the bridge". */
  readonly mtu: number | null;
  /** MB/s. */
  readonly rate: number | null;
  readonly queues: number | null;
  /** `veth` for containers. */
  readonly type: string | null;
  /** Only with a prefix; `dhcp` and the like are in `ipMode`. */
  readonly ip: string | null;
  readonly ipMode: AddressMode | null;
  readonly gw: string | null;
  readonly ip6: string | null;
  readonly ip6Mode: AddressMode | null;
  readonly gw6: string | null;
}

/** Models of qemu-server's `net` property. */
const models = [
  'virtio',
  'e1000',
  'e1000e',
  'e1000-82540em',
  'e1000-82544gc',
  'e1000-82545em',
  'vmxnet3',
  'rtl8139',
  'ne2k_pci',
  'ne2k_isa',
  'pcnet',
  'i82551',
  'i82557b',
  'i82559er',
];
const modelNames: ReadonlySet<string> = new Set(models);

/** All `netN` of a configuration in numeric order; gaps are allowed, values that are no text are left out. */
export function parseNetworkDevices(config: GuestConfig, type: GuestType): readonly NetworkDevice[] {
  const devices: NetworkDevice[] = [];
  const firstWithMac = new Map<string, string>();
  for (const [key, index, text] of numberedTexts(config, 'net')) {
    const device = type === 'qemu' ? parseQemuDevice(key, index, text) : parseLxcDevice(key, index, text);
    const duplicateMacOf = device.mac === null ? null : (firstWithMac.get(device.mac) ?? null);
    if (device.mac !== null && duplicateMacOf === null) firstWithMac.set(device.mac, key);
    devices.push({ ...device, duplicateMacOf });
  }
  return devices;
}

/** The entries `<prefix>0`, `<prefix>1`... whose value is text, in numeric order. */
export function numberedTexts(config: GuestConfig, prefix: string): readonly (readonly [string, number, string])[] {
  const entries: (readonly [string, number, string])[] = [];
  for (const [key, value] of Object.entries(config)) {
    const digits = key.startsWith(prefix) ? key.slice(prefix.length) : '';
    if (/^\d{1,6}$/.test(digits) && typeof value === 'string') entries.push([key, Number(digits), value]);
  }
  return entries.sort((left, right) => left[1] - right[1]);
}

function parseQemuDevice(key: string, index: number, text: string): NetworkDevice {
  const properties = parsePropertyString(text, 'model');
  let model: string | null = null;
  let mac: string | null = null;
  for (const [name, value] of properties) {
    const lower = name.toLowerCase();
    if (!modelNames.has(lower)) continue;
    model = lower;
    mac = parseMac(value);
    break;
  }
  return {
    ...commonParts(key, index, properties),
    name: key,
    model: model ?? properties.get('model')?.toLowerCase() ?? null,
    mac: mac ?? parseMac(properties.get('macaddr') ?? properties.get('hwaddr')),
    type: null,
  };
}

function parseLxcDevice(key: string, index: number, text: string): NetworkDevice {
  const properties = parsePropertyString(text, 'name');
  return {
    ...commonParts(key, index, properties),
    name: interfaceName(properties.get('name'), key),
    model: null,
    mac: parseMac(properties.get('hwaddr')),
    type: filled(properties.get('type')),
  };
}

function commonParts(key: string, index: number, properties: ReadonlyMap<string, string>) {
  const trunks = filled(properties.get('trunks'));
  return {
    key,
    index,
    duplicateMacOf: null,
    bridge: filled(properties.get('bridge')),
    tag: toInt(properties.get('tag')),
    trunks,
    firewall: toBool(properties.get('firewall')),
    linkDown: toBool(properties.get('link_down')),
    mtu: toInt(properties.get('mtu')),
    rate: toNumber(properties.get('rate')),
    queues: toInt(properties.get('queues')),
    ...addressParts(properties),
  };
}

/** `ip`, `gw`, `ip6`, `gw6`: of a container's `netN` and of `ipconfigN`. */
export function addressParts(properties: ReadonlyMap<string, string>) {
  const ip = parseCidr(properties.get('ip'), 4);
  const ip6 = parseCidr(properties.get('ip6'), 6);
  return {
    ip,
    ipMode: addressMode(properties.get('ip'), ip),
    gw: filled(properties.get('gw')),
    ip6,
    ip6Mode: addressMode(properties.get('ip6'), ip6),
    gw6: filled(properties.get('gw6')),
  };
}

function addressMode(text: string | undefined, cidr: string | null): AddressMode | null {
  if (cidr !== null) return 'static';
  const word = text?.toLowerCase();
  return word === 'dhcp' || word === 'auto' || word === 'manual' ? word : null;
}

/** A name NetBox takes: no control characters, at most 64 characters; the fallback when nothing remains. */
function interfaceName(name: string | undefined, fallback: string): string {
  const clean = Array.from(
    (name ?? '')
      .replace(/[\u0000-\u001f\u007f-\u009f]/g, '')
      .trim()
      .slice(0, 256),
  );
  return clean.slice(0, 64).join('').trim() || fallback;
}

function filled(text: string | undefined): string | null {
  return text === undefined || text === '' ? null : text;
}
