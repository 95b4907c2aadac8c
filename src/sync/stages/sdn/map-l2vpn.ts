/** What stands for Proxmox's networks among NetBox's own objects: L2VPNs, route targets, prefixes and terminations. Pure. */
import { createHash } from 'node:crypto';
import ipaddr from 'ipaddr.js';
import type { RecordOf } from '../../../netbox/kinds/index.js';
import { isAddress } from '../../../proxmox/parse/cidr.js';
import type { SdnVnet, SdnZone } from '../../../proxmox/parse/sdn.js';
import { cut } from '../../plan/names.js';
import { ownTexts } from '../../plan/own-texts.js';
import { slugify } from '../../plan/slug.js';
import { proxboxTag } from '../../plan/support-objects.js';
import { ref, type Desired, type Ref, type SourceRef } from '../../types.js';
import type { SdnCluster, SdnLists, VnetNic } from './types.js';

/** NetBox's types of L2VPN, by type of zone: VNets of other zones are VLANs or bridges, and none. */
const l2vpnTypes: ReadonlyMap<string, string> = new Map([
  ['evpn', 'vxlan-evpn'],
  ['vxlan', 'vxlan'],
]);

/** NetBox takes as much of a name and of a slug. */
const longest = 100;
/** And of the name of a route target. */
export const longestTarget = 21;

export interface OverlayVnet {
  readonly vnet: SdnVnet;
  readonly zone: SdnZone;
  readonly type: string;
}

/** VNets that are L2VPNs, as far as the types of their zones are known. */
export function overlayVnets({ zones, vnets }: Pick<SdnLists, 'zones' | 'vnets'>): readonly OverlayVnet[] {
  const byName = new Map((zones ?? []).map((zone) => [zone.name, zone]));
  return (vnets ?? []).flatMap((vnet) => {
    const zone = byName.get(vnet.zone ?? '');
    const type = l2vpnTypes.get(zone?.type ?? '');
    return zone === undefined || type === undefined ? [] : [{ vnet, zone, type }];
  });
}

/** Texts of a list that the plugin keeps as JSON. */
export function textsIn(json: unknown): readonly string[] {
  const items: readonly unknown[] = Array.isArray(json) ? json : [];
  return items.filter((item) => typeof item === 'string');
}

type Place = Pick<SdnCluster, 'cluster' | 'endpointName'> & { readonly pluginEndpointId: number };

export function sourceOf({ cluster: { view } }: Pick<SdnCluster, 'cluster'>): SourceRef {
  return { endpointId: view.owner.endpointId, cluster: view.name };
}

/** The key of a VNet's L2VPN in plans. */
export function l2vpnKey({ cluster: { view } }: Pick<SdnCluster, 'cluster'>, vnet: SdnVnet): string {
  return `${view.key}/${vnet.zone ?? ''}/${vnet.name}`;
}

/** By it an L2VPN is found again. */
export function l2vpnSlug({ pluginEndpointId, cluster: { view } }: Place, { zone, name }: SdnVnet): string {
  const parts = [view.name, zone ?? '', name].map((part) => slugify(part, 'x'));
  return shortened(`proxbox-${pluginEndpointId}-${parts.join('-')}`, '-');
}

/**
 * @param taken names of other L2VPNs: NetBox keeps them unique
 * @param current what it is called: marked once, it stays so
 */
export function l2vpnName(
  place: Place,
  vnet: SdnVnet,
  { taken, current }: { readonly taken: ReadonlySet<string>; readonly current: string | undefined },
): string {
  const name = `Proxbox ${place.endpointName} / ${place.cluster.view.name} / ${vnet.zone ?? ''} / ${vnet.name}`;
  const short = shortened(name, ' ');
  const long = marked(short, l2vpnSlug(place, vnet), ' ');
  return taken.has(short) || current === long ? long : short;
}

function shortened(text: string, separator: string): string {
  return Array.from(text).length <= longest ? text : marked(text, text, separator);
}

/** Ends in eight characters that tell apart what is cut or called alike. */
function marked(text: string, of: string, separator: string): string {
  const hash = createHash('sha256').update(of).digest('hex').slice(0, 8);
  const room = longest - hash.length - separator.length;
  return [cut(text, room), hash].join(separator);
}

