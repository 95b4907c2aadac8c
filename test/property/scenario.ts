/** What happens in one test of truth, as data: an estate, edits of the operator, changes, faults and calls. All of it random. */
import fc from 'fast-check';
import { changeKinds, type Change } from './changes.js';
import { editKinds, type Edit } from './edits.js';

export interface GuestShape {
  readonly isContainer: boolean;
  readonly node: number;
  readonly isRunning: boolean;
  readonly name: string;
  readonly tags: string;
  readonly disks: number;
  readonly nics: number;
  readonly agent: 'off' | 'silent' | 'running';
  /** Addresses of the first network device. */
  readonly addresses: number;
  readonly snapshots: number;
  readonly localBackups: number;
  readonly sharedBackups: number;
}

export interface ClusterShape {
  readonly profile: '8.4' | '9.2';
  readonly nodes: number;
  readonly guests: readonly GuestShape[];
}

export interface ProxmoxFault {
  readonly side: 'proxmox';
  readonly cluster: number;
  readonly read: keyof typeof proxmoxReads;
  readonly how: 401 | 403 | 500 | 595 | 'empty' | 'null' | 'html' | 'reset' | 'leave-out';
  readonly times: number;
}

export interface NetBoxFault {
  readonly side: 'netbox';
  readonly path: (typeof netboxPaths)[number];
  readonly method: 'POST' | 'PATCH' | 'GET' | 'DELETE';
  /** 503 says when to try again; 504 is how a proxy tells of a time-out. */
  readonly how: 400 | 403 | 409 | 500 | 503 | 504 | 'html' | 'reset-before' | 'reset-after-commit';
  readonly times: number;
}

/** The token's user may not see, or not add, a kind of objects. */
export interface PermissionFault {
  readonly side: 'permission';
  readonly path: (typeof netboxPaths)[number];
  readonly lacks: 'cannotView' | 'cannotAdd';
}

/** An entry of the access control list hides a guest, the bridges, a storage or a node. */
export interface AccessFault {
  readonly side: 'access';
  readonly cluster: number;
  readonly hides: 'guest' | 'bridges' | 'storage' | 'node';
  readonly target: number;
}

export type Fault = ProxmoxFault | NetBoxFault | PermissionFault | AccessFault;

export interface Call {
  /** Of the stages, in the order of a job of the plugin; -1 for the full update, -2 for one machine, -3 for one object. */
  readonly stage: number;
  /** Of one endpoint; null for all. */
  readonly endpoint: number | null;
  readonly target: number;
  readonly deletes: boolean;
}

export interface Step {
  readonly change: Change | null;
  readonly faults: readonly Fault[];
  readonly call: Call;
}

export interface Scenario {
  readonly clusters: readonly [ClusterShape, ClusterShape];
  readonly edits: readonly Edit[];
  readonly steps: readonly Step[];
}

/** Paths below `/api2/json` that a fault strikes. */
export const proxmoxReads = {
  resources: /^\/cluster\/resources$/,
  status: /^\/cluster\/status$/,
  config: /\/(qemu|lxc)\/\d+\/config$/,
  agent: /\/(agent\/network-get-interfaces|interfaces)$/,
  snapshots: /\/snapshot$/,
  storages: /^\/storage$/,
  content: /\/content$/,
  permissions: /^\/access\/permissions$/,
  nextid: /^\/cluster\/nextid$/,
  network: /\/network$/,
  tasks: /\/tasks$/,
  jobs: /^\/cluster\/(backup|replication)$/,
} as const;

export const netboxPaths = [
  'virtualization/virtual-machines/',
  'virtualization/interfaces/',
  'virtualization/virtual-disks/',
  'ipam/ip-addresses/',
  'dcim/devices/',
  'dcim/interfaces/',
  'dcim/mac-addresses/',
  'plugins/proxbox/sync-state/',
  'plugins/proxbox/backups/',
  'plugins/proxbox/snapshots/',
  'plugins/proxbox/storage/',
  'extras/tags/',
  'extras/journal-entries/',
  'extras/custom-fields/',
  'ipam/vlans/',
  'ipam/services/',
  'virtualization/clusters/',
  'dcim/sites/',
] as const;

