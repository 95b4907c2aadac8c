import { isObject, relationId, textOf, toNumber } from '../../../netbox/records/compare.js';
import type { NetBoxRecord } from '../../../netbox/types.js';
import type { NodeInterface } from '../../../proxmox/parse/node-interfaces.js';
import { AddressOwnership } from '../../plan/address-ownership.js';
import type { KnownIds } from '../../plan/diff-object.js';
import type { SyncOptions } from '../../plan/options.js';
import { PlanBuilder } from '../../plan/plan-builder.js';
import { bootstrapOnlyTag, ref } from '../../plan/support-objects.js';
import type { Plan } from '../../types.js';
import type { CollectedInterfaces, NodeNetwork } from './collect.js';
import {
  addressFields,
  addressRules,
  interfaceFields,
  interfaceRules,
  newVlanFields,
  usableAddresses,
  vlanFields,
  vlanRules,
  wantedVlan,
} from './map.js';

export interface InterfaceInput extends CollectedInterfaces {
  readonly options: SyncOptions;
  readonly supportIds: KnownIds;
}

interface Planner {
  readonly builder: PlanBuilder;
  readonly ownership: AddressOwnership;
  readonly input: InterfaceInput;
  /** Stored interfaces by device id and name. */
  readonly stored: ReadonlyMap<string, NetBoxRecord>;
}

interface KnownNode {
  readonly node: NodeNetwork;
  readonly device: NetBoxRecord;
}

interface PlannedInterface extends KnownNode {
  readonly one: NodeInterface;
  readonly key: string;
  readonly current: NetBoxRecord | undefined;
}

/** Every interface of every node that could be read, with its VLAN and addresses. Nothing is ever deleted. */
export function planNodeInterfaces(input: InterfaceInput): Plan {
  const { supportIds, addresses, refused, interfaces, nodes } = input;
  const builder = new PlanBuilder({ known: supportIds, bootstrapOnlyTag: bootstrapOnlyTag(supportIds) });
  const stored = new Map(interfaces.map((row) => [`${relationId(row['device'])}/${textOf(row['name'])}`, row]));
  const planner = { builder, ownership: new AddressOwnership(addresses, refused), input, stored };
  for (const node of nodes) planNode(planner, node);
  return builder.build('node-interfaces');
}

function planNode(planner: Planner, node: NodeNetwork): void {
  const { builder } = planner;
  const { key, name, source, device, network } = node;
  if (network.status === 'unread') {
    builder.warn({ ...network.reason, source });
    return;
  }
  builder.discovered('node-interface', network.interfaces.length);
  if (!('device' in device)) {
    for (const one of network.interfaces)
      builder.skip(
        { kind: 'node-interface', key: `${key}/${one.name}`, label: `${name} ${one.name}`, source },
        device.reason,
      );
    return;
  }
  builder.know('device', key, device.device.id);
  const known = { node, device: device.device };
  const primaries = byManagement(network.interfaces).flatMap((one) => planInterface(planner, known, one));
  planPrimaries(planner, known, primaries);
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
 * one with this number in the site and tenant of the device, else a new one. Returns its key.
 */
function planVlan(
  { builder, input }: Planner,
  { node, device }: KnownNode,
  { one, current }: Pick<PlannedInterface, 'one' | 'current'>,
): string | undefined {
  const vid = wantedVlan(one);
  if (vid === null) return undefined;
  const stored = current?.['untagged_vlan'];
  const storedId = relationId(stored);
  if (storedId !== null && isObject(stored) && toNumber(stored['vid']) === vid) {
    builder.know('vlan', `netbox-${storedId}`, storedId);
    return `netbox-${storedId}`;
  }
  const place = { vid, site: relationId(device['site']), tenant: relationId(device['tenant']) };
  const key = `${vid}/${place.site ?? ''}/${place.tenant ?? ''}`;
  if (builder.has('vlan', key)) return key;
  builder.discovered('vlan', 1);
  builder.add(
    { kind: 'vlan', key, label: `VLAN ${vid}`, fields: newVlanFields(place), rules: vlanRules, source: node.source },
    [...input.vlans]
      .sort((a, b) => a.id - b.id)
      .find(
        (row) =>
          toNumber(row['vid']) === vid &&
          relationId(row['site']) === place.site &&
          relationId(row['tenant']) === place.tenant,
      ),
  );
  return key;
}

function planAddress(planner: Planner, planned: PlannedInterface, address: string): readonly Primary[] {
  const { builder, ownership, input } = planner;
  const { node, one, key, current } = planned;
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
  const owned = ownership.decide(address, { type: 'dcim.interface', id: current?.id, label: holder });
  if (owned.action === 'conflict') {
    builder.skip(subject, owned.reason);
    return [];
  }
  const ifDuplicate = owned.action === 'create' ? owned.ifDuplicate : undefined;
  builder.add(
    {
      ...subject,
      fields: addressFields(address, key),
      rules: addressRules(options),
      ...(ifDuplicate === undefined ? {} : { ifDuplicate }),
    },
    'record' in owned ? owned.record : undefined,
    { mode: options.modes.ip_address },
  );
  // An address that NetBox may refuse becomes the primary one when it is there: in the next run.
  return ifDuplicate === undefined ? primaryOf(one, address, subject.key) : [];
}

interface Primary {
  readonly field: 'primary_ip4' | 'primary_ip6';
  readonly address: string;
  readonly addressKey: string;
}

/** An address beside the default gateway of its family. */
function primaryOf(one: NodeInterface, address: string, addressKey: string): readonly Primary[] {
  const isIpv6 = address.includes(':');
  const gateway = isIpv6 ? one.gateway6 : one.gateway;
  return gateway === null ? [] : [{ field: isIpv6 ? 'primary_ip6' : 'primary_ip4', address, addressKey }];
}

/** For a device that has no primary address of a family; one that it has is never replaced. */
function planPrimaries({ builder }: Planner, { node, device }: KnownNode, primaries: readonly Primary[]): void {
  const wanted = (['primary_ip4', 'primary_ip6'] as const).flatMap((field) => {
    const first = primaries.find((primary) => primary.field === field);
    return first === undefined || relationId(device[field]) !== null ? [] : [first];
  });
  if (wanted.length === 0) return;
  builder.add(
    {
      kind: 'device-primary-address',
      key: node.key,
      label: `${node.name} ${wanted.map(({ address }) => address).join(', ')}`,
      fields: Object.fromEntries(wanted.map(({ field, addressKey }) => [field, ref('ip-address', addressKey)])),
      rules: { primary_ip4: 'if-unset', primary_ip6: 'if-unset' },
      source: node.source,
    },
    device,
  );
}
