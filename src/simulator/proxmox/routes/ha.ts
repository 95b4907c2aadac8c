import type { PveRow } from '../../estate/index.js';
import { ApiError } from '../api-error.js';
import type { Call, Route } from '../route.js';
import { placeOf } from '../route.js';

const command = { profiles: ['9.2'], permission: { at: '/', all: ['Sys.Console'] } } as const;
const audit = { at: '/', all: ['Sys.Audit'] } as const;

export const haRoutes: readonly Route[] = [
  { method: 'GET', path: '/cluster/ha/status/current', permission: audit, handler: statusRows },
  { method: 'GET', path: '/cluster/ha/status/manager_status', permission: audit, handler: managerStatus },
  {
    method: 'POST',
    path: '/cluster/ha/status/arm-ha',
    ...command,
    handler: ({ cluster }) => {
      cluster.ha.disarmed = null;
      return null;
    },
  },
  {
    method: 'POST',
    path: '/cluster/ha/status/disarm-ha',
    ...command,
    parameters: { 'resource-mode': { type: 'string', values: ['freeze', 'ignore'], required: true } },
    handler: ({ cluster, parameters }) => {
      cluster.ha.disarmed = String(parameters['resource-mode']);
      return null;
    },
  },
  {
    method: 'GET',
    path: '/cluster/ha/resources',
    parameters: { type: { type: 'string', values: ['ct', 'vm'] } },
    permission: audit,
    handler: resourceRows,
  },
  {
    method: 'GET',
    path: '/cluster/ha/resources/{sid}',
    permission: audit,
    handler: (call) => visibleResource(call, one(call.cluster.ha.resources, 'sid', placeOf(call, 'sid'))),
  },
  { method: 'GET', path: '/cluster/ha/groups', permission: audit, handler: (call) => groups(call) },
  {
    method: 'GET',
    path: '/cluster/ha/groups/{group}',
    permission: audit,
    handler: (call) => one(groups(call), 'group', placeOf(call, 'group')),
  },
  {
    method: 'GET',
    path: '/cluster/ha/rules',
    profiles: ['9.1', '9.2'],
    parameters: {
      type: { type: 'string', values: ['node-affinity', 'resource-affinity'] },
      resource: { type: 'string' },
    },
    permission: audit,
    handler: ({ cluster, parameters }) =>
      cluster.ha.rules.filter((rule) => parameters['type'] === undefined || rule['type'] === parameters['type']),
  },
  {
    method: 'GET',
    path: '/cluster/ha/rules/{rule}',
    profiles: ['9.1', '9.2'],
    permission: audit,
    handler: ({ cluster, place }) => one(cluster.ha.rules, 'rule', place['rule'] ?? ''),
  },
];

/** 9 has turned groups into rules; the list then answers an error that says so. */
function groups({ cluster }: Call): readonly PveRow[] {
  if (cluster.profile !== '8.4') throw new ApiError(500, 'cannot index groups: ha groups have been migrated to rules');
  return cluster.ha.groups;
}

/** 8 lists the ids alone; the details are behind `resources/{sid}`. */
function resourceRows(call: Call): PveRow[] {
  const wanted = call.parameters['type'];
  return call.cluster.ha.resources
    .filter((row) => wanted === undefined || row['type'] === wanted)
    .map((row) => (call.cluster.profile === '8.4' ? { sid: row['sid'] } : visibleResource(call, row)));
}

function visibleResource({ cluster }: Call, row: PveRow): PveRow {
  if (cluster.profile === '8.4') return row;
  return Object.fromEntries(Object.entries(row).filter(([key]) => key !== 'group'));
}

function one(rows: readonly PveRow[], key: string, id: string): PveRow {
  const row = rows.find((candidate) => candidate[key] === id);
  if (row === undefined) throw new ApiError(500, `no such ${key} '${id}'`);
  return row;
}

function statusRows({ cluster, nowS }: Call): PveRow[] {
  const online = cluster.nodes.filter((node) => node.online);
  const [master] = online;
  const quorate = online.length * 2 > cluster.nodes.length;
  const time = Math.floor(nowS);
  const quorum = {
    id: 'quorum',
    type: 'quorum',
    node: master?.name,
    status: quorate ? 'OK' : 'no quorum',
    quorate: quorate ? 1 : 0,
  };
  if (cluster.ha.resources.length === 0) return [quorum];
  return [
    quorum,
    {
      id: 'master',
      type: 'master',
      node: master?.name,
      status: `${master?.name ?? ''} (active, ${time})`,
      timestamp: time,
    },
    ...cluster.nodes.map(({ name, online: isOnline }) => ({
      id: `lrm:${name}`,
      type: 'lrm',
      node: name,
      status: `${name} (${isOnline ? 'active' : 'old timestamp - dead?'}, ${time})`,
      timestamp: time,
    })),
    ...cluster.ha.resources.map((row) => serviceRow(row, nodeOfResource(cluster, row))),
  ];
}

function nodeOfResource(cluster: Call['cluster'], row: PveRow): string {
  return cluster.guests.get(Number(String(row['sid']).replace(/^\w+:/, '')))?.node ?? '';
}

function serviceRow(row: PveRow, node: string): PveRow {
  const sid = String(row['sid']);
  const state = row['state'];
  return {
    id: `service:${sid}`,
    type: 'service',
    sid,
    node,
    state,
    crm_state: state,
    request_state: state,
    max_relocate: row['max_relocate'],
    max_restart: row['max_restart'],
    failback: 1,
    status: `${sid} (${node}, ${String(state)})`,
  };
}

/** Without resources no manager has ever been elected, and the status has no more than the quorum. */
function managerStatus({ cluster, nowS, localNode }: Call): PveRow {
  const online = cluster.nodes.filter((node) => node.online);
  const quorum = { node: localNode, quorate: online.length * 2 > cluster.nodes.length ? '1' : '0' };
  if (cluster.ha.resources.length === 0) return { manager_status: {}, quorum, lrm_status: {} };
  const services = cluster.ha.resources.map(
    (row) => [String(row['sid']), { node: nodeOfResource(cluster, row), state: row['state'] }] as const,
  );
  const nodeStatus = cluster.nodes.map(
    ({ name, online: isOnline }) => [name, isOnline ? 'online' : 'unknown'] as const,
  );
  const lrms = online.map(
    ({ name }) => [name, { mode: 'active', state: 'active', timestamp: Math.floor(nowS) }] as const,
  );
  return {
    manager_status: {
      master_node: online[0]?.name,
      node_status: Object.fromEntries(nodeStatus),
      service_status: Object.fromEntries(services),
      timestamp: Math.floor(nowS),
    },
    quorum,
    lrm_status: Object.fromEntries(lrms),
  };
}
