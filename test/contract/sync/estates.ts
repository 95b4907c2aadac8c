import { makeCluster } from '../../simulator/estate/make-cluster.js';
import { makeGuest, type GuestDraft } from '../../simulator/estate/make-guest.js';
import { makeNode } from '../../simulator/estate/generate-node.js';
import { makeStorage } from '../../simulator/estate/generate-storage.js';
import { createFixtureEstate, type Estate, type EstateCluster } from '../../simulator/estate/index.js';

const epochS = 1_777_593_600;

export interface ClusterPlan {
  readonly name?: string;
  readonly nodes?: readonly string[];
  readonly standalone?: boolean;
  /** The first three numbers of the nodes' addresses; of its own for every name that is used beside another. */
  readonly network?: string;
  readonly guests: readonly (Partial<GuestDraft> & Pick<GuestDraft, 'vmid'>)[];
}

/**
 * A small cluster, written by hand: nodes pve1, pve2 and pve3 and two storages unless told otherwise. A guest runs on pve1
 * with one disk of 8 GiB and is called after its VMID.
 */
export function aCluster({
  name = 'lab',
  nodes = ['pve1', 'pve2', 'pve3'],
  standalone = false,
  network = name === 'lab' ? '192.0.2' : '198.51.100',
  guests,
}: ClusterPlan): EstateCluster {
  return makeCluster({
    name,
    standalone,
    profile: '9.1',
    nodes: nodes.map((node, n) => makeNode({ name: node, nodeid: n + 1, address: `${network}.${n + 1}`, epochS })),
    guests: guests.map((draft) => makeGuest(epochS, aGuest(draft, nodes[0] ?? 'pve1'))),
    storages: [
      makeStorage({ name: 'local', type: 'dir', content: 'iso,backup', options: { path: '/var/lib/vz' } }),
      makeStorage({ name: 'ceph', type: 'rbd', content: 'images', shared: true, options: { pool: 'vms' } }),
    ],
  });
}

/** A draft of a guest with a disk. */
export function aGuest(draft: Partial<GuestDraft> & Pick<GuestDraft, 'vmid'>, node = 'pve1'): GuestDraft {
  return { node, config: { scsi0: `ceph:vm-${draft.vmid}-disk-0,size=8G` }, ...draft };
}

export const anEstate = (...clusters: readonly EstateCluster[]): Estate => ({ epochS, clusters: [...clusters] });

/** Everything odd that Proxmox may list, without the pauses of its slow guest agents. */
export function anAwkwardEstate(): Estate {
  const estate = createFixtureEstate();
  for (const { guests } of estate.clusters) for (const { agent } of guests.values()) agent.delayMs = 0;
  return estate;
}
