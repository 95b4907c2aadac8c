/** The addresses of nodes: which a node has, and which stored ones it has no more. Pure. */
import type { RecordOf } from '../../netbox/kinds/index.js';
import type { NodeInterface } from '../../proxmox/parse/node-interfaces.js';
import type { Reason, SourceRef } from '../types.js';
import { familyOf, hostOf, isShared } from './address-ownership.js';
import { isIgnored } from './address-rules.js';
import type { KnownIds } from './diff-object.js';
import type { NodeDevice } from './node-devices.js';
import type { NetworkOptions } from './options.js';
import { isOurs } from './ownership.js';

type Device = RecordOf<'device'>;

/**
 * What Proxmox says about the network of a node, or why that is not known: it is offline, could not be read, or what is listed
 * was configured and not applied, so that the node has something else.
 */
export type NetworkRead =
  | { readonly status: 'read'; readonly interfaces: readonly NodeInterface[] }
  | { readonly status: 'unread'; readonly reason: Reason };

export interface NodeNetwork {
  /** The key of the node's device in plans. */
  readonly key: string;
  readonly name: string;
  readonly source: SourceRef;
  readonly device: NodeDevice;
  readonly network: NetworkRead;
}

/** Of NetBox: interfaces of these devices, and addresses. */
export interface StoredOfNodes {
  readonly nodes: readonly NodeNetwork[];
  readonly interfaces: readonly RecordOf<'node-interface'>[];
  readonly addresses: readonly RecordOf<'ip-address'>[];
}

/** A row on an interface of a node that has it no more. */
export interface LetGoOfNode {
  readonly row: RecordOf<'ip-address'>;
  readonly device: Device;
  /** Name of the interface. */
  readonly port: string;
  /** The node as plans call it; undefined: it is gone itself, and what nobody takes stays as it is. */
  readonly node: Pick<NodeNetwork, 'key' | 'name' | 'source'> | undefined;
}

/** What is known besides the lists of interfaces. */
export interface LetGoFacts {
  readonly supportIds: KnownIds;
  /** By node: names of interfaces that Proxmox would list, if the node had them. */
  readonly shown: ReadonlyMap<string, ReadonlySet<string>>;
  /** Devices of nodes that their cluster has no more, by id. */
  readonly gone: ReadonlyMap<number, Device>;
}

/** Without loopback and link-local addresses, which every node has alike. What NetBox takes on no interface is among them. */
export function usableAddresses(
  { addresses }: NodeInterface,
  options: Pick<NetworkOptions, 'ignoreIpv6LinkLocal'>,
): readonly string[] {
  return addresses.filter((address) => !isIgnored(address.split('/', 1)[0] ?? '', options));
}

interface Placed {
  readonly row: RecordOf<'ip-address'>;
  readonly port: RecordOf<'node-interface'>;
  readonly node: NodeNetwork;
  readonly device: Device;
}

/** What stands on interfaces of these nodes. */
function placedOn({ nodes, interfaces, addresses }: StoredOfNodes): readonly Placed[] {
  const ports = new Map(interfaces.map((row) => [row.id, row]));
  const byDevice = new Map(
    nodes.flatMap((node) => {
      if (!('device' in node.device)) return [];
      const { device } = node.device;
      return [[device.id, { node, device }] as const];
    }),
  );
  return addresses.flatMap((row) => {
    const port = isOnDevice(row) ? ports.get(row.assigned_object_id ?? -1) : undefined;
    const known = byDevice.get(port?.device ?? -1);
    return port === undefined || known === undefined ? [] : [{ row, port, ...known }];
  });
}

function isOnDevice(row: RecordOf<'ip-address'>): boolean {
  return row.assigned_object_type === 'dcim.interface';
}

/** The device of a row, as NetBox nests it; null where it is on none. */
export function deviceOfRow(row: RecordOf<'ip-address'>): number | null {
  return isOnDevice(row) ? (row.assigned_object?.device?.id ?? null) : null;
}

/**
 * By node, interfaces of ours with addresses that its list lacks: bridges, as far as their names tell, of which Proxmox
 * leaves out, without an error, those that the account may not see. `eno1:0` is none.
 */
export function unlistedPorts(
  stored: StoredOfNodes,
  supportIds: KnownIds,
): ReadonlyMap<NodeNetwork, readonly string[]> {
  const unlisted = new Map<NodeNetwork, Set<string>>();
  for (const { port, node } of placedOn(stored)) {
    if (node.network.status === 'unread' || node.network.interfaces.some(({ name }) => name === port.name)) continue;
    if (!isOurs('node-interface', port, { supportIds })) continue;
    unlisted.set(node, (unlisted.get(node) ?? new Set()).add(port.name));
  }
  return new Map([...unlisted].map(([node, names]) => [node, [...names].sort()]));
}

/**
 * Rows on interfaces of nodes that have them no more: an interface that Proxmox lists without it, one of ours that it would
 * list if the node had it, or any of a node that has the address elsewhere. What comes by DHCP is in no list. A node that is
 * gone has no address any more. Of those that several share, also a node that is down has none: only for another one to take.
 */
export function letGoByNodes(stored: StoredOfNodes, facts: LetGoFacts): ReadonlyMap<number, LetGoOfNode> {
  const { supportIds, shown, gone } = facts;
  const letGo = placedOn(stored).filter(({ row, port, node, device }) => {
    const isOfBoard = isOfBoardOf(device, row, supportIds);
    const isShown = isOurs('node-interface', port, { supportIds }) && shown.get(node.key)?.has(port.name) === true;
    return !has(node, { name: port.name, isShown, isOfBoard, isShared: isShared(row) }, hostOf(row.address));
  });
  const ofGone = stored.addresses.flatMap((row) => {
    const device = gone.get(deviceOfRow(row) ?? -1);
    return device === undefined || isOfBoardOf(device, row, supportIds)
      ? []
      : [{ row, device, port: '', node: undefined }];
  });
  const ofLiving = letGo.map(({ row, port, node, device }) => ({ row, device, port: port.name, node }));
  return new Map([...ofGone, ...ofLiving].map((one): [number, LetGoOfNode] => [one.row.id, one]));
}

/** Of a board that manages the host, as an operator says: Proxmox tells nothing of it, so it stays where that one put it. */
function isOfBoardOf(device: Device, row: RecordOf<'ip-address'>, supportIds: KnownIds): boolean {
  return device.oob_ip === row.id && !isOurs('ip-address', row, { supportIds });
}

interface PortOfRow {
  readonly name: string;
  /** Were it there, it would be listed. */
  readonly isShown: boolean;
  readonly isOfBoard: boolean;
  /** Several have the address of the row. */
  readonly isShared: boolean;
}

function has({ network }: NodeNetwork, port: PortOfRow, host: string): boolean {
  if (network.status === 'unread') return !(port.isShared && network.reason.code === 'node_offline');
  // A node without any interface has told nothing.
  if (network.interfaces.length === 0) return true;
  const withHost = network.interfaces.filter(({ addresses }) => addresses.some((address) => hostOf(address) === host));
  if (withHost.length > 0) return withHost.some(({ name }) => name === port.name);
  // A board that manages the host has an address that its configuration never tells.
  if (port.isOfBoard) return true;
  const listed = network.interfaces.find(({ name }) => name === port.name);
  if (listed === undefined) return !port.isShown;
  return listed.untold.includes(familyOf(host));
}
