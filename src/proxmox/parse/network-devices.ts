/** `netN` of guest configurations: QEMU (`virtio=<MAC>,bridge=...`) and LXC (`name=eth0,bridge=...,hwaddr=...`). */
import type { GuestConfig, GuestType } from '../types.js';
import { parseCidr } from './cidr.js';
import { toBool, toInt } from './coerce.js';
import { parseMac } from './mac.js';
import { parsePropertyString } from './property-string.js';

export interface NetworkDevice {
  /** `net0`. */
  readonly key: string;
  /** `name` of a container interface, else the key; no control characters, at most 64 characters. */
  readonly name: string;
  /** Lower case with colons. */
  readonly mac: string | null;
  /** Key of the device with a lower number that has the same MAC: that one takes the agent's addresses. */
  readonly duplicateMacOf: string | null;
  readonly bridge: string | null;
  readonly tag: number | null;
  readonly linkDown: boolean | null;
  /** Of a container, only with a prefix: `dhcp`, `auto` and `manual` are none. */
  readonly ip: string | null;
  readonly ip6: string | null;
}

/** Models of qemu-server's `net` property: the key whose value is the MAC address. */
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
  for (const [key, , text] of numberedTexts(config, 'net')) {
    const device = type === 'qemu' ? parseQemuDevice(key, text) : parseLxcDevice(key, text);
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

function parseQemuDevice(key: string, text: string): NetworkDevice {
  const properties = parsePropertyString(text, 'model');
  const [, ofModel] = [...properties].find(([name]) => modelNames.has(name.toLowerCase())) ?? [];
  return {
    ...commonParts(key, properties),
    name: key,
    mac: parseMac(ofModel) ?? parseMac(properties.get('macaddr') ?? properties.get('hwaddr')),
  };
}

function parseLxcDevice(key: string, text: string): NetworkDevice {
  const properties = parsePropertyString(text, 'name');
  return {
    ...commonParts(key, properties),
    name: interfaceName(properties.get('name'), key),
    mac: parseMac(properties.get('hwaddr')),
  };
}

function commonParts(key: string, properties: ReadonlyMap<string, string>) {
  return {
    key,
    duplicateMacOf: null,
    bridge: filled(properties.get('bridge')),
    tag: toInt(properties.get('tag')),
    linkDown: toBool(properties.get('link_down')),
    ip: parseCidr(properties.get('ip'), 4),
    ip6: parseCidr(properties.get('ip6'), 6),
  };
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
