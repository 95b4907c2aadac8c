/** Reads the guests' configurations and agents, and what NetBox has of their interfaces, in a few list requests. */
import { mapInTurns } from '../../../config/breathe.js';
import { readSomeConfigs } from '../../collect/guest-config.js';
import { machinesWithHidden } from '../../collect/hidden-rows.js';
import { loadIfAllowed, loadOfMachines, loadRowsOf, WarningLists } from '../../collect/machine-rows.js';
import { loadVlans, withHidden } from '../../collect/vlans.js';
import { collectRoster } from '../../collect/roster.js';
import { matchNics } from '../../plan/guest-nics.js';
import { proxboxTagId } from '../../plan/support-objects.js';
import { namedVlan, type StoredVlans } from '../../plan/vlans.js';
import type { RunContext } from '../../run-context.js';
import { type Warning } from '../../types.js';
import { collectBridges } from './collect-bridges.js';
import { collectMacs } from './collect-macs.js';
import { keptVlanNumbers, usableVlan } from './diff-vlans.js';
import { matchStored } from '../../plan/match-nics.js';
import { readNetworks } from './collect-networks.js';
import type { CollectedGuest, CollectedInterfaces } from './types.js';
import { type Roster, byMachine } from '../../plan/roster.js';

export async function collectInterfaces(run: RunContext): Promise<CollectedInterfaces> {
  const roster = await collectRoster(run);
  const warnings = new WarningLists();
  const guests = await readGuests(run, roster, warnings.next());
  const rows = guests.flatMap(({ interfaces }) => interfaces);
  const hidden = await machinesWithHidden(run, 'vm-interface', { guests, rows });
  const [vlans, bridges, guestRows, macs] = await Promise.all([
    collectVlans(run, guests, warnings.next()),
    collectBridges(run, { roster, guests }, warnings.next()),
    loadGuestRows(run, guests, warnings.next()),
    collectMacs(run, roster, { guests, warnings: warnings.next() }),
  ]);
  return { roster, guests, hidden, vlans, bridges, guestRows, ...macs, warnings: warnings.all() };
}

async function readGuests(run: RunContext, roster: Roster, warnings: Warning[]): Promise<readonly CollectedGuest[]> {
  const [rows, read] = await Promise.all([
    loadOfMachines(run, 'vm-interface', roster.guests),
    readSomeConfigs(run, roster.guests, 'vm-interfaces'),
  ]);
  const rowsOf = byMachine(rows);
  const networks = await readNetworks(run, read, warnings);
  const { strategy, useGuestAgentInterfaceName } = run.options.network;
  return mapInTurns(read, (guest, index) => {
    const network = networks[index];
    const interfaces = rowsOf.get(guest.virtualMachine.id) ?? [];
    if (guest.config.status !== 'read') return { ...guest, network, interfaces, matches: [] };
    const { nics } = matchNics(
      { config: guest.config.config, type: guest.resource.type },
      network?.status === 'told' ? network.interfaces : [],
      run.options.network,
    );
    const matches = matchStored(nics, interfaces, {
      proxboxTag: proxboxTagId(run.supportIds),
      namesFromGuest: strategy === 'legacy_rename' && useGuestAgentInterfaceName,
    });
    return { ...guest, network, interfaces, matches };
  });
}

/** The VLANs with the numbers that devices have now and had before; the latter tell whether a VLAN was set by us. */
async function collectVlans(
  run: RunContext,
  guests: readonly CollectedGuest[],
  warnings: Warning[],
): Promise<StoredVlans | undefined> {
  const matches = guests.flatMap((guest) => guest.matches);
  const wanted = matches.flatMap(({ nic }) => usableVlan(nic.device.tag) ?? []);
  const sites = guests.map(({ virtualMachine }) => virtualMachine.site);
  const numbers = [...wanted, ...keptVlanNumbers(matches)];
  const named = guests.flatMap(({ interfaces, virtualMachine: { site } }) =>
    interfaces.flatMap((port) => namedVlan(port, site)),
  );
  return withHidden(run, await loadVlans(run, warnings, numbers, sites), { numbers: wanted, named });
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
  return rows === undefined ? undefined : byMachine(rows);
}
