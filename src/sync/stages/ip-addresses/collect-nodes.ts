/**
 * Addresses that pass between guests and nodes: asked only where a guest lets one go that no other guest wants, or wants one
 * that a node has in NetBox.
 */
import type { RecordOf } from '../../../netbox/kinds/index.js';
import { collectLetGo } from '../../collect/let-go-of-nodes.js';
import { collectNodeNetworks, type NodeNetworks } from '../../collect/node-networks.js';
import { hostOf } from '../../plan/address-ownership.js';
import { primariesWith } from '../../plan/departures.js';
import { primaryOf } from '../../plan/device-primaries.js';
import { usableAddresses, type NodeNetwork } from '../../plan/node-addresses.js';
import type { RunContext } from '../../run-context.js';
import type { AddressesOfNodes, ConcernedNode } from './types.js';

type Row = RecordOf<'ip-address'>;

const nothing: AddressesOfNodes = { letGo: new Map(), wanted: new Map(), concerned: [] };

/** `left`: rows that guests let go; `contested`: rows on interfaces of nodes that guests want. Nothing where no node can be read. */
export async function collectFromNodes(
  run: RunContext,
  { left, contested }: { readonly left: readonly Row[]; readonly contested: readonly Row[] },
): Promise<AddressesOfNodes> {
  if (left.length + contested.length === 0 || run.options.modes.ip_address === 'disabled') return nothing;
  const networks = await readNodes(run);
  if (networks === undefined) return nothing;
  const { nodes } = networks;
  const ids = nodes.flatMap(({ device }) => ('device' in device ? [device.device.id] : []));
  const of = [...new Set(ids)].sort((a, b) => a - b);
  const interfaces = await run.collections.load('node-interface', {}, { filter: 'device_id', of });
  const known = withPorts(nodes, interfaces);
  const found = await collectLetGo(run, networks, { interfaces, addresses: contested });
  const letGo = new Map([...found].map(([id, { device }]) => [id, device]));
  const wanted = await withoutOwn(run, wantedBy(run, known), left);
  const comes = new Set(left.flatMap(({ address }) => wanted.get(hostOf(address))?.node ?? []));
  const goes = new Set([...letGo].flatMap(([id, device]) => (isPrimaryOf(device, id) ? [device.id] : [])));
  const concerned = known.filter(({ node, device }) => comes.has(node.key) || goes.has(device.id));
  return { letGo, wanted, concerned: await withRows(run, concerned) };
}

type KnownNode = Omit<ConcernedNode, 'rows'>;

/** The nodes that were read and have a device, with their interfaces that are in NetBox. */
function withPorts(
  nodes: readonly NodeNetwork[],
  interfaces: readonly RecordOf<'node-interface'>[],
): readonly KnownNode[] {
  const ids = new Map(interfaces.map((row) => [`${row.device}/${row.name}`, row.id]));
  return nodes.flatMap((node) => {
    if (node.network.status !== 'read' || !('device' in node.device)) return [];
    const { device } = node.device;
    const ports = node.network.interfaces.flatMap((one) => {
      const id = ids.get(`${device.id}/${one.name}`);
      return id === undefined ? [] : [{ one, id }];
    });
    return [{ node, device, ports }];
  });
}

function wantedBy(run: RunContext, nodes: readonly KnownNode[]): AddressesOfNodes['wanted'] {
  return new Map(
    nodes.flatMap(({ node, device, ports }) =>
      ports.flatMap(({ one, id }) => {
        const port = { id, label: `"${one.name}" of "${node.name}"`, node: node.key, device: device.id };
        return usableAddresses(one, run.options.network).map((address) => [hostOf(address), port] as const);
      }),
    ),
  );
}

/** What NetBox has of the addresses beside the default gateways. */
async function withRows(run: RunContext, nodes: readonly KnownNode[]): Promise<readonly ConcernedNode[]> {
  const hosts = nodes.flatMap(({ ports }) =>
    ports.flatMap(({ one }) =>
      usableAddresses(one, run.options.network).flatMap((address) =>
        primaryOf(one, address, '').map(() => hostOf(address)),
      ),
    ),
  );
  const of = [...new Set(hosts)].sort();
  const rows = await run.collections.load('ip-address', {}, { filter: 'address', of }, { fresh: true });
  return nodes.map((node) => ({ ...node, rows }));
}

function isPrimaryOf(record: RecordOf<'device'>, id: number): boolean {
  return primariesWith({ kind: 'released-device-primary', record }, { id }).length > 0;
}

/** Where addresses need not be unique, a node may have a row of its own already: it needs no second one. */
async function withoutOwn(
  run: RunContext,
  wanted: AddressesOfNodes['wanted'],
  left: readonly Row[],
): Promise<AddressesOfNodes['wanted']> {
  const of = [...new Set(left.map(({ address }) => hostOf(address)))].filter((host) => wanted.has(host)).sort();
  const rows = await run.collections.load('ip-address', {}, { filter: 'address', of }, { fresh: true });
  const own = new Set(
    rows.filter((row) => row.assigned_object_type === 'dcim.interface').map(({ address }) => hostOf(address)),
  );
  return new Map([...wanted].filter(([host]) => !own.has(host)));
}

/** The stage of node interfaces tells why a node cannot be read. */
async function readNodes(run: RunContext): Promise<NodeNetworks | undefined> {
  try {
    return await collectNodeNetworks(run);
  } catch {
    run.signal.throwIfAborted();
    return undefined;
  }
}
