/**
 * What the contract talks to: an empty NetBox with the plugin, and raw requests to it. No client of ours is used here, so
 * that a mistake in the client cannot hide behind the same mistake in the contract.
 */
import { request } from 'undici';
import { expect } from 'vitest';

export interface NetBoxTokens {
  /** Complete v1 token of a superuser. */
  readonly v1: string;
  /** Key and secret of a v2 token of the same user. */
  readonly v2Key: string;
  readonly v2: string;
  /** v1 tokens that are refused, or that may not write. */
  readonly disabled: string;
  readonly expired: string;
  readonly readOnly: string;
  /** Bound to 192.0.2.0/24. */
  readonly foreignAddress: string;
}

export interface NetBoxTarget {
  /** Without a slash at the end. */
  readonly url: string;
  readonly tokens: NetBoxTokens;
}

export interface Answer {
  readonly status: number;
  // The contract looks into answers of any shape.
  readonly body: any; // eslint-disable-line @typescript-eslint/no-explicit-any
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

interface Sent {
  readonly body?: unknown;
  /** The whole Authorization header; null sends none. */
  readonly authorization?: string | null;
  readonly headers?: Readonly<Record<string, string>>;
}

type Method = 'GET' | 'OPTIONS' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** Raw requests with the superuser's v1 token unless told otherwise. */
export interface Api {
  send(method: Method, path: string, sent?: Sent): Promise<Answer>;
  get(path: string): Promise<Answer>;
  post(path: string, body: unknown): Promise<Answer>;
  patch(path: string, body: unknown): Promise<Answer>;
  remove(path: string, body?: unknown): Promise<Answer>;
  /** A POST that must succeed; returns the created object, or the list of them. */
  create(path: string, body: unknown): Promise<Answer['body']>;
  /** Rows of the change log. */
  changeLogRows(): Promise<number>;
}

function parse(text: string): unknown {
  try {
    return text === '' ? null : JSON.parse(text);
  } catch {
    return text; // an HTML page
  }
}

export function apiOf({ url, tokens }: NetBoxTarget): Api {
  async function send(method: Method, path: string, { body, authorization, headers }: Sent = {}): Promise<Answer> {
    const token = authorization === undefined ? `Token ${tokens.v1}` : authorization;
    const answer = await request(`${url}${path}`, {
      method,
      // A connection of its own: gunicorn closes idle ones after 2 s, sometimes just as the next request leaves.
      reset: true,
      headers: {
        accept: 'application/json',
        'content-type': 'application/json',
        ...(token === null ? {} : { authorization: token }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: answer.statusCode, body: parse(await answer.body.text()), headers: answer.headers };
  }
  const get = (path: string): Promise<Answer> => send('GET', path);
  const post = (path: string, body: unknown): Promise<Answer> => send('POST', path, { body });
  return {
    send,
    get,
    post,
    patch: (path, body) => send('PATCH', path, { body }),
    remove: (path, body) => send('DELETE', path, { body }),
    async create(path, body) {
      const answer = await post(path, body);
      expect(answer, `POST ${path} ${JSON.stringify(body)}`).toMatchObject({ status: 201 });
      return answer.body;
    },
    async changeLogRows() {
      const answer = await get('/api/core/object-changes/?limit=1&fields=id');
      return answer.body.count;
    },
  };
}

/** Paths of the collections the contract uses. */
export const path = {
  tags: '/api/extras/tags/',
  customFields: '/api/extras/custom-fields/',
  sites: '/api/dcim/sites/',
  manufacturers: '/api/dcim/manufacturers/',
  deviceTypes: '/api/dcim/device-types/',
  deviceRoles: '/api/dcim/device-roles/',
  devices: '/api/dcim/devices/',
  deviceInterfaces: '/api/dcim/interfaces/',
  macAddresses: '/api/dcim/mac-addresses/',
  ipAddresses: '/api/ipam/ip-addresses/',
  vlans: '/api/ipam/vlans/',
  tenants: '/api/tenancy/tenants/',
  clusterTypes: '/api/virtualization/cluster-types/',
  clusters: '/api/virtualization/clusters/',
  vmTypes: '/api/virtualization/virtual-machine-types/',
  vms: '/api/virtualization/virtual-machines/',
  vmInterfaces: '/api/virtualization/interfaces/',
  disks: '/api/virtualization/virtual-disks/',
  endpoints: '/api/plugins/proxbox/endpoints/proxmox/',
  proxmoxClusters: '/api/plugins/proxbox/proxmox-clusters/',
  proxmoxNodes: '/api/plugins/proxbox/proxmox-nodes/',
  storage: '/api/plugins/proxbox/storage/',
  settings: '/api/plugins/proxbox/settings/',
  backups: '/api/plugins/proxbox/backups/',
  backupRoutines: '/api/plugins/proxbox/backup-routines/',
  replications: '/api/plugins/proxbox/replications/',
  sdnControllers: '/api/plugins/proxbox/sdn-controllers/',
  sdnZones: '/api/plugins/proxbox/sdn-zones/',
  sdnVnets: '/api/plugins/proxbox/sdn-vnets/',
  sdnSubnets: '/api/plugins/proxbox/sdn-subnets/',
  sdnFabrics: '/api/plugins/proxbox/sdn-fabrics/',
  sdnRouteMaps: '/api/plugins/proxbox/sdn-route-maps/',
  sdnPrefixLists: '/api/plugins/proxbox/sdn-prefix-lists/',
  sdnBindings: '/api/plugins/proxbox/sdn-bindings/',
  l2vpns: '/api/vpn/l2vpns/',
  l2vpnTerminations: '/api/vpn/l2vpn-terminations/',
  routeTargets: '/api/ipam/route-targets/',
  prefixes: '/api/ipam/prefixes/',
  snapshots: '/api/plugins/proxbox/snapshots/',
  taskHistory: '/api/plugins/proxbox/task-history/',
  cloudInit: '/api/plugins/proxbox/vm-cloudinit/',
  guestInterfaces: '/api/plugins/proxbox/guest-vm-interfaces/',
  guestAddresses: '/api/plugins/proxbox/guest-vm-interface-addresses/',
  vmState: '/api/plugins/proxbox/sync-state/virtual-machines/',
  deviceState: '/api/plugins/proxbox/sync-state/devices/',
  clusterState: '/api/plugins/proxbox/sync-state/clusters/',
  diskState: '/api/plugins/proxbox/sync-state/virtual-disks/',
  vmInterfaceState: '/api/plugins/proxbox/sync-state/vm-interfaces/',
} as const;

/** A small estate: site S1 with cluster C1 and its device pve1, cluster C2 without a site, tags Proxbox and Mine. */
export interface Estate {
  readonly site: number;
  readonly otherSite: number;
  readonly cluster: number;
  readonly unscopedCluster: number;
  readonly clusterType: number;
  readonly device: number;
  readonly deviceType: number;
  readonly role: number;
  readonly tag: number;
  readonly operatorTag: number;
}

export async function buildEstate(api: Api): Promise<Estate> {
  const id = async (collection: string, body: object): Promise<number> => (await api.create(collection, body)).id;
  const tag = await id(path.tags, { name: 'Proxbox', slug: 'proxbox', color: 'ff5722' });
  const operatorTag = await id(path.tags, { name: 'Mine', slug: 'mine', color: '00ff00' });
  const site = await id(path.sites, { name: 'S1', slug: 's1' });
  const otherSite = await id(path.sites, { name: 'S2', slug: 's2' });
  const manufacturer = await id(path.manufacturers, { name: 'Proxmox', slug: 'proxmox' });
  const deviceType = await id(path.deviceTypes, { manufacturer, model: 'Generic', slug: 'generic' });
  const role = await id(path.deviceRoles, { name: 'Node', slug: 'node', color: '00bcd4' });
  const clusterType = await id(path.clusterTypes, { name: 'Cluster', slug: 'cluster' });
  const cluster = await id(path.clusters, { name: 'C1', type: clusterType, scope_type: 'dcim.site', scope_id: site });
  const unscopedCluster = await id(path.clusters, { name: 'C2', type: clusterType });
  const device = await id(path.devices, { name: 'pve1', device_type: deviceType, role, site, cluster });
  return { site, otherSite, cluster, unscopedCluster, clusterType, device, deviceType, role, tag, operatorTag };
}

/** What NetBox answers to a bulk request some items of which are bad. */
export const bulkErrors = (detail: string, errors: readonly object[]): object => ({
  status: 400,
  body: { detail, errors },
});
export const refused = (errors: object): object => ({ status: 400, body: errors });
export const idsOf = (answer: Answer): number[] => answer.body.results.map((row: { id: number }) => row.id);
export const namesOf = (answer: Answer): string[] => answer.body.results.map((row: { name: string }) => row.name);
