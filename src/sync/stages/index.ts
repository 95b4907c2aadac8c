import type { Stage } from '../stage.js';
import { devicesStage } from './devices/index.js';
import { storageStage } from './storage/index.js';
import { virtualMachinesStage } from './virtual-machines/index.js';

/** One row per stage: its URL, its keys in the answer of a full update, and the text of an unexpected failure. */
export interface StageEntry {
  readonly stage: Stage;
  /** JSON form; the stream is the same path with `/stream`. */
  readonly path: string;
  readonly resultKey: string;
  readonly failureMessage: string;
}

/** The order of a full update, which is the order in which the plugin calls the stages. */
export const stageTable: readonly StageEntry[] = [
  {
    stage: devicesStage,
    path: '/dcim/devices/create',
    resultKey: 'devices',
    failureMessage: 'Error while syncing nodes.',
  },
  {
    stage: storageStage,
    path: '/virtualization/virtual-machines/storage/create',
    resultKey: 'storage',
    failureMessage: 'Error while syncing storages.',
  },
  {
    stage: virtualMachinesStage,
    path: '/virtualization/virtual-machines/create',
    resultKey: 'virtual_machines',
    failureMessage: 'Error while syncing virtual machines.',
  },
];
