/**
 * Every interface of every node that could be read, with its VLAN and addresses. No interface is ever deleted; an address
 * that a node has let go and nobody has now is removed or given back. Pure.
 */
import type { RecordOf } from '../../../netbox/kinds/index.js';
import type { NodeInterface } from '../../../proxmox/parse/node-interfaces.js';
import { claimOf, termsOf, unnotedReason } from '../../plan/address-claims.js';
import { AddressOwnership, hostOf, isShared, type Ownership } from '../../plan/address-ownership.js';
import { addressRules, isPlaced, refusalOf, unusableReason, whyUnusable } from '../../plan/address-rules.js';
import { Departures, releaseOf, type Departure, type Holder } from '../../plan/departures.js';
import { byManagement, planDevicePrimaries, primaryOf, type Primary } from '../../plan/device-primaries.js';
import type { KnownIds } from '../../plan/diff-object.js';
import { isNameOf } from '../../plan/guest-names.js';
import { usableAddresses, type NodeNetwork } from '../../plan/node-addresses.js';
import type { SyncOptions } from '../../plan/options.js';
import type { Learnt } from '../../plan/ownership.js';
import { PlanBuilder } from '../../plan/plan-builder.js';
import { isTakenBySync, planUnclaimedAddress, type Farewell } from '../../plan/unclaimed-addresses.js';
import { chooseVlan, hiddenVlan, keptVlan, newVlanFields, newVlanKey, vlanRules } from '../../plan/vlans.js';
import { bootstrapOnlyTag } from '../../plan/support-objects.js';
import { objectKey, type Desired, type ObjectKey, type Plan, type Reason } from '../../types.js';
import type { CollectedInterfaces } from './collect.js';
import { addressFields, interfaceFields, interfaceRules, vlanFields, wantedVlan } from './map.js';

export interface InterfaceInput extends CollectedInterfaces {
  readonly options: SyncOptions;
  readonly supportIds: KnownIds;
  readonly learnt?: Learnt | undefined;
}

interface Planner {
  readonly builder: PlanBuilder;
  readonly ownership: AddressOwnership;
  readonly departures: Departures;
  readonly input: InterfaceInput;
  /** Stored interfaces by device id and name. */
  readonly stored: ReadonlyMap<string, RecordOf<'node-interface'>>;
}

interface KnownNode {
  readonly node: NodeNetwork;
  readonly device: RecordOf<'device'>;
}

interface PlannedInterface extends KnownNode {
  readonly one: NodeInterface;
  readonly key: string;
  readonly current: RecordOf<'node-interface'> | undefined;
}

export function planNodeInterfaces(input: InterfaceInput): Plan {
  const { supportIds, learnt, addresses, refused, interfaces, nodes } = input;
  const builder = new PlanBuilder({ known: supportIds, bootstrapOnlyTag: bootstrapOnlyTag(supportIds), learnt });
  const stored = new Map(interfaces.map((row) => [`${row.device}/${row.name}`, row]));
  const departures = new Departures(input.guestAddresses);
  const moving = new Set([...input.letGo.keys(), ...input.abandoned.keys()]);
  const ownership = new AddressOwnership(addresses, { letGo: moving, refused });
  const planner = { builder, ownership, departures, input, stored };
  for (const warning of [...input.warnings, ...input.marks.warnings]) builder.warn(warning);
  const planned = nodes.flatMap((node) => planNode(planner, node));
  planUnclaimed(planner);
  departures.plan(builder);
  const isReleased: Departures['isReleased'] = (device, field) => departures.isReleased(device, field);
  for (const { node, ...device } of planned) planDevicePrimaries(builder, node, { ...device, isReleased });
  return builder.build('node-interfaces');
}

interface PlannedNode extends KnownNode {
  /** Addresses that may become primary ones. */
  readonly candidates: readonly Primary[];
}

