/** What happens in Proxmox, as a table of kinds, and how it comes to rest. */
import type { Estate } from '../simulator/estate/index.js';
import { clusterChanges } from './changes-of-clusters.js';
import { guestChanges } from './changes-of-guests.js';
import { networkChanges } from './changes-of-networks.js';
import type { Happening } from './scene.js';

const changes = { ...guestChanges, ...networkChanges, ...clusterChanges } satisfies Record<string, Happening>;

export const changeKinds = Object.keys(changes) as (keyof typeof changes)[];

/** Numbers choose among what there is, modulo how much that is. */
export interface Change {
  readonly what: keyof typeof changes;
  readonly cluster: number;
  readonly target: number;
}

export function applyChange(estate: Estate, { what, cluster: index, target }: Change): void {
  const cluster = estate.clusters[index];
  const node = cluster?.nodes[target % cluster.nodes.length];
  if (cluster === undefined || node === undefined) return;
  const guests = [...cluster.guests.values()];
  changes[what]({ estate, cluster, guest: guests[target % Math.max(1, guests.length)], node, target });
}
