/** What every cluster lists of its software-defined networks, and all rows of the plugin's tables about them. */
import { textOf } from '../../../netbox/kinds/values.js';
import { withoutPluginId } from '../../../values/plugin-id.js';
import type { RecordOf } from '../../../netbox/kinds/index.js';
import { pluginEndpointOfCluster } from '../../../plugin-endpoints/plugin-rows.js';
import { privilegesFor } from '../../../proxmox/privileges.js';
import { readPermissionsOn } from '../../../proxmox/reads/cluster.js';
import { collectClusters } from '../../collect/guest-list.js';
import { warnOfHidden } from '../../collect/optional-privileges.js';
import { readFromCluster } from '../../collect/proxmox.js';
import { substep } from '../../events.js';
import type { ConnectedCluster } from '../../guests.js';
import type { SdnKind } from '../../plan/stale.js';
import type { RunContext } from '../../run-context.js';
import type { Warning } from '../../types.js';
import { loadCore, noCore } from './collect-core.js';
import { collectGuests, noGuests } from './collect-guests.js';
import { readLists, type ListsRead } from './collect-lists.js';
import { missingPaths } from './map-rows.js';
import type { CollectedSdn, SdnCluster, StoredSdn } from './types.js';

/** Throws the first cause when nothing of any cluster can be read. */
export async function collectSdn(run: RunContext): Promise<CollectedSdn> {
  if (!run.capabilities.proxboxPlugin)
    return {
      clusters: [],
      stored: await loadStored(run, []),
      core: noCore,
      roster: undefined,
      warnings: [],
      notes: [],
    };
  const { clusters, warnings } = await collectClusters(run);
  const owned = clusters.map((cluster) => ({
    cluster,
    ...placeOf(run, cluster),
  }));
  const [read, stored] = await Promise.all([
    Promise.all(owned.map(async (one) => ({ ...one, ...(await readCluster(run, one.cluster)) }))),
    loadStored(
      run,
      owned.flatMap(({ pluginEndpointId }) => pluginEndpointId ?? []),
    ),
  ]);
  throwIfNothing(read);
  const { roster, byCluster, notes } = await collectGuests(run, read, stored);
  const known = read.map((one) => ({ ...one, guests: byCluster.get(one.cluster.view.key) ?? noGuests }));
  const [core, judged] = await Promise.all([
    loadCore(run, known, stored),
    Promise.all(known.map((one) => withShown(run, one, stored))),
  ]);
  return {
    clusters: judged.map(({ sdn }) => sdn),
    stored,
    core,
    roster,
    notes,
    warnings: [...warnings, ...read.flatMap((one) => one.warnings), ...judged.flatMap((one) => one.warnings)],
  };
}

/** Where the rows of a cluster are kept. */
function placeOf(run: RunContext, { view }: ConnectedCluster): Pick<SdnCluster, 'pluginEndpointId' | 'endpointName'> {
  const row = pluginEndpointOfCluster(view, run.endpoints, run.pluginEndpoints);
  return {
    pluginEndpointId: row?.id ?? null,
    endpointName: textOf(row?.['name']) || withoutPluginId(view.owner.endpointName),
  };
}

function readCluster(run: RunContext, cluster: ConnectedCluster): Promise<ListsRead> {
  const name = withoutPluginId(cluster.view.owner.endpointName);
  run.events.emit(substep('sdn', 'collect', `Collecting SDN inventory for ${name}.`));
  return readLists(run, cluster);
}

function throwIfNothing(read: readonly ListsRead[]): void {
  const [first] = read.flatMap(({ failure }) => failure ?? []);
  if (first !== undefined && read.every(({ failure }) => failure !== undefined)) throw first;
}

/** Read anew: what is missing in Proxmox is marked. */
async function loadStored(run: RunContext, endpointIds: readonly number[]): Promise<StoredSdn> {
  // The filter takes one value.
  const [only, ...others] = endpointIds;
  const query = only === undefined || others.length > 0 ? {} : { endpoint: only };
  const load = <K extends SdnKind>(kind: K): Promise<readonly RecordOf<K>[]> =>
    only === undefined ? Promise.resolve([]) : run.collections.load(kind, query, undefined, { fresh: true });
  const [controllers, zones, vnets, subnets, fabrics, routeMaps, prefixLists, bindings] = await Promise.all([
    load('sdn-controller'),
    load('sdn-zone'),
    load('sdn-vnet'),
    load('sdn-subnet'),
    load('sdn-fabric'),
    load('sdn-route-map'),
    load('sdn-prefix-list'),
    load('sdn-binding'),
  ]);
  return {
    'sdn-controller': controllers,
    'sdn-zone': zones,
    'sdn-vnet': vnets,
    'sdn-subnet': subnets,
    'sdn-fabric': fabrics,
    'sdn-route-map': routeMaps,
    'sdn-prefix-list': prefixLists,
    'sdn-binding': bindings,
  };
}

type ReadCluster = Omit<SdnCluster, 'shown'>;

interface Judged {
  readonly sdn: SdnCluster;
  readonly warnings: readonly Warning[];
}

const sdnKinds: readonly SdnKind[] = [
  'sdn-controller',
  'sdn-zone',
  'sdn-vnet',
  'sdn-subnet',
  'sdn-fabric',
  'sdn-route-map',
  'sdn-prefix-list',
  'sdn-binding',
];

/** With the places where the account would see what is missing: each is asked with one small read, and only where a row is missing. */
async function withShown(run: RunContext, read: ReadCluster, stored: StoredSdn): Promise<Judged> {
  const { cluster, lists } = read;
  const paths = new Set(sdnKinds.flatMap((kind) => missingPaths(kind, read, stored)));
  const shown = await findShown(run, cluster, [...paths].sort());
  const { zones, vnets, controllers } = lists;
  const isEmpty = [zones, vnets, controllers].every((list) => list?.length === 0);
  const warnings =
    isEmpty && paths.size === 0
      ? await warnOfHidden(run, cluster, {
          read: 'sdn',
          aclPaths: ['/sdn/zones'],
          text: `Software-defined networks of "${cluster.view.name}" are not known: Proxmox lists none, and lists them only with SDN.Audit`,
        })
      : [];
  return { sdn: { ...read, shown }, warnings };
}

/** Of these ACL paths those on which the account sees what there is. An answer that fails proves nothing. */
async function findShown(
  run: RunContext,
  cluster: ConnectedCluster,
  aclPaths: readonly string[],
): Promise<ReadonlySet<string>> {
  const enough = privilegesFor('sdn', cluster.sessions[0]?.version.release ?? '');
  const judged = await Promise.all(
    aclPaths.map(async (aclPath) => {
      try {
        const held = await readFromCluster(run, cluster, (session) =>
          readPermissionsOn(session, aclPath, { signal: run.signal }),
        );
        return enough.some((privilege) => held.has(privilege)) ? [aclPath] : [];
      } catch {
        run.signal.throwIfAborted();
        return [];
      }
    }),
  );
  return new Set(judged.flat());
}
