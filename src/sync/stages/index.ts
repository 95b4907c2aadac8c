import { contentType, relationId } from '../../netbox/records/compare.js';
import type { SyncOptions } from '../plan/options.js';
import type { Stage } from '../stage.js';
import type { Outcome } from '../types.js';
import { devicesStage } from './devices/index.js';
import { nodeInterfacesStage } from './node-interfaces/index.js';
import { storageStage } from './storage/index.js';
import { virtualMachinesStage, virtualMachineStage } from './virtual-machines/index.js';

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
  /** The path reads Proxmox in its JSON form: only the stream syncs. */
  readonly streamOnly?: boolean;
  /** An object of the JSON form; absent = the NetBox object. */
  readonly row?: (outcome: Outcome, all: readonly Outcome[]) => object;
  /** The same for one machine, whose NetBox id is in the path. */
  readonly machine?: StageJob & { readonly path: string; readonly streamOnly: boolean };
}

const vms = '/virtualization/virtual-machines';

/** The order of a full update, which is the order in which the plugin calls the stages. */
export const stageTable: readonly StageEntry[] = [
  { stage: devicesStage, path: '/dcim/devices/create', resultKey: 'devices', answer: 'objects' },
  {
    stage: storageStage,
    path: `${vms}/storage/create`,
    resultKey: 'storage',
    answer: 'objects',
    row: ({ label, record, status, source }) => ({
      id: record?.id,
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
    followUps: afterMachines,
    machine: {
      stage: virtualMachineStage,
      followUps: afterMachines,
      path: `${vms}/:netbox_vm_id/create`,
      streamOnly: false,
    },
  },
  {
    stage: nodeInterfacesStage,
    path: '/dcim/devices/interfaces/create',
    resultKey: 'node_interfaces',
    answer: 'objects',
    row: nodeInterfaceRow,
  },
];

/** Every stage of the table; the sweep of orphans comes last. */
export const fullUpdateStages: readonly StageEntry[] = stageTable;

/** What a run of the machines alone goes on with: the plugin switches off what it calls as stages of their own. */
function afterMachines(_options: SyncOptions): readonly Stage[] {
  return [];
}

/** With the first address that is on the interface now. */
function nodeInterfaceRow({ record, source, label }: Outcome, all: readonly Outcome[]): object {
  const address = all.find(
    (outcome) =>
      outcome.kind === 'ip-address' &&
      record !== undefined &&
      relationId(outcome.record?.['assigned_object_id']) === record.id &&
      contentType(outcome.record?.['assigned_object_type']) === 'dcim.interface',
  );
  return {
    id: record?.id,
    name: source?.name ?? label,
    ...(address?.record === undefined ? {} : { ip_id: address.record.id, ip_address: address.record['address'] }),
  };
}
