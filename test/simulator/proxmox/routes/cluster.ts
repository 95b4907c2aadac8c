import type { EstateCluster, EstateGuest, EstateNode, EstateStorage, PveRow } from '../../estate/index.js';
import { bootDiskBytes, cpuLoad, cpusOnHost, isOnNode, isReporting, shownName, usedMemory } from '../load.js';
import { ApiError } from '../api-error.js';
import { releaseOf } from '../release.js';
import type { Call, Route } from '../route.js';
import { uptimeOf } from '../route.js';
import { clusterNodeRow, nodeFingerprint } from './nodes.js';

export const clusterRoutes: readonly Route[] = [
  { method: 'GET', path: '/version', handler: ({ cluster }) => releaseOf(cluster.profile) },
  {
    method: 'GET',
    path: '/cluster/status',
    permission: { at: '/', all: ['Sys.Audit'] },
    handler: statusRows,
  },
  {
    method: 'GET',
    path: '/cluster/resources',
    parameters: { type: { type: 'string', values: ['vm', 'storage', 'node', 'sdn'] } },
    handler: resourceRows,
  },
  { method: 'GET', path: '/cluster/options', handler: options },
  {
    method: 'GET',
    path: '/cluster/config/join',
    permission: { at: '/', all: ['Sys.Audit'] },
    handler: joinInformation,
  },
  {
    method: 'GET',
    path: '/cluster/nextid',
    parameters: { vmid: { type: 'integer', minimum: 100 } },
    handler: nextId,
  },
  {
    method: 'GET',
    path: '/cluster/replication',
    handler: ({ cluster, permissions }) =>
      cluster.replicationJobs.filter((job) => permissions.has(`/vms/${String(job['guest'])}`, 'VM.Audit')),
  },
];

/** What a node needs that joins. Clients that do not know the certificates of the nodes read their fingerprints here. */
function joinInformation({ cluster, localNode }: Call): PveRow {
  if (cluster.standalone) throw new ApiError(424, 'node is not in a cluster, no join info available!');
  return {
    nodelist: cluster.nodes.map((node) => ({
      name: node.name,
      nodeid: String(node.nodeid),
      ring0_addr: node.address,
      quorum_votes: '1',
      pve_addr: node.address,
      pve_fp: nodeFingerprint(node),
    })),
    preferred_node: localNode,
    totem: { cluster_name: cluster.name, config_version: String(cluster.nodes.length), secauth: 'on', version: '2' },
    config_digest: '0123456789abcdef0123456789abcdef01234567',
  };
}

function statusRows({ cluster, localNode }: Call): PveRow[] {
  const nodes = cluster.nodes.map((node) => ({
    type: 'node',
    id: `node/${node.name}`,
    name: node.name,
    // Nobody knows the address of a node that has not been seen since the start.
    ...(node.address === '' ? {} : { ip: node.address }),
    level: '',
    local: node.name === localNode ? 1 : 0,
    nodeid: cluster.standalone ? 0 : node.nodeid,
    online: node.online ? 1 : 0,
  }));
  if (cluster.standalone) return nodes;
  const online = cluster.nodes.filter((node) => node.online).length;
  const head = {
    type: 'cluster',
    id: 'cluster',
    name: cluster.name,
    nodes: cluster.nodes.length,
    quorate: online * 2 > cluster.nodes.length ? 1 : 0,
    version: cluster.nodes.length,
  };
  return [head, ...nodes];
}

/** Knows every guest, whatever the caller may see. */
function nextId({ cluster, parameters: { vmid } }: Call): string {
  if (vmid !== undefined && cluster.guests.has(Number(vmid)))
    throw new ApiError(400, 'Parameter verification failed.', { vmid: `VM ${vmid} already exists` });
  if (vmid !== undefined) return String(vmid);
  let free = 100;
  while (cluster.guests.has(free)) free += 1;
  return String(free);
}

function options({ cluster, permissions }: Call): PveRow {
  const seen = [...cluster.guests.values()].filter(({ vmid }) => permissions.has(`/vms/${vmid}`, 'VM.Audit'));
  const tags = new Set(seen.flatMap((guest) => guest.tags.split(';')).filter((tag) => tag !== ''));
  const all = { ...cluster.options, 'allowed-tags': [...tags].sort() };
  if (permissions.has('/', 'Sys.Audit')) return all;
  const visible = ['allowed-tags', 'console', 'tag-style'];
  return Object.fromEntries(Object.entries(all).filter(([key]) => visible.includes(key)));
}

