/** Which addresses an interface of a guest should have. Pure. */
import { counted } from '../../values/short-text.js';
import ipaddr from 'ipaddr.js';
import { tellsAddress, type GuestAddress, type GuestInterface } from '../../proxmox/parse/guest-interfaces.js';
import type { GuestConfig, GuestType } from '../../proxmox/types.js';
import { canonicalAddress, isAddressText } from '../../netbox/kinds/values.js';
import { isIgnored, whyUnusable } from './address-rules.js';
import { matchNics, type GuestNic } from './guest-nics.js';
import type { NetworkOptions } from './options.js';
import type { GuestNetwork } from '../guests.js';
import { familyOf, hostOf } from './address-ownership.js';

export interface WantedAddress {
  /** With prefix, in NetBox's spelling. */
  readonly address: string;
  readonly family: 4 | 6;
}

export interface UnusableAddress {
  readonly address: string;
  /** `is the broadcast address of its network`. */
  readonly why: string;
}

export interface WantedNic {
  /** Of the interface in NetBox. */
  readonly name: string;
  readonly addresses: readonly WantedAddress[];
  /** Link-local and loopback addresses, left out. */
  readonly ignored: number;
  /** Addresses that NetBox takes on no interface, with what they are instead. */
  readonly unusable: readonly UnusableAddress[];
  /** Families of which it may have addresses that are not told. */
  readonly partial: ReadonlySet<4 | 6>;
  /** Interfaces of the guest behind this device, by name, with the addresses that NetBox gets. */
  readonly inside: readonly { readonly name: string; readonly addresses: readonly string[] }[];
}

/**
 * The addresses of each network device: what runs inside the guest says, else what is configured. `interfaces` is null
 * where the guest could not be asked.
 */
export function wantedNics(
  guest: { readonly config: GuestConfig; readonly type: GuestType },
  interfaces: readonly GuestInterface[] | null,
  options: NetworkOptions,
): readonly WantedNic[] {
  return matchNics(guest, interfaces ?? [], options).nics.map((nic) => wantedNic(nic, options));
}

/**
 * What the guest said, as far as it decides about stored addresses: a usable one of one of its devices. That a bridge
 * inside has one (`docker0`), or an interface that fits no device, says nothing of those of the devices.
 */
export function judgedNetwork(network: GuestNetwork, nics: readonly WantedNic[], label: string): GuestNetwork {
  const isAbout = nics.some(({ inside }) => inside.some(({ addresses }) => addresses.length > 0));
  if (network.status !== 'told' || nics.length === 0 || isAbout) return network;
  const code = tellsAddress(network.interfaces) ? 'no_matching_nic' : 'no_addresses';
  const message = `"${label}" answered, but none of its ${counted(
    'interface',
    network.interfaces.map(({ name }) => name),
  )} has a usable address and the MAC address or name of one of its ${counted(
    'network device',
    nics.map(({ name }) => name),
  )}; stored addresses stay.`;
  return { status: 'untold', reason: { code, message }, isProblem: false };
}

/** Interfaces of a guest that answered which fit none of its devices. */
function unplaced(network: GuestNetwork, nics: readonly WantedNic[]): readonly GuestInterface[] {
  if (network.status !== 'told') return [];
  const placed = new Set(nics.flatMap(({ inside }) => inside.map(({ name }) => name)));
  return network.interfaces.filter(({ name }) => !placed.has(name));
}

/**
 * Hosts that the guest tells of interfaces which fit none of its devices, as they tell another MAC address or none: it has them,
 * so they are not gone from where NetBox has them.
 */
export function unplacedHosts(network: GuestNetwork, nics: readonly WantedNic[]): ReadonlySet<string> {
  const told = unplaced(network, nics).flatMap(({ addresses }) => addresses);
  return new Set(told.map(({ address }) => hostOf(canonicalAddress(address))));
}

/** Interfaces with an address that may be those of devices of which the guest tells nothing, as they tell no MAC address. */
export function nameless(network: GuestNetwork, nics: readonly WantedNic[]): readonly GuestInterface[] {
  if (nics.every(({ inside }) => inside.length > 0)) return [];
  return unplaced(network, nics).filter((one) => one.mac === null && tellsAddress([one]));
}

function wantedNic({ name, device, inside }: GuestNic, options: NetworkOptions): WantedNic {
  const told = inside.flatMap(({ addresses }) => addresses);
  const configured = [device.ip, device.ip6].flatMap((cidr) => (cidr === null ? [] : [parseConfigured(cidr)]));
  const meant = (told.length > 0 ? told : configured).flatMap((address) => usableAddress(address, options) ?? []);
  const judged = unique(meant).map((one) => ({ one, why: whyUnusable(one.address) }));
  const addresses = judged.flatMap(({ one, why }) => (why === undefined ? [one] : []));
  const wanted = new Set(addresses.map(({ address }) => address));
  return {
    name,
    addresses: preferredFirst(addresses, options),
    ignored: (told.length > 0 ? told.length : configured.length) - meant.length,
    unusable: judged.flatMap(({ one, why }) => (why === undefined ? [] : [{ address: one.address, why }])),
    partial: new Set(
      inside.flatMap(({ isPartial, addresses: own }) => (isPartial ? own.map(({ family }) => family) : [])),
    ),
    inside: inside.map((one) => ({
      name: one.name,
      addresses: one.addresses.flatMap((address) => {
        const text = usableAddress(address, options)?.address;
        return text !== undefined && wanted.has(text) ? [text] : [];
      }),
    })),
  };
}

function parseConfigured(cidr: string): GuestAddress {
  const [address = '', prefix] = cidr.split('/', 2);
  return { address, prefix: prefix === undefined ? null : Number(prefix), family: familyOf(address) };
}

/** null for what NetBox should not hold: loopback, link-local, multicast, unspecified, and text that is no address. */
function usableAddress({ address, prefix }: GuestAddress, options: NetworkOptions): WantedAddress | null {
  if (!isAddressText(address) || isIgnored(address, options)) return null;
  const family = ipaddr.parse(address).kind() === 'ipv4' ? 4 : 6;
  const length = prefix ?? (family === 4 ? 32 : 128);
  return { address: canonicalAddress(`${address}/${length}`), family };
}

/** NetBox keeps one row per host, whatever the mask: the first mask a guest names is taken. */
function unique(addresses: readonly WantedAddress[]): readonly WantedAddress[] {
  const byHost = new Map<string, WantedAddress>();
  for (const one of addresses) {
    const host = one.address.split('/', 1)[0] ?? '';
    if (!byHost.has(host)) byHost.set(host, one);
  }
  return [...byHost.values()];
}

function preferredFirst(
  addresses: readonly WantedAddress[],
  { primaryIpPreference }: NetworkOptions,
): readonly WantedAddress[] {
  const first = primaryIpPreference === 'ipv6' ? 6 : 4;
  return [...addresses].sort((a, b) => Number(b.family === first) - Number(a.family === first));
}
