/** The devices of the nodes with their interfaces, and which bridges are recorded. */
import type { RecordOf } from '../../../netbox/kinds/index.js';
import { loadDevices } from '../../collect/devices.js';
import { loadIfAllowed, loadRowsOf } from '../../collect/machine-rows.js';
import { nodeKey } from '../../plan/cluster-views.js';
import { chooseDevice } from '../../plan/choose-device.js';
import { siteScope } from '../../plan/netbox-cluster.js';
import type { RunContext } from '../../run-context.js';
import type { Warning } from '../../types.js';
import type { CollectedBridges, CollectedGuest } from './types.js';
import type { Roster } from '../../plan/roster.js';

/** undefined: nothing is to be recorded. */
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
  const states = new Map(rows.map((row) => [row.vm_interface ?? 0, row]));
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
): Promise<ReadonlyMap<string, RecordOf<'device'>>> {
  const without = 'The devices of nodes are recognised by their names and clusters alone.';
  const deviceStates = await loadIfAllowed(run, warnings, { kind: 'device-state', without }, () =>
    run.collections.load('device-state', {}),
  );
  // Of all clusters of the run: what the stages of devices and machines ask for as well, so that one request does for all.
  const views = roster.clusters.map(({ view }) => view);
  const devices = await loadDevices(run, views, { states: deviceStates ?? [], links: [] });
  const byNode = new Map<string, RecordOf<'device'>>();
  for (const { cluster, node } of guests) {
    const { view } = cluster;
    const key = nodeKey(view, node);
    if (byNode.has(key)) continue;
    const current = roster.netboxClusters.get(view.key);
    const device = chooseDevice(
      { view, current, site: current === undefined ? null : siteScope(current) },
      { name: node },
      {
        views,
        endpoints: run.endpoints,
        options: run.options,
        records: {
          hasPlugin: run.capabilities.proxboxPlugin && deviceStates !== undefined,
          devices,
          deviceStates: deviceStates ?? [],
          nodeLinks: [],
          pluginEndpoints: [],
        },
      },
    );
    if (device !== undefined) byNode.set(key, device);
  }
  return byNode;
}
