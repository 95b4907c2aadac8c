/**
 * With what each call of the table is asked, as the plugin asks it, by the call. Calls are asked in this order: what the end of
 * the list does to guests would be in the way of the rest.
 */
import { backupVolume, type AskedWorld } from './asked-world.js';
import { defaultTokens } from '../../simulator/netbox/index.js';

export interface Ask {
  /** Put in for `{name}` of the path. */
  readonly at?: Readonly<Record<string, string | number>>;
  readonly query?: string;
  readonly body?: object;
  /**
   * `empty`: without a key, of a service that has none; `new`: of one without endpoints; `influx`: of one that may ask an
   * InfluxDB on this machine; default: the synced one.
   */
  readonly of?: 'empty' | 'new' | 'influx';
}

type Asks = readonly [call: string, ...asks: Ask[]];

const guest = { at: { type: 'qemu', vmid: 100, node: 'pve1' } };
const container = { at: { type: 'lxc', vmid: 200, node: 'pve1' } };
const scope = 'source=database&proxmox_endpoint_ids=1';
const scoped = { query: scope };
const single = (query: string): Ask => ({ query: `cluster_name=lab&node=pve1&${query}` });
const machine = 'type=qemu&vmid=100';

function ownAsks({ netbox }: AskedWorld): readonly Asks[] {
  const netboxBody = {
    name: 'this NetBox',
    ip_address: '127.0.0.1',
    domain: '',
    port: Number(new URL(netbox.url).port),
    verify_ssl: false,
    token_version: 'v2',
    token: defaultTokens.v2.secret,
    token_key: defaultTokens.v2.key,
  };
  const proxmoxBody = {
    name: 'lab (nb:1)',
    node_device_name_template: '',
    ip_address: '127.0.0.1',
    domain: null,
    port: 8006,
    username: 'root@pam',
    password: 'a-password',
    verify_ssl: false,
    timeout: 5,
    max_retries: 0,
    retry_backoff: 0.5,
    token_name: null,
    token_value: null,
    enabled: true,
    allow_packer_template_builds: false,
    access_methods: 'api',
    site_id: null,
    site_slug: null,
    site_name: null,
    tenant_id: null,
    tenant_slug: null,
    tenant_name: null,
  };
  const key = { api_key: 'k'.repeat(64), label: 'netbox-fastapi-1' };
  return [
    ['GET /', { of: 'empty' }],
    ['GET /health', { of: 'empty' }, {}],
    ['GET /auth/bootstrap-status', { of: 'empty' }, {}],
    ['POST /auth/register-key', { of: 'empty', body: key }],
    ['GET /auth/keys', {}],
    ['GET /version', {}],
    ['GET /openapi.json', {}],
    ['GET /netbox/endpoint', {}],
    ['POST /netbox/endpoint', { of: 'new', body: netboxBody }],
    ['PUT /netbox/endpoint/{id}', { at: { id: 1 }, body: netboxBody }],
    ['GET /proxmox/endpoints', {}],
    ['GET /proxmox/endpoints/{id}', { at: { id: 1 } }],
    ['POST /proxmox/endpoints', { of: 'new', body: proxmoxBody }],
    ['PUT /proxmox/endpoints/{id}', { at: { id: 1 }, body: { enabled: true, allow_packer_template_builds: false } }],
    ['GET /extras/bootstrap-status', {}],
    ['POST /extras/custom-fields/reconcile', {}],
    ['GET /admin/encryption/status', {}],
    ['GET /admin/logs', { query: 'limit=50' }],
    ['GET /admin/logs/stream', {}],
    ['WebSocket /ws', {}],
  ];
}

const reads: readonly Asks[] = [
  ['GET /proxmox/version', scoped],
  ['GET /proxmox/sessions', scoped],
  ['GET /proxmox/cluster/status', scoped],
  ['GET /proxmox/cluster/resources', { query: `${scope}&type=vm` }],
  ['GET /proxmox/nodes/', scoped],
  ['GET /proxmox/storage', scoped],
  ['GET /proxmox/nodes/{node}/storage/{storage}/content', { at: { node: 'pve1', storage: 'nas' }, query: scope }],
  ['GET /proxmox/{node}/{type}/{vmid}/config', { ...guest, query: scope }, { ...container, query: scope }],
  [
    'GET /proxmox/nodes/{node}/qemu/{vmid}/firewall',
    { ...guest, query: `${scope}&name=${encodeURIComponent('lab (nb:1)')}` },
  ],
  ['GET /proxmox/datacenter/cpu-models', scoped],
  ['GET /proxmox/datacenter/options', {}],
  [
    'GET /proxmox/api2/nodes/{node}/time',
    { at: { node: 'pve1' }, query: `source=database&target_name=${encodeURIComponent('lab (nb:1)')}` },
  ],
  ['GET /proxmox/cluster/ha/summary', scoped],
  ['GET /proxmox/cluster/ha/resources/by-vm/{vmid}', { at: { vmid: 100 }, query: scope }],
  ['GET /cloud/vm/templates', { query: 'endpoint_id=1&cloud_init_only=true' }],
  ['GET /cloud/lxc/templates', { query: 'endpoint_id=1' }],
  ['GET /pbs/status', {}],
];

