/** Software-defined networks of Proxmox in the fields of the plugin's rows. Text is never null there, numbers may be. Pure. */
import type { SdnController, SdnRow, SdnSubnet, SdnVnet, SdnZone } from '../../../proxmox/parse/sdn.js';
import { lastingConfig } from '../../plan/job-rows.js';
import { cut } from '../../plan/names.js';
import { proxboxTag } from '../../plan/support-objects.js';
import { ref, type Desired, type FieldsOf, type SourceRef } from '../../types.js';
import type { SdnKind } from '../../plan/stale.js';
import type { SdnCluster } from './types.js';
import { l2vpnKey, networkOf, overlayVnets } from './map-l2vpn.js';
import { pairName } from './map-rows.js';

/** The plugin keeps integers in 32 bits with a sign: a larger one is refused. */
const largest = 2_147_483_647;

export function subjectOf<K extends SdnKind>(
  { cluster: { view } }: Pick<SdnCluster, 'cluster'>,
  kind: K,
  name: string,
) {
  const source: SourceRef = { endpointId: view.owner.endpointId, cluster: view.name };
  return { kind, key: `${view.key}/${name}`, label: name, source };
}

/** Of the row of a cluster. */
export interface RowParts extends Pick<SdnCluster, 'cluster' | 'lists'> {
  readonly pluginEndpointId: number;
}

export function controllerRow(controller: SdnController, parts: RowParts): Desired<'sdn-controller'> {
  return {
    ...subjectOf(parts, 'sdn-controller', controller.name),
    fields: {
      ...ownFields(parts),
      controller_name: controller.name,
      controller_type: cut(controller.type ?? '', 32),
      asn: storable(controller.asn),
      peers: [...controller.peers],
      nodes: [...controller.nodes],
      loopback: cut(controller.loopback ?? '', 255),
      ...stateFields(controller),
      state: cut(controller.state ?? '', 32),
    },
    rules: { ...ownRules, controller_name: 'create-only' },
  };
}

export function zoneRow(zone: SdnZone, parts: RowParts): Desired<'sdn-zone'> {
  return {
    ...subjectOf(parts, 'sdn-zone', zone.name),
    fields: {
      ...ownFields(parts),
      zone_name: zone.name,
      zone_type: cut(zone.type ?? '', 32),
      controller: cut(zone.controller ?? '', 255),
      vrf_vxlan: storable(zone.vrfVxlan),
      tag: storable(zone.tag),
      mtu: storable(zone.mtu),
      dns: cut(zone.dns ?? '', 255),
      ipam: cut(zone.ipam ?? '', 255),
      rt_import: [...zone.rtImport],
      ...stateFields(zone),
      state: cut(zone.state ?? '', 32),
    },
    rules: { ...ownRules, zone_name: 'create-only' },
  };
}

export function vnetRow(vnet: SdnVnet, parts: RowParts): Desired<'sdn-vnet'> {
  return {
    ...subjectOf(parts, 'sdn-vnet', vnet.name),
    fields: {
      ...ownFields(parts),
      vnet_name: vnet.name,
      zone_name: vnet.zone ?? '',
      vnet_type: cut(vnet.type ?? '', 32),
      tag: storable(vnet.tag),
      alias: cut(vnet.alias ?? '', 255),
      vlanaware: vnet.vlanaware,
      ...l2vpnField(vnet, parts),
      ...stateFields(vnet),
      state: cut(vnet.state ?? '', 32),
    },
    rules: { ...ownRules, vnet_name: 'create-only' },
  };
}

/** Under its CIDR; Proxmox's own id of it is kept in `raw_config`. */
export function subnetRow(subnet: SdnSubnet, parts: RowParts): Desired<'sdn-subnet'> {
  const { vnet, cidr, id } = subnet;
  const name = cut(cidr ?? id, 128);
  return {
    ...subjectOf(parts, 'sdn-subnet', pairName(vnet, name)),
    fields: {
      ...ownFields(parts),
      vnet_name: vnet,
      subnet: name,
      zone_name: subnet.zone ?? '',
      subnet_type: cut(subnet.type ?? '', 32),
      gateway: cut(subnet.gateway ?? '', 128),
      snat: subnet.snat,
      ...prefixFields(cidr),
      ...stateFields(subnet),
    },
    rules: { ...ownRules, vnet_name: 'create-only', subnet: 'create-only' },
  };
}

/** What is known of its zone decides whether it is an L2VPN; where nothing is, a stored one stays. */
function l2vpnField(vnet: SdnVnet, parts: RowParts): Pick<FieldsOf<'sdn-vnet'>, 'l2vpn'> {
  const { zones } = parts.lists;
  if (overlayVnets(parts.lists).some((overlay) => overlay.vnet.name === vnet.name))
    return { l2vpn: { ...ref('l2vpn', l2vpnKey(parts, vnet)), otherwise: 'dependency_failed' } };
  return zones?.some(({ name }) => name === vnet.zone) === true ? { l2vpn: null } : {};
}

function prefixFields(cidr: string | null): Pick<FieldsOf<'sdn-subnet'>, 'prefix' | 'skip_reason'> {
  const prefix = networkOf(cidr);
  if (prefix === null) return { prefix: null, skip_reason: 'Proxmox tells no CIDR of it that NetBox takes.' };
  return { prefix: { ...ref('prefix', prefix), otherwise: 'dependency_failed' }, skip_reason: '' };
}

/** Whether a number of Proxmox fits into the plugin's columns. */
export function isStorable(number: number | null): boolean {
  return number === null || Math.abs(number) <= largest;
}

export function storable(number: number | null): number | null {
  return isStorable(number) ? number : null;
}

export function ownFields({ pluginEndpointId, cluster: { view } }: RowParts) {
  return { endpoint: pluginEndpointId, cluster_name: view.name, tags: [proxboxTag] };
}

export function stateFields({ rawConfig }: SdnRow) {
  return { status: 'active', raw_config: lastingConfig(rawConfig) };
}

/** The name of the cluster follows Proxmox. */
export const ownRules = { endpoint: 'create-only', tags: 'union' } as const;
