/** What is true of each kind of the plugin's rows about software-defined networks: how one is named, and who may see it. Pure. */
import type { RecordOf } from '../../../netbox/kinds/index.js';
import type { SdnKind } from '../../plan/stale.js';
import { bindingsOf, identityOf, vmidOf } from './map-bindings.js';
import type { SdnCluster, SdnLists, StoredSdn } from './types.js';

/** Of a cluster what tells whether a row's object is gone. */
export type Judged = Pick<SdnCluster, 'cluster' | 'pluginEndpointId' | 'lists' | 'guests'>;

export interface RowKind<K extends SdnKind> {
  /** For sentences. */
  readonly noun: string;
  /** Unique within its endpoint and cluster. */
  readonly nameOf: (row: RecordOf<K>) => string;
  /**
   * Proxmox lists what it is about to whoever has SDN.Audit or SDN.Allocate on this path, and to nobody else, without an error.
   * null: what was read proves that it is gone.
   */
  readonly aclPathOf: (row: RecordOf<K>, sdn: Judged) => string | null;
  /** Whether the answer that would have it is known. */
  readonly wasListed: (row: RecordOf<K>, sdn: Judged) => boolean;
}

/** A name of two parts. */
export function pairName(first: string, second: string | number | null): string {
  return `${first} ${second ?? ''}`;
}

export const rowKinds: { readonly [K in SdnKind]: RowKind<K> } = {
  'sdn-controller': {
    noun: 'SDN controller',
    nameOf: (row) => row.controller_name,
    aclPathOf: (row) => `/sdn/controllers/${row.controller_name}`,
    wasListed: (_row, { lists: { controllers } }) => controllers !== null,
  },
  'sdn-zone': {
    noun: 'SDN zone',
    nameOf: (row) => row.zone_name,
    aclPathOf: zonePath,
    wasListed: (_row, { lists: { zones } }) => zones !== null,
  },
  'sdn-vnet': {
    noun: 'SDN VNet',
    nameOf: (row) => row.vnet_name,
    aclPathOf: vnetPath,
    wasListed: (_row, { lists: { vnets } }) => vnets !== null,
  },
  'sdn-subnet': {
    noun: 'SDN subnet',
    nameOf: (row) => pairName(row.vnet_name, row.subnet),
    aclPathOf: vnetPath,
    wasListed: wereSubnetsListed,
  },
  'sdn-fabric': {
    noun: 'SDN fabric',
    nameOf: (row) => row.fabric_name,
    aclPathOf: (row) => `/sdn/fabrics/${row.fabric_name}`,
    wasListed: (_row, { lists: { fabrics } }) => fabrics !== null,
  },
  'sdn-route-map': {
    noun: 'SDN route map entry',
    nameOf: (row) => pairName(row.name, row.order),
    aclPathOf: () => '/sdn',
    wasListed: (_row, { lists: { routeMaps } }) => routeMaps !== null,
  },
  'sdn-prefix-list': {
    noun: 'SDN prefix list entry',
    nameOf: (row) => pairName(row.name, row.cidr),
    aclPathOf: () => '/sdn',
    wasListed: (_row, { lists: { prefixLists } }) => prefixLists !== null,
  },
  'sdn-binding': {
    noun: 'SDN binding',
    nameOf: (row) => identityOf(row.source_type, row.source_name),
    aclPathOf: (row, { lists }) => {
      const zonesPath = isListed(lists.zones, row.zone_name) ? null : zonePath(row);
      if (row.source_type === 'node-zone') return zonesPath;
      const vnet = lists.vnets?.find(({ name }) => name === row.vnet_name);
      if (vnet === undefined) return vnetPath(row);
      // What a VNet is in NetBox is known with its zone, which may be hidden by itself; in another zone it is another thing.
      return row.source_type === 'subnet' || vnet.zone !== row.zone_name ? null : zonesPath;
    },
    wasListed: wasBindingListed,
  },
};

/** With its VNet a subnet is gone as well. */
function wereSubnetsListed(
  { vnet_name: vnet }: { readonly vnet_name: string },
  { lists: { vnets, vnetsRead } }: Pick<Judged, 'lists'>,
): boolean {
  return vnets !== null && (vnetsRead.has(vnet) || !isListed(vnets, vnet));
}

/** Rows of types that only other services write are nobody's here. */
function wasBindingListed(row: RecordOf<'sdn-binding'>, sdn: Judged): boolean {
  const { zones, vnets } = sdn.lists;
  switch (row.source_type) {
    case 'vnet':
      return zones !== null && vnets !== null;
    case 'subnet':
      return wereSubnetsListed(row, sdn);
    case 'node-zone':
      return zones !== null && (isHeard(row.node, sdn) || !isListed(zones, row.zone_name));
    case 'l2vpn-termination': {
      if (zones === null || vnets === null) return false;
      const vmid = vmidOf(row.source_name);
      return !isListed(vnets, row.vnet_name) || sdn.guests.read.has(vmid) || sdn.guests.gone.has(vmid);
    }
    default:
      return false;
  }
}

/** Whether all is known of a node: of one that is offline nothing is, and nothing is true any more of one that is no node of the cluster. */
function isHeard(node: string, { lists: { nodeZones }, cluster: { view } }: Judged): boolean {
  return nodeZones.has(node) || view.nodes.every(({ name }) => name !== node);
}