function stages({ machine: id }: AskedWorld): readonly Asks[] {
  const vms = '/virtualization/virtual-machines';
  const all = [
    'dcim/devices/create',
    'dcim/devices/interfaces/create',
    'proxmox/cluster/backup',
    'proxmox/replication',
    'proxmox/sdn/create',
    ...['', '/backups/all', '/interfaces', '/interfaces/ip-address', '/snapshots/all', '/storage', '/task-history'].map(
      (part) => `${vms.slice(1)}${part}/create`,
    ),
    `${vms.slice(1)}/virtual-disks/create`,
  ];
  const ofOne = ['', '/backups', '/snapshots', '/virtual-disks'].map((part) => `${vms}/{id}${part}/create/stream`);
  const query = `${scope}&sync_mode_sdn=always&use_websocket=false`;
  return [
    ...all.map((path): Asks => [`GET /${path}/stream`, { query }]),
    ...ofOne.map((path): Asks => [`GET ${path}`, { at: { id }, query }]),
  ];
}

const singles: readonly Asks[] = [
  ['GET /sync/individual/cluster', { query: 'cluster_name=lab' }],
  ['GET /sync/individual/node', { query: 'cluster_name=lab&node_name=pve1' }],
  ['GET /sync/individual/storage', { query: 'cluster_name=lab&storage_name=nas' }],
  ['GET /sync/individual/vm', single(machine)],
  ['GET /sync/individual/interface', single(`${machine}&interface_name=net0`)],
  ['GET /sync/individual/ip', single(`${machine}&ip_address=10.11.0.5`)],
  ['GET /sync/individual/disk', single(`${machine}&disk_name=scsi0`)],
  ['GET /sync/individual/snapshot', single(`${machine}&snapshot_name=before`)],
  ['GET /sync/individual/backup', single(`storage=nas&vmid=100&volid=${encodeURIComponent(backupVolume)}`)],
  ['GET /sync/individual/task-history', single(machine)],
  ['GET /sync/individual/replication', { query: 'cluster_name=lab&replication_id=100-0' }],
  ['GET /sync/individual/backup-routines', { query: 'cluster_name=lab&job_id=nightly' }],
];

const writes = 'endpoint_id=1&endpoint_id_kind=backend';
const rule = { type: 'in', action: 'DROP', enable: true, pos: 0, comment: 'of the table' };
const atGuest = { at: { vmid: 100 }, query: `${writes}&node=pve1&vm_type=qemu` };
const atGuestRead = { at: { vmid: 100 }, query: `${scope}&node=pve1&vm_type=qemu` };
const ofDatacenter = { query: writes };
const ofNode = { at: { node: 'pve1' }, query: writes };

/** Rules of one place: one is made, then changed. */
const rules = (place: string, ask: Ask, body: object = rule): readonly Asks[] => [
  [`POST /proxmox/firewall/${place}/rules`, { ...ask, body }],
  [`PUT /proxmox/firewall/${place}/rules/{pos}`, { ...ask, at: { ...ask.at, pos: 0 }, body: { ...body, log: 'info' } }],
];

/** Sets, their members and aliases of one place. */
const sets = (place: string, ask: Ask): readonly Asks[] => [
  [`POST /proxmox/firewall/${place}/ipsets`, { ...ask, body: { name: 'pushed' } }],
  [
    `POST /proxmox/firewall/${place}/ipsets/{set}/entries`,
    { ...ask, at: { ...ask.at, set: 'pushed' }, body: { cidr: '203.0.113.0/24' } },
  ],
  [
    `PUT /proxmox/firewall/${place}/ipsets/{set}/entries/{cidr}`,
    {
      ...ask,
      at: { ...ask.at, set: 'pushed', cidr: '203.0.113.0/24' },
      body: { cidr: '203.0.113.0/24', nomatch: true },
    },
  ],
  [`POST /proxmox/firewall/${place}/aliases`, { ...ask, body: { name: 'office', cidr: '203.0.113.0/24' } }],
  [
    `PUT /proxmox/firewall/${place}/aliases/{name}`,
    { ...ask, at: { ...ask.at, name: 'office' }, body: { name: 'office', cidr: '203.0.113.128/25' } },
  ],
];

