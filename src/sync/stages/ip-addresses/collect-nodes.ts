/**
 * Addresses that pass between guests and nodes: asked only where a guest lets one go that no other guest wants, or wants one
 * that a node has in NetBox.
 */
import type { RecordOf } from '../../../netbox/kinds/index.js';
import { collectNodeNetworks } from '../../collect/node-networks.js';
import { hostOf } from '../../plan/address-ownership.js';
import { letGoByNodes, usableAddresses } from '../../plan/node-addresses.js';
import type { RunContext } from '../../run-context.js';
import type { AddressesOfNodes } from './types.js';

type Row = RecordOf<'ip-address'>;

const nothing: AddressesOfNodes = { letGo: new Map(), wanted: new Map() };

/** `left`: rows that guests let go; `contested`: rows on interfaces of nodes that guests want. Nothing where no node can be read. */
export async function collectFromNodes(
  run: RunContext,
  { left, contested }: { readonly left: readonly Row[]; readonly contested: readonly Row[] },
): Promise<AddressesOfNodes> {
  if (left.length + contested.length === 0 || run.options.modes.ip_address === 'disabled') return nothing;
  const nodes = await readNodes(run);
  const ids = nodes.flatMap(({ device }) => ('device' in device ? [device.device.id] : []));
  const of = [...new Set(ids)].sort((a, b) => a - b);
  const interfaces = await run.collections.load('node-interface', {}, { filter: 'device_id', of });
  const ports = new Map(interfaces.map((row) => [`${row.device}/${row.name}`, row]));
  const wanted = nodes.flatMap(({ name, device, network }) =>
    network.status === 'read' && 'device' in device
      ? network.interfaces.flatMap((one) => {
          const port = ports.get(`${device.device.id}/${one.name}`);
          const place = { id: port?.id ?? 0, label: `"${one.name}" of "${name}"` };
          return port === undefined
            ? []
            : usableAddresses(one, run.options.network).map((address) => [hostOf(address), place] as const);
        })
      : [],
  );
  return {
    letGo: letGoByNodes({ nodes, interfaces, addresses: contested }, run.options.network, run.supportIds),
    wanted: await withoutOwn(run, new Map(wanted), left),
  };
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
async function readNodes(run: RunContext) {
  try {
    return (await collectNodeNetworks(run)).nodes;
  } catch {
    run.signal.throwIfAborted();
    return [];
  }
}
