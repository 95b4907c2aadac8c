/** Which network devices of guests are plugged into VNets that are L2VPNs, and which interfaces of NetBox they are. */
import type { RecordOf } from '../../../netbox/kinds/index.js';
import { readConfigs } from '../../collect/guest-config.js';
import { proveAbsence } from '../../collect/guest-visibility.js';
import { loadOfMachines } from '../../collect/machine-rows.js';
import { collectRoster } from '../../collect/roster.js';
import type { ConnectedCluster, LocatedConfig } from '../../guests.js';
import { matchNics } from '../../plan/guest-nics.js';
import { matchStored } from '../../plan/match-nics.js';
import { byMachine, machineName, type KnownGuest, type Roster } from '../../plan/roster.js';
import { proxboxTagId } from '../../plan/support-objects.js';
import type { RunContext } from '../../run-context.js';
import type { Note } from '../../types.js';
import { vmidOf } from './map-bindings.js';
import { overlayVnets } from './map-l2vpn.js';
import { activeRows, rowsOf } from './map-rows.js';
import type { SdnCluster, SdnGuests, StoredSdn, VnetNic } from './types.js';

type Networks = Pick<SdnCluster, 'cluster' | 'pluginEndpointId' | 'lists'>;

export interface GuestsRead {
  readonly roster: Roster | undefined;
  /** By the key of the cluster's view. */
  readonly byCluster: ReadonlyMap<string, SdnGuests>;
  readonly notes: readonly Note[];
}

export const noGuests: SdnGuests = { nics: [], read: new Set(), gone: new Set() };

/** Asks nobody where no VNet is an L2VPN. Jobs about networks know no selection of machines. */
export async function collectGuests(
  run: RunContext,
  networks: readonly Networks[],
  stored: StoredSdn,
): Promise<GuestsRead> {
  const concerned = networks.filter(({ lists, pluginEndpointId: id }) => id !== null && overlayVnets(lists).length > 0);
  if (concerned.length === 0) return { roster: undefined, byCluster: new Map(), notes: [] };
  const everybody = { ...run, options: { ...run.options, netboxVmIds: null } };
  const roster = await collectRoster(everybody);
  const keys = new Set(concerned.map(({ cluster }) => cluster.view.key));
  const guests = roster.guests.filter(({ cluster }) => keys.has(cluster.view.key));
  const [read, rows] = await Promise.all([
    readConfigs(run, guests, 'sdn'),
    loadOfMachines(run, 'vm-interface', roster.guests),
  ]);
  const interfaces = byMachine(rows);
  const byCluster = await Promise.all(
    concerned.map(async (network) => {
      const { key } = network.cluster.view;
      const own = read.filter(({ cluster }) => cluster.view.key === key);
      const gone = await findGone(run, network, { roster, stored });
      return [key, { ...guestsOf(run, own, { network, interfaces }), gone }] as const;
    }),
  );
  const notes = read.flatMap((guest) => noteOf(guest));
  return { roster, byCluster: new Map(byCluster), notes };
}

type ReadGuest = KnownGuest & LocatedConfig;

interface Beside {
  readonly network: Networks;
  readonly interfaces: ReadonlyMap<number, readonly RecordOf<'vm-interface'>[]>;
}

function guestsOf(run: RunContext, guests: readonly ReadGuest[], beside: Beside): Omit<SdnGuests, 'gone'> {
  return {
    nics: guests.flatMap((guest) => nicsOf(run, guest, beside)),
    read: new Set(guests.flatMap(({ config, resource }) => (config.status === 'read' ? [resource.vmid] : []))),
  };
}

function nicsOf(run: RunContext, guest: ReadGuest, { network, interfaces }: Beside): readonly VnetNic[] {
  const { config, node, resource } = guest;
  if (config.status !== 'read') return [];
  const vnets = new Map(overlayVnets(network.lists).map(({ vnet }) => [vnet.name, vnet]));
  const { strategy, useGuestAgentInterfaceName } = run.options.network;
  const { nics } = matchNics({ config: config.config, type: resource.type }, [], run.options.network);
  const matches = matchStored(nics, interfaces.get(guest.virtualMachine.id) ?? [], {
    proxboxTag: proxboxTagId(run.supportIds),
    namesFromGuest: strategy === 'legacy_rename' && useGuestAgentInterfaceName,
  });
  return matches.flatMap(({ nic, current }) => {
    const vnet = vnets.get(nic.device.bridge ?? '');
    return vnet === undefined ? [] : [{ guest, node, device: nic.device.key, vnet, current }];
  });
}

/** Of the guests that stored rows are about and nobody lists those that are proven to be gone. */
async function findGone(
  run: RunContext,
  network: Networks,
  { roster, stored }: { readonly roster: Roster; readonly stored: StoredSdn },
): Promise<ReadonlySet<number>> {
  const cluster: ConnectedCluster = network.cluster;
  const { key } = cluster.view;
  if (!roster.listedClusters.has(key)) return new Set();
  const listed = new Set([
    ...roster.guests.filter((guest) => guest.cluster.view.key === key).map(({ resource }) => resource.vmid),
    ...roster.omitted.filter((guest) => guest.key.startsWith(`${key}/`)).map(({ source }) => source.vmid ?? 0),
  ]);
  const wanted = activeRows(rowsOf('sdn-binding', network, stored))
    .filter(({ source_type: type }) => type === 'l2vpn-termination')
    .map(({ source_name: name }) => vmidOf(name))
    .filter((vmid) => !listed.has(vmid));
  return wanted.length === 0 ? new Set() : (await proveAbsence(run, cluster, wanted)).gone;
}

function noteOf(guest: ReadGuest): readonly Note[] {
  const { config, source } = guest;
  return config.status === 'read' ? [] : [{ ...config.reason, label: machineName(guest), source }];
}
