/** NetBox's own objects that stand for networks of Proxmox: those that are wanted, in few list requests. */
import { loadRowsOf } from '../../collect/machine-rows.js';
import type { RunContext } from '../../run-context.js';
import { networkOf, overlayVnets, textsIn } from './map-l2vpn.js';
import type { SdnCluster, StoredCore, StoredSdn } from './types.js';

export const noCore: StoredCore = { l2vpns: [], targets: [], prefixes: [], terminations: new Map() };

export async function loadCore(
  run: RunContext,
  clusters: readonly Omit<SdnCluster, 'shown'>[],
  stored: StoredSdn,
): Promise<StoredCore> {
  const owned = clusters.filter(({ pluginEndpointId }) => pluginEndpointId !== null);
  const hasL2vpns =
    owned.some(({ lists }) => overlayVnets(lists).length > 0) ||
    stored['sdn-vnet'].some((row) => row.l2vpn !== null) ||
    stored['sdn-binding'].some((row) => row.source_type === 'vnet' && row.status !== 'stale');
  const targets = [
    ...owned.flatMap(({ lists }) => (lists.zones ?? []).flatMap(({ rtImport }) => rtImport)),
    // What a zone no longer imports is taken off.
    ...stored['sdn-zone'].flatMap((row) => textsIn(row.rt_import)),
  ];
  const prefixes = owned.flatMap(({ lists }) => lists.subnets.flatMap(({ cidr }) => networkOf(cidr) ?? []));
  const interfaces = owned.flatMap(({ guests }) => guests.nics.flatMap(({ current }) => current?.id ?? []));
  const [l2vpnRows, targetRows, prefixRows, terminationRows] = await Promise.all([
    hasL2vpns ? run.collections.load('l2vpn', {}) : [],
    run.collections.load('route-target', {}, { filter: 'name', of: [...new Set(targets)].sort() }),
    run.collections.load('prefix', {}, { filter: 'prefix', of: [...new Set(prefixes)].sort() }),
    loadRowsOf(run, 'l2vpn-termination', { filter: 'assigned_object_id', of: interfaces }),
  ]);
  const ofMachines = terminationRows.filter((row) => row.assigned_object_type === 'virtualization.vminterface');
  return {
    l2vpns: l2vpnRows,
    targets: targetRows,
    prefixes: prefixRows,
    terminations: new Map(ofMachines.map((row) => [row.assigned_object_id ?? 0, row])),
  };
}
