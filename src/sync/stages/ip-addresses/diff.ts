import { relationId, tagIds, textOf } from '../../../netbox/records/compare.js';
import type { NetBoxRecord } from '../../../netbox/types.js';
import { admitAbsence, type AbsentRow } from '../../plan/absence.js';
import { AddressOwnership, hostOf, type Ownership } from '../../plan/address-ownership.js';
import type { ClusterView } from '../../plan/cluster-views.js';
import type { KnownIds } from '../../plan/diff-object.js';
import type { SyncMode, SyncOptions } from '../../plan/options.js';
import { PlanBuilder } from '../../plan/plan-builder.js';
import { bootstrapOnlyTag, proxboxTag } from '../../plan/support-objects.js';
import { objectKey, type FieldRules, type Fields, type Plan, type SourceRef } from '../../types.js';
import { planGuestAddresses } from './diff-guest-addresses.js';
import type { WantedAddress, WantedNic } from './map.js';
import { planPrimaryAddresses } from './diff-primary.js';
import type { AddressedGuest, CollectedAddresses, PlacedAddress } from './types.js';
import { machineName, planRoster, type KnownGuest } from '../../plan/roster.js';

export interface AddressPlanInput {
  readonly options: SyncOptions;
  readonly supportIds: KnownIds;
}

/** An interface of a guest in NetBox, with the device behind it; undefined for one whose device is gone. */
interface Port {
  readonly row: NetBoxRecord;
  readonly nic: WantedNic | undefined;
}

interface GuestPorts extends AddressedGuest {
  readonly ports: readonly Port[];
}

/**
 * Every address of every guest against what NetBox has: an address of the interface stays, a free one is taken, one of
 * somebody else is left alone. What a guest that answered no longer has goes, if it is ours.
 */
export function planAddresses(collected: CollectedAddresses, input: AddressPlanInput): Plan {
  const { supportIds, options } = input;
  const builder = new PlanBuilder({ known: supportIds, bootstrapOnlyTag: bootstrapOnlyTag(supportIds) });
  planRoster(builder, collected.roster);
  for (const { guest, reason } of collected.unread)
    builder.note({ ...reason, label: machineName(guest), source: guest.source });
  const interfaces = byMachine(collected.interfaces);
  const guests = [...collected.guests]
    .sort((a, b) => inOrder(a.guest.source, b.guest.source))
    .map((one) => withPorts(one, interfaces.get(one.guest.virtualMachine.id) ?? []));
  const gone = planVanished(builder, guests, collected, input);
  const stored = collected.addresses.filter(({ id }) => !gone.has(id));
  const ownership = new AddressOwnership(stored, collected.refused);
  for (const guest of guests) {
    tellWhy(builder, guest);
    const placed = guest.ports.flatMap((port) => planPort(builder, guest, port, { ownership, input }));
    planGuestAddresses(builder, guest, placed, collected);
    planPrimaryAddresses(builder, guest.guest, placed, { gone, mode: machineMode(guest.guest, options) });
  }
  return builder.build('vm-ip-addresses');
}

function byMachine(interfaces: readonly NetBoxRecord[]): ReadonlyMap<number, readonly NetBoxRecord[]> {
  const rows = new Map<number, NetBoxRecord[]>();
  for (const row of interfaces) {
    const machine = relationId(row['virtual_machine']);
    if (machine !== null) rows.set(machine, [...(rows.get(machine) ?? []), row]);
  }
  return rows;
}

/** The order in which claims on one address count: endpoint, then VMID. */
function inOrder(a: SourceRef, b: SourceRef): number {
  return a.endpointId - b.endpointId || (a.vmid ?? 0) - (b.vmid ?? 0);
}

function withPorts(addressed: AddressedGuest, rows: readonly NetBoxRecord[]): GuestPorts {
  const ports = rows.map((row) => ({ row, nic: addressed.nics.find(({ name }) => name === textOf(row['name'])) }));
  const order = (port: Port): number => (port.nic === undefined ? -1 : addressed.nics.indexOf(port.nic));
  return { ...addressed, ports: ports.sort((a, b) => order(a) - order(b)) };
}

