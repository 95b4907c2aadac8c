import type { EstateNode, PveRow } from '../../estate/index.js';
import { cpuLoad, usedMemory } from '../load.js';
import type { Call, Route } from '../route.js';
import { placeOf } from '../route.js';

/** `fabric` and `vnet` came with 9; 8 refuses them. */
const INTERFACE_TYPES = [
  'bridge',
  'bond',
  'eth',
  'alias',
  'vlan',
  'OVSBridge',
  'OVSBond',
  'OVSPort',
  'OVSIntPort',
  'any_bridge',
  'any_local_bridge',
];

const networkRoute = {
  method: 'GET',
  path: '/nodes/{node}/network',
  handler: networkRows,
} as const;

export const nodeRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/nodes',
    handler: (call) => call.cluster.nodes.map((node) => nodeRow(call, node)),
  },
  {
    method: 'GET',
    path: '/nodes/{node}/time',
    permission: { at: '/nodes/{node}', all: ['Sys.Audit'] },
    handler: ({ nowS }) => ({ timezone: 'Europe/Berlin', time: Math.floor(nowS), localtime: Math.floor(nowS) + 3600 }),
  },
  { ...networkRoute, profiles: ['8.4'], parameters: { type: { type: 'string', values: INTERFACE_TYPES } } },
  {
    ...networkRoute,
    profiles: ['9.1', '9.2'],
    parameters: { type: { type: 'string', values: [...INTERFACE_TYPES, 'fabric', 'vnet', 'include_sdn'] } },
  },
];

/** Row of `nodes` and of `cluster/resources`. Without `Sys.Audit` on the node, and for offline nodes, no figures. */
export function nodeRow(call: Call, node: EstateNode): PveRow {
  const { permissions, nowS } = call;
  const head = {
    id: `node/${node.name}`,
    type: 'node',
    node: node.name,
    status: node.online ? 'online' : 'offline',
  };
  if (!node.online || !permissions.has(`/nodes/${node.name}`, 'Sys.Audit')) return head;
  return {
    ...head,
    cpu: cpuLoad(head.id, nowS),
    maxcpu: node.cpus,
    mem: usedMemory(head.id, node.memoryBytes, nowS),
    maxmem: node.memoryBytes,
    disk: Math.floor(node.diskBytes / 5),
    maxdisk: node.diskBytes,
    uptime: Math.max(1, Math.floor(nowS) - node.startedAtS),
    level: '',
    'cgroup-mode': 2,
    ssl_fingerprint: fingerprint(node),
  };
}

function fingerprint(node: EstateNode): string {
  const byte = (n: number): string =>
    ((n * 37 + node.nodeid * 11 + node.name.length) % 256).toString(16).padStart(2, '0');
  return Array.from({ length: 32 }, (_, n) => byte(n).toUpperCase()).join(':');
}

function networkRows(call: Call): PveRow[] {
  const node = call.cluster.nodes.find((candidate) => candidate.name === placeOf(call, 'node'));
  const wanted = call.parameters['type'];
  const rows = node?.network ?? [];
  if (wanted === undefined) return rows;
  const isBridge = (row: PveRow): boolean => row['type'] === 'bridge' || row['type'] === 'OVSBridge';
  return rows.filter((row) => (String(wanted).startsWith('any_') ? isBridge(row) : row['type'] === wanted));
}
