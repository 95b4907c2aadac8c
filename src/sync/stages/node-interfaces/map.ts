/** Interfaces of nodes, their VLANs and addresses in the fields of NetBox. Pure. */
import type { NodeInterface } from '../../../proxmox/parse/node-interfaces.js';
import type { SyncOptions } from '../../plan/options.js';
import { proxboxTag } from '../../plan/support-objects.js';
import { vlanRef } from '../../plan/vlans.js';
import { type RulesOf, type FieldsOf, ref } from '../../types.js';

/** Proxmox's word for both is what NetBox would call an access port. */
export function wantedVlan({ netboxType, vlanId }: NodeInterface): number | null {
  return netboxType === 'virtual' && vlanId !== null && vlanId >= 1 && vlanId <= 4094 ? vlanId : null;
}

export function interfaceFields(one: NodeInterface, deviceKey: string): FieldsOf<'node-interface'> {
  return { device: ref('device', deviceKey), name: one.name, type: one.netboxType, tags: [proxboxTag] };
}

/** NetBox drops or refuses a VLAN on an interface without a mode. */
export function vlanFields(vlanKey: string): FieldsOf<'node-interface'> {
  return { mode: 'access', untagged_vlan: vlanRef(vlanKey) };
}

/**
 * Proxmox does not know what a physical port is made of: `other` never replaces what an operator chose.
 */
export function interfaceRules({ netboxType }: NodeInterface, { overwrite }: SyncOptions): RulesOf<'node-interface'> {
  return {
    device: 'create-only',
    name: 'create-only',
    type: netboxType === 'other' ? 'create-only' : 'always',
    tags: overwrite.overwrite_node_interface_tags ? 'union' : 'union-if-unset',
  };
}

export function addressFields(address: string, interfaceKey: string): FieldsOf<'ip-address'> {
  return {
    address,
    assigned_object_type: 'dcim.interface',
    assigned_object_id: ref('node-interface', interfaceKey),
    status: 'active',
    tags: [proxboxTag],
  };
}
