import { hashText, type EstateNode, type PveRow } from '../../estate/index.js';
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
    handler: (call) =>
      call.cluster.nodes.map((node) => ({
        ...nodeRow(call, node),
        ssl_fingerprint: node.online ? fingerprint(nodeSeed(node)) : null,
      })),
  },
  {
    method: 'GET',
    path: '/nodes/{node}/time',
    permission: { at: '/nodes/{node}', all: ['Sys.Audit'] },
    handler: ({ nowS }) => ({ timezone: 'Europe/Berlin', time: Math.floor(nowS), localtime: Math.floor(nowS) + 3600 }),
  },
  { method: 'GET', path: '/nodes/{node}/certificates/info', handler: certificateRows },
  {
    method: 'GET',
    path: '/nodes/{node}/journal',
    permission: { at: '/nodes/{node}', all: ['Sys.Syslog'] },
    parameters: { lastentries: { type: 'integer', minimum: 0 } },
    isCompressed: true,
    handler: ({ place }) => ['-- Journal begins --', `${place['node'] ?? ''} systemd[1]: Started pvedaemon.service`],
  },
  { ...networkRoute, profiles: ['8.4'], parameters: { type: { type: 'string', values: INTERFACE_TYPES } } },
  {
    ...networkRoute,
    profiles: ['9.1', '9.2'],
    parameters: { type: { type: 'string', values: [...INTERFACE_TYPES, 'fabric', 'vnet', 'include_sdn'] } },
  },
];

/** Row of `cluster/resources`. */
export function clusterNodeRow(call: Call, node: EstateNode): PveRow {
  const row = nodeRow(call, node);
  return row['status'] === 'online' ? { ...row, 'cgroup-mode': 2 } : row;
}

/** What both lists say of a node. Without `Sys.Audit` on it, and of offline and stalled ones, there are no figures. */
function nodeRow(call: Call, node: EstateNode): PveRow {
  const { permissions, nowS } = call;
  const head = {
    id: `node/${node.name}`,
    type: 'node',
    node: node.name,
    status: !node.online ? 'offline' : node.isStalled === true ? 'unknown' : 'online',
  };
  if (head.status !== 'online') return head;
  if (!permissions.has(`/nodes/${node.name}`, 'Sys.Audit')) return { ...head, level: '' };
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
  };
}

/** Of the certificate that the API server of a node shows. */
export function nodeFingerprint(node: EstateNode): string {
  return fingerprint(nodeSeed(node));
}

function nodeSeed(node: EstateNode): number {
  return node.nodeid * 11 + node.name.length;
}

function fingerprint(seed: number): string {
  const byte = (n: number): string => ((n * 37 + seed) % 256).toString(16).padStart(2, '0');
  return Array.from({ length: 32 }, (_, n) => byte(n).toUpperCase()).join(':');
}

const DAY_S = 86_400;

/** Any user may read it. The root certificate is the cluster's, the other one the node's. */
function certificateRows({ cluster, place, nowS }: Call): PveRow[] {
  const node = cluster.nodes.find((candidate) => candidate.name === place['node']);
  if (node === undefined) return [];
  const issuer = `/CN=Proxmox Virtual Environment/OU=${cluster.rootCa ?? ''}/O=PVE Cluster Manager CA`;
  const notbefore = Math.floor(nowS) - 30 * DAY_S;
  const own = {
    filename: 'pve-ssl.pem',
    subject: `/OU=PVE Cluster Node/O=Proxmox Virtual Environment/CN=${node.name}`,
    issuer,
    fingerprint: fingerprint(nodeSeed(node)),
    pem: pem(node.name),
    notbefore,
    notafter: notbefore + 730 * DAY_S,
    'public-key-type': 'rsaEncryption',
    'public-key-bits': 2048,
    san: ['127.0.0.1', 'localhost', node.address, node.name],
  };
  if (cluster.rootCa === null) return [own];
  const root = {
    ...own,
    filename: 'pve-root-ca.pem',
    subject: issuer,
    fingerprint: fingerprint(hashText(cluster.rootCa)),
    pem: pem(cluster.rootCa),
    notafter: notbefore + 3650 * DAY_S,
    'public-key-bits': 4096,
    san: [],
  };
  return [root, own];
}

/** Looks like one; nobody has signed it. */
function pem(text: string): string {
  return `-----BEGIN CERTIFICATE-----\n${Buffer.from(text).toString('base64')}\n-----END CERTIFICATE-----\n`;
}

function networkRows(call: Call): PveRow[] {
  const node = call.cluster.nodes.find((candidate) => candidate.name === placeOf(call, 'node'));
  const wanted = call.parameters['type'];
  const isBridge = (row: PveRow): boolean => row['type'] === 'bridge' || row['type'] === 'OVSBridge';
  const maySee = (row: PveRow): boolean =>
    ['SDN.Audit', 'SDN.Use'].some((one) =>
      call.permissions.has(`/sdn/zones/localnetwork/${String(row['iface'])}`, one),
    );
  // Bridges are objects of SDN, whether it is used or not: without a privilege there they are left out without a word.
  const rows = (node?.network ?? []).filter((row) => !isBridge(row) || maySee(row));
  if (node?.networkChanges !== undefined) call.attributes['changes'] = node.networkChanges;
  if (wanted === undefined) return rows;
  return rows.filter((row) => (String(wanted).startsWith('any_') ? isBridge(row) : row['type'] === wanted));
}
