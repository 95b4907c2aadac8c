/** Addresses in NetBox of machines whose guest has them no more, or is gone itself. */
import type { RecordOf } from '../../netbox/kinds/index.js';
import { hostOf, isShared } from '../plan/address-ownership.js';
import { judgedNetwork, unplacedHosts, wantedNics } from '../plan/guest-addresses.js';
import { rememberedNames, givenNames } from '../plan/guest-names.js';
import { guestLabel, type Roster } from '../plan/roster.js';
import type { RunContext } from '../run-context.js';
import { findAbandoned, machinesOfRows, type HasLetGo } from './abandoned-rows.js';
import { readGuestNetwork, readHostName } from './guest-network.js';

type Row = RecordOf<'ip-address'>;

/** The machine that has a row no more. */
export interface Abandoned {
  readonly machine: RecordOf<'virtual-machine'>;
  /** What its guest calls itself or did, in small letters: a DNS name among them is no operator's. */
  readonly names: ReadonlySet<string>;
}

interface Asking {
  readonly phase: string;
  /** Whether guests are asked; else only those count that are proven to be gone. */
  readonly asksLiving: boolean;
}

/** By id of the row. Asked are guests, and that about which NetBox is asked, only where somebody else wants their addresses. */
export async function collectAbandoned(
  run: RunContext,
  roster: Roster,
  rows: readonly Row[],
  { phase, asksLiving }: Asking,
): Promise<ReadonlyMap<number, Abandoned>> {
  const told = new Map<number, readonly string[]>();
  const hasLetGo = asksLiving ? askGuest(run, told) : undefined;
  const machines = await machinesOfRows(run, await findAbandoned(run, roster, rows, { phase, hasLetGo }));
  if (machines.size === 0) return new Map();
  const memory = run.memory.recall();
  return new Map(
    [...machines].map(([id, machine]) => {
      const names = [machine.name, ...rememberedNames(memory?.get(machine.id)), ...(told.get(machine.id) ?? [])];
      return [id, { machine, names: new Set(names.map((name) => name.toLowerCase())) }];
    }),
  );
}

/**
 * Leaves in `told` what the guest of a row with a DNS name is called. One that several share is let go by whoever does not
 * report it, also by a guest that is down.
 */
function askGuest(run: RunContext, told: Map<number, readonly string[]>): HasLetGo<Row> {
  return async (guest, config, { row, port, machine }) => {
    const network = await readGuestNetwork(run, guest, config);
    const { resource } = guest;
    const interfaces = network.status === 'told' ? network.interfaces : null;
    const nics = wantedNics({ config, type: resource.type }, interfaces, run.options.network);
    const nic = nics.find(({ name }) => name === port);
    const here = [...(nic?.addresses ?? []), ...(nic?.unusable ?? [])];
    if (here.some(({ address }) => hostOf(address) === hostOf(row.address))) return false;
    const isTold = nic !== undefined && judgedNetwork(network, nics, guestLabel(resource)).status === 'told';
    if (!isTold || unplacedHosts(network, nics).has(hostOf(row.address))) return isShared(row);
    if (row.dns_name !== '')
      told.set(machine, givenNames({ resource, config, hostName: await readHostName(run, guest, config) }));
    return true;
  };
}
