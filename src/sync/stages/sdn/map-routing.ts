/** Fabrics, route maps and prefix lists in the fields of the plugin's rows. Pure. */
import type { SdnFabric, SdnPrefixListEntry, SdnRouteMapEntry } from '../../../proxmox/parse/sdn-routing.js';
import { cut } from '../../plan/names.js';
import type { Desired } from '../../types.js';
import { ownFields, ownRules, stateFields, storable, subjectOf, type RowParts } from './map.js';
import { pairName } from './map-rows.js';

/** The plugin's types (netbox-proxbox 0.0.29, `SdnFabricTypeChoices`); it refuses any other, as `openfabric`. */
const fabricTypes: ReadonlySet<string> = new Set(['wireguard', 'bgp', 'vxlan', 'ospf']);

export function isKept({ protocol }: SdnFabric): boolean {
  return fabricTypes.has(protocol ?? '');
}

/** Its nodes are in `raw_config`; Proxmox has none of the plugin's flags. */
export function fabricRow(fabric: SdnFabric, parts: RowParts): Desired<'sdn-fabric'> {
  return {
    ...subjectOf(parts, 'sdn-fabric', fabric.name),
    fields: {
      ...ownFields(parts),
      fabric_name: fabric.name,
      fabric_type: fabric.protocol,
      asn: storable(fabric.asn),
      ...stateFields(fabric),
    },
    rules: { ...ownRules, fabric_name: 'create-only' },
  };
}

export function routeMapRow(entry: SdnRouteMapEntry, parts: RowParts): Desired<'sdn-route-map'> {
  return {
    ...subjectOf(parts, 'sdn-route-map', pairName(entry.name, entry.order)),
    fields: {
      ...ownFields(parts),
      name: entry.name,
      order: entry.order,
      action: cut(entry.action ?? '', 16),
      match_peer: cut(entry.matchPeer ?? '', 255),
      match_ip: cut(entry.matchIp ?? '', 255),
      set_community: cut(entry.setCommunity ?? '', 255),
      ...stateFields(entry),
    },
    rules: { ...ownRules, name: 'create-only', order: 'create-only' },
  };
}

export function prefixListRow(entry: SdnPrefixListEntry, parts: RowParts): Desired<'sdn-prefix-list'> {
  return {
    ...subjectOf(parts, 'sdn-prefix-list', pairName(entry.name, entry.prefix)),
    fields: {
      ...ownFields(parts),
      name: entry.name,
      cidr: entry.prefix ?? '',
      action: cut(entry.action ?? '', 16),
      le: entry.le,
      ge: entry.ge,
      ...stateFields(entry),
    },
    rules: { ...ownRules, name: 'create-only', cidr: 'create-only' },
  };
}