function machineMode({ resource }: KnownGuest, { modes }: SyncOptions): SyncMode {
  return modes[resource.template ? 'vm_template' : 'vm'];
}

interface PortContext {
  readonly ownership: AddressOwnership;
  readonly input: AddressPlanInput;
}

function planPort(
  builder: PlanBuilder,
  guest: GuestPorts,
  { row, nic }: Port,
  { ownership, input }: PortContext,
): readonly PlacedAddress[] {
  return (nic?.addresses ?? []).flatMap((wanted) => {
    const holder = {
      type: 'virtualization.vminterface' as const,
      id: row.id,
      label: `"${textOf(row['name'])}" of "${machineName(guest.guest)}"`,
    };
    const key = `${guest.guest.key}/${textOf(row['name'])}/${hostOf(wanted.address)}`;
    const subject = { kind: 'ip-address' as const, key, label: wanted.address, source: guest.guest.source };
    builder.discovered('ip-address', 1);
    const decision = ownership.decide(wanted.address, holder);
    if (decision.action === 'conflict') {
      builder.skip(subject, decision.reason);
      return [];
    }
    const current = decision.action === 'create' ? undefined : decision.record;
    const action = builder.add(
      {
        ...subject,
        fields: addressFields(wanted, row.id, guest),
        rules: addressRules(input.options, decision, input.supportIds),
        ...(decision.action === 'create' && decision.ifDuplicate !== undefined
          ? { ifDuplicate: decision.ifDuplicate }
          : {}),
      },
      current,
      { mode: input.options.modes.ip_address },
    );
    // What NetBox may well refuse is nothing to build on.
    const isSure = decision.action !== 'create' || decision.ifDuplicate === undefined;
    return action !== 'refuse' && isSure ? [{ ...wanted, key }] : [];
  });
}

