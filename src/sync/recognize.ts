/** Whether an endpoint still leads to what it led to, and what is said when it does not. */
import { ProxboxError } from '../errors/proxbox-error.js';
import type { KnownClusters } from './known-clusters.js';
import type { SessionSummary } from './plan/cluster-views.js';
import { changeSince } from './plan/same-cluster.js';
import type { Warning } from './types.js';

/** Throws `stage_failed` when the endpoint leads to another cluster: its guests would be taken for those of the old one. */
export function recognize(summary: SessionSummary, { byEndpoint }: KnownClusters): readonly Warning[] {
  const { endpointId, endpointName, name } = summary;
  const before = byEndpoint.get(endpointId);
  if (before === undefined) return [];
  const source = { endpointId, cluster: name };
  switch (changeSince(before, summary)) {
    case 'none':
      return [];
    case 'renewed':
      return [
        {
          code: 'cluster_renewed',
          message: `"${name}" (endpoint "${endpointName}") has another root certificate than before, at the same nodes and addresses: it was renewed or installed again. It is taken for the same cluster.`,
          source,
        },
      ];
    case 'joined':
      return [
        {
          code: 'cluster_joined',
          message: `The standalone host "${before.name}" (endpoint "${endpointName}") has joined the cluster "${name}". Its device and machines move there; its own cluster in NetBox stays empty and can be deleted.`,
          source,
        },
      ];
    case 'separated':
      throw new ProxboxError(
        'stage_failed',
        `Endpoint "${endpointName}" led to the cluster "${before.name}" and leads to the single host "${name}" now, which knows nothing of the other nodes`,
        {
          detail:
            'Nothing is taken for gone because of that. If the host has left the cluster, give the endpoint the address of another node, and register the host as an endpoint of its own. If the cluster is no more, delete the endpoint and register it again',
          retryable: false,
        },
      );
    case 'elsewhere':
      throw new ProxboxError(
        'stage_failed',
        `Endpoint "${endpointName}" led to "${before.name}" and leads to another installation now ("${name}", with none of its nodes at their addresses)`,
        {
          detail:
            'Another cluster needs an endpoint of its own: delete this one and register it again. It is another cluster in NetBox then, too',
          retryable: false,
        },
      );
  }
}

export const unremembered: Warning = {
  code: 'cluster_unremembered',
  message:
    'Which clusters the endpoints lead to could not be kept in the database (the log says why); NetBox is asked instead. Make room for the database, or end what holds it locked.',
};
