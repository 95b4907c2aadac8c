import { tagIds, relationId, toNumber } from '../../../netbox/records/compare.js';
import type { NetBoxRecord } from '../../../netbox/types.js';
import { readConfigs } from '../../collect/guest-config.js';
import { loadIfAllowed, loadRowsOf } from '../../collect/machine-rows.js';
import { collectRoster } from '../../collect/roster.js';
import { matchNics } from '../../plan/guest-nics.js';
import { bootstrapOnlyTag } from '../../plan/support-objects.js';
import type { RunContext } from '../../run-context.js';
import { objectKey, type Warning } from '../../types.js';
import { collectBridges } from './collect-bridges.js';
import { keptVlanNumbers, usableVlan } from './map-vlans.js';
import { changesMac, wantsMac } from './map-macs.js';
import { isOurs, matchStored, type NicMatch } from './map-match.js';
import { readNetworks } from './collect-networks.js';
import type { CollectedGuest, CollectedInterfaces } from './types.js';
import type { Roster } from '../../plan/roster.js';

/** Reads the guests' configurations and agents, and what NetBox has of their interfaces, in a few list requests. */
export async function collectInterfaces(run: RunContext): Promise<CollectedInterfaces> {
  const roster = await collectRoster(run);
  const warnings: Warning[] = [];
  const guests = await readGuests(run, roster, warnings);
  return {
    roster,
    guests,
    vlans: await loadVlans(run, guests, warnings),
    bridges: await collectBridges(run, { roster, guests }, warnings),
    guestRows: await loadGuestRows(run, guests, warnings),
    replacedMacs: await loadReplacedMacs(run, guests),
    freeMacs: await loadFreeMacs(run, guests, warnings),
    warnings,
  };
}

async function readGuests(run: RunContext, roster: Roster, warnings: Warning[]): Promise<readonly CollectedGuest[]> {
  const rows = await loadRowsOf(run, 'vm-interface', {
    filter: 'virtual_machine_id',
    of: roster.guests.map(({ virtualMachine }) => virtualMachine.id),
  });
  const rowsOf = groupBy(rows, 'virtual_machine');
  const read = await readConfigs(run, roster.guests, 'vm-interfaces');
  const networks = await readNetworks(run, read, warnings);
  const { strategy, useGuestAgentInterfaceName } = run.options.network;
  return read.map((guest, index) => {
    const network = networks[index];
    if (guest.config.status !== 'read') return { ...guest, network, matches: [] };
    const { nics } = matchNics(
      { config: guest.config.config, type: guest.resource.type },
      network?.status === 'told' ? network.interfaces : [],
      run.options.network,
    );
    const matches = matchStored(nics, rowsOf.get(guest.virtualMachine.id) ?? [], {
      proxboxTag: proxboxTagId(run),
      namesFromGuest: strategy === 'legacy_rename' && useGuestAgentInterfaceName,
    });
    return { ...guest, network, matches };
  });
}

function proxboxTagId({ supportIds }: Pick<RunContext, 'supportIds'>): number | undefined {
  return supportIds.get(objectKey('tag', 'proxbox'));
}

function groupBy(rows: readonly NetBoxRecord[], parent: string): ReadonlyMap<number, readonly NetBoxRecord[]> {
  const groups = new Map<number, NetBoxRecord[]>();
  for (const row of rows) {
    const id = relationId(row[parent]);
    if (id === null) continue;
    const group = groups.get(id) ?? [];
    group.push(row);
    groups.set(id, group);
  }
  return groups;
}

/** The VLANs with the numbers that devices have now and had before; the latter tell whether a VLAN was set by us. */
async function loadVlans(
  run: RunContext,
  guests: readonly CollectedGuest[],
  warnings: Warning[],
): Promise<readonly NetBoxRecord[] | undefined> {
  const matches = guests.flatMap((guest) => guest.matches);
  const wanted = matches.flatMap(({ nic }) => usableVlan(nic.device.tag) ?? []);
  const vids = [...new Set([...wanted, ...keptVlanNumbers(matches)])].sort((a, b) => a - b);
  const without = 'Interfaces are written without a VLAN.';
  return loadIfAllowed(run, warnings, { kind: 'vlan', without, code: 'vlan_unavailable' }, () =>
    vids.length > 100
      ? run.collections.load('vlan', {})
      : run.collections.load('vlan', {}, { filter: 'vid', of: vids }),
  );
}

async function loadGuestRows(
  run: RunContext,
  guests: readonly CollectedGuest[],
  warnings: Warning[],
): Promise<CollectedInterfaces['guestRows']> {
  if (run.options.network.strategy !== 'guest_os_model' || !run.capabilities.proxboxPlugin) return undefined;
  const of = guests.filter(({ network }) => network?.status === 'told').map(({ virtualMachine }) => virtualMachine.id);
  const without = 'What the guests report of their interfaces is not written.';
  const rows = await loadIfAllowed(run, warnings, { kind: 'guest-vm-interface', without }, () =>
    loadRowsOf(run, 'guest-vm-interface', { filter: 'virtual_machine_id', of }),
  );
  return rows === undefined ? undefined : groupBy(rows, 'virtual_machine');
}

/** The primary MAC address objects of interfaces whose MAC address changes: few, and read for this run. */
async function loadReplacedMacs(run: RunContext, guests: readonly CollectedGuest[]): Promise<readonly NetBoxRecord[]> {
  if (!wantsMac(run.options)) return [];
  const ids = guests
    .flatMap((guest) => guest.matches)
    .filter((match) => changesMac(match, run.options) && !isLeftAlone(match.current, run))
    .flatMap(({ current }) => relationId(current?.['primary_mac_address']) ?? [])
    .sort((a, b) => a - b);
  return run.collections.load('mac-address', {}, { filter: 'id', of: ids }, { fresh: true });
}

/** Interfaces that syncs in the mode `bootstrap_only` keep away from. */
function isLeftAlone(current: NetBoxRecord | undefined, run: RunContext): boolean {
  const tag = bootstrapOnlyTag(run.supportIds);
  if (run.options.modes.vm_interface !== 'bootstrap_only' || current === undefined || tag === undefined) return false;
  return tagIds(current['tags']).includes(tag);
}

/** Before NetBox 4.7 the MAC address object is made first, and taken over by the interface that is made after it. */
async function loadFreeMacs(
  run: RunContext,
  guests: readonly CollectedGuest[],
  warnings: Warning[],
): Promise<readonly NetBoxRecord[]> {
  if (run.capabilities.writableInterfaceMac || !wantsMac(run.options)) return [];
  const isNew = ({ nic, current }: NicMatch): boolean => current === undefined && nic.device.mac !== null;
  if (!guests.some(({ matches }) => matches.some(isNew))) return [];
  const without = 'Every new interface gets a new one.';
  const rows = await loadIfAllowed(run, warnings, { kind: 'mac-address', without }, () =>
    run.collections.load('mac-address', { assigned: false }, undefined, { fresh: true }),
  );
  return (rows ?? []).filter((row) => toNumber(row['assigned_object_id']) === null && isOurs(row, proxboxTagId(run)));
}
