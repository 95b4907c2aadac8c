/** The network of every node that is online, and what NetBox has of it. */
import type { RecordOf } from '../../../netbox/kinds/index.js';
import { seemsToLackBridges } from '../../../proxmox/parse/node-interfaces.js';
import { collectAbandoned, type Abandoned } from '../../collect/abandoned-addresses.js';
import { collectNodeNetworks, type Attempt } from '../../collect/node-networks.js';
import { warnOfHidden } from '../../collect/optional-privileges.js';
import { collectRoster } from '../../collect/roster.js';
import { loadVlans } from '../../collect/vlans.js';
import { hostOf, isShared } from '../../plan/address-ownership.js';
import { usableAddresses, type NodeNetwork } from '../../plan/node-addresses.js';
import type { StoredVlans } from '../../plan/vlans.js';
import type { RunContext } from '../../run-context.js';
import { nameList } from '../../../values/short-text.js';
import type { Warning } from '../../types.js';
import { wantedVlan } from './map.js';
import type { ConnectedCluster } from '../../guests.js';

export interface CollectedInterfaces {
  readonly nodes: readonly NodeNetwork[];
  /** Of NetBox: the interfaces of these devices, the VLANs with the wanted numbers, the rows with the wanted hosts. */
  readonly interfaces: readonly RecordOf<'node-interface'>[];
  readonly vlans: StoredVlans | undefined;
  readonly addresses: readonly RecordOf<'ip-address'>[];
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
  const { clusters, attempts, nodes } = await collectNodeNetworks(run);
  const warnings = (await Promise.all(clusters.map((cluster) => warnOfBridges(run, cluster, attempts)))).flat();
  const stored = await loadStored(run, nodes, warnings);
  return { nodes, ...stored, ...(await collectOfMachines(run, stored.addresses)), warnings };
}

/** Asked only where a machine has an address of a node: what its guest says now, or the proof that it is gone. */
async function collectOfMachines(
  run: RunContext,
  addresses: readonly RecordOf<'ip-address'>[],
): Promise<Pick<CollectedInterfaces, 'abandoned' | 'guestAddresses'>> {
  const held = addresses.filter((row) => row.assigned_object_type === 'virtualization.vminterface' && !isShared(row));
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

/** Three list requests, whatever the number of nodes; none for what no node has. */
async function loadStored(
  run: RunContext,
  nodes: readonly NodeNetwork[],
  warnings: Warning[],
): Promise<Omit<CollectedInterfaces, 'nodes' | 'warnings' | 'abandoned' | 'guestAddresses'>> {
  const { collections, options } = run;
  const deviceIds = nodes.flatMap(({ device }) => ('device' in device ? [device.device.id] : []));
  const all = nodes.flatMap(({ network }) => (network.status === 'read' ? network.interfaces : []));
  const sites = nodes.flatMap(({ device }) => ('device' in device ? [device.device.site] : []));
  const numbers = all.map(wantedVlan).filter((vid) => vid !== null);
  const hosts =
    options.modes.ip_address === 'disabled'
      ? []
      : all.flatMap((one) => usableAddresses(one, options.network).map(hostOf));
  const [interfaces, vlans, addresses] = await Promise.all([
    collections.load('node-interface', {}, { filter: 'device_id', of: ascending(deviceIds) }),
    loadVlans(run, warnings, numbers, sites),
    collections.load('ip-address', {}, { filter: 'address', of: [...new Set(hosts)].sort() }),
  ]);
  return { interfaces, vlans, addresses, refused: collections.refusals };
}

function ascending(numbers: readonly number[]): readonly number[] {
  return [...new Set(numbers)].sort((a, b) => a - b);
}