function isListed(list: readonly { readonly name: string }[] | null, name: string): boolean {
  return list?.some((one) => one.name === name) === true;
}

function zonePath({ zone_name: zone }: { readonly zone_name: string }): string {
  return `/sdn/zones/${zone}`;
}

function vnetPath(row: { readonly zone_name: string; readonly vnet_name: string }): string {
  return `${zonePath(row)}/${row.vnet_name}`;
}

type Owner = Pick<SdnCluster, 'cluster' | 'pluginEndpointId'>;

/** The rows of one cluster, one of each name. */
export function rowsOf<K extends SdnKind>(kind: K, owner: Owner, stored: StoredSdn): readonly RecordOf<K>[] {
  return [...rowsByName(kind, owner, stored).values()];
}

/** Rows that are left under a former name of the cluster beside the one that counts. */
export function doubledRows<K extends SdnKind>(kind: K, owner: Owner, stored: StoredSdn): readonly RecordOf<K>[] {
  const counting = new Set(rowsOf(kind, owner, stored));
  return rowsUnderAnyName(kind, owner, stored).filter((row) => !counting.has(row));
}

/**
 * The rows of one cluster, by what they are about: the cluster is known by its endpoint, and what it is called is a column of
 * its rows. That under its present name counts, of those under former ones the newest.
 */
export function rowsByName<K extends SdnKind>(
  kind: K,
  owner: Owner,
  stored: StoredSdn,
): ReadonlyMap<string, RecordOf<K>> {
  const { nameOf } = rowKinds[kind];
  const rows = rowsUnderAnyName(kind, owner, stored);
  const present = new Set(rowsNamed(rows, owner.cluster.view.name));
  const former = rows.filter((row) => !present.has(row)).toSorted((one, other) => one.id - other.id);
  return new Map([...former, ...present].map((row) => [nameOf(row), row]));
}

/** Where nobody can tell whose the ids of an endpoint are, only its present name tells. */
function rowsUnderAnyName<K extends SdnKind>(
  kind: K,
  { pluginEndpointId, cluster: { view } }: Owner,
  stored: StoredSdn,
): readonly RecordOf<K>[] {
  if (pluginEndpointId === null) return [];
  const rows: readonly RecordOf<K>[] = rowsOfEndpoint<RecordOf<K>>(stored[kind], pluginEndpointId);
  return view.endpointIds.includes(view.owner.endpointId) ? rows : rowsNamed(rows, view.name);
}

function rowsOfEndpoint<Row extends RecordOf<SdnKind>>(rows: readonly Row[], endpoint: number): readonly Row[] {
  return rows.filter((row) => row.endpoint === endpoint);
}

function rowsNamed<Row extends RecordOf<SdnKind>>(rows: readonly Row[], cluster: string): readonly Row[] {
  return rows.filter((row) => row.cluster_name === cluster);
}

/** Those that say that what they are about exists. */
export function activeRows<Row extends RecordOf<SdnKind>>(rows: readonly Row[]): readonly Row[] {
  return rows.filter(({ status }) => status !== 'stale');
}

/** Names of everything of a kind that Proxmox lists, as rows have them. */
const listedNames: Readonly<Record<SdnKind, (sdn: Judged) => readonly string[] | undefined>> = {
  'sdn-controller': ({ lists }) => lists.controllers?.map(({ name }) => name),
  'sdn-zone': ({ lists }) => lists.zones?.map(({ name }) => name),
  'sdn-vnet': ({ lists }) => lists.vnets?.map(({ name }) => name),
  'sdn-subnet': ({ lists }) => lists.subnets.map(subnetName),
  'sdn-fabric': ({ lists }) => lists.fabrics?.map(({ name }) => name),
  'sdn-route-map': ({ lists }) => lists.routeMaps?.map(({ name, order }) => pairName(name, order)),
  'sdn-prefix-list': ({ lists }) => lists.prefixLists?.map(({ name, prefix }) => pairName(name, prefix)),
  'sdn-binding': (sdn) => bindingsOf(sdn).map(({ type, name }) => identityOf(type, name)),
};

export function subnetName({ vnet, cidr, id }: SdnLists['subnets'][number]): string {
  return pairName(vnet, cidr ?? id);
}

/** Rows that say that something exists which a list that could be read does not have. Whether it is gone decides who may see it. */
export function missingRows<K extends SdnKind>(kind: K, sdn: Judged, stored: StoredSdn): readonly RecordOf<K>[] {
  const { nameOf, wasListed } = rowKinds[kind];
  const names = new Set(listedNames[kind](sdn));
  return activeRows(rowsOf(kind, sdn, stored)).filter((row) => wasListed(row, sdn) && !names.has(nameOf(row)));
}

/** ACL paths on which the account would have to see what is missing. */
export function missingPaths<K extends SdnKind>(
  kind: K,
  sdn: Judged,
  stored: StoredSdn,
  { aclPathOf }: RowKind<K> = rowKinds[kind],
): readonly string[] {
  return missingRows(kind, sdn, stored).flatMap((row) => aclPathOf(row, sdn) ?? []);
}
