import { firstRootCa } from './numbering.js';
import type { EstateCluster, EstateGuest, EstateNode } from './types.js';

type ClusterDraft = Pick<EstateCluster, 'name' | 'profile' | 'nodes'> &
  Partial<Omit<EstateCluster, 'guests'>> & { readonly guests: readonly EstateGuest[] };

/** A cluster written by hand: what is not given is empty. */
export function makeCluster(draft: ClusterDraft): EstateCluster {
  const nodes: EstateNode[] = draft.nodes;
  return {
    standalone: false,
    rootCa: firstRootCa(draft.name, nodes),
    storages: [],
    backupJobs: [],
    replicationJobs: [],
    ha: { resources: [], groups: [], rules: [] },
    options: { keyboard: 'en-us' },
    ...draft,
    nodes,
    guests: new Map(draft.guests.map((guest) => [guest.vmid, guest])),
  };
}