function planNode(planner: Planner, node: NodeNetwork): readonly PlannedNode[] {
  const { builder } = planner;
  const { key, name, source, device, network } = node;
  if (network.status === 'unread') {
    builder.warn({ ...network.reason, source });
    return [];
  }
  builder.discovered('node-interface', network.interfaces.length);
  if (!('device' in device)) {
    for (const one of network.interfaces)
      builder.skip(
        { kind: 'node-interface', key: `${key}/${one.name}`, label: `${name} ${one.name}`, source },
        device.reason,
      );
    return [];
  }
  builder.know('device', key, device.device.id);
  const known = { node, device: device.device };
  const candidates = byManagement(network.interfaces).flatMap((one) => planInterface(planner, known, one));
  return [{ ...known, candidates }];
}

/** Returns the addresses that may become primary ones. */
function planInterface(planner: Planner, known: KnownNode, one: NodeInterface): readonly Primary[] {
  const { builder, input, stored } = planner;
  const { node, device } = known;
  const key = `${node.key}/${one.name}`;
  const current = stored.get(`${device.id}/${one.name}`);
  const vlan = planVlan(planner, known, { one, current });
  const action = builder.add(
    {
      kind: 'node-interface',
      key,
      label: `${node.name} ${one.name}`,
      fields: { ...interfaceFields(one, node.key), ...(vlan === undefined ? {} : vlanFields(vlan)) },
      rules: interfaceRules(one, input.options),
      source: { ...node.source, name: one.name },
    },
    current,
    { mode: input.options.modes.node },
  );
  if (current === undefined && action === 'skip') return [];
  return usableAddresses(one, input.options.network).flatMap((address) =>
    planAddress(planner, { ...known, one, key, current }, address),
  );
}

/** The VLAN of an interface: the one it has, else the one that the number means at the site of the device, else a new one. Returns its key. */
function planVlan(
  { builder, input }: Planner,
  { node, device }: KnownNode,
  { one, current }: Pick<PlannedInterface, 'one' | 'current'>,
): string | undefined {
  const vid = wantedVlan(one);
  if (vid === null || input.vlans === undefined) return undefined;
  const place = { vid, site: device.site, tenant: device.tenant };
  const storedId = keptVlan(place, current, input.vlans);
  if (storedId !== null) {
    builder.know('vlan', `netbox-${storedId}`, storedId);
    return `netbox-${storedId}`;
  }
  const key = newVlanKey(place);
  if (builder.has('vlan', key)) return key;
  const chosen = chooseVlan(place, input.vlans);
  const hidden = hiddenVlan(place, input.vlans, `"${one.name}" of "${node.name}"`);
  if (chosen === undefined && hidden !== undefined) {
    builder.warn({ ...hidden, source: node.source });
    return undefined;
  }
  builder.discovered('vlan', 1);
  builder.offer(
    { kind: 'vlan', key, label: `VLAN ${vid}`, fields: newVlanFields(place), rules: vlanRules, source: node.source },
    chosen,
  );
  return key;
}

function planAddress(planner: Planner, port: PlannedInterface, address: string): readonly Primary[] {
  const { builder, ownership, input } = planner;
  const { node, one, key, current } = port;
  const { options } = input;
  const subject = {
    kind: 'ip-address' as const,
    key: `${key}/${address}`,
    label: address,
    source: { ...node.source, name: one.name },
  };
  const label = `"${one.name}" of "${node.name}"`;
  builder.discovered('ip-address', 1);
  if (options.modes.ip_address === 'disabled') {
    builder.skip(subject, {
      code: 'mode_disabled',
      message: `${address} of ${label} is left alone (sync_mode_ip_address=disabled).`,
    });
    return [];
  }
  const planned = objectKey('ip-address', subject.key);
  const owned = ownership.decide(address, { type: 'dcim.interface', id: current?.id, label, planned });
  const refusal = refusalOf(owned, label) ?? refusedAsItIs(address, label) ?? unnotedReason(owned, label, input);
  if (refusal !== undefined) {
    builder.skip(subject, refusal);
    return [];
  }
  return placeAddress(planner, port, { owned, subject });
}

