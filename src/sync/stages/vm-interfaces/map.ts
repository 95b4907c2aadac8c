/** A network device in the fields of its NetBox interface. Pure. */
import type { SyncOptions } from '../../plan/options.js';
import { proxboxTag } from '../../plan/support-objects.js';
import { type Desired, type RulesOf, type FieldsOf, ref, type Outcome, isOutcomeOf } from '../../types.js';
import type { NicMatch } from '../../plan/match-nics.js';
import type { CollectedGuest } from './types.js';
import { machineName } from '../../plan/roster.js';

/** What NetBox should hold for one network device. `more`: its VLAN and MAC address, where they are ours to say. */
export function toInterface(
  guest: CollectedGuest,
  match: NicMatch,
  more: FieldsOf<'vm-interface'>,
  options: SyncOptions,
): Desired<'vm-interface'> {
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
function interfaceRules({ overwrite, modes }: SyncOptions, more: FieldsOf<'vm-interface'>): RulesOf<'vm-interface'> {
  return {
    virtual_machine: 'create-only',
    mode: more['mode'] === null ? 'always' : 'if-unset',
    mac_address: modes.mac === 'bootstrap_only' ? 'if-unset' : 'always',
    tags: overwrite.overwrite_vm_interface_tags ? 'union' : 'union-if-unset',
  };
}

/** The row of the JSON form. */
export function interfaceRow(outcome: Outcome): object {
  const record = isOutcomeOf(outcome, 'vm-interface') ? outcome.record : undefined;
  return {
    id: record?.id,
    mac_address: record === undefined || record.mac_address === '' ? null : record.mac_address,
    interface: record?.name ?? null,
  };
}
