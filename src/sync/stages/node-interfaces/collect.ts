/** The network of every node that is online, and what NetBox has of it. */
import type { RecordOf } from '../../../netbox/kinds/index.js';
import { seemsToLackBridges } from '../../../proxmox/parse/node-interfaces.js';
import { collectAbandoned, type Abandoned } from '../../collect/abandoned-addresses.js';
import { collectMarks } from '../../collect/address-marks.js';
import { collectGuestHosts } from '../../collect/guest-hosts.js';
import { collectLetGo } from '../../collect/let-go-of-nodes.js';
import { collectNodeNetworks, type Attempt } from '../../collect/node-networks.js';
import { warnOfHidden } from '../../collect/optional-privileges.js';
import { collectRoster } from '../../collect/roster.js';
import { loadVlans, withHidden } from '../../collect/vlans.js';
import { hostOf, isShared } from '../../plan/address-ownership.js';
import { deviceOfRow, usableAddresses, type LetGoOfNode, type NodeNetwork } from '../../plan/node-addresses.js';
import { isTakenBySync, type AddressMarks } from '../../plan/unclaimed-addresses.js';
import { namedVlan, type StoredVlans } from '../../plan/vlans.js';
import type { RunContext } from '../../run-context.js';
import { nameList } from '../../../values/short-text.js';
import type { Warning } from '../../types.js';
import { wantedVlan } from './map.js';
import type { ConnectedCluster } from '../../guests.js';

export interface CollectedInterfaces {
  readonly nodes: readonly NodeNetwork[];
  /** Of NetBox: the interfaces of these devices, the VLANs with the wanted numbers, the rows on the devices or with a wanted host. */
  readonly interfaces: readonly RecordOf<'node-interface'>[];
  readonly vlans: StoredVlans | undefined;
  readonly addresses: readonly RecordOf<'ip-address'>[];
  /** By row: what nodes have no more. */
  readonly letGo: ReadonlyMap<number, LetGoOfNode>;
  /** What is known of rows that nodes have let go, and of those that come to nodes. */
  readonly marks: AddressMarks;
  /** What guests of the run have, as the stage of their addresses takes it from the nodes; undefined: what is let go stays. */
  readonly guestHosts: ReadonlySet<string> | undefined;
  /** By row with an address of a node: the machine whose guest has it no more, or is gone itself. */
  readonly abandoned: ReadonlyMap<number, Abandoned>;
  /** What the plugin keeps of those rows on their machines. */
  readonly guestAddresses: readonly RecordOf<'guest-vm-interface-address'>[];
  /** Addresses that NetBox refused lately, by the sentence that said why. */
  readonly refused: Pick<ReadonlySet<string>, 'has'>;
  /** About what the accounts in Proxmox and NetBox may not see. */
  readonly warnings: readonly Warning[];
}

/** Throws the first cause when no node could be read. */
export async function collectInterfaces(run: RunContext): Promise<CollectedInterfaces> {
  const networks = await collectNodeNetworks(run);
  const { clusters, attempts, nodes } = networks;
  const warnings = (await Promise.all(clusters.map((cluster) => warnOfBridges(run, cluster, attempts)))).flat();
  const stored = await loadStored(run, nodes, warnings);
  const letGo = await collectLetGo(run, networks, stored);
  const ofMachines = await collectOfMachines(run, stored.addresses);
  const release = await collectRelease(run, nodes, { ...stored, ...ofMachines, letGo });
  return { nodes, ...stored, ...ofMachines, letGo, ...release, warnings };
}

/** Asked only where rows may go or come; guests only where a row goes that a sync has put there. */
async function collectRelease(
  run: RunContext,
  nodes: readonly NodeNetwork[],
  { letGo, abandoned, addresses }: Pick<CollectedInterfaces, 'letGo' | 'abandoned' | 'addresses'>,
): Promise<Pick<CollectedInterfaces, 'marks' | 'guestHosts'>> {
  const rows = [...letGo.values()].flatMap(({ row, node }) => (node === undefined || isShared(row) ? [] : [row]));
  const wanted = new Set(nodes.flatMap((node) => hostsOf(run, node)));
  const coming = addresses.filter(
    (row) =>
      wanted.has(hostOf(row.address)) &&
      (row.assigned_object_id === null || letGo.has(row.id) || abandoned.has(row.id)),
  );
  const marks = await collectMarks(
    run,
    rows.map((row) => ({ row, mayGo: true })),
    coming,
  );
  const { supportIds } = run;
  const mayGo = rows.some((row) => isTakenBySync(row, { marks, supportIds }));
  return { marks, guestHosts: mayGo ? await collectGuestHosts(run, 'node-interfaces') : undefined };
}

