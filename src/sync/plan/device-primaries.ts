/** Which address of a node becomes the primary one of its device. Pure. */
import { nameList } from '../../values/short-text.js';
import type { RecordOf } from '../../netbox/kinds/index.js';
import type { NodeInterface } from '../../proxmox/parse/node-interfaces.js';
import { objectKey, ref } from '../types.js';
import type { NodeNetwork } from './node-addresses.js';
import type { PlanBuilder } from './plan-builder.js';

const primaries = ['primary_ip4', 'primary_ip6'] as const;

/** An address that may become a primary one. */
export interface Primary {
  readonly field: (typeof primaries)[number];
  readonly address: string;
  readonly addressKey: string;
}

interface DeviceToPlan {
  readonly device: RecordOf<'device'>;
  /** The best first. */
  readonly candidates: readonly Primary[];
  /** Whether the device gives up the address of a field in this run. */
  readonly isReleased: (device: RecordOf<'device'>, field: (typeof primaries)[number]) => boolean;
}

/** One that the device has stays, whoever chose it, unless this run takes it away. */
export function planDevicePrimaries(
  builder: PlanBuilder,
  { key, name, source }: NodeNetwork,
  { device, candidates, isReleased }: DeviceToPlan,
): void {
  const wanted = primaries.flatMap((field) => {
    const [first, ...others] = candidates.filter((one) => one.field === field);
    const isOpen = device[field] === null || isReleased(device, field);
    return first === undefined || !isOpen ? [] : [{ field, first, others }];
  });
  if (wanted.length === 0) return;
  builder.add(
    {
      kind: 'device-primary-address',
      key,
      label: `${name} ${nameList(wanted.map(({ first }) => first.address))}`,
      fields: Object.fromEntries(
        wanted.map(({ field, first, others }) => [
          field,
          {
            ...ref('ip-address', first.addressKey),
            or: others.map(({ addressKey }) => objectKey('ip-address', addressKey)),
          },
        ]),
      ),
      rules: {},
      source,
    },
    device,
  );
}

/** An address beside the default gateway of its family. */
export function primaryOf(one: NodeInterface, address: string, addressKey: string): readonly Primary[] {
  const isIpv6 = address.includes(':');
  const gateway = isIpv6 ? one.gateway6 : one.gateway;
  return gateway === null ? [] : [{ field: isIpv6 ? 'primary_ip6' : 'primary_ip4', address, addressKey }];
}

/** The interface with the default gateway first, bridges before others: its address may become the primary one. */
export function byManagement(interfaces: readonly NodeInterface[]): readonly NodeInterface[] {
  const rank = (one: NodeInterface): number =>
    (one.gateway !== null || one.gateway6 !== null ? 2 : 0) + (one.netboxType === 'bridge' ? 1 : 0);
  return [...interfaces].sort((a, b) => rank(b) - rank(a));
}