function addressFields({ address }: WantedAddress, interfaceId: number, { hostName }: AddressedGuest): Fields {
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

/** The mask follows the guest only on rows that we made: an operator's prefix is theirs. */
function addressRules({ overwrite }: SyncOptions, decision: Ownership, supportIds: KnownIds): FieldRules {
  const isOurs = decision.action === 'reuse' && hasTag(decision.record, supportIds);
  return {
    address: isOurs ? 'always' : 'create-only',
    status: overwrite.overwrite_ip_status ? 'always' : 'create-only',
    dns_name: overwrite.overwrite_ip_address_dns_name ? 'always' : 'create-only',
    tags: overwrite.overwrite_ip_tags ? 'union' : 'union-if-unset',
  };
}

function hasTag(row: NetBoxRecord, supportIds: KnownIds): boolean {
  const proxbox = supportIds.get(objectKey('tag', 'proxbox'));
  return proxbox !== undefined && tagIds(row['tags']).includes(proxbox);
}

/** Addresses of ours on interfaces of guests that answered and do not have them any more. */
function planVanished(
  builder: PlanBuilder,
  guests: readonly GuestPorts[],
  collected: CollectedAddresses,
  { options, supportIds }: AddressPlanInput,
): ReadonlySet<number> {
  const gone = new Set<number>();
  for (const { view, members } of groupByCluster(guests)) {
    const { stored, absent } = absentRows(members, collected.addresses, supportIds);
    const admitted = admitAbsence(builder, {
      kind: 'ip-address',
      noun: 'IP addresses',
      endpointId: view.owner.endpointId,
      cluster: view.name,
      stored,
      rows: absent,
      limit: options.deleteLimit,
      mode: options.modes.ip_address,
    });
    for (const row of admitted) {
      gone.add(row.current.id);
      removeAddress(builder, row, collected.guestAddresses);
    }
  }
  return gone;
}

/** By key, not by name: two clusters may be called alike. */
function groupByCluster(guests: readonly GuestPorts[]) {
  const groups = new Map<string, { readonly view: ClusterView; readonly members: GuestPorts[] }>();
  for (const guest of guests) {
    const { view } = guest.guest.cluster;
    const group = groups.get(view.key) ?? { view, members: [] };
    group.members.push(guest);
    groups.set(view.key, group);
  }
  return [...groups.values()];
}

function absentRows(members: readonly GuestPorts[], addresses: readonly NetBoxRecord[], supportIds: KnownIds) {
  const rows = new Map<number, NetBoxRecord[]>();
  for (const row of addresses) {
    const holder = relationId(row['assigned_object_id']);
    if (holder === null || textOf(row['assigned_object_type']) !== 'virtualization.vminterface') continue;
    if (hasTag(row, supportIds)) rows.set(holder, [...(rows.get(holder) ?? []), row]);
  }
  const held = members.flatMap((member) =>
    member.ports.map((port) => ({ member, port, rows: rows.get(port.row.id) ?? [] })),
  );
  const judged = held.filter(({ member, port }) => isJudged(member, port, supportIds));
  return {
    stored: held.reduce((sum, one) => sum + one.rows.length, 0),
    absent: judged.flatMap(({ member, port, rows: ours }) => vanishedOf(member.guest, port, ours)),
  };
}

/** Only of guests that answered. A port without a device only where it is ours: an operator's own is none of our business. */
function isJudged({ network }: GuestPorts, { row, nic }: Port, supportIds: KnownIds): boolean {
  return network.status === 'told' && (nic !== undefined || hasTag(row, supportIds));
}

function vanishedOf(
  { key, source }: KnownGuest,
  { row, nic }: Port,
  rows: readonly NetBoxRecord[],
): readonly AbsentRow[] {
  const wanted = new Set(nic?.addresses.map(({ address }) => hostOf(address)));
  return rows.flatMap((current) => {
    const label = textOf(current['address']);
    if (wanted.has(hostOf(label))) return [];
    return [{ key: `${key}/${textOf(row['name'])}/${hostOf(label)}`, label, current, source }];
  });
}

/** The plugin protects an address that one of its rows names: that row goes first. */
function removeAddress(builder: PlanBuilder, row: AbsentRow, guestAddresses: readonly NetBoxRecord[]): void {
  const message = `${row.label} is no longer on the guest.`;
  for (const link of guestAddresses.filter((one) => relationId(one['ip_address']) === row.current.id))
    builder.remove(
      { ...row, kind: 'guest-vm-interface-address', current: link },
      { code: 'gone_from_proxmox', message },
    );
  builder.remove({ kind: 'ip-address', ...row }, { code: 'gone_from_proxmox', message });
}

function skipHomeless(builder: PlanBuilder, guest: KnownGuest, nic: WantedNic): void {
  builder.discovered('ip-address', nic.addresses.length);
  for (const { address } of nic.addresses)
    builder.skip(
      {
        kind: 'ip-address',
        key: `${guest.key}/${nic.name}/${hostOf(address)}`,
        label: address,
        source: guest.source,
      },
      {
        code: 'interface_missing',
        message: `${address} of "${machineName(guest)}" was skipped: the VM interface ${nic.name} is not yet in NetBox; sync the VM interfaces before (or together with) the IP addresses.`,
      },
    );
}

/** For every guest without addresses, and for every address without a place: the reason. */
function tellWhy(builder: PlanBuilder, { guest, nics, ports, network }: GuestPorts): void {
  const { source } = guest;
  const label = machineName(guest);
  const wanted = nics.flatMap(({ addresses }) => addresses);
  if (network.status === 'untold' && nics.length > 0 && wanted.length === 0)
    builder.note({ ...network.reason, label, source });
  if (network.status === 'told' && nics.length > 0 && wanted.length === 0)
    builder.note({
      code: network.interfaces.length > 0 ? 'no_matching_nic' : 'no_addresses',
      message: `"${label}" answered, but none of its ${network.interfaces.length} interfaces has a usable address and the MAC address of one of its ${nics.length} network devices.`,
      label,
      source,
    });
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
