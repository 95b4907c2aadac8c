/** Every interface of every node that could be read, with its VLAN and addresses. Nothing is ever deleted. Pure. */
import type { RecordOf } from '../../../netbox/kinds/index.js';
import type { NodeInterface } from '../../../proxmox/parse/node-interfaces.js';
import { AddressOwnership } from '../../plan/address-ownership.js';
import { addressRules, isPlaced, refusalOf, unusableReason, whyUnusable } from '../../plan/address-rules.js';
import type { KnownIds } from '../../plan/diff-object.js';
import { letGoByNodes, usableAddresses, type NodeNetwork } from '../../plan/node-addresses.js';
import type { SyncOptions } from '../../plan/options.js';
import { PlanBuilder } from '../../plan/plan-builder.js';
import { chooseVlan, newVlanFields, newVlanKey, vlanRules } from '../../plan/vlans.js';
import { bootstrapOnlyTag } from '../../plan/support-objects.js';
import { objectKey, type ObjectKey, type Plan, type Reason } from '../../types.js';
import type { CollectedInterfaces } from './collect.js';
import { DevicePrimaries, primaryOf, type Primary } from './diff-addresses.js';
import { DeadMachines, type AddressSubject } from './diff-dead-machines.js';
import { addressFields, interfaceFields, interfaceRules, vlanFields, wantedVlan } from './map.js';

export interface InterfaceInput extends CollectedInterfaces {
  readonly options: SyncOptions;
  readonly supportIds: KnownIds;
}

interface Planner {
  readonly builder: PlanBuilder;
  readonly ownership: AddressOwnership;
  readonly primaries: DevicePrimaries;
  readonly dead: DeadMachines;
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
  const { supportIds, addresses, refused, interfaces, nodes } = input;
  const builder = new PlanBuilder({ known: supportIds, bootstrapOnlyTag: bootstrapOnlyTag(supportIds) });
  const stored = new Map(interfaces.map((row) => [`${row.device}/${row.name}`, row]));
  const letGo = letGoByNodes(input, input.options.network, supportIds);
  const primaries = new DevicePrimaries(letGo);
  const dead = new DeadMachines(input);
  const moving = new Set([...letGo.keys(), ...input.abandoned.keys()]);
  const ownership = new AddressOwnership(addresses, { letGo: moving, refused });
  const planner = { builder, ownership, primaries, dead, input, stored };
  for (const warning of input.warnings) builder.warn(warning);
  const planned = nodes.flatMap((node) => planNode(planner, node));
  primaries.planReleases(builder);
  dead.planReleases(builder);
  for (const { node, ...device } of planned) primaries.plan(builder, node, device);
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

/** The interface with the default gateway first, bridges before others: its address may become the primary one. */
function byManagement(interfaces: readonly NodeInterface[]): readonly NodeInterface[] {
  const rank = (one: NodeInterface): number =>
    (one.gateway !== null || one.gateway6 !== null ? 2 : 0) + (one.netboxType === 'bridge' ? 1 : 0);
  return [...interfaces].sort((a, b) => rank(b) - rank(a));
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

/**
 * The VLAN of an interface: the one it has, when its number is right (an operator may have chosen one of a group), else the
 * one that the number means at the site of the device, else a new one. Returns its key.
 */
function planVlan(
  { builder, input }: Planner,
  { node, device }: KnownNode,
  { one, current }: Pick<PlannedInterface, 'one' | 'current'>,
): string | undefined {
  const vid = wantedVlan(one);
  if (vid === null || input.vlans === undefined) return undefined;
  const storedId = current?.untagged_vlan ?? null;
  if (storedId !== null && current?.untagged_vid === vid) {
    builder.know('vlan', `netbox-${storedId}`, storedId);
    return `netbox-${storedId}`;
  }
  const place = { vid, site: device.site, tenant: device.tenant };
  const key = newVlanKey(place);
  if (builder.has('vlan', key)) return key;
  builder.discovered('vlan', 1);
  builder.add(
    { kind: 'vlan', key, label: `VLAN ${vid}`, fields: newVlanFields(place), rules: vlanRules, source: node.source },
    chooseVlan(place, input.vlans),
  );
  return key;
}

function planAddress(planner: Planner, port: PlannedInterface, address: string): readonly Primary[] {
  const { builder, ownership, input } = planner;
  const { node, device, one, key, current } = port;
  const { options } = input;
  const subject = {
    kind: 'ip-address' as const,
    key: `${key}/${address}`,
    label: address,
    source: { ...node.source, name: one.name },
  };
  const holder = `"${one.name}" of "${node.name}"`;
  builder.discovered('ip-address', 1);
  if (options.modes.ip_address === 'disabled') {
    builder.skip(subject, {
      code: 'mode_disabled',
      message: `${address} of ${holder} is left alone (sync_mode_ip_address=disabled).`,
    });
    return [];
  }
  const planned = objectKey('ip-address', subject.key);
  const owned = ownership.decide(address, { type: 'dcim.interface', id: current?.id, label: holder, planned });
  const refusal = refusalOf(owned, holder) ?? refusedAsItIs(address, holder);
  if (refusal !== undefined) {
    builder.skip(subject, refusal);
    return [];
  }
  const released = owned.action === 'move' ? releasedBy(planner, owned.record, { device, subject }) : undefined;
  const { ifDuplicate, after = released } = owned.action === 'create' ? owned : { ifDuplicate: undefined };
  const action = builder.add(
    {
      ...subject,
      fields: addressFields(address, key),
      rules: addressRules(options, owned, input.supportIds),
      ...(ifDuplicate === undefined ? {} : { ifDuplicate }),
      ...(after === undefined ? {} : { after }),
    },
    'record' in owned ? owned.record : undefined,
    { mode: options.modes.ip_address },
  );
  return isPlaced(action, owned) ? primaryOf(one, address, subject.key) : [];
}

/** What must have been written before a row comes to the device. */
function releasedBy(
  { builder, primaries, dead }: Planner,
  row: RecordOf<'ip-address'>,
  { device, subject }: { readonly device: RecordOf<'device'>; readonly subject: AddressSubject },
): ObjectKey | undefined {
  dead.dropLinks(builder, row, subject);
  return dead.release(row) ?? primaries.release(row, device);
}

function refusedAsItIs(address: string, holder: string): Reason | undefined {
  const why = whyUnusable(address);
  return why === undefined ? undefined : unusableReason(address, holder, why);
}
