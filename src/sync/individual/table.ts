import { withoutSecrets } from '../../proxmox/parse/secrets.js';
import { toText } from '../../proxmox/parse/coerce.js';
import { readConfigs } from '../collect/guest-config.js';
import { collectGuestList } from '../collect/guest-list.js';
import { readFromCluster } from '../collect/proxmox.js';
import type { RunContext } from '../run-context.js';
import { devicesStage } from '../stages/devices/index.js';
import { storageStage } from '../stages/storage/index.js';
import { virtualMachineStage } from '../stages/virtual-machines/index.js';
import type { IndividualEntry, ObjectQuery } from './types.js';

const sameName = (a: string | undefined, b: string): boolean => a?.toLowerCase() === b.toLowerCase();

export const clusterEntry: IndividualEntry = {
  objectType: 'cluster',
  path: '/cluster',
  methods: ['GET'],
  required: ['cluster_name'],
  stage: devicesStage,
  kind: 'cluster',
  scope: 'cluster',
  isObject: ({ source }, query) => sameName(source?.cluster, query.cluster_name),
  resource: async ({ clusters }) => {
    const view = clusters[0]?.view;
    if (view === undefined) return null;
    const nodes = view.nodes.map(({ name, online, ip }) => ({ name, online, ip }));
    return { name: view.name, mode: view.mode, nodes };
  },
  notFound: ({ cluster_name }) => `No Proxmox session found for cluster: ${cluster_name}`,
};

export const machineEntry: IndividualEntry = {
  objectType: 'vm',
  path: '/vm',
  methods: ['GET'],
  required: ['cluster_name', 'node', 'type', 'vmid'],
  stage: virtualMachineStage,
  kind: 'virtual-machine',
  scope: 'guest',
  isObject: ({ source }, { type, vmid }) => source?.vmid === vmid && source.type === type,
  resource: guestResource,
  notFound: missingGuest,
};

/** Every object that can be synced alone. The order is that of the API document. */
export const individualTable: readonly IndividualEntry[] = [
  clusterEntry,
  {
    objectType: 'node',
    path: '/node',
    methods: ['GET'],
    required: ['cluster_name', 'node_name'],
    stage: devicesStage,
    kind: 'device',
    scope: 'cluster',
    isObject: ({ source }, { node_name }) => sameName(source?.node, node_name),
    resource: async ({ clusters }, { node_name }) =>
      clusters[0]?.view.nodes.find(({ name }) => sameName(name, node_name)) ?? null,
    notFound: ({ cluster_name, node_name }) => `Proxmox cluster "${cluster_name}" has no node "${node_name}".`,
  },
  machineEntry,
  {
    objectType: 'storage',
    path: '/storage',
    methods: ['GET'],
    required: ['cluster_name', 'storage_name'],
    stage: storageStage,
    kind: 'storage',
    scope: 'cluster',
    isObject: ({ source }, { storage_name }) => source?.name === storage_name,
    resource: storageResource,
    notFound: ({ cluster_name, storage_name }) => `Proxmox cluster "${cluster_name}" has no storage "${storage_name}".`,
  },
];

export function missingGuest({ cluster_name, type, vmid }: ObjectQuery): string {
  return `Proxmox cluster "${cluster_name}" has no ${type} guest with VMID ${vmid}.`;
}

/** The guest with its configuration, without secrets. */
export async function guestResource(run: RunContext): Promise<object | null> {
  const { guests } = await collectGuestList({ ...run, options: { ...run.options, netboxVmIds: null } });
  const [read] = await readConfigs(run, guests.slice(0, 1), 'virtual-machine');
  if (read === undefined) return null;
  const { vmid, name, node, type, status, maxcpu, maxmem, maxdisk } = read.resource;
  const config = read.config.status === 'read' ? withoutSecrets(read.config.config) : null;
  return { vmid, name, node, type, status, maxcpu, maxmem, maxdisk, config, proxmox_last_updated: run.now };
}

async function storageResource(run: RunContext, { storage_name }: ObjectQuery): Promise<object | null> {
  const [cluster] = run.clusters;
  if (cluster === undefined) return null;
  const rows = await readFromCluster(run, cluster, (session) => session.storages({ signal: run.signal }));
  const row = rows.find((one) => toText(one['storage']) === storage_name);
  return row === undefined ? null : withoutSecrets(row);
}
