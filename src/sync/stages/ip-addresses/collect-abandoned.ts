/** Addresses that a guest of the run wants and a machine beyond the run has no more. */
import type { RecordOf } from '../../../netbox/kinds/index.js';
import { findAbandoned, machinesOfRows, type HasLetGo } from '../../collect/abandoned-rows.js';
import { readGuestNetwork } from '../../collect/guest-network.js';
import { hostOf } from '../../plan/address-ownership.js';
import { guestLabel, type Roster } from '../../plan/roster.js';
import type { RunContext } from '../../run-context.js';
import { judgedNetwork, wantedNics } from './map.js';
import type { CollectedAddresses } from './types.js';

type Row = RecordOf<'ip-address'>;

/** By row: the machine that has it no more. */
export async function collectAbandoned(
  run: RunContext,
  roster: Roster,
  rows: readonly Row[],
): Promise<CollectedAddresses['abandoned']> {
  return machinesOfRows(
    run,
    await findAbandoned(run, roster, rows, { phase: 'vm-ip-addresses', hasLetGo: askGuest(run) }),
  );
}

function askGuest(run: RunContext): HasLetGo<Row> {
  return async (guest, config, { row, port }) => {
    const network = await readGuestNetwork(run, guest, config);
    if (network.status !== 'told') return false;
    const { resource } = guest;
    const nics = wantedNics({ config, type: resource.type }, network.interfaces, run.options.network);
    const nic = nics.find(({ name }) => name === port);
    if (nic === undefined || judgedNetwork(network, nics, guestLabel(resource)).status !== 'told') return false;
    return ![...nic.addresses, ...nic.unusable].some(({ address }) => hostOf(address) === hostOf(row.address));
  };
}
