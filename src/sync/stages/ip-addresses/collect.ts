/** Asks every guest once, and NetBox for what these addresses need: in lists, never address by address. */
import { breathe, inTurns, mapInTurns } from '../../../config/breathe.js';
import type { RecordOf } from '../../../netbox/kinds/index.js';
import { collectAbandoned } from '../../collect/abandoned-addresses.js';
import { collectMarks } from '../../collect/address-marks.js';
import { readSomeConfigs } from '../../collect/guest-config.js';
import { readGuestNetwork } from '../../collect/guest-network.js';
import { loadOfMachines, loadRowsOf } from '../../collect/machine-rows.js';
import { collectRoster } from '../../collect/roster.js';
import { substep } from '../../events.js';
import { hostOf } from '../../plan/address-ownership.js';
import type { RunContext } from '../../run-context.js';
import { collectHidden } from './collect-hidden.js';
import { nameGuests, type Located } from './collect-names.js';
import { withOthers } from './collect-others.js';
import { collectFromNodes } from './collect-nodes.js';
import type { CollectedAddresses, GuestPorts } from './types.js';
import { judgedNetwork, wantedNics } from '../../plan/guest-addresses.js';
import { letGoRows, withPorts, type LetGo } from './map-let-go.js';
import { byMachine, machineName, type KnownGuest, type Roster } from '../../plan/roster.js';

export async function collectAddresses(run: RunContext): Promise<CollectedAddresses> {
  const roster = await collectRoster(run);
  const [read, interfaces, assigned] = await Promise.all([
    readSomeConfigs(run, roster.guests, 'vm-ip-addresses'),
    loadOfMachines(run, 'vm-interface', roster.guests),
    loadAssigned(run, roster),
  ]);
  const located = await askGuests(run, read);
  const unread = read.flatMap(({ config, ...guest }) =>
    config.status === 'read' ? [] : [{ guest, reason: config.reason }],
  );
  await breathe();
  const wanted = await wantedHosts(located);
  const [addresses, inside] = await Promise.all([withOthers(run, wanted, assigned), loadGuestTables(run, located)]);
  const rowsOf = byMachine(interfaces);
  const ports = await mapInTurns(located, (one) => withPorts(one, rowsOf.get(one.guest.virtualMachine.id) ?? []));
  const hidden = await collectHidden(run, ports, {
    addresses,
    guestAddresses: inside.guestAddresses,
    virtualMachines: roster.virtualMachines,
  });
  const letGo = await inTurns(letGoRows(ports, addresses, run.supportIds), run.signal);
  const contested = await contestedRows(ports, addresses, letGo);
  const abandoned = await collectAbandoned(run, roster, contested, {
    phase: 'vm-ip-addresses',
    asksLiving: run.options.netboxVmIds !== null,
  });
  const ofNodes = await collectFromNodes(run, {
    left: letGo.filter(({ row, mayGo }) => mayGo && !wanted.has(hostOf(row.address))).map(({ row }) => row),
    contested: contested.filter((row) => row.assigned_object_type === 'dcim.interface'),
  });
  const mayMove = new Set([...letGo.map(({ row }) => row.id), ...abandoned.keys(), ...ofNodes.letGo.keys()]);
  const [guests, marks, guestAddresses] = await Promise.all([
    nameGuests(run, located, { interfaces, assigned, letGo }),
    collectMarks(
      run,
      letGo,
      addresses.filter(
        (row) => wanted.has(hostOf(row.address)) && (row.assigned_object_id === null || mayMove.has(row.id)),
      ),
    ),
    withLinksOf(run, inside.guestAddresses, [...abandoned.keys(), ...unlinked(letGo, inside.guestInterfaces)]),
  ]);
  return {
    roster,
    guests,
    unread,
    interfaces,
    addresses,
    hidden,
    abandoned,
    ofNodes,
    marks,
    refused: run.collections.refusals,
    guestInterfaces: inside.guestInterfaces,
    guestAddresses,
  };
}

/** Rows with an address that a guest wants and does not have, on interfaces of machines that this run does not sync, or of devices. */
async function contestedRows(
  ports: readonly GuestPorts<Located>[],
  addresses: readonly RecordOf<'ip-address'>[],
  letGo: readonly LetGo<Located>[],
): Promise<readonly RecordOf<'ip-address'>[]> {
  const holders = new Map(ports.flatMap((guest) => guest.ports.map(({ row }) => [row.id, guest] as const)));
  const holderOf = (row: RecordOf<'ip-address'>) =>
    row.assigned_object_type === 'virtualization.vminterface' ? holders.get(row.assigned_object_id ?? -1) : undefined;
  await breathe();
  const has = new Set(addresses.map((row) => `${holderOf(row)?.one.guest.key ?? ''} ${hostOf(row.address)}`));
  await breathe();
  const moves = new Set(letGo.map(({ row }) => hostOf(row.address)));
  const missing = await mapInTurns(ports, ({ one }) =>
    hostsOf(one).filter((host) => !has.has(`${one.guest.key} ${host}`) && !moves.has(host)),
  );
  const wanted = new Set(missing.flat());
  await breathe();
  return addresses.filter(
    (row) => row.assigned_object_id !== null && holderOf(row) === undefined && wanted.has(hostOf(row.address)),
  );
}

