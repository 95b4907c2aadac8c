/** Where Proxmox has a firewall: one row for each kind of place. What is there stands in objects.ts. */
import { path } from '../proxmox/host.js';
import type { GuestType } from '../proxmox/types.js';
import type { ObjectName } from './objects.js';

export type Place =
  | { readonly kind: 'datacenter' }
  | { readonly kind: 'node'; readonly node: string }
  | { readonly kind: 'guest'; readonly node: string; readonly type: GuestType; readonly vmid: number }
  | { readonly kind: 'vnet'; readonly vnet: string };
export type PlaceKind = Place['kind'];

interface PlaceRow {
  /** Below `/proxmox/firewall`. */
  readonly route: string;
  /** For the API document. */
  readonly of: string;
  readonly objects: readonly ObjectName[];
  /** A VNet is only written to: no page of the plugin shows what is there. */
  readonly isRead: boolean;
  /** What a rule may be; inside of a security group see objects.ts. */
  readonly ruleTypes: readonly string[];
  readonly readPrivilege: string;
  readonly writePrivilege: string;
}

export const placeTable: Readonly<Record<PlaceKind, PlaceRow>> = {
  datacenter: {
    route: 'datacenter',
    of: 'the datacenter',
    objects: ['rules', 'groups', 'groupRules', 'ipsets', 'entries', 'aliases', 'options'],
    isRead: true,
    ruleTypes: ['in', 'out', 'forward', 'group'],
    readPrivilege: 'Sys.Audit on /',
    writePrivilege: 'Sys.Modify on /',
  },
  node: {
    route: 'nodes/:node',
    of: 'a node',
    objects: ['rules', 'options'],
    isRead: true,
    ruleTypes: ['in', 'out', 'forward', 'group'],
    readPrivilege: 'Sys.Audit on /nodes/{node}',
    writePrivilege: 'Sys.Modify on /nodes/{node}',
  },
  guest: {
    route: 'vms/:vmid',
    of: 'a guest',
    objects: ['rules', 'ipsets', 'entries', 'aliases', 'options'],
    isRead: true,
    ruleTypes: ['in', 'out', 'group'],
    readPrivilege: 'VM.Audit on /vms/{vmid}',
    writePrivilege: 'VM.Config.Network on /vms/{vmid}',
  },
  vnet: {
    route: 'vnets/:vnet',
    of: 'a VNet',
    objects: ['rules'],
    isRead: false,
    ruleTypes: ['forward', 'group'],
    readPrivilege: 'SDN.Audit on /sdn/zones/{zone}/{vnet}',
    writePrivilege: 'SDN.Allocate on /sdn/zones/{zone}/{vnet}',
  },
};

/** Below `/api2/json/`. Throws `invalid_request` for names that could leave their place. */
export function basePath(place: Place): string {
  switch (place.kind) {
    case 'datacenter':
      return 'cluster/firewall';
    case 'node':
      return path`nodes/${place.node}/firewall`;
    case 'guest':
      return path`nodes/${place.node}/${place.type}/${place.vmid}/firewall`;
    case 'vnet':
      return path`cluster/sdn/vnets/${place.vnet}/firewall`;
  }
}
