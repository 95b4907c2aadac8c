import { DEFAULT_EPOCH_S } from './create-estate.js';
import { makeNode } from './generate-node.js';
import { makeStorage } from './generate-storage.js';
import { makeCluster } from './make-cluster.js';
import { makeGuest } from './make-guest.js';
import type { Estate } from './types.js';

/**
 * The worked example of the documentation: cluster `lab` with `pve1` and `pve2`, guests `web01` (100), `db01` (101,
 * stopped), container `dns01` (200) and the template `tmpl-debian` (9000). Small enough to follow by eye.
 */
export function exampleEstate(): Estate {
  const epochS = DEFAULT_EPOCH_S;
  const guests = [
    makeGuest(epochS, {
      vmid: 100,
      node: 'pve1',
      name: 'web01',
      cpus: 2,
      memoryMb: 2048,
      tags: 'prod;web',
      config: { scsi0: 'local-lvm:vm-100-disk-0,size=32G', ide2: 'none,media=cdrom', agent: '1', onboot: 1 },
      agent: { state: 'silent' },
    }),
    makeGuest(epochS, {
      vmid: 101,
      node: 'pve2',
      name: 'db01',
      status: 'stopped',
      cpus: 4,
      memoryMb: 8192,
      config: { scsi0: 'local-lvm:vm-101-disk-0,size=64G' },
    }),
    makeGuest(epochS, {
      vmid: 200,
      type: 'lxc',
      node: 'pve1',
      name: 'dns01',
      memoryMb: 512,
      config: { rootfs: 'local-lvm:vm-200-disk-0,size=8G', unprivileged: 1 },
    }),
    makeGuest(epochS, {
      vmid: 9000,
      node: 'pve2',
      name: 'tmpl-debian',
      status: 'stopped',
      template: true,
      config: { scsi0: 'local-lvm:base-9000-disk-0,size=10G' },
    }),
  ];
  const nodes = ['pve1', 'pve2'].map((name, n) =>
    makeNode({ name, nodeid: n + 1, address: `10.0.0.${10 + n}`, epochS }),
  );
  const storages = [
    makeStorage({ name: 'local', type: 'dir', content: 'iso,vztmpl,backup', options: { path: '/var/lib/vz' } }),
    makeStorage({
      name: 'local-lvm',
      type: 'lvmthin',
      content: 'images,rootdir',
      options: { vgname: 'pve', thinpool: 'data' },
    }),
  ];
  return { epochS, clusters: [makeCluster({ name: 'lab', profile: '8.4', nodes, guests, storages })] };
}
