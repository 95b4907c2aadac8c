import type { NetBoxRecord } from '../../../netbox/types.js';
import type { SyncOptions } from '../../plan/options.js';
import { proxboxTag, ref } from '../../plan/support-objects.js';
import type { Desired, FieldRules, Fields } from '../../types.js';
import type { NicMatch } from './map-match.js';
import type { CollectedGuest } from './types.js';
import { machineName } from '../../plan/roster.js';

/** What NetBox should hold for one network device. `more`: its VLAN and MAC address, where they are ours to say. */
export function toInterface(guest: CollectedGuest, match: NicMatch, more: Fields, options: SyncOptions): Desired {
  const { nic, name } = match;
  return {
    kind: 'vm-interface',
    key: `${guest.key}/${nic.device.key}`,
    label: `${machineName(guest)} ${name}`,
    fields: {
      virtual_machine: ref('virtual-machine', guest.key),
      name,
      enabled: nic.device.linkDown !== true,
      ...more,
      tags: [proxboxTag],
    },
    rules: interfaceRules(options, more),
    source: guest.source,
  };
}

/** A mode that an operator chose (several VLANs) is kept when a VLAN is set; taking the VLAN off takes the mode with it. */
function interfaceRules({ overwrite, modes }: SyncOptions, more: Fields): FieldRules {
  return {
    virtual_machine: 'create-only',
    mode: more['mode'] === null ? 'always' : 'if-unset',
    mac_address: modes.mac === 'bootstrap_only' ? 'if-unset' : 'always',
    tags: overwrite.overwrite_vm_interface_tags ? 'union' : 'union-if-unset',
  };
}

/** The row of the JSON form. */
export function interfaceRow(record: NetBoxRecord | undefined): object {
  return {
    id: record?.id,
    mac_address: record?.['mac_address'] ?? null,
    interface: record?.['name'] ?? null,
  };
}
