/** Completes the views of a run with stored endpoints that are not part of it but lead to the same cluster. */
import type { RecordOf } from '../../netbox/kinds/index.js';
import type { ProxmoxEndpoint } from '../../endpoints/types.js';
import { withMembers, type Alias, type ClusterView, type SessionSummary } from '../plan/cluster-views.js';
import { rememberedCluster } from '../plan/netbox-cluster.js';
import {
  changeSince,
  isLost,
  mayHaveJoined,
  sameness,
  type Installation,
  type Sameness,
} from '../plan/same-cluster.js';
import type { RunContext } from '../run-context.js';

/** What a sidecar says of the cluster and endpoint that its object belongs to. */
type Claim = Pick<RecordOf<'vm-state'>, 'proxmox_cluster_name' | 'proxmox_endpoint_raw_id'>;

/**
 * The plugin syncs one endpoint per call, and sidecars name the endpoint that wrote them: without this, a guest known
 * through one member would look new through another. What an endpoint led to is remembered. It is asked where that does not
 * decide, and where nobody knows: when sidecars claim the cluster's name for it, when its address is that of a node, and
 * when the cluster is new, so that the names of clusters do not depend on which is synced first.
 */
export async function withAliases(
  run: RunContext,
  views: readonly ClusterView[],
  states: readonly Claim[],
): Promise<readonly ClusterView[]> {
  const inside = new Set(run.clusters.flatMap(({ view }) => [...view.endpointIds, ...view.unverifiedEndpointIds]));
  const outside = [...run.endpoints.values()].filter(({ id }) => !inside.has(id));
  return Promise.all(
    views.map(async (view) => {
      // Nobody knows which rows are its own, so nothing is gained by another endpoint of it.
      if (view.endpointIds.length === 0) return view;
      const claimants = claimantIds(view, states);
      const aliases = outside.map((endpoint) =>
        aliasOf(run, view, { endpoint, isClaimant: claimants.has(endpoint.id) }),
      );
      return withMembers(view, (await Promise.all(aliases)).flat());
    }),
  );
}

/** Endpoints that sidecars with this cluster's name belong to. */
function claimantIds(view: ClusterView, states: readonly Claim[]): ReadonlySet<number> {
  const rows = states.filter((state) => state.proxmox_cluster_name === view.name);
  return new Set(rows.map((state) => state.proxmox_endpoint_raw_id ?? -1));
}

interface Outsider {
  readonly endpoint: ProxmoxEndpoint;
  readonly isClaimant: boolean;
}

async function aliasOf(run: RunContext, view: ClusterView, outsider: Outsider): Promise<readonly Alias[]> {
  const relation = await relationOf(run, view, outsider);
  return relation === 'none' ? [] : [{ summary: summaryOf(outsider.endpoint, view), relation }];
}

/** `none`: nobody knows it, and nothing makes it matter. */
async function relationOf(run: RunContext, view: ClusterView, outsider: Outsider): Promise<Alias['relation'] | 'none'> {
  const known = run.known.byEndpoint.get(outsider.endpoint.id);
  const before = known === undefined ? 'none' : relate(run, view, known);
  if (before === 'same') return 'member';
  if (!isToBeAsked(run, view, outsider)) return before === 'none' ? 'none' : 'other';
  const seen = await run.inspectEndpoint(outsider.endpoint);
  if (seen === undefined) return unansweredRelation(view, outsider, { known, before });
  run.known.see(seen);
  const relation = relate(run, view, seen);
  if (relation === 'same') return 'member';
  return relation === 'unverified' && !isNamedLike(view, seen) ? 'other' : relation;
}

function unansweredRelation(
  view: ClusterView,
  { endpoint, isClaimant }: Outsider,
  { known, before }: { readonly known: Installation | undefined; readonly before: Sameness | 'none' },
): Alias['relation'] | 'none' {
  if (known !== undefined) return before === 'other' && !mayHaveJoined(known, view) ? 'other' : 'unknown';
  // Nobody answers at the address of a node of ours: that node it is.
  if (isOnNode(endpoint, view)) return 'member';
  return isClaimant ? 'unknown' : 'none';
}

function isToBeAsked(run: RunContext, view: ClusterView, { endpoint, isClaimant }: Outsider): boolean {
  const known = run.known.byEndpoint.get(endpoint.id);
  const isNear = isClaimant || isOnNode(endpoint, view);
  if (known === undefined)
    return isNear || (endpoint.enabled && rememberedCluster(view, run.known.byEndpoint) === undefined);
  if (mayHaveJoined(known, view)) return true;
  const isSure = known.identity !== null && view.identity !== null && known.identity !== view.identity;
  return !isSure && (isNear || isNamedLike(view, known));
}

/** With what was seen of the cluster now, and with what was seen of it when the other was seen. */
function relate(run: RunContext, view: ClusterView, other: Installation): Sameness {
  const past = view.endpointIds
    .flatMap((id) => run.known.byEndpoint.get(id) ?? [])
    .filter((known) => !isLost(changeSince(known, view)));
  return past.some((known) => sameness(known, other) === 'same') ? 'same' : sameness(view, other);
}

function isOnNode(endpoint: ProxmoxEndpoint, view: ClusterView): boolean {
  return view.nodes.some((node) => node.ip !== '' && node.ip === endpoint.ipAddress);
}

function isNamedLike(view: ClusterView, { name }: Installation): boolean {
  return view.name.toLowerCase() === name.toLowerCase();
}

function summaryOf({ id, name, ...endpoint }: ProxmoxEndpoint, view: ClusterView): SessionSummary {
  return {
    endpointId: id,
    endpointName: name,
    identity: view.identity,
    name: view.name,
    mode: view.mode,
    host: endpoint.domain ?? endpoint.ipAddress,
    port: endpoint.port,
    nodes: view.nodes,
    isQuorate: view.isQuorate,
    site: endpoint.site,
    tenant: endpoint.tenant,
  };
}
