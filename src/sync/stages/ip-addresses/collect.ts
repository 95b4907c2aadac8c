import { relationId, textOf } from '../../../netbox/records/compare.js';
import type { NetBoxRecord } from '../../../netbox/types.js';
import { readConfigs } from '../../collect/guest-config.js';
import { readGuestNetwork, readHostName } from '../../collect/guest-network.js';
import { loadOfMachines, loadRowsOf } from '../../collect/machine-rows.js';
import { collectRoster } from '../../collect/roster.js';
import { substep } from '../../events.js';
import { hostOf } from '../../plan/address-ownership.js';
import type { RunContext } from '../../run-context.js';
import type { AddressedGuest, CollectedAddresses } from './types.js';
import { wantedNics } from './map.js';
import type { HostName } from '../../guests.js';
import type { KnownGuest, Roster } from '../../plan/roster.js';

type Located = Omit<AddressedGuest, 'hostName'>;

/** Asks every guest once, and NetBox for what these addresses need: in lists, never address by address. */
export async function collectAddresses(run: RunContext): Promise<CollectedAddresses> {
  const roster = await collectRoster(run);
  const read = await readConfigs(run, roster.guests, 'vm-ip-addresses');
  const located = await askGuests(run, read);
  const unread = read.flatMap(({ config, ...guest }) =>
    config.status === 'read' ? [] : [{ guest, reason: config.reason }],
  );
  const interfaces = await loadOfMachines(run, 'vm-interface', roster.guests);
  const assigned = await loadAssigned(run, roster);
  const hasGuestTables = run.capabilities.proxboxPlugin && run.options.network.strategy === 'guest_os_model';
  const guestInterfaces = hasGuestTables ? await loadGuestInterfaces(run, located) : [];
  return {
    roster,
    guests: await nameGuests(run, located, { interfaces, assigned }),
    unread,
    interfaces,
    addresses: await withOthers(run, located, assigned),
    refused: run.collections.refusals(),
    guestInterfaces,
    guestAddresses: await loadRowsOf(run, 'guest-vm-interface-address', {
      filter: 'guest_interface_id',
      of: guestInterfaces.map(({ id }) => id),
    }),
  };
}

type Read = Awaited<ReturnType<typeof readConfigs<KnownGuest>>>[number];

async function askGuests(run: RunContext, guests: readonly Read[]): Promise<readonly Located[]> {
  let done = 0;
  const asked = guests.map(async ({ config, ...guest }): Promise<readonly Located[]> => {
    if (config.status !== 'read') return [];
    const network = await readGuestNetwork(run, guest, config.config);
    done += 1;
    if (done % 100 === 0)
      run.events.emit(substep('vm-ip-addresses', 'read_guests', `Asked ${done} of ${guests.length} guests.`));
    const interfaces = network.status === 'told' ? network.interfaces : null;
    const nics = wantedNics({ config: config.config, type: guest.resource.type }, interfaces, run.options.network);
    return [{ guest, config: config.config, network, nics }];
  });
  return (await Promise.all(asked)).flat();
}

/** Of the guests whose agent answered: the same question as that of the stage of interfaces, so it is asked once. */
function loadGuestInterfaces(run: RunContext, guests: readonly Located[]): Promise<readonly NetBoxRecord[]> {
  const told = guests.filter(({ guest, network }) => guest.resource.type === 'qemu' && network.status === 'told');
  return loadOfMachines(
    run,
    'guest-vm-interface',
    told.map(({ guest }) => guest),
  );
}

/** Of a whole estate: the addresses of all virtual machines, a page per thousand. */
async function loadAssigned(run: RunContext, { guests }: Roster): Promise<readonly NetBoxRecord[]> {
  if (run.options.netboxVmIds === null)
    return run.collections.load('ip-address', { assigned_object_type: 'virtualization.vminterface' }, undefined, {
      fresh: true,
    });
  const of = guests.map(({ virtualMachine }) => virtualMachine.id).sort((a, b) => a - b);
  return run.collections.load('ip-address', {}, { filter: 'virtual_machine_id', of }, { fresh: true });
}

/** Rows that have a wanted address and are not among the addresses of virtual machines: free ones, and those of others. */
async function withOthers(
  run: RunContext,
  guests: readonly Located[],
  assigned: readonly NetBoxRecord[],
): Promise<readonly NetBoxRecord[]> {
  const known = new Set(assigned.map((row) => hostOf(textOf(row['address']))));
  const wanted = guests.flatMap(({ nics }) =>
    nics.flatMap(({ addresses }) => addresses.map(({ address }) => hostOf(address))),
  );
  const unknown = [...new Set(wanted)].filter((host) => !known.has(host)).sort();
  const others = await run.collections.load('ip-address', {}, { filter: 'address', of: unknown }, { fresh: true });
  const seen = new Set(assigned.map(({ id }) => id));
  return [...assigned, ...others.filter(({ id }) => !seen.has(id))];
}

interface Stored {
  readonly interfaces: readonly NetBoxRecord[];
  readonly assigned: readonly NetBoxRecord[];
}

/**
 * The host name is a request of its own for each guest, so it is asked where an address has none yet, and of machines that
 * are synced by name. A guest that is renamed inside keeps the stored name until then.
 */
async function nameGuests(
  run: RunContext,
  guests: readonly Located[],
  { interfaces, assigned }: Stored,
): Promise<readonly AddressedGuest[]> {
  const machines = new Map(interfaces.map((row) => [row.id, relationId(row['virtual_machine'])]));
  const named = new Set(
    assigned
      .filter((row) => textOf(row['dns_name']) !== '')
      .map(
        (row) => `${machines.get(relationId(row['assigned_object_id']) ?? -1) ?? ''} ${hostOf(textOf(row['address']))}`,
      ),
  );
  const needsName = ({ guest, nics }: Located): boolean =>
    nics.some(({ addresses }) =>
      addresses.some(
        ({ address }) =>
          run.options.netboxVmIds !== null || !named.has(`${guest.virtualMachine.id} ${hostOf(address)}`),
      ),
    );
  const untold: HostName = { status: 'untold' };
  return Promise.all(
    guests.map(async (one) => ({
      ...one,
      hostName: needsName(one) ? await readHostName(run, one.guest, one.config) : untold,
    })),
  );
}
