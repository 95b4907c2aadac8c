/** What a run knows from earlier ones of the clusters that endpoints lead to, and what it adds to that. */
import type { KnownCluster, KnownClusterStore } from '../endpoints/known-clusters.js';
import type { RecordOf } from '../netbox/kinds/index.js';
import type { ClusterView, SessionSummary } from './plan/cluster-views.js';
import { changeSince, isLost, sameness, type Installation } from './plan/same-cluster.js';

export interface KnownClusters {
  /** By endpoint id, as it was when the run began, and what was learnt since of endpoints outside of the run. */
  readonly byEndpoint: ReadonlyMap<number, KnownCluster>;
  /** An endpoint of the run was asked: from the next run on. */
  meet(summary: SessionSummary): boolean;
  /** An endpoint outside of the run was asked. */
  see(summary: SessionSummary): void;
  /** Endpoints whose rows in NetBox are taken for theirs without a look. */
  readonly older: ReadonlySet<number>;
  /** Rows of NetBox with these ids are this cluster's, of its endpoints and of ones that are gone. */
  confirm(endpointIds: readonly number[], view: ClusterView): void;
  /** The cluster is this one in NetBox: from the next run on. */
  settle(view: ClusterView, cluster: Pick<RecordOf<'cluster'>, 'id' | 'name' | 'created'>): void;
}

export interface KnownClusterScope {
  readonly netboxEndpointId: number;
  /** A dry run adds nothing. */
  readonly isDryRun: boolean;
  /** Ids of a branch are not those of NetBox itself. */
  readonly branch: string;
}

/** With nodes that it had under other names, without an address: rows that name them are still its own. */
function nodesSince(
  last: Installation | undefined,
  { identity, nodes }: Pick<Installation, 'identity' | 'nodes'>,
): Installation['nodes'] {
  const names = new Set(nodes.map(({ name }) => name));
  const isSame = last !== undefined && identity !== null && last.identity === identity;
  const former = isSame ? last.nodes.filter(({ name }) => !names.has(name)).map(({ name }) => ({ name, ip: '' })) : [];
  return [...nodes.map(({ name, ip }) => ({ name, ip })), ...former].sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** By its name, or whatever it is called now by its root certificate. */
function isStill(
  last: KnownCluster | undefined,
  { identity, mode, name }: Pick<Installation, 'identity' | 'mode' | 'name'>,
): last is KnownCluster {
  return last?.mode === mode && (last.name === name || (identity !== null && last.identity === identity));
}

/** A run of its own has to find that out, and is refused then: what another one sees must not hide it. */
function isRefused(last: KnownCluster | undefined, now: Installation): boolean {
  return last !== undefined && isLost(changeSince(last, now));
}

export function openKnownClusters(
  store: Pick<KnownClusterStore, 'all' | 'remember' | 'older'>,
  { netboxEndpointId, isDryRun, branch }: KnownClusterScope,
): KnownClusters {
  const byEndpoint = new Map(store.all(netboxEndpointId));
  const latest = new Map(byEndpoint);

  function remember(known: KnownCluster): boolean {
    const last = latest.get(known.endpointId);
    latest.set(known.endpointId, known);
    return isDryRun || JSON.stringify(last) === JSON.stringify(known) || store.remember(netboxEndpointId, known);
  }

  function meet({ endpointId, identity, mode, name, nodes }: SessionSummary): boolean {
    if (mode === 'restricted') return true;
    const last = latest.get(endpointId);
    const isSame = isStill(last, { identity, mode, name });
    if (last !== undefined && identity !== null) renew(last, { identity, mode, name, nodes });
    return remember({
      endpointId,
      // What could be read once is not unlearnt.
      identity: identity ?? last?.identity ?? null,
      mode,
      name,
      nodes: nodesSince(last, { identity, nodes }),
      netboxCluster: isSame ? last.netboxCluster : null,
      ...(last?.isConfirmed === true ? { isConfirmed: true } : {}),
    });
  }

  /** Other endpoints of a cluster whose root certificate was renewed lead to the new one as well. */
  function renew(last: KnownCluster, now: Installation): void {
    if (changeSince(last, now) !== 'renewed') return;
    for (const other of [...latest.values()])
      if (other.endpointId !== last.endpointId && sameness(other, last) === 'same')
        remember({ ...other, identity: now.identity });
  }

  return {
    byEndpoint,
    older: store.older(),
    meet,
    confirm(endpointIds, view) {
      for (const endpointId of endpointIds) {
        meet({ ...view.owner, endpointId });
        const known = latest.get(endpointId);
        if (known === undefined) continue;
        remember({ ...known, isConfirmed: true });
        // Of one that is gone nothing else is true any more.
        if (!view.endpointIds.includes(endpointId)) byEndpoint.set(endpointId, { ...known, isConfirmed: true });
      }
    },
    see(summary) {
      if (isRefused(latest.get(summary.endpointId), summary)) return;
      meet(summary);
      const known = latest.get(summary.endpointId);
      if (known !== undefined) byEndpoint.set(summary.endpointId, known);
    },
    settle(view, { id, name, created }) {
      for (const endpointId of branch === '' ? view.endpointIds : []) {
        const known = latest.get(endpointId);
        if (known?.name === view.name && known.mode === view.mode)
          remember({ ...known, netboxCluster: { id, name, created } });
      }
    },
  };
}
