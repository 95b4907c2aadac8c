/**
 * The plugin's rows that say which object of NetBox a network is, and how nodes have it. Learned routes and addresses are none:
 * they change by the minute. Pure.
 */
import type { RecordOf } from '../../../netbox/kinds/index.js';
import { textOf } from '../../../netbox/kinds/values.js';
import type { SdnVnet } from '../../../proxmox/parse/sdn.js';
import { isObject } from '../../../values/plain-object.js';
import { proxboxTag } from '../../plan/support-objects.js';
import { objectKey, type Desired, type FieldsOf, type Ref } from '../../types.js';
import { l2vpnKey, l2vpnStatuses, networkOf, overlayVnets } from './map-l2vpn.js';
import type { SdnCluster, SdnGuests, SdnLists, VnetNic } from './types.js';

type BindingType = 'vnet' | 'subnet' | 'l2vpn-termination' | 'node-zone';

export interface Binding {
  readonly type: BindingType;
  /** By which it is found again: of a guest's device without the node, which changes. */
  readonly identity: string;
  readonly name: string;
  readonly node: string;
  readonly zone: string;
  readonly vnet: string;
  /** `available`, `pending`, `error` of a node's zone; `active` of the others, unless something stands against it. */
  readonly status: string;
  readonly nic?: VnetNic;
  /** Of a subnet: its network. */
  readonly prefix?: string;
  /** Of one that is an L2VPN. */
  readonly overlay?: SdnVnet;
}

type Source = { readonly lists: SdnLists; readonly guests: Pick<SdnGuests, 'nics'> };

export function bindingsOf({ lists, guests }: Source): readonly Binding[] {
  return [...vnetBindings(lists), ...subnetBindings(lists), ...nicBindings(guests.nics), ...nodeBindings(lists)];
}

function vnetBindings(lists: SdnLists): readonly Binding[] {
  return overlayVnets(lists).map(({ vnet, zone }) => {
    const name = `${zone.name}/${vnet.name}`;
    const names = { identity: name, name, node: '', zone: zone.name, vnet: vnet.name };
    return { type: 'vnet', ...names, status: 'active', overlay: vnet };
  });
}

function subnetBindings({ subnets }: SdnLists): readonly Binding[] {
  return subnets.flatMap(({ vnet, zone, cidr }) => {
    const prefix = networkOf(cidr);
    if (prefix === null) return [];
    const name = `${vnet}/${cidr ?? ''}`;
    return [{ type: 'subnet', identity: name, name, node: '', zone: zone ?? '', vnet, status: 'active', prefix }];
  });
}

/** Of devices that NetBox has. */
function nicBindings(nics: readonly VnetNic[]): readonly Binding[] {
  return nics
    .filter(({ current }) => current !== undefined)
    .map((nic) => {
      const identity = `${nic.guest.resource.vmid}/${nic.device}`;
      return {
        type: 'l2vpn-termination',
        identity,
        name: `${nic.node}/${identity}`,
        node: nic.node,
        zone: nic.vnet.zone ?? '',
        vnet: nic.vnet.name,
        status: 'active',
        nic,
      };
    });
}

function nodeBindings({ nodeZones }: SdnLists): readonly Binding[] {
  return [...nodeZones].flatMap(([node, zones]) =>
    zones.map(({ zone, status }) => {
      const name = `${node}/${zone}`;
      return { type: 'node-zone', identity: name, name, node, zone, vnet: '', status: status ?? 'unknown' };
    }),
  );
}

/** What a row is found by: see `Binding.identity`. */
export function identityOf(type: string, name: string): string {
  return `${type} ${type === 'l2vpn-termination' ? name.replace(/^[^/]*\//, '') : name}`;
}

/** VMID of the guest that a row of a device is about. */
export function vmidOf(name: string): number {
  return Number.parseInt(name.split('/')[1] ?? '', 10) || 0;
}

export interface BindingParts {
  readonly sdn: Pick<SdnCluster, 'cluster'>;
  readonly pluginEndpointId: number;
  readonly target: { readonly type: string; readonly id: number | Ref<'l2vpn'> | Ref<'prefix'> } | undefined;
  /** Empty: nothing stands against it. */
  readonly conflict: string;
}

export function bindingRow(
  binding: Binding,
  { sdn, pluginEndpointId, target, conflict }: BindingParts,
): Desired<'sdn-binding'> {
  const { view } = sdn.cluster;
  const { type, identity, name, node, zone, vnet, status, overlay } = binding;
  const fields: FieldsOf<'sdn-binding'> = {
    endpoint: pluginEndpointId,
    cluster_name: view.name,
    source_type: type,
    source_name: name,
    node,
    zone_name: zone,
    vnet_name: vnet,
    target_type: target?.type ?? '',
    target_id: target?.id ?? null,
    status: conflict === '' ? status : 'conflict',
    conflict_reason: conflict,
    raw_config: statusSource(overlay),
    tags: [proxboxTag],
  };
  return {
    kind: 'sdn-binding',
    key: `${view.key}/${type} ${identity}`,
    label: `${type} ${name}`,
    fields,
    rules: { endpoint: 'create-only', source_type: 'create-only', tags: 'union' },
    source: { endpointId: view.owner.endpointId, cluster: view.name },
    // It remembers what was written there.
    ...(overlay === undefined ? {} : { after: objectKey('l2vpn', l2vpnKey(sdn, overlay)) }),
  };
}

/** The state in Proxmox from which the L2VPN has its status, unless that is `active`. */
function statusSource(vnet: SdnVnet | undefined): { readonly state?: string } {
  const { state = null } = vnet ?? {};
  return state !== null && l2vpnStatuses.has(state) ? { state } : {};
}

/**
 * The status that an L2VPN was given when it was written last: any other one is an operator's.
 * @param binding the row that says which L2VPN the VNet is; where there is none, what was made was `active` until the VNet was gone
 */
export function writtenStatus(
  binding: Pick<RecordOf<'sdn-binding'>, 'status' | 'raw_config'> | undefined,
  vnet: Pick<RecordOf<'sdn-vnet'>, 'status'> | undefined,
): string {
  if ((binding ?? vnet)?.status === 'stale') return 'decommissioning';
  const raw = binding?.raw_config;
  return l2vpnStatuses.get(isObject(raw) ? textOf(raw['state']) : null) ?? 'active';
}
