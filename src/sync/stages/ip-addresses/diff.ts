/** Every address of every guest against what NetBox has. Pure. */
import type { Steps } from '../../../config/breathe.js';
import type { RecordOf } from '../../../netbox/kinds/index.js';
import { claimOf, termsOf, unnotedReason } from '../../plan/address-claims.js';
import { AddressOwnership, hostOf, hostOn } from '../../plan/address-ownership.js';
import { addressRules, isPlaced, refusalOf, unusableReason } from '../../plan/address-rules.js';
import type { KnownIds } from '../../plan/diff-object.js';
import type { SyncOptions } from '../../plan/options.js';
import type { Learnt } from '../../plan/ownership.js';
import { PlanBuilder } from '../../plan/plan-builder.js';
import { bootstrapOnlyTag, proxboxTag } from '../../plan/support-objects.js';
import { objectKey, type FieldsOf, type Plan, type Reason, type SourceRef } from '../../types.js';
import { indexGuestTables, planGuestAddresses, type GuestTables } from './diff-guest-addresses.js';
import { Moves } from './diff-moves.js';
import { planNodePrimaries } from './diff-node-primaries.js';
import { planUnclaimed } from './diff-unclaimed.js';
import { nameless, type WantedAddress, type WantedNic } from '../../plan/guest-addresses.js';
import { letGoRows, withPorts, type LetGo } from './map-let-go.js';
import { planPrimaryAddresses } from './diff-primary.js';
import type { AddressedGuest, CollectedAddresses, GuestPorts, PlacedAddress, Port } from './types.js';
import { machineMode, machineName, planRoster, byMachine, type KnownGuest } from '../../plan/roster.js';

export interface AddressPlanInput {
  readonly options: SyncOptions;
  readonly supportIds: KnownIds;
  readonly learnt?: Learnt | undefined;
}

interface AddressContext extends AddressPlanInput {
  readonly ownership: AddressOwnership;
  readonly moves: Moves;
  readonly tables: GuestTables;
  readonly hidden: CollectedAddresses['hidden'];
  readonly marks: CollectedAddresses['marks'];
}

/**
 * An address of the interface stays; one that another interface lets go moves here, a free one is taken, and what somebody
 * else has is left alone. What nobody takes goes if it is ours, and is given back if it is not.
 */
export function* planAddresses(collected: CollectedAddresses, input: AddressPlanInput): Steps<Plan> {
  const { supportIds, options, learnt } = input;
  const tag = bootstrapOnlyTag(supportIds);
  const builder = new PlanBuilder({ known: supportIds, bootstrapOnlyTag: tag, learnt });
  planRoster(builder, collected.roster);
  for (const warning of collected.marks.warnings) builder.warn(warning);
  for (const { guest, reason } of collected.unread)
    builder.note({ ...reason, label: machineName(guest), source: guest.source });
  const interfaces = byMachine(collected.interfaces);
  const guests = [...collected.guests]
    .sort((a, b) => inOrder(a.guest.source, b.guest.source))
    .map((one) => withPorts(one, interfaces.get(one.guest.virtualMachine.id) ?? []));
  yield;
  const letGo = yield* letGoRows(guests, collected.addresses, supportIds);
  const ownership = new AddressOwnership(collected.addresses, {
    letGo: new Set([
      ...letGo.map(({ row }) => row.id),
      ...collected.abandoned.keys(),
      ...collected.ofNodes.letGo.keys(),
    ]),
    refused: collected.refused,
  });
  const moves = new Moves(collected, letGo);
  const { hidden, marks } = collected;
  const context = { ...input, ownership, moves, hidden, marks, tables: indexGuestTables(collected) };
  const placed: (readonly PlacedAddress[])[] = [];
  for (const guest of guests) {
    placed.push(planGuest(builder, guest, context));
    yield;
  }
  const passedOn = planUnclaimed(
    builder,
    letGo.filter(({ row, mayGo }) => mayGo && !ownership.isTaken(row)),
    { marks: collected.marks, nodes: collected.ofNodes.wanted, farewell: moves, ...input },
  );
  for (const one of letGo) if (one.isUntold && !ownership.isTaken(one.row)) tellUntold(builder, one);
  moves.plan(builder);
  planNodePrimaries(builder, collected.ofNodes.concerned, { passedOn, moves, network: options.network });
  for (const [index, { one }] of guests.entries()) {
    planPrimaryAddresses(builder, one.guest, placed[index] ?? [], {
      gone: moves.leaving,
      mode: machineMode(one.guest.resource, options),
    });
    yield;
  }
  return builder.build('vm-ip-addresses');
}

/** The order in which claims on one address count: endpoint, then VMID. */
function inOrder(a: SourceRef, b: SourceRef): number {
  return a.endpointId - b.endpointId || (a.vmid ?? 0) - (b.vmid ?? 0);
}

function planGuest(builder: PlanBuilder, guest: GuestPorts, context: AddressContext): readonly PlacedAddress[] {
  tellWhy(builder, guest);
  const placed = guest.ports.flatMap((port) => planPort(builder, guest.one, port, context));
  context.moves.keepLinks(planGuestAddresses(builder, guest.one, placed, context.tables));
  return placed;
}

