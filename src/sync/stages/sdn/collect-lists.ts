/** The lists of a cluster's software-defined networks: each by itself, so that one that fails takes no other along. */
import { errorText, toProxboxError, type ProxboxError } from '../../../errors/proxbox-error.js';
import { grantHint } from '../../../proxmox/pveum.js';
import type { SdnNodeZone, SdnSubnet, SdnVnet, SdnZone } from '../../../proxmox/parse/sdn.js';
import {
  readSdnControllers,
  readSdnFabrics,
  readSdnNodeZones,
  readSdnPrefixLists,
  readSdnRouteMaps,
  readSdnSubnets,
  readSdnVnets,
  readSdnZones,
} from '../../../proxmox/reads/sdn.js';
import type { ProxmoxSession } from '../../../proxmox/types.js';
import { readFromCluster } from '../../collect/proxmox.js';
import type { ConnectedCluster } from '../../guests.js';
import type { RunContext } from '../../run-context.js';
import type { Warning } from '../../types.js';
import type { Listed, SdnLists } from './types.js';

export interface ListsRead {
  readonly lists: SdnLists;
  /** Of lists that could not be read: nothing of those is changed. */
  readonly warnings: readonly Warning[];
  /** Why nothing at all could be read. */
  readonly failure: ProxboxError | undefined;
}

export async function readLists(run: RunContext, cluster: ConnectedCluster): Promise<ListsRead> {
  const failures: Failure[] = [];
  const options = { signal: run.signal };
  const list = <T>(what: string, read: (session: ProxmoxSession) => Promise<Listed<T>>): Promise<Listed<T>> =>
    unlessFailing(run, cluster, { what, read, failures });
  const [controllers, zones, vnets] = await Promise.all([
    list('SDN controllers', (session) => readSdnControllers(session, options)),
    list('SDN zones', (session) => readSdnZones(session, options)),
    list('SDN VNets', (session) => readSdnVnets(session, options)),
  ]);
  const isNothingRead = failures.length === 3;
  const [{ subnets, vnetsRead }, nodeZones, fabrics, routeMaps, prefixLists] = await Promise.all([
    readSubnets(vnets ?? [], (vnet) =>
      list(`subnets of SDN VNet ${vnet}`, (session) => readSdnSubnets(session, vnet, options)),
    ),
    readNodeZones(onlineNodes(cluster, zones), (node) =>
      list(`SDN zones of node ${node}`, (session) => readSdnNodeZones(session, node, options)),
    ),
    list('SDN fabrics', (session) => readSdnFabrics(session, options)),
    list('SDN route maps', (session) => readSdnRouteMaps(session, options)),
    list('SDN prefix lists', (session) => readSdnPrefixLists(session, options)),
  ]);
  return {
    lists: { controllers, zones, vnets, subnets, vnetsRead, nodeZones, fabrics, routeMaps, prefixLists },
    warnings: failures.map(({ what, cause }) => unreadable(cluster, what, cause)),
    failure: isNothingRead ? failures[0]?.cause : undefined,
  };
}

async function readSubnets(
  vnets: readonly SdnVnet[],
  read: (vnet: string) => Promise<Listed<SdnSubnet>>,
): Promise<Pick<SdnLists, 'subnets' | 'vnetsRead'>> {
  // Proxmox looks into what is configured: of one that is to go it tells none, and refuses.
  const configured = vnets.filter(({ state }) => state !== 'deleted');
  const lists = await Promise.all(configured.map(async ({ name }) => ({ name, subnets: await read(name) })));
  return {
    subnets: lists.flatMap(({ subnets }) => subnets ?? []),
    vnetsRead: new Set(lists.flatMap(({ name, subnets }) => (subnets === null ? [] : [name]))),
  };
}

/** Nobody is asked where there is no zone; an offline node says nothing. */
function onlineNodes({ view }: ConnectedCluster, zones: Listed<SdnZone>): readonly string[] {
  return (zones ?? []).length === 0 ? [] : view.nodes.flatMap(({ name, online }) => (online ? [name] : []));
}

async function readNodeZones(
  nodes: readonly string[],
  read: (node: string) => Promise<Listed<SdnNodeZone>>,
): Promise<SdnLists['nodeZones']> {
  const lists = await Promise.all(nodes.map(async (node) => [node, await read(node)] as const));
  return new Map(lists.flatMap(([node, zones]) => (zones === null ? [] : [[node, zones] as const])));
}

interface Failure {
  readonly what: string;
  readonly cause: ProxboxError;
}

interface OneList<T> {
  /** In the plural, for a sentence. */
  readonly what: string;
  readonly read: (session: ProxmoxSession) => Promise<Listed<T>>;
  readonly failures: Failure[];
}

async function unlessFailing<T>(
  run: RunContext,
  cluster: ConnectedCluster,
  { what, read, failures }: OneList<T>,
): Promise<Listed<T>> {
  try {
    return await readFromCluster(run, cluster, read);
  } catch (error) {
    run.signal.throwIfAborted();
    failures.push({ what, cause: toProxboxError(error) });
    return null;
  }
}

/** A missing privilege is one that Proxmox may be asked without: less is known then, and the run is complete. */
function unreadable({ view, sessions: [session] }: ConnectedCluster, what: string, cause: ProxboxError): Warning {
  const source = { endpointId: view.owner.endpointId, cluster: view.name };
  const text = `The ${what} of "${view.name}" cannot be read, so nothing of them was changed`;
  if (cause.code !== 'proxmox_forbidden' || session === undefined)
    return { code: 'read_incomplete', message: `${text}: ${errorText(cause)}`, source };
  return {
    code: 'privilege_optional',
    message: `${text}. ${grantHint('sdn', cause, session)}. ${cause.message}`,
    source,
  };
}