function placeAddress(
  planner: Planner,
  { node, device, one, key }: PlannedInterface,
  { owned, subject }: { readonly owned: Ownership; readonly subject: Omit<Departure, 'reason'> },
): readonly Primary[] {
  const { builder, input } = planner;
  const { options, supportIds } = input;
  const move = moveOf(planner, owned, device);
  const port = { type: 'dcim.device', id: device.id } as const;
  const claim = claimOf(owned, { ...subject, label: `"${one.name}" of "${node.name}"`, port }, input);
  const action = builder.add(
    {
      kind: 'ip-address',
      ...subject,
      fields: { ...addressFields(subject.label, key), ...move?.fields },
      rules: { ...addressRules(options, owned, supportIds), ...move?.rules },
      ...termsOf(owned, claim, move?.after),
    },
    'record' in owned ? owned.record : undefined,
    { mode: options.modes.ip_address },
  );
  if (action === 'update') come(planner, subject, { claim, move });
  return isPlaced(action, owned) ? primaryOf(one, subject.label, subject.key) : [];
}

interface Coming {
  readonly claim: Desired<'address-claim'> | undefined;
  readonly move: Move | undefined;
}

function come(planner: Planner, subject: Omit<Departure, 'reason'>, { claim, move }: Coming): void {
  if (claim !== undefined) planner.builder.add(claim, undefined);
  if (move !== undefined) leave(planner, move, subject);
}

interface Move extends Partial<Pick<Desired<'ip-address'>, 'fields' | 'rules'>> {
  readonly record: RecordOf<'ip-address'>;
  /** What lets go of the row; undefined: the device keeps it. */
  readonly from: Holder | undefined;
  /** What must have been written before. */
  readonly after: ObjectKey | undefined;
}

/** undefined where the row comes from nowhere. The name of a guest does not come along. */
function moveOf(planner: Planner, owned: Ownership, to: RecordOf<'device'>): Move | undefined {
  if (owned.action !== 'move') return undefined;
  const { record } = owned;
  const from = holderOf(planner, record, to);
  const { names } = planner.input.abandoned.get(record.id) ?? {};
  const isNamed = names !== undefined && isNameOf(record, names);
  const move = { record, from, after: releaseOf(from, record) };
  return isNamed ? { ...move, fields: { dns_name: '' }, rules: { dns_name: 'always' } } : move;
}

function leave(
  { builder, departures }: Planner,
  { record, from }: Move,
  { key, label, source }: Omit<Departure, 'reason'>,
): void {
  const reason = { code: 'gone_from_proxmox', message: `${label} is on an interface of a node now.` } as const;
  departures.leaves(record, from);
  departures.dropLinks(builder, record, { key, label, source, reason });
}

function holderOf({ input }: Planner, { id }: RecordOf<'ip-address'>, to?: RecordOf<'device'>): Holder | undefined {
  const machine = input.abandoned.get(id)?.machine;
  if (machine !== undefined) return { kind: 'released-primary', record: machine };
  const device = input.letGo.get(id)?.device;
  return device === undefined || device.id === to?.id ? undefined : { kind: 'released-device-primary', record: device };
}

/** What nodes have let go and no node or guest has now; the node has told all that it has, so it is proven row by row. */
function planUnclaimed(planner: Planner): void {
  const { builder, departures, ownership, input } = planner;
  const { options, supportIds, marks, guestHosts } = input;
  if (guestHosts === undefined) return;
  const farewell: Farewell = {
    leaves: (row) => {
      const holder = holderOf(planner, row);
      departures.leaves(row, holder);
      return releaseOf(holder, row);
    },
    goes: (row) => departures.goes(row),
    wasTold: () => false,
    dropLinks: (...departure) => departures.dropLinks(...departure),
  };
  const context = { marks, farewell, supportIds };
  for (const { row, node, port } of input.letGo.values()) {
    if (node === undefined || isShared(row) || ownership.isTaken(row) || guestHosts.has(hostOf(row.address))) continue;
    if (options.modes.ip_address === 'bootstrap_only' && builder.isBootstrapOnly(row)) continue;
    if (!isTakenBySync(row, context)) continue;
    const { key, name, source } = node;
    const place = `"${port}" of "${name}"`;
    planUnclaimedAddress(builder, { row, key, port, place, source, names: new Set() }, context);
  }
}

function refusedAsItIs(address: string, holder: string): Reason | undefined {
  const why = whyUnusable(address);
  return why === undefined ? undefined : unusableReason(address, holder, why);
}
