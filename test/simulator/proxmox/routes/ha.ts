import { createHash } from 'node:crypto';
import type { PveRow } from '../../estate/index.js';
import { ApiError } from '../api-error.js';
import { checkId } from '../parameters.js';
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
    handler: (call) => {
      const sid = placeOf(call, 'sid');
      return one(resourceRows(call), 'sid', sid) ?? missing(`no such resource '${sid}'`);
    },
  },
  { method: 'GET', path: '/cluster/ha/groups', permission: audit, handler: (call) => groups(call) },
  {
    method: 'GET',
    path: '/cluster/ha/groups/{group}',
    permission: audit,
    handler: group,
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
    handler: (call) =>
      ruleRows(call).filter(({ type }) => call.parameters['type'] === undefined || type === call.parameters['type']),
  },
  {
    method: 'GET',
    path: '/cluster/ha/rules/{rule}',
    profiles: ['9.1', '9.2'],
    permission: audit,
    handler: (call) => {
      const rule = placeOf(call, 'rule');
      checkId({ rule });
      return one(ruleRows(call), 'rule', rule) ?? missing(`no such rule '${rule}'`);
    },
  },
];

/** 9 has turned groups into rules; the list then answers an error that says so. */
function groups({ cluster }: Call): readonly PveRow[] {
  if (cluster.profile !== '8.4') throw new ApiError(500, 'cannot index groups: ha groups have been migrated to rules');
  return cluster.ha.groups;
}

function group(call: Call): PveRow {
  const name = placeOf(call, 'group');
  if (call.cluster.profile !== '8.4') return missing('cannot read group: ha groups have been migrated to rules');
  return one(groups(call), 'group', name) ?? missing(`no such ha group '${name}'`);
}

/** Without the group since 9. */
function resourceRows({ cluster, parameters }: Call): PveRow[] {
  const wanted = parameters['type'];
  const rows = withDigest(cluster.ha.resources).filter((row) => wanted === undefined || row['type'] === wanted);
  if (cluster.profile === '8.4') return rows;
  return rows.map((row) => Object.fromEntries(Object.entries(row).filter(([key]) => key !== 'group')));
}

/** Numbered in the order of the file. */
function ruleRows({ cluster }: Call): PveRow[] {
  return withDigest(cluster.ha.rules).map((rule, index) => ({ order: index + 1, ...rule }));
}

/** The rows of one configuration file, each with the digest of all of it. */
function withDigest(rows: readonly PveRow[]): PveRow[] {
  const digest = createHash('sha1').update(JSON.stringify(rows)).digest('hex');
  return rows.map((row) => ({ ...row, digest }));
}

function one(rows: readonly PveRow[], key: string, id: string): PveRow | undefined {
  return rows.find((candidate) => candidate[key] === id);
}

function missing(reason: string): never {
  throw new ApiError(500, reason);
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
  const fencing = cluster.profile === '9.2' ? [fencingRow(cluster, master?.name)] : [];
  if (cluster.ha.resources.length === 0) return [quorum, ...fencing];
  return [
    quorum,
    ...fencing,
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
    ...cluster.ha.resources.map((row) => ({
      ...serviceRow(row, nodeOfResource(cluster, row)),
      ...(cluster.profile === '8.4' ? {} : { failback: 1 }),
    })),
  ];
}

function nodeOfResource(cluster: Call['cluster'], row: PveRow): string {
  return cluster.guests.get(Number(String(row['sid']).replace(/^\w+:/, '')))?.node ?? '';
}

/** Whether the watchdog would fence a node: not while disarmed. */
function fencingRow({ ha }: Call['cluster'], node: string | undefined): PveRow {
  const state = ha.disarmed ? 'disarmed' : ha.resources.length === 0 ? 'standby' : 'armed';
  return { id: 'fencing', type: 'fencing', node, status: `${state} (CRM watchdog)`, 'armed-state': state };
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
    max_relocate: row['max_relocate'] ?? 1,
    max_restart: row['max_restart'] ?? 1,
    ...(row['comment'] === undefined ? {} : { comment: row['comment'] }),
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