/** What the plugin keeps about the interfaces inside the guests, and which of them have which addresses. */
async function loadGuestTables(
  run: RunContext,
  located: readonly Located[],
): Promise<Pick<CollectedAddresses, 'guestInterfaces' | 'guestAddresses'>> {
  if (!run.capabilities.proxboxPlugin) return { guestInterfaces: [], guestAddresses: [] };
  const isModelled = run.options.network.strategy === 'guest_os_model';
  const guestInterfaces = isModelled ? await loadGuestInterfaces(run, located) : [];
  const guestAddresses = await loadRowsOf(run, 'guest-vm-interface-address', {
    filter: 'guest_interface_id',
    of: guestInterfaces.map(({ id }) => id),
  });
  return { guestInterfaces, guestAddresses };
}

/** Rows that guests let go of whose agents were not asked for interfaces in this run: an earlier one may have been. */
function unlinked(
  letGo: readonly LetGo<Located>[],
  guestInterfaces: CollectedAddresses['guestInterfaces'],
): readonly number[] {
  const known = new Set(guestInterfaces.map((row) => row.virtual_machine));
  return letGo.flatMap(({ row, of }) => (known.has(of.guest.virtualMachine.id) ? [] : [row.id]));
}

/** With what it keeps about further addresses: NetBox lets none go that a row of the plugin names. */
async function withLinksOf(
  run: RunContext,
  ofGuests: CollectedAddresses['guestAddresses'],
  addresses: readonly number[],
): Promise<CollectedAddresses['guestAddresses']> {
  if (!run.capabilities.proxboxPlugin) return ofGuests;
  const of = [...new Set(addresses)].sort((a, b) => a - b);
  const ofOthers = await run.collections.load('guest-vm-interface-address', {}, { filter: 'ip_address_id', of });
  const seen = new Set(ofGuests.map(({ id }) => id));
  return [...ofGuests, ...ofOthers.filter(({ id }) => !seen.has(id))];
}

type Read = Awaited<ReturnType<typeof readSomeConfigs<KnownGuest>>>[number];

async function askGuests(run: RunContext, guests: readonly Read[]): Promise<readonly Located[]> {
  let done = 0;
  const asked = await mapInTurns(guests, async ({ config, ...guest }): Promise<readonly Located[]> => {
    if (config.status !== 'read') return [];
    const network = await readGuestNetwork(run, guest, config.config);
    done += 1;
    if (done % 100 === 0)
      run.events.emit(substep('vm-ip-addresses', 'read_guests', `Asked ${done} of ${guests.length} guests.`));
    const interfaces = network.status === 'told' ? network.interfaces : null;
    const nics = wantedNics({ config: config.config, type: guest.resource.type }, interfaces, run.options.network);
    return [{ guest, config: config.config, network: judgedNetwork(network, nics, machineName(guest)), nics }];
  });
  return asked.flat();
}

/** Of the guests whose agent answered: the same question as that of the stage of interfaces, so it is asked once. */
function loadGuestInterfaces(
  run: RunContext,
  guests: readonly Located[],
): Promise<readonly RecordOf<'guest-vm-interface'>[]> {
  const told = guests.filter(({ guest, network }) => guest.resource.type === 'qemu' && network.status === 'told');
  return loadOfMachines(
    run,
    'guest-vm-interface',
    told.map(({ guest }) => guest),
  );
}

/** Of a whole estate: the addresses of all virtual machines, a page per thousand. */
async function loadAssigned(run: RunContext, { guests }: Roster): Promise<readonly RecordOf<'ip-address'>[]> {
  if (run.options.netboxVmIds === null)
    return run.collections.load('ip-address', { assigned_object_type: 'virtualization.vminterface' }, undefined, {
      fresh: true,
    });
  const of = guests.map(({ virtualMachine }) => virtualMachine.id).sort((a, b) => a - b);
  return run.collections.load('ip-address', {}, { filter: 'virtual_machine_id', of }, { fresh: true });
}

function hostsOf({ nics }: Located): readonly string[] {
  return nics.flatMap(({ addresses }) => addresses.map(({ address }) => hostOf(address)));
}

async function wantedHosts(guests: readonly Located[]): Promise<ReadonlySet<string>> {
  return new Set((await mapInTurns(guests, hostsOf)).flat());
}
