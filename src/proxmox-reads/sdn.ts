/** Software-defined networks of all clusters in one list; a cluster that could not be read is a row of its own. */
import { errorText } from '../errors/proxbox-error.js';
import type { Row } from '../proxmox/parse/coerce.js';
import type { SdnRow } from '../proxmox/parse/sdn.js';
import {
  readSdnControllers,
  readSdnFabrics,
  readSdnNodeZones,
  readSdnPrefixLists,
  readSdnRouteMaps,
  readSdnSubnets,
  readSdnVnets,
  readSdnZones,
} from '../proxmox/reads/sdn.js';
import type { ProxmoxSession } from '../proxmox/types.js';
import type { ReadFailure, ReadResult } from './read-endpoints.js';

type Rows = readonly Row[];

/** None of a release that does not have it. */
type ReadRows = (session: ProxmoxSession) => Promise<Rows>;

function rowOf(session: ProxmoxSession, raw: Row, fields: Row): Row {
  return { endpoint_id: null, cluster_name: session.name, status: 'ok', error: null, ...fields, raw_config: raw };
}

function each<T extends SdnRow>(
  read: (session: ProxmoxSession) => Promise<readonly T[] | null>,
  fields: (item: T) => Row,
): ReadRows {
  return async (session) => ((await read(session)) ?? []).map((item) => rowOf(session, item.rawConfig, fields(item)));
}

function pendingOf({ rawConfig }: SdnRow): unknown {
  return rawConfig['pending'] ?? null;
}

const fabrics = each(readSdnFabrics, ({ name, protocol, asn }) => ({
  fabric: name,
  type: protocol,
  advertise_subnets: null,
  disable_arp_nd_suppression: null,
  vrf_vxlan: null,
  peers: [],
  asn,
}));

async function subnets(session: ProxmoxSession): Promise<Rows> {
  // Of one that is to go Proxmox tells no subnets, and refuses.
  const vnets = ((await readSdnVnets(session)) ?? []).filter(({ state }) => state !== 'deleted');
  const lists = await Promise.all(vnets.map(({ name }) => readSdnSubnets(session, name)));
  return lists
    .flatMap((list) => list ?? [])
    .map((item) => {
      const { vnet, zone, cidr, id, type, gateway, snat } = item;
      return rowOf(session, item.rawConfig, { vnet, zone, subnet: cidr ?? id, type, gateway, snat });
    });
}

/** What nodes that are online say of zones. */
async function nodeStatus(session: ProxmoxSession): Promise<Rows> {
  const { nodes } = await session.clusterStatus();
  const online = nodes.filter((node) => node.online).map(({ name }) => name);
  const lists = await Promise.all(online.map(async (node) => ({ node, zones: await readSdnNodeZones(session, node) })));
  return lists.flatMap(({ node, zones }) =>
    (zones ?? []).map(({ zone, status }) =>
      rowOf(session, { zone, status }, { node, zone, vnet: null, kind: 'zone', name: status }),
    ),
  );
}

/** By the last part of the path. */
export const sdnReads: Readonly<Record<string, ReadRows>> = {
  controllers: each(readSdnControllers, ({ name, type, asn, peers, nodes, loopback, state }) => ({
    controller: name,
    type,
    asn,
    peers,
    node: nodes[0] ?? null,
    loopback,
    state,
  })),
  zones: each(readSdnZones, (zone) => ({
    zone: zone.name,
    type: zone.type,
    controller: zone.controller,
    vrf_vxlan: zone.vrfVxlan,
    tag: zone.tag,
    mtu: zone.mtu,
    dns: zone.dns,
    ipam: zone.ipam,
    rt_import: zone.rtImport,
    state: zone.state,
    pending: pendingOf(zone),
  })),
  vnets: each(readSdnVnets, (vnet) => ({
    vnet: vnet.name,
    zone: vnet.zone,
    type: vnet.type,
    tag: vnet.tag,
    alias: vnet.alias,
    vlanaware: vnet.vlanaware,
    state: vnet.state,
    pending: pendingOf(vnet),
  })),
  subnets,
  fabrics,
  'fabrics/all': fabrics,
  'route-maps': each(readSdnRouteMaps, ({ name, order, action, matchPeer, matchIp, setCommunity }) => ({
    name,
    action,
    match_peer: matchPeer,
    match_ip: matchIp,
    set_community: setCommunity,
    order,
  })),
  'prefix-lists': each(readSdnPrefixLists, ({ name, prefix, action, le, ge }) => ({
    name,
    cidr: prefix,
    action,
    le,
    ge,
  })),
  'node-status': nodeStatus,
};

/** The name of the endpoint stands for the cluster's, which nobody could tell. */
function failedRow({ endpoint, error }: ReadFailure): Row {
  return { cluster_name: endpoint.name, status: 'error', error: errorText(error) };
}

export function sdnRows({ results, failures }: ReadResult<Rows>): Rows {
  return [...results.flat(), ...failures.map(failedRow)];
}
