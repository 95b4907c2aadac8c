import { isIP } from 'node:net';

/** An address with its mask, as NetBox stores it. */
export interface Network {
  readonly version: 4 | 6;
  readonly address: bigint;
  readonly prefixLength: number;
  /** Canonical `address/length`. */
  readonly text: string;
  /** Canonical address alone. */
  readonly host: string;
}

const bitsOf = (version: 4 | 6): number => (version === 4 ? 32 : 128);

const parseV4 = (text: string): bigint => text.split('.').reduce((sum, part) => sum * 256n + BigInt(part), 0n);

const groupsOf = (text: string): readonly string[] => (text === '' ? [] : text.split(':'));

const parseV6 = (text: string): bigint => {
  const embedded = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(text);
  if (embedded?.[1] !== undefined && embedded[2] !== undefined) {
    const low = parseV4(embedded[2]);
    return parseV6(`${embedded[1]}${(low >> 16n).toString(16)}:${(low & 0xffffn).toString(16)}`);
  }
  const [left = '', right] = text.split('::');
  const head = groupsOf(left);
  const foot = right === undefined ? [] : groupsOf(right);
  const zeros = Array.from({ length: 8 - head.length - foot.length }, () => '0');
  return [...head, ...zeros, ...foot].reduce((sum, group) => sum * 65536n + BigInt(`0x${group}`), 0n);
};

const writeV4 = (value: bigint): string =>
  [24n, 16n, 8n, 0n].map((shift) => ((value >> shift) & 255n).toString()).join('.');

/** RFC 5952: lower case, the longest run of two or more zero groups shortened. */
const writeV6 = (value: bigint): string => {
  const groups = Array.from({ length: 8 }, (_, index) => ((value >> BigInt(112 - 16 * index)) & 0xffffn).toString(16));
  const runs = [...groups.join(':').matchAll(/(?:^|:)0(?::0)+(?=:|$)/g)].map((match) => match[0]);
  const longest = runs.reduce((best, run) => (run.length > best.length ? run : best), '');
  if (longest === '') return groups.join(':');
  const text = groups.join(':');
  const at = text.indexOf(longest);
  return `${text.slice(0, at)}::${text.slice(at + longest.length + 1)}`;
};

const writeHost = (version: 4 | 6, value: bigint): string => (version === 4 ? writeV4(value) : writeV6(value));

/** Parses `address` or `address/length`; a missing length means a single host. Undefined when it is neither. */
export const parseNetwork = (text: string): Network | undefined => {
  const [host = '', mask, ...rest] = text.trim().split('/');
  const version = isIP(host);
  if (version === 0 || rest.length > 0 || host.includes('%')) return undefined;
  const family = version === 4 ? 4 : 6;
  if (mask !== undefined && !/^\d{1,3}$/.test(mask)) return undefined;
  const prefixLength = mask === undefined ? bitsOf(family) : Number(mask);
  if (prefixLength > bitsOf(family)) return undefined;
  const address = family === 4 ? parseV4(host) : parseV6(host);
  const canonical = writeHost(family, address);
  return { version: family, address, prefixLength, host: canonical, text: `${canonical}/${prefixLength}` };
};

const hostMask = (network: Network): bigint => (1n << BigInt(bitsOf(network.version) - network.prefixLength)) - 1n;

/** Whether the address is the network's own identifier, or its broadcast address. */
export const isNetworkId = (network: Network): boolean => (network.address & hostMask(network)) === 0n;
export const isBroadcast = (network: Network): boolean => (network.address & hostMask(network)) === hostMask(network);

/** The addresses of a network that may be given to hosts, from the lowest one: in a pool all of them. */
export function* hostsOf(network: Network, isPool: boolean): Generator<Network> {
  const { version, prefixLength } = network;
  const first = network.address & ~hostMask(network);
  for (let offset = 0n; offset <= hostMask(network); offset += 1n) {
    const host = parseNetwork(`${writeHost(version, first + offset)}/${prefixLength}`);
    if (host === undefined) return;
    const isReserved = isNetworkId(host) || (version === 4 && isBroadcast(host));
    if (isPool || prefixLength >= bitsOf(version) - 1 || !isReserved) yield host;
  }
}

/** Whether an address lies in a network (which may be the same). */
export const contains = (outer: Network, inner: Network): boolean =>
  outer.version === inner.version &&
  outer.prefixLength <= inner.prefixLength &&
  (outer.address | hostMask(outer)) === (inner.address | hostMask(outer));

/** `AA:BB:CC:DD:EE:FF` from any usual spelling, undefined when it is none. */
export const parseMac = (text: string): string | undefined => {
  const digits = text.replace(/[:.-]/g, '').toUpperCase();
  return /^[0-9A-F]{12}$/.test(digits) ? digits.replace(/(..)(?!$)/g, '$1:') : undefined;
};
