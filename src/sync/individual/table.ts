/** The table of objects that can be synced alone. */
import { devicesStage } from '../stages/devices/index.js';
import { storageStage } from '../stages/storage/index.js';
import { virtualMachineStage } from '../stages/virtual-machines/index.js';
import { backupRoutinesStage } from '../stages/backup-routines/index.js';
import { findGuest, findRoutines, findStorage, missingGuest } from './find.js';
import {
  addressEntry,
  backupEntry,
  diskEntry,
  interfaceEntry,
  replicationEntry,
  snapshotEntry,
  taskHistoryEntry,
} from './rows-of-machine.js';
import type { IndividualEntry } from './types.js';

const sameName = (a: string | undefined, b: string): boolean => a?.toLowerCase() === b.toLowerCase();

export const clusterEntry: IndividualEntry = {
  objectType: 'cluster',
  path: '/cluster',
  methods: ['GET'],
  required: ['cluster_name'],
  stage: devicesStage,
  kind: 'cluster',
  scope: 'cluster',
  matches: ({ source }, query) => sameName(source?.cluster, query.cluster_name),
  find: async ({ clusters }) => {
    const view = clusters[0]?.view;
    if (view === undefined) return null;
    const nodes = view.nodes.map(({ name, online, ip }) => ({ name, online, ip }));
    return { resource: { name: view.name, mode: view.mode, nodes } };
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
  also: ['freed-name'],
  matches: ({ source }, { type, vmid }) => source?.vmid === vmid && (type === '' || source.type === type),
  find: findGuest,
  notFound: missingGuest,
};

export const storageEntry: IndividualEntry = {
  objectType: 'storage',
  path: '/storage',
  methods: ['GET'],
  required: ['cluster_name', 'storage_name'],
  stage: storageStage,
  kind: 'storage',
  scope: 'cluster',
  matches: ({ source }, { storage_name }) => source?.name === storage_name,
  find: findStorage,
  notFound: ({ cluster_name, storage_name }) => `Proxmox cluster "${cluster_name}" has no storage "${storage_name}".`,
};

const routineEntry: IndividualEntry = {
  objectType: 'backup_routine',
  path: '/backup-routines',
  methods: ['GET', 'POST'],
  required: ['cluster_name'],
  optional: ['job_id'],
  stage: backupRoutinesStage,
  kind: 'backup-routine',
  scope: 'cluster',
  // Rows whose job is gone are marked by the stage, not here.
  matches: ({ key, label }, { job_id }) => !key.startsWith('stale ') && (job_id === '' || label === job_id),
  find: findRoutines,
  isWhole: ({ job_id }) => job_id === '',
  notFound: ({ job_id }) => `Backup routine ${job_id} not found in Proxmox`,
};

/** The order is that of the API document. */
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
    matches: ({ source }, { node_name }) => sameName(source?.node, node_name),
    find: async ({ clusters }, { node_name }) => {
      const resource = clusters[0]?.view.nodes.find(({ name }) => sameName(name, node_name));
      return resource === undefined ? null : { resource };
    },
    notFound: ({ cluster_name, node_name }) => `Proxmox cluster "${cluster_name}" has no node "${node_name}".`,
  },
  machineEntry,
  storageEntry,
  backupEntry,
  snapshotEntry,
  taskHistoryEntry,
  interfaceEntry,
  addressEntry,
  diskEntry,
  replicationEntry,
  routineEntry,
];
