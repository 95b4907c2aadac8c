import { relationId, textOf } from '../../netbox/records/compare.js';
import type { NetBoxRecord } from '../../netbox/types.js';
import { deviceNames } from '../plan/device-names.js';
import type { RunContext } from '../run-context.js';
import { loadDevicesByName } from './devices.js';

export interface SettledRecords {
  /** With the names of the run's clusters. */
  readonly clusters: readonly NetBoxRecord[];
  /** With the names of their nodes. */
  readonly devices: readonly NetBoxRecord[];
  /** Every cluster is there exactly once and placed in a site, and every node has exactly one device in it. */
  readonly isComplete: boolean;
}

/** The clusters and devices of the run, and whether there is nothing to make for machines that are to be synced. */
export async function loadClustersAndDevices(run: RunContext): Promise<SettledRecords> {
  const views = run.clusters.map(({ view }) => view);
  const names = unique(views.map(({ name }) => name));
  const clusters = await run.collections.load('cluster', {}, { filter: 'name', of: names });
  const devices = await loadDevicesByName(run, views);
  const isComplete = views.every((view) => {
    const { name, nodes } = view;
    const named = clusters.filter((record) => textOf(record['name']) === name);
    const [cluster] = named;
    if (cluster === undefined || named.length > 1 || textOf(cluster['scope_type']) !== 'dcim.site') return false;
    const members = devices.filter((device) => relationId(device['cluster']) === cluster.id);
    return nodes.every((node) => {
      const { known } = deviceNames(view, node.name, run);
      return members.filter((device) => known.has(textOf(device['name']).toLowerCase())).length === 1;
    });
  });
  return { clusters, devices, isComplete };
}

/** A run of selected machines that finds all their infrastructure reads nothing that is only needed to make some. */
export async function isSettled(run: RunContext): Promise<boolean> {
  return run.options.netboxVmIds !== null && (await loadClustersAndDevices(run)).isComplete;
}

function unique(values: readonly string[]): readonly string[] {
  return [...new Set(values)].sort();
}
