/** Which VLAN an interface is in. Pure. */
import { hasTag } from '../../../netbox/kinds/values.js';
import type { PlanBuilder } from '../../plan/plan-builder.js';
import {
  chooseVlan,
  hiddenVlan,
  keptVlan,
  newVlanFields,
  newVlanKey,
  vlanRef,
  vlanRules,
  type StoredVlans,
} from '../../plan/vlans.js';
import type { FieldsOf } from '../../types.js';
import { type NicMatch } from '../../plan/match-nics.js';
import { machineName } from '../../plan/roster.js';
import type { CollectedGuest } from './types.js';

/** NetBox and Proxmox both take 1 to 4094; 0 is Proxmox's way to say none. */
export function usableVlan(tag: number | null): number | undefined {
  return tag !== null && tag >= 1 && tag <= 4094 ? tag : undefined;
}

/** Numbers of the VLANs of interfaces whose device has none (any more). */
export function keptVlanNumbers(matches: readonly NicMatch[]): readonly number[] {
  return matches.flatMap(({ nic, current }) => {
    return nic.device.tag === null ? (current?.untagged_vid ?? []) : [];
  });
}

export interface VlanInput {
  readonly vlans: StoredVlans | undefined;
  readonly proxboxTag: number | undefined;
}

/**
 * The VLAN fields of an interface. A VLAN is found by number and place (plan/vlans.ts), created when missing and never
 * changed. Without a number only a VLAN that we made is taken off: another one is the operator's choice.
 */
export function vlanFields(
  builder: PlanBuilder,
  guest: CollectedGuest,
  { nic, current }: NicMatch,
  input: VlanInput,
): FieldsOf<'vm-interface'> {
  if (input.vlans === undefined) return {};
  const { tag } = nic.device;
  const vid = usableVlan(tag);
  if (vid !== undefined) {
    const untagged_vlan = planVlan(builder, guest, { vid, nic, current }, input.vlans);
    return untagged_vlan === undefined ? {} : { untagged_vlan, mode: 'access' };
  }
  if (tag !== null && tag !== 0) {
    builder.warn({
      code: 'vlan_unavailable',
      message: `${nic.device.key} of "${machineName(guest)}" has the VLAN tag ${tag}, which is none (1 to 4094); its VLAN is left alone.`,
      source: guest.source,
    });
    return {};
  }
  const stored = input.vlans.rows.find(({ id }) => id === (current?.untagged_vlan ?? null));
  if (stored === undefined || !hasTag(stored, input.proxboxTag)) return {};
  return { untagged_vlan: null, ...((current?.mode ?? null) === 'access' ? { mode: null } : {}) };
}

function planVlan(
  builder: PlanBuilder,
  guest: CollectedGuest,
  { vid, nic, current }: { readonly vid: number } & Pick<NicMatch, 'nic' | 'current'>,
  vlans: StoredVlans,
) {
  const {
    virtualMachine: { site, tenant },
    source,
  } = guest;
  const place = { vid, site, tenant };
  const id = keptVlan(place, current, vlans) ?? chooseVlan(place, vlans)?.id;
  const hidden =
    id === undefined ? hiddenVlan(place, vlans, `${nic.device.key} of "${machineName(guest)}"`) : undefined;
  if (hidden !== undefined) {
    builder.warn({ ...hidden, source });
    return undefined;
  }
  const key = id === undefined ? newVlanKey(place) : `netbox-${id}`;
  if (id !== undefined) builder.know('vlan', key, id);
  else if (!builder.has('vlan', key))
    builder.offer(
      { kind: 'vlan', key, label: `VLAN ${vid}`, fields: newVlanFields(place), rules: vlanRules, source },
      undefined,
    );
  return vlanRef(key);
}
