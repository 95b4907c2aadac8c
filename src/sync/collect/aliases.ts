import { textOf, toNumber } from '../../netbox/records/compare.js';
import type { NetBoxRecord } from '../../netbox/types.js';
import type { ProxmoxEndpoint } from '../../endpoints/types.js';
import { withMembers, type Alias, type ClusterView, type SessionSummary } from '../plan/cluster-views.js';
import type { RunContext } from '../run-context.js';

/**
 * Completes the views of a run with stored endpoints that are not part of it but lead to the same cluster. The plugin
 * syncs one endpoint per call, and sidecars name the endpoint that wrote them: without this, a guest known through one
 * member would look new through another. An endpoint is a member when its address is that of a node of the cluster, or
 * when it says so itself; it is asked only when rows in NetBox claim the cluster's name for it.
 */
export async function withAliases(
  run: RunContext,
  views: readonly ClusterView[],
  states: readonly NetBoxRecord[],
): Promise<readonly ClusterView[]> {
  return Promise.all(
    views.map(async (view) => {
      const claimants = claimantIds(view, states);
      const outside = [...run.endpoints.values()].filter(({ id }) => !view.endpointIds.includes(id));
      const aliases = await Promise.all(
        outside
          .filter((endpoint) => isOnNode(endpoint, view) || claimants.has(endpoint.id))
          .map((endpoint) => aliasOf(run, view, endpoint)),
      );
      return aliases.length === 0 ? view : withMembers(view, aliases);
    }),
  );
}

/** Endpoints that sidecars with this cluster's name belong to. */
function claimantIds(view: ClusterView, states: readonly NetBoxRecord[]): ReadonlySet<number> {
  const rows = states.filter((state) => textOf(state['proxmox_cluster_name']) === view.name);
  return new Set(rows.map((state) => toNumber(state['proxmox_endpoint_raw_id']) ?? -1));
}

function isOnNode(endpoint: ProxmoxEndpoint, view: ClusterView): boolean {
  return view.nodes.some((node) => node.ip !== '' && node.ip === endpoint.ipAddress);
}

async function aliasOf(run: RunContext, view: ClusterView, endpoint: ProxmoxEndpoint): Promise<Alias> {
  const summary: SessionSummary = {
    endpointId: endpoint.id,
    endpointName: endpoint.name,
    name: view.name,
    mode: view.mode,
    host: endpoint.domain ?? endpoint.ipAddress,
    port: endpoint.port,
    nodes: view.nodes,
    site: endpoint.site,
    tenant: endpoint.tenant,
  };
  if (isOnNode(endpoint, view)) return { summary, relation: 'member' };
  const seen = await run.inspectEndpoint(endpoint);
  if (seen === undefined) return { summary, relation: 'unknown' };
  const nodes = new Set(view.nodes.map(({ name }) => name));
  const same = seen.name === view.name && seen.mode === view.mode && seen.nodes.some(({ name }) => nodes.has(name));
  return { summary, relation: same ? 'member' : 'other' };
}
