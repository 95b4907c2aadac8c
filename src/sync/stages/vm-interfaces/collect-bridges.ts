import { relationId, textOf } from '../../../netbox/records/compare.js';
import type { NetBoxRecord } from '../../../netbox/types.js';
import { loadDevices } from '../../collect/devices.js';
import { loadIfAllowed, loadRowsOf } from '../../collect/machine-rows.js';
import { nodeKey } from '../../plan/cluster-views.js';
import { chooseDevice } from '../../plan/choose-device.js';
import { chooseCluster, siteScope } from '../../plan/infrastructure.js';
import type { RunContext } from '../../run-context.js';
import type { Warning } from '../../types.js';
import type { CollectedBridges, CollectedGuest } from './types.js';
import type { Roster } from '../../plan/roster.js';

/** The devices of the nodes with their interfaces, and which bridges are recorded. undefined: nothing is to be recorded. */
export async function collectBridges(
  run: RunContext,
  { roster, guests }: { readonly roster: Roster; readonly guests: readonly CollectedGuest[] },
  warnings: Warning[],
): Promise<CollectedBridges | undefined> {
  const { capabilities, options } = run;
  if (!capabilities.proxboxPlugin || !options.overwrite.overwrite_vm_interface_custom_fields) return undefined;
  const matches = guests.flatMap((guest) => guest.matches);
  const without = 'The bridges of VM interfaces are not recorded.';
  const rows = await loadIfAllowed(run, warnings, { kind: 'vm-interface-state', without }, () =>
    loadRowsOf(run, 'vm-interface-state', {
      filter: 'vm_interface_id',
      of: matches.flatMap(({ current }) => current?.id ?? []),
    }),
  );
  if (rows === undefined) return undefined;
  const states = new Map(rows.map((row) => [relationId(row['vm_interface']) ?? 0, row]));
  if (!matches.some(({ nic }) => nic.device.bridge !== null)) return { devices: new Map(), interfaces: [], states };
  const devices = await findDevices(run, { roster, guests }, warnings);
  const interfaces = await loadIfAllowed(run, warnings, { kind: 'node-interface', without }, () =>
    run.collections.load(
      'node-interface',
      {},
      { filter: 'device_id', of: [...new Set([...devices.values()].map(({ id }) => id))].sort((a, b) => a - b) },
    ),
  );
  return interfaces === undefined ? undefined : { devices, interfaces, states };
}

/** The devices of the nodes that host the guests, recognised as the stage of devices does. */
async function findDevices(
  run: RunContext,
  { roster, guests }: { readonly roster: Roster; readonly guests: readonly CollectedGuest[] },
  warnings: Warning[],
): Promise<ReadonlyMap<string, NetBoxRecord>> {
  const without = 'The devices of nodes are recognised by their names and clusters alone.';
  const deviceStates = await loadIfAllowed(run, warnings, { kind: 'device-state', without }, () =>
    run.collections.load('device-state', {}),
  );
  // Of all clusters of the run: what the stages of devices and machines ask for as well, so that one request does for all.
  const views = roster.clusters.map(({ view }) => view);
  const devices = await loadDevices(run, views, deviceStates ?? []);
  const found = new Map<string, NetBoxRecord>();
  for (const { cluster, node } of guests) {
    const { view } = cluster;
    const key = nodeKey(view, node);
    if (found.has(key)) continue;
    const current = chooseCluster(
      roster.netboxClusters.filter((record) => textOf(record['name']) === view.name),
      view.owner.site.id,
    );
    const device = chooseDevice(
      { view, current, site: current === undefined ? null : siteScope(current) },
      { name: node },
      {
        views,
        endpoints: run.endpoints,
        options: run.options,
        records: { devices, deviceStates: deviceStates ?? [], nodeLinks: [], pluginEndpoints: [] },
      },
    );
    if (device !== undefined) found.set(key, device);
  }
  return found;
}
