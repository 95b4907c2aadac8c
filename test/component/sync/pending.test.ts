/** What waits for a restart of the guest is no fact yet. */
import { describe, expect, it } from 'vitest';
import { all, machineOf, sync, syncQuietly } from '../../contract/sync/target.js';
import { path } from '../../contract/netbox/target.js';
import { aCluster, anEstate } from '../../contract/sync/estates.js';
import { openSimulated } from './simulated-target.js';

const config = {
  agent: '1',
  scsi0: 'ceph:vm-100-disk-0,size=8G',
  scsi1: 'ceph:vm-100-disk-1,size=100G',
  net0: 'virtio=BC:24:11:00:00:01,bridge=vmbr0,tag=10',
  net1: 'virtio=BC:24:11:00:00:02,bridge=vmbr0',
};
const container = { rootfs: 'ceph:vm-200-disk-0,size=8G', mp0: 'ceph:vm-200-disk-1,size=4G,mp=/srv' };

describe('pending changes of a configuration', () => {
  it('are not written before they are applied, of machines and of containers', async () => {
    const cluster = aCluster({
      guests: [
        { vmid: 100, config },
        { vmid: 200, type: 'lxc', config: container },
      ],
    });
    const target = await openSimulated(anEstate(cluster));
    try {
      await sync(target);
      const [machine, ct] = [cluster.guests.get(100)!, cluster.guests.get(200)!];
      machine.pending = {
        delete: ['scsi1', 'net1', 'agent'],
        set: {
          memory: '8192',
          cores: 8,
          tags: 'later',
          net0: 'virtio=BC:24:11:00:00:0F,bridge=vmbr0',
          net2: config.net1,
        },
      };
      ct.pending = { delete: ['mp0'], set: { onboot: 1 } };

      await syncQuietly(target);

      expect((await all(target, path.disks)).map(({ name }) => name).sort()).toEqual([
        'mp0',
        'rootfs',
        'scsi0',
        'scsi1',
      ]);
      const live = await target.world.ask('GET', '/proxmox/pve1/qemu/100/config');
      expect(live.body).toMatchObject({ scsi1: config.scsi1, net1: config.net1 });
      expect(live.body).not.toHaveProperty('net2');

      delete machine.config['scsi1'];
      delete machine.pending;
      await target.world.restart();
      await sync(target);
      expect((await all(target, path.disks)).map(({ name }) => name)).not.toContain('scsi1');
      expect((await machineOf(target, 100)).machine.disk).toBe(8192);
    } finally {
      await target.close();
    }
  });

  it('are kept out by every read of a configuration, that of the doctor too', async () => {
    const target = await openSimulated(anEstate(aCluster({ guests: [{ vmid: 100, config }] })));
    try {
      await sync(target);
      await target.world.ask('GET', '/proxmox/pve1/qemu/100/config');
      await target.world.ask('GET', '/proxmox/doctor');

      const reads = target.world.proxmox[0]!.requestLog.filter(({ template }) => template.endsWith('/{vmid}/config'));
      expect(reads.length).toBeGreaterThan(2);
      expect(reads.filter(({ query }) => !query.includes('current=1'))).toEqual([]);
    } finally {
      await target.close();
    }
  });
});
