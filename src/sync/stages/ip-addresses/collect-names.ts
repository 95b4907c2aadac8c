/** What guests call themselves, and which names their addresses got in earlier runs: a name of ours follows the guest. */
import { breathe, mapInTurns } from '../../../config/breathe.js';
import type { RecordOf } from '../../../netbox/kinds/index.js';
import { readHostName } from '../../collect/guest-network.js';
import { hostOf, isShared } from '../../plan/address-ownership.js';
import { rememberedNames } from '../../plan/guest-names.js';
import type { HostName } from '../../guests.js';
import type { RememberedMachine } from '../../machine-memory.js';
import type { RunContext } from '../../run-context.js';
import type { LetGo } from './map-let-go.js';
import type { AddressedGuest } from './types.js';

export type Located = Omit<AddressedGuest, 'hostName' | 'formerNames'>;

interface Stored {
  readonly interfaces: readonly RecordOf<'vm-interface'>[];
  readonly assigned: readonly RecordOf<'ip-address'>[];
  readonly letGo: readonly LetGo<Located>[];
}

type Memory = ReadonlyMap<number, RememberedMachine>;

/** So many names are remembered of a guest. */
const manyNames = 8;
const unknown: RememberedMachine = { smbiosUuid: '', createdAt: '', missedRuns: 0 };

/**
 * The host name of a virtual machine is a request of its own for each, so it is asked where an address has none yet, where
 * one leaves with a name (which may be the guest's), of guests that were renamed in Proxmox, and of machines that are synced
 * by name. A guest that is renamed inside keeps the stored name until then. Containers tell theirs in the configuration.
 */
export async function nameGuests(
  run: RunContext,
  guests: readonly Located[],
  stored: Stored,
): Promise<readonly AddressedGuest[]> {
  await breathe();
  const memory = run.memory.recall() ?? new Map<number, RememberedMachine>();
  await breathe();
  const needsName = namelessIn(run, stored, memory);
  const untold: HostName = { status: 'untold' };
  const named = await mapInTurns(guests, async (one) => ({
    ...one,
    hostName: needsName(one) ? await readHostName(run, one.guest, one.config) : untold,
    formerNames: rememberedNames(memory.get(one.guest.virtualMachine.id)),
  }));
  await breathe();
  await run.memory.remember(newsOf(named, memory));
  return named;
}

function namelessIn(run: RunContext, { interfaces, assigned, letGo }: Stored, memory: Memory) {
  const machines = new Map(interfaces.map((row) => [row.id, row.virtual_machine]));
  const hosts = new Set(
    assigned
      .filter((row) => row.dns_name !== '')
      .map((row) => `${machines.get(row.assigned_object_id ?? -1) ?? ''} ${hostOf(row.address)}`),
  );
  const leaving = new Set(letGo.filter(({ row }) => row.dns_name !== '' && !isShared(row)).map(({ of }) => of));
  return (one: Located): boolean => {
    const { virtualMachine, resource } = one.guest;
    const addresses = one.nics.flatMap((nic) => nic.addresses);
    if (leaving.has(one) || (resource.type === 'lxc' && addresses.length > 0)) return true;
    const isAsked = run.options.netboxVmIds !== null || isRenamed(one, memory.get(virtualMachine.id));
    return addresses.some(({ address }) => isAsked || !hosts.has(`${virtualMachine.id} ${hostOf(address)}`));
  };
}

function isRenamed({ guest: { resource } }: Located, remembered: RememberedMachine | undefined): boolean {
  return remembered?.guestName !== undefined && resource.isDescribed && resource.name !== remembered.guestName;
}

/** Of guests that told what they are called, and, so that renaming shows, of those that nothing is remembered of. */
function newsOf(guests: readonly AddressedGuest[], memory: Memory): Memory {
  return new Map(
    guests.flatMap((one) => {
      const { virtualMachine, resource } = one.guest;
      const before = memory.get(virtualMachine.id) ?? unknown;
      const isSettled = one.hostName.status !== 'told' && before.guestName !== undefined;
      if (!resource.isDescribed || isSettled) return [];
      const told = one.hostName.status === 'told' ? one.hostName.name : null;
      const isKnown = told === null || before.hostNames?.includes(told) === true;
      if (isKnown && before.guestName === resource.name) return [];
      const hostNames = [...new Set([...one.formerNames, ...(told === null ? [] : [told])])].slice(-manyNames);
      return [[virtualMachine.id, { ...before, guestName: resource.name, hostNames }] as const];
    }),
  );
}
