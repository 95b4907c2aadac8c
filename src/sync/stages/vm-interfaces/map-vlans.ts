import { choiceValue, isObject, relationId, toNumber } from '../../../netbox/records/compare.js';
import type { NetBoxRecord } from '../../../netbox/types.js';
import type { PlanBuilder } from '../../plan/plan-builder.js';
import { proxboxTag, ref } from '../../plan/support-objects.js';
import type { Fields } from '../../types.js';
import { isOurs, type NicMatch } from './map-match.js';
import type { CollectedGuest } from './types.js';

/** NetBox and Proxmox both take 1 to 4094; 0 is Proxmox's way to say none. */
export function usableVlan(tag: number | null): number | undefined {
  return tag !== null && tag >= 1 && tag <= 4094 ? tag : undefined;
}

/** Numbers of the VLANs of interfaces whose device has none (any more). */
export function keptVlanNumbers(matches: readonly NicMatch[]): readonly number[] {
  return matches.flatMap(({ nic, current }) => {
    const vlan = current?.['untagged_vlan'];
    if (nic.device.tag !== null || !isObject(vlan)) return [];
    return toNumber(vlan['vid']) ?? [];
  });
}

export interface VlanInput {
  readonly vlans: readonly NetBoxRecord[] | undefined;
  readonly proxboxTag: number | undefined;
}

/**
 * The VLAN fields of an interface. A VLAN is found by number, site and tenant of the machine, created when missing and
 * never changed. Without a number only a VLAN that we made is taken off: another one is the operator's choice.
 */
export function vlanFields(
  builder: PlanBuilder,
  guest: CollectedGuest,
  { nic, current }: NicMatch,
  input: VlanInput,
): Fields {
  if (input.vlans === undefined) return {};
  const { tag } = nic.device;
  const vid = usableVlan(tag);
  if (vid !== undefined) {
    const untagged_vlan = {
      ...planVlan(builder, guest, { vid, current }, input.vlans),
      otherwise: 'vlan_unavailable' as const,
    };
    return { untagged_vlan, mode: 'access' };
  }
  if (tag !== null && tag !== 0) {
    builder.warn({
      code: 'vlan_unavailable',
      message: `${nic.device.key} of "${guest.resource.name}" has the VLAN tag ${tag}, which is none (1 to 4094); its VLAN is left alone.`,
      source: guest.source,
    });
    return {};
  }
  const stored = input.vlans.find(({ id }) => id === relationId(current?.['untagged_vlan']));
  if (stored === undefined || !isOurs(stored, input.proxboxTag)) return {};
  return { untagged_vlan: null, ...(choiceValue(current?.['mode']) === 'access' ? { mode: null } : {}) };
}

function planVlan(
  builder: PlanBuilder,
  guest: CollectedGuest,
  { vid, current }: { readonly vid: number; readonly current: NetBoxRecord | undefined },
  vlans: readonly NetBoxRecord[],
) {
  const site = relationId(guest.virtualMachine['site']);
  const tenant = relationId(guest.virtualMachine['tenant']);
  const candidates = vlans.filter(
    (row) => toNumber(row['vid']) === vid && relationId(row['site']) === site && relationId(row['tenant']) === tenant,
  );
  // The stored one where several groups have the number: any choice is right, but it must not change.
  const stored = relationId(current?.['untagged_vlan']);
  const chosen = candidates.find(({ id }) => id === stored) ?? candidates.toSorted((a, b) => a.id - b.id)[0];
  const key = chosen === undefined ? `${vid}/${site ?? ''}/${tenant ?? ''}` : `netbox-${chosen.id}`;
  if (chosen !== undefined) builder.know('vlan', key, chosen.id);
  else if (!builder.has('vlan', key)) {
    const name = `VLAN ${vid}`;
    builder.add(
      {
        kind: 'vlan',
        key,
        label: name,
        fields: {
          vid,
          name,
          status: 'active',
          ...(site === null ? {} : { site }),
          ...(tenant === null ? {} : { tenant }),
          tags: [proxboxTag],
        },
        rules: {
          name: 'create-only',
          status: 'create-only',
          site: 'create-only',
          tenant: 'create-only',
          tags: 'create-only',
        },
        source: guest.source,
      },
      undefined,
    );
  }
  return ref('vlan', key);
}
