/** The clusters and devices of the run, and whether there is nothing to make for machines that are to be synced. */
import type { RecordOf } from '../../netbox/kinds/index.js';
import { deviceNames } from '../plan/device-names.js';
import type { RunContext } from '../run-context.js';
import { loadDevicesByName } from './devices.js';
import { loadRemembered } from './netbox-clusters.js';

export interface SettledRecords {
  /** Those of the run that are remembered. */
  readonly clusters: readonly RecordOf<'cluster'>[];
  /** With the names of their nodes. */
  readonly devices: readonly RecordOf<'device'>[];
  /** Every cluster is remembered and placed in a site, and every node has exactly one device in it. */
  readonly isComplete: boolean;
}

export async function loadClustersAndDevices(run: RunContext): Promise<SettledRecords> {
  const views = run.clusters.map(({ view }) => view);
  const known = await loadRemembered(run, views);
  const devices = await loadDevicesByName(run, views);
  const isComplete = views.every((view) => {
    const cluster = known?.get(view.key);
    if (cluster === undefined || cluster.scope_type !== 'dcim.site') return false;
    const members = devices.filter((device) => device.cluster === cluster.id);
    return view.nodes.every((node) => {
      const names = deviceNames(view, node.name, run).known;
      return members.filter((device) => names.has(device.name.toLowerCase())).length === 1;
    });
  });
  return { clusters: [...(known?.values() ?? [])], devices, isComplete };
}

/** A run of selected machines that finds all their infrastructure reads nothing that is only needed to make some. */
export async function isSettled(run: RunContext): Promise<boolean> {
  return run.options.netboxVmIds !== null && (await loadClustersAndDevices(run)).isComplete;
}
