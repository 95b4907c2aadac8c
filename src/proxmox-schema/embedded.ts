/**
 * The operations of Proxmox VE 8 and 9 that this service itself uses, and the parameters it knows of them: what
 * `/proxmox/api2` can do without a generated schema. Written by hand from what the interface takes; Proxmox checks the rest.
 */
import type { Row } from '../proxmox/parse/coerce.js';
import { openApiDocument } from './openapi.js';
import type { SchemaDocument, SchemaMethod, SourceOperation } from './types.js';

type Rules = Readonly<Record<string, Row>>;

const text: Row = { type: 'string', optional: 1 };
const flag: Row = { type: 'boolean', optional: 1 };
const count: Row = { type: 'integer', minimum: 0, optional: 1 };
const moment: Row = { type: 'integer', minimum: 0, optional: 1, description: 'Seconds since 1970.' };
const vmid: Row = { type: 'integer', minimum: 100, maximum: 999_999_999 };
const oneOf = (...choices: readonly string[]): Row => ({ type: 'string', enum: choices, optional: 1 });
const needed = (rule: Row): Row => ({ ...rule, optional: 0 });

const operation = (method: SchemaMethod, path: string, description: string, rules: Rules = {}): SourceOperation => {
  const names = [...path.matchAll(/\{([^}]+)\}/g)].map(([, name = '']) => name);
  const inPath = names.map((name): [string, Row] => [name, name === 'vmid' ? vmid : { type: 'string' }]);
  const properties = Object.fromEntries([...inPath, ...Object.entries(rules)]);
  return { method, path, name: '', description, properties, isOpen: false, returns: null, facts: {} };
};

const get = (path: string, description: string, rules: Rules = {}): SourceOperation =>
  operation('GET', path, description, rules);

const interfaceTypes = [
  'bridge', 'bond', 'eth', 'alias', 'vlan', 'fabric', 'vnet', 'OVSBridge', 'OVSBond', 'OVSPort', 'OVSIntPort', 'any_bridge',
  'any_local_bridge', 'include_sdn',
]; // prettier-ignore

const cluster: readonly SourceOperation[] = [
  get('/version', 'Version of Proxmox VE'),
  get('/access', 'What is below /access'),
  get('/access/permissions', 'Privileges of an account', { path: text, userid: text }),
  get('/pools', 'Pools', { poolid: text, type: oneOf('qemu', 'lxc', 'storage') }),
  get('/cluster', 'What is below /cluster'),
  get('/cluster/status', 'The cluster and its nodes'),
  get('/cluster/resources', 'Guests, nodes, storages and SDN zones', { type: oneOf('vm', 'storage', 'node', 'sdn') }),
  get('/cluster/options', 'Options of the datacenter'),
  get('/cluster/tasks', 'Recent tasks of the cluster'),
  get('/cluster/backup', 'Backup jobs'),
  get('/cluster/backup/{id}', 'One backup job'),
  get('/cluster/replication', 'Replication jobs'),
  get('/cluster/replication/{id}', 'One replication job'),
  get('/cluster/ha/status/current', 'Status of high availability'),
  get('/cluster/ha/status/manager_status', 'State of the managers'),
  get('/cluster/ha/resources', 'Managed guests', { type: oneOf('ct', 'vm') }),
  get('/cluster/ha/resources/{sid}', 'One managed guest'),
  get('/cluster/ha/groups', 'Groups, up to Proxmox VE 8'),
  get('/cluster/ha/groups/{group}', 'One group'),
  get('/cluster/ha/rules', 'Rules, from Proxmox VE 9', {
    type: oneOf('node-affinity', 'resource-affinity'),
    resource: text,
  }),
  get('/cluster/ha/rules/{rule}', 'One rule'),
];

