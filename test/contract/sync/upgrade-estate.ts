import { aBackedUpCluster, localBackup, pbsBackup } from './backups.js';
import { anEstate } from './estates.js';
import { aReplication } from './jobs.js';
import { archive, aTask } from './task-history.js';
import type { Estate, EstateCluster } from '../../simulator/estate/index.js';

const firstS = 1_777_400_000;
const epochS = 1_777_593_600;

const address = (text: string, prefix: number) => ({
  'ip-address': text,
  'ip-address-type': text.includes(':') ? ('ipv6' as const) : ('ipv4' as const),
  prefix,
});

const loopback = {
  name: 'lo',
  'hardware-address': '00:00:00:00:00:00',
  'ip-addresses': [address('127.0.0.1', 8), address('::1', 128)],
};

/**
 * The estate that the recorded NetBox objects are about: two clusters whose VMIDs, node names and some guest names are equal,
 * with what the Python service and this one read differently (network card models, sizes below a mebibyte, clocks, `lo`).
 */
export function upgradeEstate(): Estate {
  return anEstate(lab(), edge());
}

function lab(): EstateCluster {
  const cluster = aBackedUpCluster(
    {
      name: 'lab',
      guests: [
        {
          vmid: 100,
          name: 'web01',
          tags: 'prod;web',
          cpus: 2,
          memoryMb: 2048,
          description: 'first line\nsecond line',
          config: {
            agent: '1',
            onboot: 1,
            scsi0: 'ceph:vm-100-disk-0,size=32G',
            efidisk0: 'ceph:vm-100-disk-1,efitype=4m,size=528K',
            ide2: 'none,media=cdrom',
            net0: 'virtio=BC:24:11:00:01:00,bridge=vmbr0,firewall=1,tag=20',
            net1: 'e1000=BC:24:11:00:01:01,bridge=vmbr0',
          },
          agent: {
            state: 'running',
            hostName: 'web01',
            interfaces: [
              loopback,
              {
                name: 'eth0',
                'hardware-address': 'bc:24:11:00:01:00',
                'ip-addresses': [address('10.20.0.10', 24), address('fe80::be24:11ff:fe00:100', 64)],
              },
              {
                name: 'eth1',
                'hardware-address': 'bc:24:11:00:01:01',
                'ip-addresses': [address('10.30.0.10', 24), address('2001:db8::10', 64)],
              },
            ],
          },
          snapshots: [
            { name: 'before', description: 'before the change', snaptime: firstS },
            { name: 'after', description: '', snaptime: firstS + 7200, parent: 'before' },
          ],
        },
        {
          vmid: 101,
          name: 'db01',
          status: 'stopped',
          node: 'pve2',
          cpus: 4,
          memoryMb: 8192,
          config: {
            scsi0: 'ceph:vm-101-disk-0,size=64G',
            scsi1: 'ceph:vm-101-disk-1,size=1025K',
            net0: 'vmxnet3=BC:24:11:00:01:02,bridge=vmbr0',
            ciuser: 'admin',
            ipconfig0: 'ip=10.40.0.11/24,gw=10.40.0.1',
          },
        },
        {
          vmid: 102,
          type: 'lxc',
          name: 'dns01',
          memoryMb: 512,
          config: {
            rootfs: 'ceph:vm-102-disk-0,size=8G',
            mp0: 'ceph:vm-102-disk-1,mp=/srv,size=2G',
            net0: 'name=eth0,bridge=vmbr0,hwaddr=BC:24:11:00:01:03,ip=10.20.0.53/24,gw=10.20.0.1,tag=20,type=veth',
          },
          containerInterfaces: [
            { name: 'lo', hwaddr: '00:00:00:00:00:00', inet: '127.0.0.1/8', inet6: '::1/128' },
            { name: 'eth0', hwaddr: 'bc:24:11:00:01:03', inet: '10.20.0.53/24' },
          ],
        },
        { vmid: 103, name: 'twin', config: { scsi0: 'ceph:vm-103-disk-0,size=10G' } },
        {
          vmid: 900,
          name: 'tmpl',
          status: 'stopped',
          template: true,
          config: { scsi0: 'ceph:base-900-disk-0,size=10G' },
        },
      ],
    },
    [pbsBackup(100, 0), pbsBackup(100, 1), localBackup(102, 'pve1')],
  );
  archive(cluster.nodes[0]!, aTask('pve1', 100, { starttime: epochS - 3600 }), aTask('pve1', 102, { type: 'vzstart' }));
  archive(cluster.nodes[1]!, aTask('pve2', 101, { type: 'qmstop', status: 'command failed' }));
  cluster.replicationJobs.push(aReplication(100));
  cluster.backupJobs.push(
    {
      id: 'backup-nightly',
      schedule: '02:00',
      vmid: '100,101',
      storage: 'pbs',
      mode: 'snapshot',
      enabled: 1,
      comment: 'nightly',
    },
    { id: 'backup-all', schedule: 'sun 03:00', all: 1, storage: 'pbs', mode: 'stop', enabled: 0 },
  );
  return cluster;
}

function edge(): EstateCluster {
  const cluster = aBackedUpCluster(
    {
      name: 'edge',
      nodes: ['pve1', 'edge2'],
      guests: [
        {
          vmid: 100,
          name: 'twin',
          config: {
            agent: '1',
            scsi0: 'ceph:vm-100-disk-0,size=16G',
            net0: 'virtio=BC:24:11:00:02:00,bridge=vmbr0,tag=20',
          },
          agent: {
            state: 'running',
            hostName: 'twin',
            interfaces: [
              loopback,
              { name: 'ens18', 'hardware-address': 'bc:24:11:00:02:00', 'ip-addresses': [address('10.50.0.10', 24)] },
            ],
          },
          snapshots: [{ name: 'before', description: 'edge', snaptime: firstS + 60 }],
        },
        {
          vmid: 104,
          name: 'edge-db',
          node: 'edge2',
          status: 'stopped',
          config: { virtio0: 'ceph:vm-104-disk-0,size=20G' },
        },
      ],
    },
    [pbsBackup(100, 3)],
  );
  archive(cluster.nodes[0]!, aTask('pve1', 100, { starttime: epochS - 1800, pstart: 3 }));
  cluster.replicationJobs.push(aReplication(100, 'edge2'));
  return cluster;
}
