/** What happens to nodes, their networks, storages and what lies on these. */
import { makeNode } from '../simulator/estate/generate-node.js';
import { makeStorage } from '../simulator/estate/generate-storage.js';
import { renameCluster, type EstateNode, type EstateStorage, type EstateVolume } from '../simulator/estate/index.js';
import { aBackup, epochS } from './estate.js';
import type { Happening, Scene } from './scene.js';
import { changed, passes } from './passing.js';

/** Of a node, but never the first: one always answers. */
function ofNode(happen: (scene: Scene) => void): Happening {
  return (scene) => {
    if (scene.node !== scene.cluster.nodes[0]) happen(scene);
  };
}

/** Of a storage with backups. */
function ofBackups(happen: (scene: Scene & { readonly storage: EstateStorage }) => void): Happening {
  return (scene) => {
    const storages = scene.cluster.storages.filter(({ volumes }) => volumes.length > 0);
    const storage = storages[scene.target % Math.max(1, storages.length)];
    if (storage !== undefined) happen({ ...scene, storage });
  };
}

/** What is edited and neither applied nor reverted: Proxmox lists it. */
function editNetwork({ estate, node }: Scene): void {
  if (node.networkChanges !== undefined) return;
  const before = node.network.splice(0, Infinity);
  const address = node.address.replace(/\d+$/, '77');
  node.network.push(
    ...before.map((row) => (row['iface'] === 'vmbr0' ? { ...row, address, cidr: `${address}/24` } : row)),
  );
  node.network.push({ iface: 'vmbr9', type: 'bridge', autostart: 1, method: 'manual', method6: 'manual', priority: 9 });
  node.networkChanges = '--- /etc/network/interfaces\n+++ /etc/network/interfaces.new\n';
  passes(estate, () => {
    node.network.splice(0, Infinity, ...before);
    delete node.networkChanges;
  });
}

/** Its guests have moved to the first node; what lies on its own disks goes with it. */
function leave({ cluster, node }: Scene): void {
  if (changed.has(node)) return;
  const [first] = cluster.nodes;
  for (const guest of cluster.guests.values()) {
    if (guest.node !== node.name) continue;
    changed.add(guest);
    guest.node = first?.name ?? guest.node;
  }
  cluster.nodes.splice(cluster.nodes.indexOf(node), 1);
  for (const { volumes } of cluster.storages) keep(volumes, (volume) => volume.node !== node.name);
}

function keep(volumes: EstateVolume[], isKept: (volume: EstateVolume) => boolean): void {
  volumes.splice(0, Infinity, ...volumes.filter(isKept));
}

/** A name that no node of another cluster has, so that no run decides which of them bears it. */
function join({ estate, cluster, target }: Scene): void {
  const name = `${cluster.name}-${target}`;
  if (cluster.nodes.some((one) => one.name === name)) return;
  const nodeid = Math.max(...cluster.nodes.map((one) => one.nodeid)) + 1;
  const address = `192.0.${estate.clusters.indexOf(cluster) + 2}.${100 + target}`;
  const node: EstateNode = makeNode({ name, nodeid, address, epochS });
  changed.add(node);
  cluster.nodes.push(node);
}

export const clusterChanges = {
  'cluster-renamed': ({ cluster, target }) => renameCluster(cluster, `${cluster.name.split('-')[0]}-${target}`),
  'node-offline': ofNode(({ estate, node }) => {
    node.online = false;
    passes(estate, () => void (node.online = true));
  }),
  'node-stalled': ofNode(({ estate, node }) => {
    node.isStalled = true;
    passes(estate, () => void (node.isStalled = false));
  }),
  'node-gone': ofNode(leave),
  'node-added': join,
  'node-network-edited': editNetwork,
  'backup-added': ({ cluster: { storages }, guest, target }) => {
    const storage = storages.find(({ name }) => name === 'pbs');
    if (guest === undefined || storage === undefined) return;
    const volume = aBackup(guest, 'pbs', 5 + (target % 3));
    if (storage.volumes.some(({ volid }) => volid === volume.volid)) return;
    changed.add(storage);
    storage.volumes.push(volume);
  },
  'backup-removed': ofBackups(({ storage }) => {
    changed.add(storage);
    storage.volumes.pop();
  }),
  'storage-unreadable': ofBackups(({ estate, storage }) => {
    storage.isInactive = true;
    passes(estate, () => void (storage.isInactive = false));
  }),
  'storage-removed': ofBackups(({ cluster: { storages }, storage }) => {
    if (!changed.has(storage)) storages.splice(storages.indexOf(storage), 1);
  }),
  'storage-added': ({ cluster: { storages }, target }) => {
    const name = `nfs${target}`;
    if (storages.some((one) => one.name === name)) return;
    const storage = makeStorage({ name, type: 'nfs', content: 'backup,iso', shared: true });
    changed.add(storage);
    storages.push(storage);
  },
} satisfies Record<string, Happening>;
