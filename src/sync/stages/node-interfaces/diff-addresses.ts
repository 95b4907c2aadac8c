/** Which addresses of nodes become primary ones. Pure. */
import { nameList } from '../../../values/short-text.js';
import type { RecordOf } from '../../../netbox/kinds/index.js';
import type { NodeInterface } from '../../../proxmox/parse/node-interfaces.js';
import type { PlanBuilder } from '../../plan/plan-builder.js';
import { objectKey, ref, type ObjectKey } from '../../types.js';
import { fieldsWith, type NodeNetwork } from '../../plan/node-addresses.js';

type Device = RecordOf<'device'>;

const primaries = ['primary_ip4', 'primary_ip6'] as const;

/** NetBox moves no address that is the primary or out-of-band one of its device, so the device lets go of it first. */
export class DevicePrimaries {
  readonly #letGo: ReadonlyMap<number, Device>;
  readonly #released = new Map<number, { readonly device: Device; readonly fields: Record<string, null> }>();

  constructor(letGo: ReadonlyMap<number, Device>) {
    this.#letGo = letGo;
  }

  /** A row comes to a device. Returns what must have been written before. */
  release({ id }: RecordOf<'ip-address'>, to: Device): ObjectKey | undefined {
    const device = this.#letGo.get(id);
    if (device === undefined || device.id === to.id) return undefined;
    const fields = fieldsWith(device, id);
    if (fields.length === 0) return undefined;
    const known = this.#released.get(device.id)?.fields ?? {};
    const released = Object.fromEntries(fields.map((field) => [field, null]));
    this.#released.set(device.id, { device, fields: { ...known, ...released } });
    return objectKey('released-device-primary', `${device.id}`);
  }

  plan(
    builder: PlanBuilder,
    { key, name, source }: NodeNetwork,
    { device, candidates }: { readonly device: Device; readonly candidates: readonly Primary[] },
  ): void {
    const released = this.#released.get(device.id)?.fields ?? {};
    const wanted = primaries.flatMap((field) => {
      const [first, ...others] = candidates.filter((one) => one.field === field);
      const isOpen = device[field] === null || field in released;
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

  planReleases(builder: PlanBuilder): void {
    for (const { device, fields } of this.#released.values())
      builder.add(
        { kind: 'released-device-primary', key: `${device.id}`, label: device.name, fields, rules: {} },
        device,
      );
  }
}

/** An address that may become a primary one. */
export interface Primary {
  readonly field: (typeof primaries)[number];
  readonly address: string;
  readonly addressKey: string;
}

/** An address beside the default gateway of its family. */
export function primaryOf(one: NodeInterface, address: string, addressKey: string): readonly Primary[] {
  const isIpv6 = address.includes(':');
  const gateway = isIpv6 ? one.gateway6 : one.gateway;
  return gateway === null ? [] : [{ field: isIpv6 ? 'primary_ip6' : 'primary_ip4', address, addressKey }];
}
