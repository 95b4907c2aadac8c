import type { GuestSeat } from './guest-seat.js';
import { lazy } from './lazy.js';
import { ipv4Address, ipv6Address, macAddress } from './numbering.js';
import type { Random } from './random.js';
import type { AgentInterface, EstateGuest, PveRow } from './types.js';

/** Network devices and addresses are numbered with this stride per guest unless the shape asks for more. */
const STRIDE = 4;

export interface NetworkDevice {
  readonly index: number;
  readonly mac: string;
  readonly tag: number;
  readonly addresses: readonly { readonly address: string; readonly prefix: number; readonly v6: boolean }[];
}

/** The guest's network devices with addresses no other guest of the estate has. */
export function networkDevices(seat: GuestSeat, random: Random): NetworkDevice[] {
  const count = seat.shape.networkDevices ?? random.pick([1, 1, 1, 2]);
  const exactAddresses = seat.shape.addresses;
  const macStride = Math.max(STRIDE, count);
  const addressStride = Math.max(STRIDE, exactAddresses ?? count);
  return Array.from({ length: count }, (_, index) => {
    const numbers =
      exactAddresses === undefined
        ? [index]
        : Array.from({ length: exactAddresses }, (_unused, k) => k).filter((k) => k % count === index);
    const addresses = numbers.map((k) => ({
      address: ipv4Address(seat.index * addressStride + k),
      prefix: 24,
      v6: false,
    }));
    const second = { address: ipv6Address(seat.index * addressStride + index), prefix: 64, v6: true };
    const dualStack = exactAddresses === undefined && random.chance(0.3);
    return {
      index,
      mac: macAddress(seat.index * macStride + index),
      tag: random.chance(0.5) ? random.int(100, 120) : 0,
      addresses: dualStack ? [...addresses, second] : addresses,
    };
  });
}

/** What the guest agent reports: loopback and the devices, under the names Linux gives them. */
export function agentOf(name: string, running: boolean, devices: readonly NetworkDevice[]): EstateGuest['agent'] {
  const interfaces = lazy<readonly AgentInterface[]>(() => [
    {
      name: 'lo',
      'hardware-address': '00:00:00:00:00:00',
      'ip-addresses': [{ 'ip-address': '127.0.0.1', 'ip-address-type': 'ipv4', prefix: 8 }],
    },
    ...devices.map((device) => ({
      name: `ens${18 + device.index}`,
      'hardware-address': device.mac.toLowerCase(),
      'ip-addresses': device.addresses.map(({ address, prefix, v6 }) => ({
        'ip-address': address,
        'ip-address-type': v6 ? ('ipv6' as const) : ('ipv4' as const),
        prefix,
      })),
    })),
  ]);
  return {
    state: running ? 'running' : 'off',
    hostName: `${name}.example.org`,
    delayMs: 0,
    get interfaces() {
      return interfaces();
    },
  };
}

/** What `lxc/{vmid}/interfaces` reports besides loopback. */
export function containerInterfaces(devices: readonly NetworkDevice[]): PveRow[] {
  return devices.map((device) => {
    const v4 = device.addresses.find((address) => !address.v6);
    const v6 = device.addresses.find((address) => address.v6);
    return {
      name: `eth${device.index}`,
      hwaddr: device.mac.toLowerCase(),
      'hardware-address': device.mac.toLowerCase(),
      ...(v4 === undefined ? {} : { inet: `${v4.address}/${v4.prefix}` }),
      ...(v6 === undefined ? {} : { inet6: `${v6.address}/${v6.prefix}` }),
      'ip-addresses': device.addresses.map(({ address, prefix, v6: isV6 }) => ({
        'ip-address': address,
        'ip-address-type': isV6 ? 'inet6' : 'inet',
        // Text, unlike the agent's.
        prefix: String(prefix),
      })),
    };
  });
}
