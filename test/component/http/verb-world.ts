/** The service on 127.0.0.1 between a synced NetBox and two clusters that own the same VMIDs. */
import { afterEach } from 'vitest';
import { systemClock, type Clock } from '../../../src/config/clock.js';
import type { EstateCluster, Estate } from '../../simulator/estate/index.js';
import { makeNode } from '../../simulator/estate/generate-node.js';
import { makeStorage } from '../../simulator/estate/generate-storage.js';
import { makeCluster } from '../../simulator/estate/make-cluster.js';
import { makeGuest } from '../../simulator/estate/make-guest.js';
import type { PveProfile } from '../../simulator/estate/types.js';
import type { ProxmoxSimulator } from '../../simulator/proxmox/index.js';
import type { SimulatedUser } from '../../simulator/proxmox/types.js';
import { openWorld, type ServiceAnswer, type World } from '../../support/world.js';

const epochS = Date.UTC(2026, 0, 1) / 1000;

function aCluster(name: string, profile: PveProfile, network: string): EstateCluster {
  const guest = (draft: Parameters<typeof makeGuest>[1]) => makeGuest(epochS, draft);
  const node = `${name}1`;
  return makeCluster({
    name,
    profile,
    nodes: [1, 2, 3].map((n) =>
      makeNode({ name: `${name}${n}`, nodeid: n, address: `${network}.${n}`, epochS, online: n !== 3 }),
    ),
    guests: [
      guest({ vmid: 100, node, name: `${name}-web`, config: { scsi0: 'ceph:vm-100-disk-0,size=8G' } }),
      guest({
        vmid: 101,
        node,
        name: `${name}-db`,
        status: 'stopped',
        config: { scsi0: 'ceph:vm-101-disk-0,size=8G' },
      }),
      guest({ vmid: 102, node, name: `${name}-local`, config: { scsi0: 'local-lvm:vm-102-disk-0,size=8G' } }),
      guest({ vmid: 103, node, name: `${name}-gpu`, config: { hostpci0: '0000:01:00.0' } }),
      guest({ vmid: 104, node, name: `${name}-locked`, lock: 'backup' }),
      guest({ vmid: 105, node, name: `${name}-template`, status: 'stopped', template: true }),
      guest({ vmid: 106, node, name: `${name}-paused`, status: 'paused' }),
      guest({ vmid: 200, type: 'lxc', node, name: `${name}-dns`, config: { rootfs: 'ceph:vm-200-disk-0,size=4G' } }),
      guest({ vmid: 201, type: 'lxc', node, name: `${name}-off`, status: 'stopped' }),
    ],
    storages: [
      makeStorage({ name: 'nas', type: 'nfs', content: 'backup', shared: true, options: { server: '192.0.2.9' } }),
      makeStorage({ name: 'ceph', type: 'rbd', content: 'images,rootdir', shared: true, options: { pool: 'vms' } }),
      makeStorage({ name: 'local-lvm', type: 'lvmthin', content: 'images,rootdir', options: { thinpool: 'data' } }),
    ],
  });
}

export interface VerbWorld extends World {
  readonly lab: ProxmoxSimulator;
  readonly edge: ProxmoxSimulator;
  readonly send: (
    method: string,
    at: string,
    options?: { readonly body?: unknown; readonly headers?: Readonly<Record<string, string>> },
  ) => Promise<ServiceAnswer>;
  /** A verb on an endpoint that allows writing. */
  readonly verb: (
    at: string,
    options?: {
      readonly endpoint?: number;
      readonly body?: unknown;
      readonly headers?: Readonly<Record<string, string>>;
    },
  ) => Promise<ServiceAnswer>;
  readonly journal: () => readonly JournalRow[];
  /** Requests that change something at a cluster. */
  readonly acts: (simulator: ProxmoxSimulator) => readonly string[];
}

export interface JournalRow {
  readonly id: number;
  readonly kind: unknown;
  readonly comments: string;
  readonly machine: string;
}

const open: World[] = [];
afterEach(async () => {
  for (const world of open.splice(0)) await world.close();
});

/** How long the service waits for verbs when it stops; on a busy machine that is short, so here it waits to the end. */
const verbsMayTakeMs = 1_500;
const patientClock: Clock = {
  ...systemClock,
  sleep: (ms, signal, options) => systemClock.sleep(ms === verbsMayTakeMs ? 3_600_000 : ms, signal, options),
};

/** `allow_writes` of the endpoints on the plugin's page. */
export function switchInPlugin({ netbox }: World, allowWrites: boolean): void {
  const path = 'plugins/proxbox/endpoints/proxmox';
  for (const { id } of netbox.state.objects(path)) netbox.operator.update(path, id, { allow_writes: allowWrites });
}

export interface VerbWorldOptions {
  readonly taskDurationMs?: number;
  /** The time of the clusters, in epoch milliseconds. */
  readonly now?: () => number;
  /** Release of `lab`. */
  readonly profile?: PveProfile;
  /** Further accounts of the clusters. */
  readonly users?: readonly SimulatedUser[];
  readonly variables?: Readonly<Record<string, string>>;
  readonly clock?: Clock;
}

/** Endpoint 1 is `lab` (Proxmox 8.4), endpoint 2 is `edge` (9.1); both may be written to. Tasks take 100 ms. */
export async function aVerbWorld({
  taskDurationMs = 100,
  profile = '8.4',
  now = Date.now,
  users = [],
  variables = {},
  clock = patientClock,
}: VerbWorldOptions = {}): Promise<VerbWorld> {
  const estate: Estate = {
    epochS,
    clusters: [aCluster('lab', profile, '192.0.2'), aCluster('edge', '9.1', '198.51.100')],
  };
  const world = await openWorld({ estate, proxmox: { taskDurationMs, now, users }, variables, clock });
  open.push(world);
  const [lab, edge] = world.proxmox;
  const send: VerbWorld['send'] = async (method, at, { body, headers = {} } = {}) => {
    const response = await fetch(`${world.url}${at}`, {
      method,
      headers: {
        'x-proxbox-api-key': world.apiKey,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.includes('json') === true;
    return { status: response.status, body: isJson ? JSON.parse(text) : text, headers: response.headers };
  };
  for (const id of [1, 2]) await send('PUT', `/proxmox/endpoints/${id}`, { body: { allow_writes: true } });
  switchInPlugin(world, true);
  const synced = await send('GET', '/virtualization/virtual-machines/create?sync_vm_network=false');
  if (synced.status !== 200) throw new Error(`the machines could not be synced: ${JSON.stringify(synced.body)}`);
  world.netbox.resetCounters();
  for (const simulator of world.proxmox) simulator.resetCounters();
  return Object.assign(world, {
    lab: lab!,
    edge: edge!,
    send,
    verb: (at: string, { endpoint = 1, ...rest }: Parameters<VerbWorld['verb']>[1] = {}) =>
      send('POST', `${at}?endpoint_id=${endpoint}`, { body: {}, ...rest }),
    journal: () =>
      world.netbox.state.objects('extras/journal-entries').map((row) => ({
        id: row.id,
        kind: row['kind'],
        comments: String(row['comments']),
        machine: String(
          world.netbox.state.find('virtualization/virtual-machines', ({ id }) => id === row['assigned_object_id'])?.[
            'name'
          ],
        ),
      })),
    acts: (simulator: ProxmoxSimulator) =>
      simulator.requestLog
        .filter(({ method, path }) => method !== 'GET' && path !== '/access/ticket')
        .map(({ method, path }) => `${method} ${path}`),
  });
}
