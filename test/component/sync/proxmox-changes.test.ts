/** What a change costs. That it follows at all is in test/contract/sync/proxmox-changes.ts, on the simulator and on NetBox. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  addGuest,
  migrateGuest,
  removeGuest,
  renameGuest,
  resizeDisk,
  setConfig,
  setStatus,
  setTags,
} from '../../simulator/estate/index.js';
import { path } from '../../contract/netbox/target.js';
import { aCluster, aGuest, anEstate } from '../../contract/sync/estates.js';
import { sync, syncQuietly, watchedSync } from '../../contract/sync/target.js';
import { openSimulated, type SimulatedTarget } from './simulated-target.js';

const machines = `PATCH ${path.vms}`;
const states = `PATCH ${path.vmState}`;

describe('each change in Proxmox costs exactly the writes it needs:', () => {
  const cluster = aCluster({ guests: [{ vmid: 100, tags: 'blue' }, { vmid: 101 }] });
  let target: SimulatedTarget;

  beforeAll(async () => {
    target = await openSimulated(anEstate(cluster));
    await sync(target);
  });
  afterAll(() => target.close());

  const resize = (): void => {
    resizeDisk(cluster, 100, 'scsi0', '40G');
    setConfig(cluster, 100, 'scsi1', 'ceph:vm-100-disk-1,size=1G');
    Object.assign(cluster.guests.get(100)!, { memoryMb: 3072, cpus: 6 });
  };
  const newcomer = { vmid: 150, name: 'newcomer', type: 'lxc', config: { rootfs: 'ceph:x,size=2G' } } as const;
  const disks = [`PATCH ${path.disks}`, `POST ${path.disks}`, `POST ${path.diskState}`];
  const made = [path.vms, path.vmState, path.disks, path.diskState].map((at) => `POST ${at}`);

  it.each<[string, () => void, readonly string[], number]>([
    ['a guest is renamed', () => renameGuest(cluster, 100, 'web-new'), [machines, states], 2],
    ['a guest is migrated', () => migrateGuest(cluster, 100, 'pve2'), [machines, states], 2],
    ['a guest is stopped', () => setStatus(cluster, 100, 'stopped'), [machines, states], 2],
    ['a guest runs again', () => setStatus(cluster, 100, 'running'), [machines, states], 2],
    ['a tag is taken off a guest, which stays on the machine', () => setTags(cluster, 100, ''), [], 0],
    ['memory, CPUs and disks are changed, which the sidecar does not know', resize, [machines, ...disks], 4],
    ['a guest is to start at boot', () => setConfig(cluster, 100, 'onboot', 1), [machines, states], 2],
    ['there is a new guest', () => addGuest(cluster, aGuest(newcomer)), made, 4],
    ['a guest is removed', () => removeGuest(cluster, 101), [], 0],
  ])('%s', async (_text, change, writes, changes) => {
    change();

    const run = await watchedSync(target);

    expect([run.writes, run.changes]).toEqual([writes, changes]);
    await syncQuietly(target);
  });
});
