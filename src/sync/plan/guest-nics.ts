/** The network devices of a guest beside what the guest says runs on them. Pure. */
import { tellsAddress, type GuestInterface } from '../../proxmox/parse/guest-interfaces.js';
import { parseNetworkDevices, type NetworkDevice } from '../../proxmox/parse/network-devices.js';
import type { GuestConfig, GuestType } from '../../proxmox/types.js';
import { cut } from './names.js';
import type { NetworkOptions } from './options.js';

export interface GuestNic {
  readonly device: NetworkDevice;
  /** What the interface is called in NetBox; unique among the devices of the guest. */
  readonly name: string;
  /** Interfaces of the guest with the device's MAC address, in the guest's order; else the one with its name. */
  readonly inside: readonly GuestInterface[];
}

export interface GuestNics {
  /** In the order of their numbers. */
  readonly nics: readonly GuestNic[];
  /** Interfaces of the guest that no device explains (bridges, tunnels, loopback). */
  readonly unmatched: readonly GuestInterface[];
}

type Naming = Pick<NetworkOptions, 'strategy' | 'useGuestAgentInterfaceName'>;

/**
 * Matches by MAC address, where that fails by name, at last where there is one of each. Of two devices with one MAC address
 * the one with the lower number takes what the guest says. `interfaces` is empty where the guest could not be asked.
 */
export function matchNics(
  guest: { readonly config: GuestConfig; readonly type: GuestType },
  interfaces: readonly GuestInterface[],
  naming: Naming,
): GuestNics {
  const taken = new Set<GuestInterface>();
  const names = new Set<string>();
  const devices = parseNetworkDevices(guest.config, guest.type);
  const onlyOne = devices.length === 1 ? onlyInterface(interfaces) : undefined;
  const nics = devices.map((device): GuestNic => {
    const inside = device.duplicateMacOf === null ? insideOf(device, interfaces, onlyOne) : [];
    for (const one of inside) taken.add(one);
    const name = freeName(nameOf(device, inside, naming), device.key, names);
    names.add(name);
    return { device, name, inside };
  });
  return { nics, unmatched: interfaces.filter((one) => !taken.has(one)) };
}

/** What Linux tells of the loopback interface. */
const loopbackMac = '00:00:00:00:00:00';

/** Where the guest tells no MAC address at all: the one interface besides the loopback can only be the one device. */
function onlyInterface(interfaces: readonly GuestInterface[]): GuestInterface | undefined {
  if (interfaces.some(({ mac }) => mac !== null && mac !== loopbackMac)) return undefined;
  const [one, ...others] = interfaces.filter((candidate) => tellsAddress([candidate]));
  return others.length === 0 ? one : undefined;
}

function insideOf(
  device: NetworkDevice,
  interfaces: readonly GuestInterface[],
  onlyOne: GuestInterface | undefined,
): readonly GuestInterface[] {
  const sameMac = interfaces.filter(({ mac }) => mac !== null && mac === device.mac);
  if (sameMac.length > 0) return sameMac;
  // A name says little when the guest reports MAC addresses and none is the device's.
  const sameName = interfaces.find(({ name, mac }) => name === device.name && (mac === null || device.mac === null));
  const found = sameName ?? onlyOne;
  return found === undefined ? [] : [found];
}

/** The name of an interface inside a guest as the plugin takes it: no control characters, at most 128 characters. */
export function guestRowName(name: string): string {
  const clean = cut(name.replace(/[\u0000-\u001f\u007f-\u009f]/g, '').trim(), 128);
  return clean === '' ? 'unnamed' : clean;
}

/** `guest_os_model`: always Proxmox's name. `legacy_rename`: the guest's own name, when wanted and known. */
function nameOf(device: NetworkDevice, inside: readonly GuestInterface[], naming: Naming): string {
  const own = inside[0]?.name;
  const renamed = naming.strategy === 'legacy_rename' && naming.useGuestAgentInterfaceName && own !== undefined;
  return renamed ? cleanName(own, device.name) : device.name;
}

function cleanName(name: string, fallback: string): string {
  const clean = cut(name.replace(/[\u0000-\u001f\u007f-\u009f]/g, '').trim(), 64);
  return clean === '' ? fallback : clean;
}

function freeName(name: string, key: string, used: ReadonlySet<string>): string {
  if (!used.has(name)) return name;
  return used.has(key) ? `${cut(name, 50)} (${key})` : key;
}
