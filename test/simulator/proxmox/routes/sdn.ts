/** Software-defined networks. What the account may not see is left out of the lists, without an error. */
import type { EstateSdn, PveRow } from '../../estate/index.js';
import { ApiError } from '../api-error.js';
import type { Call, Route } from '../route.js';
import { placeOf } from '../route.js';

const nothing: EstateSdn = { controllers: [], zones: [], vnets: [], subnets: [], nodeZones: new Map() };
const flag = { type: 'boolean' } as const;
const listed = { pending: flag, running: flag } as const;

const sdnOf = ({ cluster }: Call): EstateSdn => cluster.sdn ?? nothing;

export const sdnRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/cluster/sdn/controllers',
    parameters: { ...listed, type: { type: 'string', values: ['bgp', 'evpn', 'faucet', 'isis'] } },
    handler: (call) => shown(call, sdnOf(call).controllers, (row) => `/sdn/controllers/${String(row['controller'])}`),
  },
  {
    method: 'GET',
    path: '/cluster/sdn/zones',
    parameters: {
      ...listed,
      type: { type: 'string', values: ['evpn', 'faucet', 'qinq', 'simple', 'vlan', 'vxlan'] },
    },
    handler: (call) => shown(call, sdnOf(call).zones, (row) => `/sdn/zones/${String(row['zone'])}`),
  },
  {
    method: 'GET',
    path: '/cluster/sdn/vnets',
    parameters: listed,
    handler: (call) => shown(call, sdnOf(call).vnets, vnetPath),
  },
  {
    method: 'GET',
    path: '/cluster/sdn/vnets/{vnet}/subnets',
    parameters: listed,
    handler: subnetRows,
  },
  { method: 'GET', path: '/nodes/{node}/sdn/zones', handler: nodeZones },
  {
    method: 'GET',
    path: '/cluster/sdn/fabrics/all',
    profiles: ['9.1', '9.2'],
    parameters: listed,
    handler: fabricRows,
  },
  {
    method: 'GET',
    path: '/cluster/sdn/route-maps/entries',
    profiles: ['9.2'],
    parameters: listed,
    handler: (call) => asAsked(call, sdnOf(call).routeMaps ?? unknown('/cluster/sdn/route-maps/entries')),
  },
  {
    method: 'GET',
    path: '/cluster/sdn/prefix-lists',
    profiles: ['9.2'],
    parameters: listed,
    handler: (call) => (sdnOf(call).prefixLists ?? unknown('/cluster/sdn/prefix-lists')).map(({ id }) => ({ id })),
  },
  {
    method: 'GET',
    path: '/cluster/sdn/prefix-lists/{id}/entries',
    profiles: ['9.2'],
    parameters: listed,
    handler: (call) => {
      const list = (sdnOf(call).prefixLists ?? []).find(({ id }) => id === placeOf(call, 'id'));
      if (list === undefined) throw new ApiError(500, `prefix list '${placeOf(call, 'id')}' does not exist`);
      return asAsked(call, list.entries);
    },
  },
];

/** As pveproxy says it of a release whose SDN does not have the method yet. */
function unknown(path: string): never {
  throw new ApiError(501, `Method 'GET ${path}' not implemented`);
}

function fabricRows(call: Call): { readonly fabrics: readonly PveRow[]; readonly nodes: readonly PveRow[] } {
  const { fabrics, nodes } = sdnOf(call).fabrics ?? { fabrics: [], nodes: [] };
  const seen = fabrics.filter(({ id }) => maySee(call, `/sdn/fabrics/${String(id)}`));
  return {
    fabrics: asAsked(call, seen),
    nodes: asAsked(
      call,
      nodes.filter((node) => seen.some(({ id }) => id === node['fabric_id'])),
    ),
  };
}

/** Of a VNet that was never applied the zone is among what waits. */
function vnetPath(row: PveRow): string {
  return `/sdn/zones/${String(asConfigured(row)['zone'] ?? row['zone'])}/${String(row['vnet'])}`;
}

function maySee({ permissions }: Call, path: string): boolean {
  return permissions.has(path, 'SDN.Audit') || permissions.has(path, 'SDN.Allocate');
}

function shown(call: Call, rows: readonly PveRow[], pathOf: (row: PveRow) => string): readonly PveRow[] {
  return asAsked(
    call,
    rows.filter((row) => maySee(call, pathOf(row))),
  );
}

/** `pending`: as it stands in the estate; `running`: what was applied; neither: what is configured. */
function asAsked({ parameters }: Call, rows: readonly PveRow[]): readonly PveRow[] {
  const digest = 'da39a3ee5e6b4b0d3255bfef95601890afd80709';
  if (parameters['pending'] === true) return rows.map((row) => ({ ...row, digest }));
  if (parameters['running'] === true)
    return rows.filter(({ state }) => state !== 'new').map((row) => ({ ...bare(row), digest }));
  return rows.filter(({ state }) => state !== 'deleted').map((row) => ({ ...asConfigured(row), digest }));
}

function bare(row: PveRow): PveRow {
  return Object.fromEntries(Object.entries(row).filter(([key]) => key !== 'pending' && key !== 'state'));
}

function asConfigured(row: PveRow): PveRow {
  const { pending } = row;
  const merged = { ...bare(row), ...(typeof pending === 'object' ? pending : {}) };
  return Object.fromEntries(Object.entries(merged).filter(([, value]) => value !== 'deleted'));
}

function subnetRows(call: Call): readonly PveRow[] {
  const { vnets, subnets } = sdnOf(call);
  const name = placeOf(call, 'vnet');
  const vnet = vnets.find((row) => row['vnet'] === name);
  if (vnet === undefined || vnet['state'] === 'deleted') throw new ApiError(500, `vnet '${name}' does not exist`);
  const at = vnetPath(vnet);
  call.permissions.requireAny(at, ['SDN.Audit', 'SDN.Allocate']);
  return asAsked(
    call,
    subnets.filter((row) => row['vnet'] === name),
  );
}

/** What was applied, as the node has it. */
function nodeZones(call: Call): readonly PveRow[] {
  const { zones, nodeZones: told } = sdnOf(call);
  const node = placeOf(call, 'node');
  return zones
    .filter((row) => row['state'] !== 'new' && isOn(row, node) && maySee(call, `/sdn/zones/${String(row['zone'])}`))
    .map(({ zone }) => ({ zone, status: told.get(`${node}/${String(zone)}`) ?? 'available' }));
}

function isOn({ nodes }: PveRow, node: string): boolean {
  return typeof nodes !== 'string' || nodes.split(',').includes(node);
}
