/**
 * What a sync does to NetBox, told as scenes and executed on the simulated and on the real NetBox: the service runs as it
 * is, the Proxmox clusters are simulated, and what NetBox holds afterwards is read with raw requests.
 */
import { describe } from 'vitest';
import { describeBackups } from './backups.js';
import { describeClusters } from './clusters.js';
import { describeDeviceNames } from './device-names.js';
import { describeFirstRun } from './first-run.js';
import { describeBackupRoutines, describeReplications } from './jobs.js';
import { describeNodeInterfaces } from './node-interfaces.js';
import { describeCloudInit, describeDefaultRoles } from './machine-extras.js';
import { describeOperatorEdits } from './operator-edits.js';
import { describeOrphanSweep } from './orphan-sweep.js';
import { describePreview } from './preview.js';
import { describeProxmoxChanges } from './proxmox-changes.js';
import { describeSdn } from './sdn.js';
import { describeSnapshots } from './snapshots.js';
import type { OpenTarget } from './target.js';
import { describeTaskHistory } from './task-history.js';
import { describeUpgrade } from './upgrade.js';
import { describeVirtualDisks } from './virtual-disks.js';
import { describeVmInterfaces } from './vm-interfaces.js';

/** On the real NetBox each group is a file of its own, so that two NetBoxes share the work. */
const groups = {
  edits: [describeFirstRun, describeOperatorEdits],
  changes: [describeProxmoxChanges, describeClusters, describeDeviceNames, describeCloudInit, describeDefaultRoles],
  archives: [
    describeBackups,
    describeSnapshots,
    describeTaskHistory,
    describeReplications,
    describeBackupRoutines,
    describeVirtualDisks,
    describeOrphanSweep,
  ],
  networks: [describeVmInterfaces, describeNodeInterfaces, describeUpgrade],
  sdn: [describeSdn],
  previews: [describePreview],
};
export type SceneGroup = keyof typeof groups;
export const sceneGroups = Object.keys(groups) as SceneGroup[];

export function describeSyncScenarios(name: string, openTarget: OpenTarget, group: SceneGroup): void {
  describe(`${name}: ${group}`, () => {
    for (const describeScenes of groups[group]) describeScenes(openTarget);
  });
}
