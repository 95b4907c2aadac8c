/** Which VLAN of NetBox a number means at a place: one rule for nodes and guests. Pure. */
import type { RecordOf } from '../../netbox/kinds/index.js';
import { byAge } from '../../netbox/kinds/values.js';
import { ref, type FieldsOf, type Reason, type Ref, type RulesOf } from '../types.js';
import { proxboxTag } from './support-objects.js';

export interface VlanPlace {
  readonly vid: number;
  readonly site: number | null;
  readonly tenant: number | null;
}

/** The VLANs with the wanted numbers. */
export interface StoredVlans {
  readonly rows: readonly RecordOf<'vlan'>[];
  /** Ids of VLANs in groups whose scope covers a site, by site. */
  readonly ofGroups: ReadonlyMap<number, ReadonlySet<number>>;
  /** VLANs with the wanted numbers that interfaces are in, though the token may not view them. */
  readonly hidden: readonly NamedVlan[];
}

/** A VLAN as an interface names it. */
export interface NamedVlan {
  readonly id: number;
  readonly vid: number;
  /** Of the device or machine of the interface. */
  readonly site: number | null;
}

/** The VLAN that an interface at a site is in; empty: none. */
export function namedVlan(port: InVlan, site: number | null): readonly NamedVlan[] {
  const { untagged_vlan: id, untagged_vid: vid } = port;
  return id === null || vid === null ? [] : [{ id, vid, site }];
}

/**
 * The VLAN with the number in the site, else a global one, else one in a group whose scope covers the site. Among several
 * that are equally near the tenant chooses, then age: two tenants may well share a VLAN.
 */
export function chooseVlan(
  { vid, site, tenant }: VlanPlace,
  { rows, ofGroups }: StoredVlans,
): RecordOf<'vlan'> | undefined {
  const numbered = rows.filter((row) => row.vid === vid).toSorted(byAge);
  const covered = site === null ? undefined : ofGroups.get(site);
  const ranks = [
    numbered.filter((row) => site !== null && row.site === site),
    numbered.filter((row) => row.site === null && row.group === null),
    numbered.filter((row) => row.site === null && covered?.has(row.id) === true),
  ];
  const nearest = ranks.find((rank) => rank.length > 0) ?? [];
  return nearest.find((row) => row.tenant === tenant) ?? nearest.find((row) => row.tenant === null) ?? nearest[0];
}

interface InVlan {
  readonly untagged_vlan: number | null;
  readonly untagged_vid: number | null;
}

/**
 * The VLAN that an interface has, when its number is right (an operator may have chosen one of several) and NetBox takes it
 * there: one of another site it refuses with every change of the interface (`untagged_vlan` in the models' `clean`). One that
 * may not be viewed stays.
 */
export function keptVlan({ vid, site }: VlanPlace, current: InVlan | undefined, { rows }: StoredVlans): number | null {
  if (current?.untagged_vid !== vid) return null;
  const row = rows.find(({ id }) => id === current.untagged_vlan);
  return row === undefined || row.site === null || row.site === site ? current.untagged_vlan : null;
}

/** A new VLAN is of the site, and of nobody: whose it is the operator says. */
export function newVlanFields({ vid, site }: VlanPlace): FieldsOf<'vlan'> {
  return { vid, name: `VLAN ${vid}`, status: 'active', ...(site === null ? {} : { site }), tags: [proxboxTag] };
}

/**
 * Why no VLAN is made though none with the number is listed: interfaces of the site are in one that the token may not view.
 * @param what the interface, in words
 */
export function hiddenVlan({ vid, site }: VlanPlace, { hidden }: StoredVlans, what: string): Reason | undefined {
  const one = hidden.find((named) => named.vid === vid && named.site === site);
  if (one === undefined) return undefined;
  return {
    code: 'vlan_unavailable',
    message: `${what} is written without VLAN ${vid}: NetBox has it at the site (id ${one.id}), and the NetBox token may not view it. Grant it the view permission for VLANs without conditions.`,
  };
}

/** A VLAN that exists is used as it is. */
export const vlanRules: RulesOf<'vlan'> = {
  vid: 'create-only',
  name: 'create-only',
  status: 'create-only',
  site: 'create-only',
  tags: 'create-only',
};

/** The VLAN of an interface, which is written without where the VLAN cannot be had. */
export function vlanRef(key: string): Ref<'vlan'> & { readonly otherwise: 'vlan_unavailable' } {
  return { ...ref('vlan', key), otherwise: 'vlan_unavailable' };
}

/** Of a new VLAN in plans. */
export function newVlanKey({ vid, site }: VlanPlace): string {
  return `${vid}/${site ?? ''}`;
}