function hostsOf(run: RunContext, { network }: NodeNetwork): readonly string[] {
  const interfaces = network.status === 'read' ? network.interfaces : [];
  return interfaces.flatMap((one) => usableAddresses(one, run.options.network).map(hostOf));
}

/** Asked only where a machine has an address of a node: what its guest says now, or the proof that it is gone. */
async function collectOfMachines(
  run: RunContext,
  addresses: readonly RecordOf<'ip-address'>[],
): Promise<Pick<CollectedInterfaces, 'abandoned' | 'guestAddresses'>> {
  const held = addresses.filter((row) => row.assigned_object_type === 'virtualization.vminterface');
  if (held.length === 0) return { abandoned: new Map(), guestAddresses: [] };
  const asking = { phase: 'node-interfaces', asksLiving: true };
  const abandoned = await collectAbandoned(run, await collectRoster(run), held, asking);
  const of = ascending([...abandoned.keys()]);
  const guestAddresses = run.capabilities.proxboxPlugin
    ? await run.collections.load('guest-vm-interface-address', {}, { filter: 'ip_address_id', of })
    : [];
  return { abandoned, guestAddresses };
}

/** One look at the permissions of a cluster where bridges seem to be missing. */
async function warnOfBridges(
  run: RunContext,
  cluster: ConnectedCluster,
  attempts: readonly Attempt[],
): Promise<readonly Warning[]> {
  const bare = attempts.filter(
    ({ cluster: of, network }) => of === cluster && network.status === 'read' && seemsToLackBridges(network.interfaces),
  );
  if (bare.length === 0) return [];
  const names = nameList(bare.map(({ node }) => node.name));
  return warnOfHidden(run, cluster, {
    read: 'bridges',
    aclPaths: ['/sdn/zones/localnetwork'],
    text: `Bridges of ${names} in "${cluster.view.name}", and the management addresses on them, are not known, or not all of them: Proxmox lists bridges only with SDN.Audit. Stored ones stay as they are`,
  });
}

/** Three list requests, whatever the number of nodes, and a fourth for addresses that are not on their devices yet. */
async function loadStored(
  run: RunContext,
  nodes: readonly NodeNetwork[],
  warnings: Warning[],
): Promise<Pick<CollectedInterfaces, 'interfaces' | 'vlans' | 'addresses' | 'refused'>> {
  const { collections, options } = run;
  const deviceIds = nodes.flatMap(({ device }) => ('device' in device ? [device.device.id] : []));
  const all = nodes.flatMap(({ network }) => (network.status === 'read' ? network.interfaces : []));
  const sites = nodes.flatMap(({ device }) => ('device' in device ? [device.device.site] : []));
  const numbers = all.map(wantedVlan).filter((vid) => vid !== null);
  const [interfaces, vlans, addresses] = await Promise.all([
    collections.load('node-interface', {}, { filter: 'device_id', of: ascending(deviceIds) }),
    loadVlans(run, warnings, numbers, sites),
    options.modes.ip_address === 'disabled' ? [] : loadAddresses(run, nodes, ascending(deviceIds)),
  ]);
  const siteOf = new Map(
    nodes.flatMap(({ device }) => ('device' in device ? [[device.device.id, device.device.site]] : [])),
  );
  const named = interfaces.flatMap((port) => namedVlan(port, siteOf.get(port.device ?? -1) ?? null));
  const known = await withHidden(run, vlans, { numbers, named });
  return { interfaces, vlans: known, addresses, refused: collections.refusals };
}

/** Those of the devices, and whatever else has an address that a node wants and its device has not. */
async function loadAddresses(
  run: RunContext,
  nodes: readonly NodeNetwork[],
  of: readonly number[],
): Promise<readonly RecordOf<'ip-address'>[]> {
  const own = await run.collections.load('ip-address', {}, { filter: 'device_id', of }, { fresh: true });
  const placeOf = (device: number | null, host: string): string => `${device ?? ''} ${host}`;
  const has = new Set(own.map((row) => placeOf(deviceOfRow(row), hostOf(row.address))));
  const missing = nodes.flatMap((node) => {
    const device = 'device' in node.device ? node.device.device.id : null;
    return hostsOf(run, node).filter((host) => !has.has(placeOf(device, host)));
  });
  const others = await run.collections.load('ip-address', {}, { filter: 'address', of: [...new Set(missing)].sort() });
  const seen = new Set(own.map(({ id }) => id));
  return [...own, ...others.filter(({ id }) => !seen.has(id))];
}

function ascending(numbers: readonly number[]): readonly number[] {
  return [...new Set(numbers)].sort((a, b) => a - b);
}
