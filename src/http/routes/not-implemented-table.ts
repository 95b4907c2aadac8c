/**
 * Routes that clients of this API know and that this version does not have. As data, so that a test can walk it and no row
 * survives the route it stands for.
 */
import type { GateReason } from './gated.js';

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

export interface UnbuiltRoute {
  readonly methods: readonly Method[];
  readonly path: string;
  /** Begins the sentence "... is not part of this version." */
  readonly what: string;
  /** Ends it: what does the same. */
  readonly instead?: string;
  /** `empty_items`: answered with 200 and nothing in it, because a routine job of the plugin asks for it. */
  readonly answer: 'not_implemented' | 'empty_items';
  /** Write routes are refused by the gate first, as the built ones are. */
  readonly gate?: GateReason;
}

type Paths = readonly (string | readonly [Method | readonly Method[], string])[];

/** A bare path is a GET. */
function unbuilt(
  what: string,
  paths: Paths,
  more: Pick<UnbuiltRoute, 'gate' | 'instead'> = {},
): readonly UnbuiltRoute[] {
  return paths.map((entry) => {
    const [method, path] = typeof entry === 'string' ? (['GET', entry] as const) : entry;
    const methods = typeof method === 'string' ? [method] : method;
    return { methods, path, what, answer: 'not_implemented', ...more };
  });
}

const empty = (what: string, path: string, answer: UnbuiltRoute['answer']): UnbuiltRoute => ({
  methods: ['GET'],
  path,
  what,
  answer,
});

const vms = '/virtualization/virtual-machines';
const netbox: readonly UnbuiltRoute[] = [
  ...unbuilt('The summary of a virtual machine', [`${vms}/:id/summary`], {
    instead: `GET ${vms}/{id} answers the machine as NetBox has it`,
  }),
  ...unbuilt(
    'Creating cluster types and clusters by hand',
    ['/virtualization/cluster-types/create', '/virtualization/clusters/create'],
    { instead: 'GET /dcim/devices/create makes both, GET /sync/individual/cluster one cluster' },
  ),
  ...unbuilt(
    'Reading the Python settings of NetBox',
    ['/proxbox/netbox/plugins-config', '/proxbox/netbox/default-settings'],
    { instead: 'GET /proxbox/settings answers what holds here' },
  ),
];

const proxmox: readonly UnbuiltRoute[] = [
  ...unbuilt('Adding a storage of a Backup Server to Proxmox', [['POST', '/proxmox/storage/pbs']], {
    gate: 'endpoint_writes_disabled',
    instead: '"pvesm add pbs" on a node does',
  }),
  ...unbuilt('Handing the ticket of a console to a caller', [['POST', '/proxmox/console/sessions']], {
    instead: 'POST /proxmox/console/browser-sessions opens a console through this service',
  }),
  ...unbuilt('The API of Proxmox as Python models', ['/proxmox/viewer/pydantic'], {
    instead: 'GET /proxmox/viewer/openapi is the same as OpenAPI document',
  }),
];

const crud = (path: string): Paths => [
  [['GET', 'POST'], path],
  [['GET', 'PUT', 'DELETE'], `${path}/:endpoint_id`],
];
const under = (prefix: string, names: readonly string[]): readonly string[] => names.map((name) => `${prefix}/${name}`);

const companions: readonly UnbuiltRoute[] = [
  empty('The state of Proxmox Backup Server', '/pbs/status', 'empty_items'),
  ...unbuilt('Proxmox Backup Server', [
    ...crud('/pbs/endpoints'),
    ...under('/pbs/sync', ['full', 'datastores', 'snapshots', 'jobs', 'node']),
  ]),
  ...unbuilt('Proxmox Datacenter Manager', [
    '/pdm/status',
    ...crud('/pdm/endpoints'),
    ...under('/pdm/sync', ['full', 'remotes', 'guests', 'datastores', 'resources']),
  ]),
  ...unbuilt('Ceph', [
    '/ceph/status',
    ...under('/ceph/sync', [
      'full',
      'status',
      'daemons',
      'osds',
      'pools',
      'filesystems',
      'crush',
      'flags',
      'rgw',
      'rbd',
    ]),
    [['GET', 'POST', 'PUT', 'DELETE'], '/ceph/v2/*'],
  ]),
  ...unbuilt('The SSH terminal', ['/ssh/host-key-fingerprint', ['POST', '/ssh/sessions']]),
];

const provisioning: readonly UnbuiltRoute[] = [
  ...unbuilt('Planning intents', [['POST', '/intent/plan']]),
  ...unbuilt('Applying intents', [['POST', '/intent/apply']], { gate: 'writes_disabled_for_endpoint' }),
  ...unbuilt('Deletion requests', [
    ['PUT', '/intent/tag-pending-deletion'],
    ['PUT', '/intent/untag-pending-deletion'],
    ['POST', '/intent/deletion-requests/:id/approve'],
    ['POST', '/intent/deletion-requests/:id/reject'],
    ['POST', '/intent/deletion-requests/:id/execute'],
  ]),
  ...unbuilt('Reading cloud templates', [
    '/cloud/templates',
    '/cloud/templates/versions',
    '/cloud/proxmox-endpoint/by-url',
  ]),
  ...unbuilt('Provisioning guests', [
    ['POST', '/cloud/vm/provision'],
    ['POST', '/cloud/vm/provision/stream'],
    ['POST', '/cloud/lxc/provision'],
    ['POST', '/cloud/templates/images'],
    ['POST', '/cloud/templates/pve'],
    ['POST', '/cloud/azure/vhd-imports'],
    ['POST', '/cloud/firecracker/provision'],
    ['POST', '/cloud/firecracker/provision/stream'],
    [['GET', 'POST'], '/cloud/image-factory/*'],
  ]),
];

export const unbuiltRoutes: readonly UnbuiltRoute[] = [...netbox, ...proxmox, ...companions, ...provisioning];
