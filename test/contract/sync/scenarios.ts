/**
 * What a sync does to NetBox, told as scenes and executed on the simulated and on the real NetBox: the service runs as it
 * is, the Proxmox clusters are simulated, and what NetBox holds afterwards is read with raw requests.
 */
import { describe } from 'vitest';
import { describeClusters } from './clusters.js';
import { describeFirstRun } from './first-run.js';
import { describeCloudInit, describeDefaultRoles } from './machine-extras.js';
import { describeOperatorEdits } from './operator-edits.js';
import { describeProxmoxChanges } from './proxmox-changes.js';
import type { OpenTarget } from './target.js';
import { describeVirtualDisks } from './virtual-disks.js';

export function describeSyncScenarios(name: string, openTarget: OpenTarget): void {
  describe(name, () => {
    describeFirstRun(openTarget);
    describeOperatorEdits(openTarget);
    describeProxmoxChanges(openTarget);
    describeClusters(openTarget);
    describeVirtualDisks(openTarget);
    describeCloudInit(openTarget);
    describeDefaultRoles(openTarget);
  });
}