function resourceRows(call: Call): PveRow[] {
  const wanted = call.parameters['type'];
  const rows: PveRow[] = [];
  if (wanted === undefined || wanted === 'vm') rows.push(...guestRows(call));
  if (wanted === undefined) rows.push(...poolRows(call));
  if (wanted === undefined || wanted === 'node')
    rows.push(...call.cluster.nodes.map((node) => clusterNodeRow(call, node)));
  if (wanted === undefined || wanted === 'storage') rows.push(...storageRows(call));
  if (wanted === undefined || wanted === 'sdn') rows.push(...zoneRows(call));
  return rows;
}

function guestRows({ cluster, permissions, nowS }: Call): PveRow[] {
  const managed = new Map(cluster.ha.resources.map((row) => [String(row['sid']).replace(/^\w+:/, ''), row['state']]));
  return [...cluster.guests.values()]
    .filter((guest) => permissions.has(`/vms/${guest.vmid}`, 'VM.Audit'))
    .map((guest) =>
      guestRow(cluster, guest, {
        nowS,
        haState: managed.get(String(guest.vmid)),
        pool: permissions.has(`/pool/${guest.pool}`, 'Pool.Audit') ? guest.pool : '',
      }),
    );
}

/** Nobody sends figures of the guests of an offline or stalled node: only what the cluster file system knows is left, the name is not. */
function guestRow(
  cluster: EstateCluster,
  guest: EstateGuest,
  { nowS, haState, pool }: { readonly nowS: number; readonly haState: unknown; readonly pool: string },
): PveRow {
  const head = {
    id: `${guest.type}/${guest.vmid}`,
    type: guest.type,
    vmid: guest.vmid,
    node: guest.node,
    ...(pool === '' ? {} : { pool }),
    ...(guest.tags === '' ? {} : { tags: guest.tags }),
    ...(guest.lock === '' ? {} : { lock: guest.lock }),
    ...(haState === undefined ? {} : { hastate: haState }),
  };
  if (!isReporting(cluster, guest.node)) return { ...head, status: 'unknown' };
  const isUp = guest.status !== 'stopped';
  const maxmem = guest.memoryMb * 1024 ** 2;
  const maxdisk = bootDiskBytes(guest);
  return {
    ...head,
    name: shownName(guest),
    status: guest.status,
    template: guest.template ? 1 : 0,
    cpu: isUp ? cpuLoad(head.id, nowS) : 0,
    maxcpu: cpusOnHost(cluster, guest),
    mem: isUp ? usedMemory(head.id, maxmem, nowS) : 0,
    maxmem,
    disk: guest.type === 'lxc' && isUp ? Math.floor(maxdisk / 4) : 0,
    maxdisk,
    uptime: uptimeOf(guest, nowS),
    diskread: 0,
    diskwrite: 0,
    netin: 0,
    netout: 0,
  };
}

function poolRows({ cluster, permissions }: Call): PveRow[] {
  const pools = new Set([...cluster.guests.values()].map((guest) => guest.pool).filter((pool) => pool !== ''));
  return [...pools]
    .filter((pool) => permissions.has(`/pool/${pool}`, 'Pool.Audit'))
    .map((pool) => ({ id: `/pool/${pool}`, type: 'pool', pool }));
}

function storageRows({ cluster, permissions }: Call): PveRow[] {
  const visible = cluster.storages.filter((storage) => permissions.has(`/storage/${storage.name}`, 'Datastore.Audit'));
  return visible
    .filter((storage) => !storage.disabled)
    .flatMap((storage) =>
      cluster.nodes.filter((node) => isOnNode(storage, node.name)).map((node) => storageRow(storage, node)),
    );
}

function storageRow(storage: EstateStorage, node: EstateNode): PveRow {
  const head = {
    id: `storage/${node.name}/${storage.name}`,
    type: 'storage',
    storage: storage.name,
    node: node.name,
    shared: storage.shared ? 1 : 0,
    plugintype: storage.type,
    ...(storage.content === null ? {} : { content: storage.content }),
  };
  const isTold = node.online && node.isStalled !== true && storage.isInactive !== true;
  if (!isTold) return { ...head, status: 'unknown' };
  return { ...head, status: 'available', disk: storage.usedBytes, maxdisk: storage.totalBytes };
}

function zoneRows({ cluster, permissions }: Call): PveRow[] {
  if (!permissions.has('/sdn/zones/localnetwork', 'SDN.Audit')) return [];
  const status = 'ok';
  // 9 shows zones as one kind of network among others.
  return cluster.nodes.map(({ name: node }) =>
    cluster.profile === '8.4'
      ? { id: `sdn/${node}/localnetwork`, type: 'sdn', sdn: 'localnetwork', node, status }
      : {
          id: `network/${node}/zone/localnetwork`,
          type: 'network',
          network: 'localnetwork',
          'network-type': 'zone',
          node,
          status,
        },
  );
}