const nodes: readonly SourceOperation[] = [
  get('/nodes', 'Nodes'),
  get('/nodes/{node}/status', 'Hardware and load of a node'),
  get('/nodes/{node}/time', 'Clock and time zone of a node'),
  get('/nodes/{node}/version', 'Version of Proxmox VE on a node'),
  get('/nodes/{node}/network', 'Interfaces of a node', { type: oneOf(...interfaceTypes) }),
  get('/nodes/{node}/qemu', 'Virtual machines of a node', { full: flag }),
  get('/nodes/{node}/lxc', 'Containers of a node'),
  get('/nodes/{node}/tasks', 'Tasks of a node', {
    source: oneOf('archive', 'active', 'all'),
    start: count,
    limit: count,
    since: moment,
    until: moment,
    vmid: { ...vmid, optional: 1 },
    typefilter: text,
    statusfilter: text,
    userfilter: text,
    errors: flag,
  }),
  get('/nodes/{node}/tasks/{upid}/status', 'State of a task'),
  get('/nodes/{node}/tasks/{upid}/log', 'Output of a task', { start: count, limit: count }),
  operation('DELETE', '/nodes/{node}/tasks/{upid}', 'Stop a task'),
  operation('POST', '/nodes/{node}/vzdump', 'Back up guests', {
    vmid: text,
    storage: text,
    mode: oneOf('snapshot', 'suspend', 'stop'),
    compress: oneOf('0', '1', 'gzip', 'lzo', 'zstd'),
    'notes-template': text,
  }),
];

const storages: readonly SourceOperation[] = [
  get('/storage', 'Storages as configured', { type: text }),
  get('/storage/{storage}', 'One storage as configured'),
  get('/nodes/{node}/storage', 'Storages of a node', {
    content: text,
    enabled: flag,
    storage: text,
    target: text,
    format: flag,
  }),
  get('/nodes/{node}/storage/{storage}/status', 'Usage of a storage'),
  get('/nodes/{node}/storage/{storage}/content', 'Volumes on a storage', {
    content: text,
    vmid: { ...vmid, optional: 1 },
  }),
];

const snapshotName: Row = { type: 'string', pattern: '[A-Za-z][A-Za-z0-9_-]+', maxLength: 40 };

const guests: readonly SourceOperation[] = (['qemu', 'lxc'] as const).flatMap((type) => {
  const guest = `/nodes/{node}/${type}/{vmid}`;
  return [
    get(`${guest}/config`, 'Configuration of a guest', { current: flag, snapshot: text }),
    get(`${guest}/pending`, 'Configuration with what waits for a restart'),
    get(`${guest}/status/current`, 'State of a guest'),
    get(`${guest}/snapshot`, 'Snapshots of a guest'),
    get(`${guest}/snapshot/{snapname}/config`, 'Configuration at the time of a snapshot'),
    get(`${guest}/migrate`, 'Where a guest may move', { target: text }),
    ...['start', 'stop', 'shutdown', 'reboot', 'suspend', 'resume'].map((verb) =>
      operation('POST', `${guest}/status/${verb}`, `Power: ${verb}`),
    ),
    operation('POST', `${guest}/snapshot`, 'Take a snapshot', {
      snapname: snapshotName,
      description: text,
      ...(type === 'qemu' ? { vmstate: flag } : {}),
    }),
    operation('DELETE', `${guest}/snapshot/{snapname}`, 'Delete a snapshot', { force: flag }),
    operation('POST', `${guest}/snapshot/{snapname}/rollback`, 'Go back to a snapshot', { start: flag }),
    operation('POST', `${guest}/migrate`, 'Move a guest to another node', {
      target: needed(text),
      online: flag,
      ...(type === 'lxc' ? { restart: flag, timeout: { type: 'integer', optional: 1 } } : { 'with-local-disks': flag }),
    }),
  ];
});

const insideGuests: readonly SourceOperation[] = [
  get('/nodes/{node}/lxc/{vmid}/interfaces', 'Interfaces of a running container'),
  get('/nodes/{node}/qemu/{vmid}/agent/network-get-interfaces', 'Interfaces, told by the guest agent'),
  get('/nodes/{node}/qemu/{vmid}/agent/get-host-name', 'Host name, told by the guest agent'),
];

export const embeddedVersion = 'embedded-minimal';

export const embeddedDocument: SchemaDocument = openApiDocument(
  [...cluster, ...nodes, ...storages, ...guests, ...insideGuests],
  {
    title: 'Proxmox VE API, the part that proxbox-api uses',
    version: embeddedVersion,
    source: 'proxbox-api',
    generatedAt: null,
  },
);
