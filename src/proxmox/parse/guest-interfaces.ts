/**
 * What runs inside a guest: answers of the QEMU guest agent (`network-get-interfaces`, `get-host-name`) and of
 * `lxc/{vmid}/interfaces`, in one shape.
 */
import ipaddr from 'ipaddr.js';
import { isObject } from '../../values/plain-object.js';
import { field, type Row, rowsOf, toInt, toText } from './coerce.js';
import { parseMac } from './mac.js';

export interface GuestAddress {
  /** Without zone. */
  readonly address: string;
  readonly prefix: number | null;
  readonly family: 4 | 6;
}

export interface GuestInterface {
  readonly name: string;
  readonly mac: string | null;
  readonly addresses: readonly GuestAddress[];
  /** Told is one address of each family at most, whatever it has. */
  readonly isPartial?: true;
}

/**
 * `{result:[...]}`, `{interfaces:[...]}` or a list. Rows without name are dropped; an alias `eth0:1` is merged into
 * `eth0` by name, never by MAC, because the agent reports aliases with any MAC.
 */
export function parseAgentInterfaces(payload: unknown): readonly GuestInterface[] {
  const rows = rowsOf(isObject(payload) ? field(payload, 'result', 'interfaces') : payload);
  return mergeAliases(rows.flatMap((row) => parseInterface(row) ?? []));
}

/**
 * What the agent itself says is wrong. The server passes an error of the agent on as an answer: 200 with
 * `{result:{error:{class,desc}}}` (`CommandDisabled` where the guest forbids the command, `Unsupported`).
 */
export function parseAgentError(payload: unknown): string | null {
  const result = isObject(payload) ? (field(payload, 'result') ?? payload) : payload;
  const error = isObject(result) ? field(result, 'error') : undefined;
  if (!isObject(error)) return toText(error);
  const kind = toText(error.class);
  const text = toText(error.desc) ?? toText(error.message);
  if (text === null) return kind ?? 'an error without a text';
  return kind === null ? text : `${text} (${kind})`;
}

/** Ranges in which every interface has an address before anything is configured, or that are no addresses of one. */
const unusableRanges: ReadonlySet<string> = new Set(['loopback', 'linkLocal', 'unspecified', 'multicast', 'broadcast']);

/**
 * Whether an answer says anything about where the guest is reached. A guest that boots, and a container that has just
 * started, answer with the loopback and link-local addresses at most: that is no statement that it has no others.
 */
export function tellsAddress(interfaces: readonly GuestInterface[]): boolean {
  return interfaces.some(({ addresses }) =>
    addresses.some(({ address }) => ipaddr.isValid(address) && !unusableRanges.has(ipaddr.parse(address).range())),
  );
}

/**
 * Whether an answer says anything of an interface besides the loopback: its MAC address, or where it is reached. Else
 * nobody was asked yet, and what is stored of the interfaces is as good as before.
 */
export function tellsInterface(interfaces: readonly GuestInterface[]): boolean {
  return tellsAddress(interfaces) || interfaces.some(({ mac }) => mac !== null && mac !== '00:00:00:00:00:00');
}

/**
 * Rows of `lxc/{vmid}/interfaces`: newer releases have `ip-addresses`, all have `inet` and `inet6` with prefix: of several addresses
 * of a family the last one.
 */
export function parseContainerInterfaces(payload: unknown): readonly GuestInterface[] {
  return rowsOf(payload).flatMap((row) => {
    const parsed = parseInterface(row);
    if (parsed === null || parsed.addresses.length > 0) return parsed ?? [];
    const addresses = [row.inet, row.inet6].flatMap((text) => parseInet(text) ?? []);
    return { ...parsed, addresses, ...(Array.isArray(listOf(row)) ? {} : { isPartial: true }) };
  });
}

/** `result.host-name`: lower case, without trailing dot, at most 255 characters; `localhost` names nobody. */
export function parseAgentHostName(payload: unknown): string | null {
  const result = isObject(payload) ? (field(payload, 'result') ?? payload) : payload;
  const text = isObject(result) ? toText(field(result, 'host-name', 'hostname')) : null;
  return normaliseHostName(text);
}

/** As NetBox takes DNS names (`DNSValidator`), and no wildcard: a guest calls itself by one name. */
const dnsName = /^[a-z0-9_-]+(\.[a-z0-9_-]+)*$/;

/** A host name as a DNS name, in small letters; null where it says nothing or cannot be one. */
export function normaliseHostName(text: string | null): string | null {
  if (text === null || text.length > 256) return null;
  const name = text.trim().replace(/\.$/, '').toLowerCase();
  const isUsable = dnsName.test(name) && name.length <= 255 && name !== 'localhost' && !name.startsWith('localhost.');
  return isUsable ? name : null;
}

function parseInterface(row: Row): GuestInterface | null {
  const name = toText(row.name);
  if (name === null) return null;
  const addresses = rowsOf(listOf(row)).flatMap((item) => parseAddress(item) ?? []);
  return { name, mac: parseMac(field(row, 'hardware-address', 'hwaddr', 'mac_address')), addresses };
}

function listOf(row: Row): unknown {
  return field(row, 'ip-addresses', 'ip_addresses');
}

function parseAddress(row: Row): GuestAddress | null {
  return parseInet(field(row, 'ip-address', 'ip_address'), toInt(row.prefix));
}

/** Some agents write the mask into the address. */
function parseInet(value: unknown, otherwise: number | null = null): GuestAddress | null {
  const [address = '', prefix] = (toText(value) ?? '').split('/', 2);
  return address === '' ? null : guestAddress(address, toInt(prefix) ?? otherwise);
}

function guestAddress(text: string, prefix: number | null): GuestAddress | null {
  const [address = ''] = text.split('%', 1);
  if (address === '' || address.length > 64) return null;
  const family = address.includes(':') ? 6 : 4;
  const usable = prefix !== null && prefix >= 0 && prefix <= (family === 4 ? 32 : 128);
  return { address, prefix: usable ? prefix : null, family };
}

function mergeAliases(interfaces: readonly GuestInterface[]): readonly GuestInterface[] {
  const names = new Set(interfaces.map((item) => item.name));
  const merged = new Map<string, GuestInterface>();
  for (const item of interfaces) {
    const parent = /^(.+):\d+$/.exec(item.name.slice(0, 256))?.[1];
    const key = parent ?? item.name;
    const known = merged.get(key);
    // The first alias stands in for a parent that the agent does not report.
    const name = parent !== undefined && !names.has(parent) ? (known?.name ?? item.name) : key;
    merged.set(key, known === undefined ? { ...item, name } : joined(known, item, parent === undefined));
  }
  return [...merged.values()];
}

function joined(known: GuestInterface, added: GuestInterface, isParent: boolean): GuestInterface {
  const addresses = new Map(
    [...known.addresses, ...added.addresses].map((item) => [`${item.address}/${item.prefix}`, item]),
  );
  return {
    name: isParent ? added.name : known.name,
    mac: isParent ? (added.mac ?? known.mac) : (known.mac ?? added.mac),
    addresses: [...addresses.values()],
  };
}