const guest: fc.Arbitrary<GuestShape> = fc.record({
  isContainer: fc.boolean(),
  node: fc.nat(3),
  isRunning: fc.boolean(),
  name: fc.constantFrom('web', 'db', 'mail', ''),
  tags: fc.constantFrom('', 'prod', 'prod;web'),
  disks: fc.integer({ min: 1, max: 3 }),
  nics: fc.nat(2),
  agent: fc.constantFrom('off', 'silent', 'running', 'running'),
  addresses: fc.nat(2),
  snapshots: fc.nat(2),
  localBackups: fc.nat(1),
  sharedBackups: fc.nat(2),
});

const cluster: fc.Arbitrary<ClusterShape> = fc.record({
  profile: fc.constantFrom('8.4', '9.2'),
  nodes: fc.integer({ min: 1, max: 4 }),
  guests: fc.array(guest, { maxLength: 8 }),
});

const proxmoxFault: fc.Arbitrary<ProxmoxFault> = fc.record({
  side: fc.constant('proxmox'),
  cluster: fc.nat(1),
  read: fc.constantFrom(...(Object.keys(proxmoxReads) as (keyof typeof proxmoxReads)[])),
  how: fc.constantFrom<ProxmoxFault['how'][]>(401, 403, 500, 595, 'empty', 'null', 'html', 'reset', 'leave-out'),
  times: fc.constantFrom(1, 2, 1000),
});

const netboxFault: fc.Arbitrary<NetBoxFault> = fc.record({
  side: fc.constant('netbox'),
  path: fc.constantFrom(...netboxPaths),
  method: fc.constantFrom('POST', 'PATCH', 'GET', 'DELETE'),
  how: fc.constantFrom<NetBoxFault['how'][]>(
    400,
    403,
    409,
    500,
    503,
    504,
    'html',
    'reset-before',
    'reset-after-commit',
  ),
  times: fc.constantFrom(1, 2, 1000),
});

const accessFault: fc.Arbitrary<AccessFault> = fc.record({
  side: fc.constant('access'),
  cluster: fc.nat(1),
  hides: fc.constantFrom('guest', 'guest', 'bridges', 'storage', 'node'),
  target: fc.nat(20),
});

const permissionFault: fc.Arbitrary<PermissionFault> = fc.record({
  side: fc.constant('permission'),
  path: fc.constantFrom(...netboxPaths),
  lacks: fc.constantFrom('cannotView', 'cannotAdd'),
});

const step: fc.Arbitrary<Step> = fc.record({
  change: fc.option(fc.record({ what: fc.constantFrom(...changeKinds), cluster: fc.nat(1), target: fc.nat(20) }), {
    freq: 4,
  }),
  faults: fc.array(
    fc.oneof(
      { weight: 4, arbitrary: proxmoxFault },
      { weight: 2, arbitrary: netboxFault },
      { weight: 1, arbitrary: permissionFault },
      { weight: 1, arbitrary: accessFault },
    ),
    { maxLength: 3 },
  ),
  call: fc.record({
    stage: fc.oneof(
      { weight: 2, arbitrary: fc.constant(-1) },
      { weight: 3, arbitrary: fc.integer({ min: -3, max: 11 }) },
    ),
    endpoint: fc.option(fc.nat(1)),
    target: fc.nat(20),
    deletes: fc.boolean(),
  }),
});

export const scenarios: fc.Arbitrary<Scenario> = fc.record({
  clusters: fc.tuple(cluster, cluster),
  edits: fc.array(fc.record({ what: fc.constantFrom(...editKinds), target: fc.nat(20) }), { maxLength: 6 }),
  steps: fc.array(step, { minLength: 1, maxLength: 4 }),
});

/** The same, in each of which something of one of these kinds happens: whoever adds kinds tries them so. */
export function scenariosWith(kinds: readonly string[]): fc.Arbitrary<Scenario> {
  return fc.tuple(scenarios, fc.constantFrom(...kinds)).map(([scenario, kind]) => withKind(scenario, kind));
}

function withKind(scenario: Scenario, kind: string): Scenario {
  const change = changeKinds.find((one) => one === kind);
  const edit = editKinds.find((one) => one === kind);
  const [first, ...steps] = scenario.steps;
  const target = first?.call.target ?? 0;
  if (edit !== undefined) return { ...scenario, edits: [...scenario.edits, { what: edit, target }] };
  if (change === undefined || first === undefined) throw new Error(`no change and no edit is called ${kind}`);
  const { cluster } = first.change ?? { cluster: target % 2 };
  return { ...scenario, steps: [{ ...first, change: { what: change, cluster, target } }, ...steps] };
}