function planPort(
  builder: PlanBuilder,
  one: AddressedGuest,
  { row, nic }: Port,
  context: AddressContext,
): readonly PlacedAddress[] {
  const label = `"${row.name}" of "${machineName(one.guest)}"`;
  for (const { address, why } of nic?.unusable ?? []) {
    builder.discovered('ip-address', 1);
    builder.skip(subjectOf(one.guest, row.name, address), unusableReason(address, label, why));
  }
  const wantedHere = nic?.addresses ?? [];
  return wantedHere.flatMap((wanted) => planAddress(builder, one, { row, label, wanted }, context));
}

interface Place {
  readonly row: RecordOf<'vm-interface'>;
  readonly label: string;
  readonly wanted: WantedAddress;
}

function planAddress(
  builder: PlanBuilder,
  one: AddressedGuest,
  { row, label, wanted }: Place,
  context: AddressContext,
): readonly PlacedAddress[] {
  const { ownership, moves, options, supportIds, hidden } = context;
  const { resource, source } = one.guest;
  const subject = subjectOf(one.guest, row.name, wanted.address);
  builder.discovered('ip-address', 1);
  const port = { type: 'virtualization.vminterface', id: row.id } as const;
  const decision = ownership.decide(wanted.address, {
    ...port,
    label,
    planned: objectKey('ip-address', subject.key),
    ...(resource.isDescribed ? { guestName: resource.name } : {}),
  });
  const isHidden = hidden.has(hostOn(one.guest.virtualMachine.id, wanted.address));
  const refusal = isHidden
    ? hiddenReason(wanted.address, label)
    : (refusalOf(decision, label) ?? unnotedReason(decision, label, context));
  if (refusal !== undefined) {
    builder.skip(subject, refusal);
    return [];
  }
  const claim = claimOf(decision, { key: subject.key, label, port, source }, context);
  const action = builder.add(
    {
      ...subject,
      fields: addressFields(wanted, row.id, one),
      rules: addressRules(options, decision, supportIds, moves.namesOf(decision, one)),
      ...termsOf(decision, claim, moves.mustGoFirst(decision, one.guest)),
    },
    'record' in decision ? decision.record : undefined,
    { mode: options.modes.ip_address },
  );
  if (action === 'update') moves.taken(builder, decision, { key: subject.key, label, guest: one.guest, claim });
  if (decision.action === 'reuse' && one.network.status === 'told')
    moves.stays(decision.record, { key: subject.key, label, source: one.guest.source });
  return isPlaced(action, decision) ? [{ ...wanted, key: subject.key }] : [];
}

function hiddenReason(address: string, label: string): Reason {
  return {
    code: 'address_hidden',
    message: `${address} of ${label} was left alone: NetBox has it, but the token may not view it. Give the user of the token the permission to view IP addresses (ipam.view_ipaddress) without conditions.`,
  };
}

function subjectOf({ key, source }: KnownGuest, port: string, address: string) {
  return { kind: 'ip-address' as const, key: `${key}/${port}/${hostOf(address)}`, label: address, source };
}

function addressFields(
  { address }: WantedAddress,
  interfaceId: number,
  { hostName }: AddressedGuest,
): FieldsOf<'ip-address'> {
  return {
    address,
    assigned_object_type: 'virtualization.vminterface',
    assigned_object_id: interfaceId,
    status: 'active',
    // A name that was not learnt is not a name that is gone.
    ...(hostName.status === 'told' && hostName.name !== null ? { dns_name: hostName.name } : {}),
    tags: [proxboxTag],
  };
}

function skipHomeless(builder: PlanBuilder, guest: KnownGuest, nic: WantedNic): void {
  builder.discovered('ip-address', nic.addresses.length);
  for (const { address } of nic.addresses)
    builder.skip(subjectOf(guest, nic.name, address), {
      code: 'interface_missing',
      message: `${address} of "${machineName(guest)}" was skipped: the VM interface ${nic.name} is not yet in NetBox; sync the VM interfaces before (or together with) the IP addresses.`,
    });
}

function tellUntold(builder: PlanBuilder, { row: { address }, of: { guest }, port }: LetGo): void {
  const label = machineName(guest);
  const message = `${address} of "${port.row.name}" of "${label}" stays: this release of Proxmox tells one address of each family of a container, and now another one. Delete it in NetBox if the container has it no more.`;
  builder.note({ code: 'gone_from_proxmox', message, label: address, source: guest.source });
}

/** For every guest without addresses, and for every address without a place: the reason. */
function tellWhy(builder: PlanBuilder, { one: { guest, nics, network }, ports }: GuestPorts): void {
  const { source } = guest;
  const label = machineName(guest);
  const wanted = nics.flatMap(({ addresses }) => addresses);
  if (network.status === 'untold' && nics.length > 0 && wanted.length === 0)
    builder.note({ ...network.reason, label, source });
  for (const { name } of nameless(network, nics)) {
    const message = `"${name}" inside of "${label}" tells no MAC address and has the name of none of its network devices: its addresses are written to none, and stay where NetBox has them.`;
    builder.note({ code: 'no_matching_nic', message, label, source });
  }
  for (const nic of nics) {
    if (nic.ignored > 0)
      builder.note({
        code: 'address_ignored',
        message: `Skipped ${nic.ignored} link-local/zone-scoped/loopback IPs on ${label}.${nic.name}`,
        label,
        source,
      });
    if (!ports.some((port) => port.nic === nic)) skipHomeless(builder, guest, nic);
  }
}