/** By the state of a VNet in Proxmox; of any other one it is `active`. */
export const l2vpnStatuses: ReadonlyMap<string | null, string> = new Map([
  ['deleted', 'decommissioning'],
  ['new', 'planned'],
]);

export interface L2vpnParts {
  readonly place: Place;
  readonly name: string;
  /** undefined: the zone imports none, and what stands there is nobody's business. */
  readonly targets: readonly (number | Ref<'route-target'>)[] | undefined;
  /** An operator gave it another status than we did. */
  readonly hasOtherStatus: boolean;
}

/** What we made follows Proxmox; name, slug, description and status do as long as they are what we wrote. */
export function l2vpnOf(
  { vnet, type }: OverlayVnet,
  { place, name, targets, hasOtherStatus }: L2vpnParts,
): Desired<'l2vpn'> {
  return {
    kind: 'l2vpn',
    key: l2vpnKey(place, vnet),
    label: name,
    fields: {
      name,
      slug: l2vpnSlug(place, vnet),
      type,
      status: l2vpnStatuses.get(vnet.state) ?? 'active',
      identifier: vnet.tag,
      description: 'Imported from Proxmox SDN VNet configuration.',
      ...(targets === undefined ? {} : { import_targets: targets }),
      tags: [proxboxTag],
    },
    rules: {
      name: { ours: ownTexts.l2vpn.name },
      slug: { ours: ownTexts.l2vpn.slug },
      status: hasOtherStatus ? 'create-only' : 'always',
      description: { ours: ownTexts.l2vpn.description },
      tags: 'union',
    },
    source: sourceOf(place),
  };
}

export function targetOf(name: string, place: Place): Desired<'route-target'> {
  return {
    kind: 'route-target',
    key: name,
    label: name,
    fields: {
      name,
      description: 'Imported from Proxmox SDN EVPN route-target configuration.',
      tags: [proxboxTag],
    },
    rules: { name: 'create-only', description: 'create-only', tags: 'create-only' },
    source: sourceOf(place),
  };
}

/** A prefix is made where the global table has none, and never changed: two clusters may have the same. */
export function prefixOf(prefix: string, vnet: string, place: Place): Desired<'prefix'> {
  return {
    kind: 'prefix',
    key: prefix,
    label: prefix,
    fields: {
      prefix,
      status: 'active',
      description: cut(`Imported from Proxmox SDN VNet ${vnet} on ${place.cluster.view.name}.`, 200),
      tags: [proxboxTag],
    },
    rules: { prefix: 'create-only', status: 'create-only', description: 'create-only', tags: 'create-only' },
    source: sourceOf(place),
  };
}

/** The network of a subnet as NetBox spells it; null for what is no prefix. */
export function networkOf(cidr: string | null): string | null {
  const [host = '', mask = ''] = (cidr ?? '').split('/');
  const family = host.includes(':') ? 6 : 4;
  if (!isAddress(host, family) || !/^\d{1,3}$/.test(mask) || Number(mask) > (family === 4 ? 32 : 128)) return null;
  const parse = family === 4 ? ipaddr.IPv4 : ipaddr.IPv6;
  return `${parse.networkAddressFromCIDR(`${host}/${Number(mask)}`).toString()}/${Number(mask)}`;
}

export function nicKey({ guest, device }: Pick<VnetNic, 'guest' | 'device'>): string {
  return `${guest.key}/${device}`;
}

export function terminationOf(
  nic: VnetNic,
  {
    place,
    label,
    current,
  }: { readonly place: Place; readonly label: string; readonly current: RecordOf<'vm-interface'> },
): Desired<'l2vpn-termination'> {
  return {
    kind: 'l2vpn-termination',
    key: nicKey(nic),
    label,
    fields: {
      l2vpn: ref('l2vpn', l2vpnKey(place, nic.vnet)),
      assigned_object_type: 'virtualization.vminterface',
      assigned_object_id: current.id,
      tags: [proxboxTag],
    },
    rules: { assigned_object_type: 'create-only', assigned_object_id: 'create-only', tags: 'union' },
    source: nic.guest.source,
  };
}
