/** The addresses of nodes: which a node has, and which stored ones it has no more. Pure. */
import ipaddr from 'ipaddr.js';
import type { RecordOf } from '../../netbox/kinds/index.js';
import { seemsToLackBridges, type NodeInterface } from '../../proxmox/parse/node-interfaces.js';
import type { Reason, SourceRef } from '../types.js';
import { hostOf, isShared } from './address-ownership.js';
import type { KnownIds } from './diff-object.js';
import type { NodeDevice } from './node-devices.js';
import type { NetworkOptions } from './options.js';
import { isOurs } from './ownership.js';

type Device = RecordOf<'device'>;

/** What Proxmox says about the network of a node, or why that is not known: it is offline, or could not be read. */
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
interface StoredOfNodes {
  readonly nodes: readonly NodeNetwork[];
  readonly interfaces: readonly RecordOf<'node-interface'>[];
  readonly addresses: readonly RecordOf<'ip-address'>[];
}

/** Without loopback and link-local addresses, which every node has alike. What NetBox takes on no interface is among them. */
export function usableAddresses(
  { addresses }: NodeInterface,
  { ignoreIpv6LinkLocal }: Pick<NetworkOptions, 'ignoreIpv6LinkLocal'>,
): readonly string[] {
  const ignored: ReadonlySet<string> = new Set([
    'loopback',
    'unspecified',
    ...(ignoreIpv6LinkLocal ? ['linkLocal'] : []),
  ]);
  return addresses.filter((address) => !ignored.has(ipaddr.parse(address.split('/', 1)[0] ?? '').range()));
}

/**
 * Rows on interfaces of nodes that have them no more, with the device: an interface that Proxmox lists without it, one of
 * ours that is not listed, or any of a node that has the address elsewhere. What comes by DHCP is in no list. Without
 * SDN.Audit a list lacks bridges, so that an interface is not listed counts only where none seems to be missing.
 */
export function letGoByNodes(
  { nodes, interfaces, addresses }: StoredOfNodes,
  options: NetworkOptions,
  supportIds: KnownIds,
): ReadonlyMap<number, Device> {
  const ports = new Map(interfaces.map((row) => [row.id, row]));
  const byDevice = new Map(
    nodes.flatMap((node) => {
      if (!('device' in node.device)) return [];
      const { device } = node.device;
      return [[device.id, { node, device }] as const];
    }),
  );
  const letGo = new Map<number, Device>();
  for (const row of addresses) {
    const port = row.assigned_object_type === 'dcim.interface' ? ports.get(row.assigned_object_id ?? -1) : undefined;
    const known = byDevice.get(port?.device ?? -1);
    if (port === undefined || known === undefined || isShared(row)) continue;
    const { node, device } = known;
    const isOfBoard = device.oob_ip === row.id && !isOurs('ip-address', row, { supportIds });
    const isOwnPort = isOurs('node-interface', port, { supportIds });
    const host = hostOf(row.address);
    if (!has(node, { name: port.name, isOwnPort, isOfBoard }, host, options)) letGo.set(row.id, device);
  }
  return letGo;
}

function has(
  { network }: NodeNetwork,
  port: { readonly name: string; readonly isOwnPort: boolean; readonly isOfBoard: boolean },
  host: string,
  options: NetworkOptions,
): boolean {
  if (network.status === 'unread') return true;
  const withHost = network.interfaces.filter((one) =>
    usableAddresses(one, options).some((address) => hostOf(address) === host),
  );
  if (withHost.length > 0) return withHost.some(({ name }) => name === port.name);
  // A board that manages the host has an address that its configuration never tells.
  if (port.isOfBoard) return true;
  const listed = network.interfaces.find(({ name }) => name === port.name);
  if (listed?.untold.includes(host.includes(':') ? 6 : 4) === true) return true;
  return listed === undefined && !(port.isOwnPort && !seemsToLackBridges(network.interfaces));
}
