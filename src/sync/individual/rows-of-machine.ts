/** The rows of the table for what hangs on a virtual machine. */
import { hostOf } from '../plan/address-ownership.js';
import { backupsStage } from '../stages/backups/index.js';
import { ipAddressesStage } from '../stages/ip-addresses/index.js';
import { replicationsStage } from '../stages/replications/index.js';
import { snapshotsStage } from '../stages/snapshots/index.js';
import { taskHistoryStage } from '../stages/task-history/index.js';
import { virtualDisksStage } from '../stages/virtual-disks/index.js';
import { vmInterfacesStage } from '../stages/vm-interfaces/index.js';
import { findReplication } from './find.js';
import { findAddress, findBackup, findDisk, findInterface, findSnapshot, findTask } from './find-of-guest.js';
import type { IndividualEntry, ObjectQuery } from './types.js';

const guestParams = ['cluster_name', 'node', 'type', 'vmid'] as const;

/** Keys of plans end with the name of the object. */
const endsWith = (key: string, ...names: readonly string[]): boolean => key.endsWith(`/${names.join('/')}`);
const ofGuest = ({ cluster_name, vmid }: ObjectQuery): string => `guest ${vmid} of "${cluster_name}"`;

export const backupEntry: IndividualEntry = {
  objectType: 'backup',
  path: '/backup',
  methods: ['GET', 'POST'],
  required: ['cluster_name', 'node', 'storage', 'vmid', 'volid'],
  stage: backupsStage,
  kind: 'backup',
  scope: 'machine',
  matches: ({ label }, { volid }) => label === volid,
  find: findBackup,
  notFound: (query) =>
    `Backup "${query.volid}" of ${ofGuest(query)} not found in Proxmox on storage "${query.storage}".`,
};

export const snapshotEntry: IndividualEntry = {
  objectType: 'snapshot',
  path: '/snapshot',
  methods: ['GET', 'POST'],
  required: [...guestParams, 'snapshot_name'],
  stage: snapshotsStage,
  kind: 'snapshot',
  scope: 'machine',
  matches: ({ key }, { snapshot_name }) => endsWith(key, snapshot_name),
  find: findSnapshot,
  notFound: (query) => `Snapshot "${query.snapshot_name}" of ${ofGuest(query)} not found in Proxmox.`,
};

export const taskHistoryEntry: IndividualEntry = {
  objectType: 'task_history',
  path: '/task-history',
  methods: ['GET'],
  required: ['node', 'type', 'vmid'],
  optional: ['cluster_name', 'upid'],
  stage: taskHistoryStage,
  kind: 'task-history',
  scope: 'machine',
  // A task whose UPID another machine has is skipped under a key of its own.
  matches: ({ key }, { upid }) => key === upid || key.endsWith(` ${upid}`),
  find: findTask,
  mayBeAbsent: ({ upid }) => upid === '',
  notFound: (query) => `Task "${query.upid}" of ${ofGuest(query)} not found in Proxmox.`,
};

export const interfaceEntry: IndividualEntry = {
  objectType: 'interface',
  path: '/interface',
  methods: ['GET', 'POST'],
  required: [...guestParams, 'interface_name'],
  stage: vmInterfacesStage,
  kind: 'vm-interface',
  scope: 'machine',
  matches: ({ key }, { interface_name }) => endsWith(key, interface_name),
  find: findInterface,
  notFound: (query) => `Interface "${query.interface_name}" of ${ofGuest(query)} not found in Proxmox.`,
};

export const addressEntry: IndividualEntry = {
  objectType: 'ip_address',
  path: '/ip',
  methods: ['GET', 'POST'],
  required: [...guestParams, 'ip_address'],
  optional: ['interface_name'],
  stage: ipAddressesStage,
  kind: 'ip-address',
  scope: 'machine',
  matches: ({ key }, { interface_name, ip_address }) => endsWith(key, interface_name, hostOf(ip_address)),
  find: findAddress,
  notFound: (query) => `Address ${query.ip_address} of ${ofGuest(query)} not found in Proxmox.`,
};

export const diskEntry: IndividualEntry = {
  objectType: 'virtual_disk',
  path: '/disk',
  methods: ['GET', 'POST'],
  required: [...guestParams, 'disk_name'],
  stage: virtualDisksStage,
  kind: 'virtual-disk',
  scope: 'machine',
  matches: ({ key }, { disk_name }) => endsWith(key, disk_name),
  find: findDisk,
  notFound: (query) => `Disk "${query.disk_name}" of ${ofGuest(query)} not found in Proxmox.`,
};

export const replicationEntry: IndividualEntry = {
  objectType: 'replication',
  path: '/replication',
  methods: ['GET', 'POST'],
  required: ['cluster_name', 'replication_id'],
  stage: replicationsStage,
  kind: 'replication',
  scope: 'machine',
  matches: ({ key }, { replication_id }) => endsWith(key, replication_id),
  find: findReplication,
  notFound: ({ replication_id }) => `Replication job ${replication_id} not found in Proxmox`,
};
