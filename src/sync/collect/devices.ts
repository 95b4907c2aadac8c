/** The devices in NetBox that the nodes of a run may be. */
import type { RecordOf } from '../../netbox/kinds/index.js';
import type { ClusterView } from '../plan/cluster-views.js';
import { deviceNames } from '../plan/device-names.js';
import type { RunContext } from '../run-context.js';

/** The devices that are called as those of the nodes are, or may be. NetBox compares names without regard to case. */
export function loadDevicesByName(
  run: RunContext,
  views: readonly ClusterView[],
): Promise<readonly RecordOf<'device'>[]> {
  const names = views.flatMap((view) => view.nodes.flatMap(({ name }) => [...deviceNames(view, name, run).known]));
  return run.collections.load('device', {}, { filter: 'name', of: [...new Set(names)].sort() });
}

/**
 * The devices of nodes by name, and those that a sidecar or the plugin's row of a node gives to one of them, or to a host that is
 * called otherwise by now.
 */
export async function loadDevices(
  run: RunContext,
  views: readonly ClusterView[],
  {
    states,
    links,
  }: { readonly states: readonly RecordOf<'device-state'>[]; readonly links: readonly RecordOf<'node-link'>[] },
): Promise<readonly RecordOf<'device'>[]> {
  const named = await loadDevicesByName(run, views);
  const seen = new Set(named.map(({ id }) => id));
  const nodes = new Set(views.flatMap((view) => view.nodes.map(({ name }) => name.toLowerCase())));
  const hosts = new Set(views.flatMap(({ mode, endpointIds }) => (mode === 'standalone' ? endpointIds : [])));
  const renamed = states
    .filter(
      (state) => nodes.has(state.proxmox_node_name.toLowerCase()) || hosts.has(state.proxmox_endpoint_raw_id ?? -1),
    )
    .map((state) => state.device)
    .concat(links.map((link) => link.netbox_device))
    .filter((id) => id !== null)
    .filter((id) => !seen.has(id));
  const of = [...new Set(renamed)].sort((a, b) => a - b);
  return [...named, ...(await run.collections.load('device', {}, { filter: 'id', of }))];
}
