import ipaddr from 'ipaddr.js';
import type { NodeInterface } from '../../../proxmox/parse/node-interfaces.js';
import type { NetworkOptions, SyncOptions } from '../../plan/options.js';
import { proxboxTag, ref } from '../../plan/support-objects.js';
import type { FieldRules, Fields } from '../../types.js';

/** Proxmox's word for both is what NetBox would call an access port. */
export function wantedVlan({ netboxType, vlanId }: NodeInterface): number | null {
  return netboxType === 'virtual' && vlanId !== null && vlanId >= 1 && vlanId <= 4094 ? vlanId : null;
}

/** Without loopback and link-local addresses, which every node has alike. */
export function usableAddresses(
  { addresses }: NodeInterface,
  { ignoreIpv6LinkLocal }: Pick<NetworkOptions, 'ignoreIpv6LinkLocal'>,
): readonly string[] {
  const ignored: ReadonlySet<string> = new Set([
    'loopback',
    'unspecified',
    ...(ignoreIpv6LinkLocal ? ['linkLocal'] : []),
  ]);
  return addresses.filter((address) => !ignored.has(ipaddr.parse(address.split('/', 1)[0] ?? '').range()));
}

export function interfaceFields(one: NodeInterface, deviceKey: string): Fields {
  return { device: ref('device', deviceKey), name: one.name, type: one.netboxType, tags: [proxboxTag] };
}

/** NetBox drops or refuses a VLAN on an interface without a mode. */
export function vlanFields(vlanKey: string): Fields {
  return { mode: 'access', untagged_vlan: ref('vlan', vlanKey) };
}

/**
 * Proxmox does not know what a physical port is made of: `other` never replaces what an operator chose.
 */
export function interfaceRules({ netboxType }: NodeInterface, { overwrite }: SyncOptions): FieldRules {
  return {
    device: 'create-only',
    name: 'create-only',
    type: netboxType === 'other' ? 'create-only' : 'always',
    tags: overwrite.overwrite_node_interface_tags ? 'union' : 'union-if-unset',
  };
}

export interface VlanPlace {
  readonly vid: number;
  readonly site: number | null;
  readonly tenant: number | null;
}

export function newVlanFields({ vid, site, tenant }: VlanPlace): Fields {
  return {
    vid,
    name: `VLAN ${vid}`,
    status: 'active',
    ...(site === null ? {} : { site }),
    ...(tenant === null ? {} : { tenant }),
    tags: [proxboxTag],
  };
}

/** A VLAN that exists is used as it is. */
export const vlanRules: FieldRules = {
  vid: 'create-only',
  name: 'create-only',
  status: 'create-only',
  site: 'create-only',
  tenant: 'create-only',
  tags: 'create-only',
};

export function addressFields(address: string, interfaceKey: string): Fields {
  return {
    address,
    assigned_object_type: 'dcim.interface',
    assigned_object_id: ref('node-interface', interfaceKey),
    status: 'active',
    tags: [proxboxTag],
  };
}

export function addressRules({ overwrite }: SyncOptions): FieldRules {
  return {
    status: overwrite.overwrite_ip_status ? 'always' : 'create-only',
    tags: overwrite.overwrite_ip_tags ? 'union' : 'union-if-unset',
  };
}
