/**
 * What NetBox must hold after the first run of a generated estate, worked out from the estate alone: nothing here asks our
 * mappers, so that they cannot agree with their own mistakes.
 */
import { createHash } from 'node:crypto';
import type { Estate, EstateCluster, EstateGuest } from '../../simulator/estate/index.js';

const types = { qemu: 'qemu-virtual-machine', lxc: 'lxc-container' } as const;

const tagNames = (guest: EstateGuest): string[] => guest.tags.split(';').filter((tag) => tag !== '');

/** Generated guests have sizes in GiB only. */
const diskMb = (guest: EstateGuest): number =>
  Object.values(guest.config).reduce<number>((sum, value) => {
    const [, size] = /,size=(\d+)G/.exec(String(value)) ?? [];
    return sum + Number(size ?? 0) * 1024;
  }, 0);

const siteOf = (cluster: EstateCluster): string => `Proxmox Default Site - ${cluster.name}`;

const guests = (estate: Estate): { cluster: EstateCluster; guest: EstateGuest }[] =>
  estate.clusters.flatMap((cluster) => [...cluster.guests.values()].map((guest) => ({ cluster, guest })));

const nodes = (estate: Estate): { cluster: EstateCluster; name: string }[] =>
  estate.clusters.flatMap((cluster) => cluster.nodes.map(({ name }) => ({ cluster, name })));

export const expectedSites = (estate: Estate): object[] =>
  estate.clusters.map((cluster) => ({ name: siteOf(cluster), status: 'active', tags: ['proxbox'] }));

export const expectedClusters = (estate: Estate): object[] =>
  estate.clusters.map((cluster) => ({
    name: cluster.name,
    type: 'cluster',
    site: siteOf(cluster),
    tenant: null,
    description: 'Proxmox cluster cluster.',
    tags: ['proxbox', 'proxbox-discovered-cluster'],
  }));

export const expectedDevices = (estate: Estate): object[] =>
  nodes(estate).map(({ cluster, name }) => ({
    name,
    cluster: cluster.name,
    site: siteOf(cluster),
    status: 'active',
    type: 'proxmox-generic-device',
    manufacturer: 'proxmox',
    role: 'proxmox-node',
    description: `Proxmox Node ${name}`,
    tags: ['proxbox', 'proxbox-discovered-node'],
  }));

const platforms: Readonly<Record<string, string>> = {
  win11: 'Windows 11',
  l26: 'Linux (kernel 2.6 or newer)',
  debian: 'Debian',
  ubuntu: 'Ubuntu',
};

export const expectedMachines = (estate: Estate): object[] =>
  guests(estate).map(({ cluster, guest }) => ({
    name: guest.name,
    cluster: cluster.name,
    site: siteOf(cluster),
    device: guest.node,
    status: guest.status === 'running' ? 'active' : 'offline',
    type: types[guest.type],
    role: null,
    tenant: null,
    platform: platforms[String(guest.config['ostype'])] ?? null,
    vcpus: guest.cpus,
    memory: guest.memoryMb,
    disk: diskMb(guest),
    boot: guest.config['onboot'] === 1 ? 'on' : 'off',
    description: `Synced from Proxmox node ${guest.node}`,
    comments: '',
    tags: ['proxbox', `proxbox-discovered-${guest.type}`, ...tagNames(guest)].sort(),
  }));

export interface Endpoint {
  /** Of the service, of the plugin. */
  readonly id: number;
  readonly pluginId: number;
  readonly port: number;
}

/** The sidecars; `endpoints` in the order of the clusters. */
export const expectedMachineStates = (estate: Estate, endpoints: readonly Endpoint[], runId: string): object[] =>
  estate.clusters.flatMap((cluster, index) =>
    [...cluster.guests.values()].map((guest) => ({
      machine: guest.name,
      endpoint: endpoints[index]!.pluginId,
      proxmox_endpoint_raw_id: endpoints[index]!.id,
      proxmox_vm_id: guest.vmid,
      proxmox_vm_type: guest.type,
      proxmox_vm_name: guest.name,
      proxmox_node_name: guest.node,
      proxmox_cluster_name: cluster.name,
      proxmox_status: guest.status,
      proxmox_start_at_boot: guest.config['onboot'] === 1,
      proxmox_unprivileged_container: guest.config['unprivileged'] === 1,
      proxmox_qemu_agent: guest.config['agent'] !== undefined,
      proxmox_link: `https://localhost:${endpoints[index]!.port}/#v1:0:=${guest.type}/${guest.vmid}`,
      last_run_id: runId,
    })),
  );

export const expectedDeviceStates = (estate: Estate, endpoints: readonly Endpoint[]): object[] =>
  estate.clusters.flatMap((cluster, index) =>
    cluster.nodes.map(({ name }) => ({
      device: name,
      proxmox_node_name: name,
      proxmox_cluster_name: cluster.name,
      proxmox_endpoint_raw_id: endpoints[index]!.id,
    })),
  );

export const expectedStorages = (estate: Estate): object[] =>
  estate.clusters.flatMap((cluster) =>
    cluster.storages.map((storage) => ({
      cluster: cluster.name,
      name: storage.name,
      storage_type: storage.type,
      content: storage.content?.split(',').sort().join(',') ?? null,
      shared: storage.shared,
      enabled: !storage.disabled,
      nodes: storage.nodes === '' ? null : storage.nodes,
      path: storage.options['path'] ?? null,
      server: storage.options['server'] ?? null,
      pool: storage.options['pool'] ?? null,
      tags: ['proxbox'],
    })),
  );

/** `prod` and `db` have a colour in generated clusters; the others get one that depends on their name alone. */
export const expectedGuestTags = (estate: Estate): object[] =>
  [...new Set(guests(estate).flatMap(({ guest }) => tagNames(guest)))].map((name) => ({
    name,
    slug: name,
    color: { prod: 'ff0000', db: '00aaff' }[name] ?? createHash('md5').update(name).digest('hex').slice(0, 6),
    description: 'Synced by Proxbox',
  }));

/** Tags, roles and types that a first run makes besides. */
export const expectedSupport = {
  tags: [
    'proxbox',
    'proxbox-discovered-cluster',
    'proxbox-discovered-lxc',
    'proxbox-discovered-node',
    'proxbox-discovered-qemu',
    'proxbox-soft-deleted',
  ],
  clusterTypes: ['cluster'],
  manufacturers: ['proxmox'],
  deviceTypes: ['proxmox-generic-device'],
  deviceRoles: ['container-lxc', 'proxmox-node', 'unknown', 'virtual-machine-qemu'],
  vmTypes: ['lxc-container', 'qemu-virtual-machine'],
} as const;
