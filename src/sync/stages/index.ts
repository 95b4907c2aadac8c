/** Every stage with its place on the wire, and which of them a full update is made of. */
import type { SyncOptions } from '../plan/options.js';
import type { Stage } from '../stage.js';
import { type Outcome, isOutcomeOf } from '../types.js';
import { backupRoutinesStage } from './backup-routines/index.js';
import { backupsStage } from './backups/index.js';
import { devicesStage } from './devices/index.js';
import { ipAddressesStage } from './ip-addresses/index.js';
import { orphanSweepStage } from './orphan-sweep/index.js';
import { replicationsStage } from './replications/index.js';
import { snapshotsStage } from './snapshots/index.js';
import { nodeInterfacesStage } from './node-interfaces/index.js';
import { sdnStage } from './sdn/index.js';
import { storageStage } from './storage/index.js';
import { taskHistoryStage } from './task-history/index.js';
import { virtualDisksStage } from './virtual-disks/index.js';
import { virtualMachinesStage, virtualMachineStage } from './virtual-machines/index.js';
import { vmInterfacesStage } from './vm-interfaces/index.js';
import { interfaceRow } from './vm-interfaces/map.js';

/** A stage as a run of its own, with what the same run goes on with. */
export interface StageJob {
  readonly stage: Stage;
  readonly followUps?: (options: SyncOptions) => readonly Stage[];
}

/** One row per stage: its URL, and how its result is told. */
export interface StageEntry extends StageJob {
  /** JSON form; the stream is the same path with `/stream`. */
  readonly path: string;
  /** Key in the answer of a full update; its number is `<key>_count`. */
  readonly resultKey: string;
  /** How the JSON form and the full update tell what was done: the objects, or the counters. */
  readonly answer: 'objects' | 'counters';
  /** In a full update: absent: always. A stage with a condition is neither announced nor counted where it does not run. */
  readonly when?: (options: SyncOptions) => boolean;
  /** The path reads Proxmox in its JSON form: only the stream syncs. */
  readonly streamOnly?: boolean;
  /** An object of the JSON form; absent = the NetBox object. */
  readonly row?: (outcome: Outcome, all: readonly Outcome[]) => object;
  /** The same for one machine, whose NetBox id is in the path. */
  readonly machine?: StageJob & { readonly path: string; readonly streamOnly: boolean };
}

const vms = '/virtualization/virtual-machines';

/** One machine and what hangs on it. */
export const machineJob: StageJob = { stage: virtualMachineStage, followUps: (options) => afterMachines(options) };

/** The order of a full update, which is the order in which the plugin calls the stages. */
export const stageTable: readonly StageEntry[] = [
  { stage: devicesStage, path: '/dcim/devices/create', resultKey: 'devices', answer: 'objects' },
  {
    stage: storageStage,
    path: `${vms}/storage/create`,
    resultKey: 'storage',
    answer: 'objects',
    row: ({ label, id, status, source }) => ({
      id,
      name: label,
      cluster: source?.cluster ?? null,
      action: status,
    }),
  },
  {
    stage: virtualMachinesStage,
    path: `${vms}/create`,
    resultKey: 'virtual_machines',
    answer: 'objects',
    followUps: (options) => [...afterMachines(options), ...afterAllMachines(options)],
    machine: { ...machineJob, path: `${vms}/:netbox_vm_id/create`, streamOnly: false },
  },
  {
    stage: taskHistoryStage,
    path: `${vms}/task-history/create`,
    resultKey: 'task_history',
    answer: 'counters',
    streamOnly: true,
  },
  {
    stage: virtualDisksStage,
    path: `${vms}/virtual-disks/create`,
    resultKey: 'virtual_disks',
    answer: 'counters',
    machine: { stage: virtualDisksStage, path: `${vms}/:netbox_vm_id/virtual-disks/create`, streamOnly: true },
  },
  {
    stage: backupsStage,
    path: `${vms}/backups/all/create`,
    resultKey: 'backups',
    answer: 'objects',
    machine: { stage: backupsStage, path: `${vms}/:netbox_vm_id/backups/create`, streamOnly: true },
  },
  {
    stage: snapshotsStage,
    path: `${vms}/snapshots/all/create`,
    resultKey: 'snapshots',
    answer: 'counters',
    machine: { stage: snapshotsStage, path: `${vms}/:netbox_vm_id/snapshots/create`, streamOnly: true },
  },
  {
    stage: nodeInterfacesStage,
    path: '/dcim/devices/interfaces/create',
    resultKey: 'node_interfaces',
    answer: 'objects',
    row: nodeInterfaceRow,
  },
  {
    stage: vmInterfacesStage,
    path: `${vms}/interfaces/create`,
    resultKey: 'vm_interfaces',
    answer: 'objects',
    row: interfaceRow,
  },
  {
    stage: ipAddressesStage,
    path: `${vms}/interfaces/ip-address/create`,
    resultKey: 'vm_ip_addresses',
    answer: 'objects',
    row: ({ label, id }) => ({ ip_id: id, address: label }),
  },
  {
    stage: sdnStage,
    path: '/proxmox/sdn/create',
    resultKey: 'sdn',
    answer: 'counters',
    when: ({ modes }) => modes.sdn !== 'disabled',
  },
  {
    stage: replicationsStage,
    path: '/proxmox/replication',
    resultKey: 'replications',
    answer: 'counters',
    streamOnly: true,
  },
  {
    stage: backupRoutinesStage,
    path: '/proxmox/cluster/backup',
    resultKey: 'backup_routines',
    answer: 'counters',
    streamOnly: true,
  },
];

/** The sweep of orphans as a run of its own. */
export const sweepEntry: StageEntry = {
  stage: orphanSweepStage,
  path: `${vms}/orphans/sweep`,
  resultKey: 'orphan_sweep',
  answer: 'counters',
};

/** A stage as part of a full update. */
export type FullUpdateEntry = Pick<StageEntry, 'stage' | 'resultKey' | 'answer' | 'when'>;

/** Every stage of the table; the sweep of orphans comes last. */
export const fullUpdateStages: readonly FullUpdateEntry[] = [
  ...stageTable,
  {
    ...sweepEntry,
    when: ({ deleteOrphans, dryRun }) => deleteOrphans || dryRun,
  },
];

/** What a run of the machines alone goes on with: the plugin switches off what it calls as stages of their own. */
function afterMachines({ syncVmNetwork, syncTaskHistory, network }: SyncOptions): readonly Stage[] {
  return [
    ...(syncVmNetwork ? [vmInterfacesStage, ...(network.assignIps ? [ipAddressesStage] : []), virtualDisksStage] : []),
    ...(syncTaskHistory ? [taskHistoryStage] : []),
  ];
}

/** A job that calls stage by stage has no full update whose end could sweep; a selection cannot tell who is gone. */
function afterAllMachines({ deleteOrphans, netboxVmIds }: SyncOptions): readonly Stage[] {
  return deleteOrphans && netboxVmIds === null ? [orphanSweepStage] : [];
}

/** With the first address that is on the interface now. */
function nodeInterfaceRow({ id, source, label }: Outcome, all: readonly Outcome[]): object {
  const addresses = all.flatMap((outcome) => (isOutcomeOf(outcome, 'ip-address') ? (outcome.record ?? []) : []));
  const address = addresses.find(
    (row) => row.assigned_object_id === id && row.assigned_object_type === 'dcim.interface',
  );
  return {
    id,
    name: source?.name ?? label,
    ...(address === undefined ? {} : { ip_id: address.id, ip_address: address.address }),
  };
}