const firewall: readonly Asks[] = [
  ['GET /proxmox/firewall/summary', scoped],
  ...['rules', 'groups', 'ipsets', 'aliases', 'options'].map((of): Asks => [
    `GET /proxmox/firewall/datacenter/${of}`,
    scoped,
  ]),
  ...['rules', 'options'].map((of): Asks => [
    `GET /proxmox/firewall/nodes/{node}/${of}`,
    { at: { node: 'pve1' }, query: scope },
  ]),
  ...['rules', 'ipsets', 'aliases', 'options'].map((of): Asks => [
    `GET /proxmox/firewall/vms/{vmid}/${of}`,
    atGuestRead,
  ]),
  ...rules('datacenter', ofDatacenter),
  ['POST /proxmox/firewall/datacenter/groups', { ...ofDatacenter, body: { name: 'pushed' } }],
  ...rules('datacenter/groups/{group}', { ...ofDatacenter, at: { group: 'pushed' } }),
  ...sets('datacenter', ofDatacenter),
  ['PUT /proxmox/firewall/datacenter/options', { ...ofDatacenter, body: { policy_in: 'REJECT' } }],
  ...rules('nodes/{node}', ofNode),
  ['PUT /proxmox/firewall/nodes/{node}/options', { ...ofNode, body: { enable: false } }],
  ...rules('vms/{vmid}', atGuest),
  ...sets('vms/{vmid}', atGuest),
  ['PUT /proxmox/firewall/vms/{vmid}/options', { ...atGuest, body: { enable: false } }],
  ...rules('vnets/{vnet}', { at: { vnet: 'office' }, query: writes }, { ...rule, type: 'forward' }),
];

const metrics = { max_rows: 500, max_response_bytes: 1_048_576 };
const influx = {
  ...metrics,
  org: 'org',
  bucket: 'proxmox',
  token: 'a-token-of-influx',
  verify_ssl: false,
  timeout_seconds: 10,
  start: '-1h',
  stop: null,
  measurement: 'system',
  field: null,
  fields: ['cpu'],
  filters: [],
  aggregation: null,
};
const pull = { ...metrics, source: 'netbox', endpoint_id: 1, start_time: 0, history: true, local_only: false };

const consoleBody = {
  endpoint_id: 1,
  vmid: 100,
  node: 'pve1',
  vm_type: 'qemu',
  console_type: 'term',
  origin: 'https://netbox.example.com',
};

const stopped: Readonly<Record<string, number>> = { start: 1, migrate: 2 };

/** Guests of both kinds. The plugin sends a new Idempotency-Key with every click. */
const verb = (name: string, ...bodies: readonly [machine: object, container: object]): Asks => [
  `POST /proxmox/{type}/{vmid}/${name}`,
  ...(['qemu', 'lxc'] as const).map((type, index): Ask => {
    const vmid = type === 'qemu' ? 100 : 200;
    return { at: { type, vmid: vmid + (stopped[name] ?? 0) }, query: writes, body: bodies[index]! };
  }),
];

const acts: readonly Asks[] = [
  ['POST /proxmox/metrics/pull/query', { body: { ...pull, object_ids: ['qemu/100'], metric_names: [] } }],
  ['POST /proxmox/metrics/influx/query', { of: 'influx', body: influx }],
  ['POST /proxmox/console/browser-sessions', { body: consoleBody }],
  ['WebSocket /proxmox/console/browser-stream', { body: consoleBody }],
  [
    'PUT /proxmox/{type}/{vmid}/tags',
    { ...guest, query: writes, body: { node: 'pve1', tags: ['a'] } },
    { ...container, query: writes, body: { node: 'pve1', tags: ['a'] } },
  ],
  [
    'PATCH /proxmox/{type}/{vmid}/tags',
    { ...guest, query: writes, body: { node: 'pve1', add: ['b'], remove: [] } },
    { ...container, query: writes, body: { node: 'pve1', add: ['b'], remove: [] } },
  ],
  verb('start', {}, {}),
  verb('snapshot', { snapname: 'taken' }, { snapname: 'taken' }),
  verb('stop', {}, {}),
  verb('migrate', { target: 'pve2', online: false }, { target: 'pve2', online: false }),
  ['POST /proxmox/cluster/ha/disarm', { query: 'proxmox_endpoint_ids=1' }],
  ['POST /proxmox/cluster/ha/arm', { query: 'proxmox_endpoint_ids=1' }],
];

const provisioning: readonly Asks[] = [
  ['POST /cloud/vm/provision', { body: { endpoint_id: 1, template_vmid: 900, new_vmid: 950, new_name: 'new' } }],
  ['POST /cloud/lxc/provision', { body: { endpoint_id: 1, new_vmid: 951, hostname: 'new' } }],
  ['POST /cloud/templates/images', { body: { endpoint_id: 1 } }],
  ['POST /intent/plan', { body: { diffs: [] } }],
  ['POST /intent/apply', { query: 'endpoint_id=1', body: { diffs: [] } }],
  ['PUT /intent/tag-pending-deletion', { body: { vmid: 100, node: 'pve1', kind: 'qemu', tag: 'pending' } }],
  ['PUT /intent/untag-pending-deletion', { body: { vmid: 100, node: 'pve1', kind: 'qemu', tag: 'pending' } }],
  ['POST /intent/deletion-requests/{id}/execute', { at: { id: 1 }, body: { vmid: 100, node: 'pve1', kind: 'qemu' } }],
  ['GET /ssh/host-key-fingerprint', { query: 'host=192.0.2.1&port=22' }],
  ['POST /ssh/sessions', { body: { endpoint_id: 1 } }],
];

/** Every call with what it is asked with, in the order in which they are tried. */
export const asksOf = (world: AskedWorld): readonly Asks[] => [
  ...ownAsks(world),
  ...reads,
  ...stages(world),
  ...singles,
  ...firewall,
  ...acts,
  ...provisioning,
];
