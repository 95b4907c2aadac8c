/** A service between NetBox and one cluster that has one of everything that the plugin may ask for. */
import { makeStorage } from '../../simulator/estate/generate-storage.js';
import { firewallAt, type Estate, type EstateCluster } from '../../simulator/estate/index.js';
import { openWorld, type World } from '../../support/world.js';
import { aReplication } from '../sync/jobs.js';
import { aNetworkedCluster } from '../sync/sdn-estate.js';
import { aTask, archive } from '../sync/task-history.js';

export const backupVolume = 'nas:backup/vzdump-qemu-100-2026_04_01-00_00_00.vma.zst';

const disk = (vmid: number): Readonly<Record<string, string>> => ({ scsi0: `nas:vm-${vmid}-disk-0,size=8G` });

/** Guests 100 (all that hangs on machines), 101 and 102 (stopped), 200 to 202 (containers, two stopped), 900 (a template with cloud-init). */
function aCluster(): EstateCluster {
  const cluster = aNetworkedCluster({
    guests: [
      {
        vmid: 100,
        name: 'web',
        tags: 'prod',
        config: { ...disk(100), net0: 'virtio=BC:24:11:00:00:10,bridge=office', serial0: 'socket', agent: '1' },
        agent: {
          state: 'running',
          interfaces: [
            {
              name: 'eth0',
              'hardware-address': 'bc:24:11:00:00:10',
              'ip-addresses': [{ 'ip-address': '10.11.0.5', 'ip-address-type': 'ipv4', prefix: 24 }],
            },
          ],
        },
        snapshots: [{ name: 'before', description: '', snaptime: 1_777_590_000 }],
      },
      { vmid: 101, name: 'db', status: 'stopped', config: disk(101) },
      { vmid: 102, name: 'moving', status: 'stopped', config: disk(102) },
      { vmid: 200, name: 'dns', type: 'lxc', config: { rootfs: 'nas:vm-200-disk-0,size=4G' } },
      { vmid: 201, name: 'off', type: 'lxc', status: 'stopped', config: { rootfs: 'nas:vm-201-disk-0,size=4G' } },
      { vmid: 202, name: 'moved', type: 'lxc', status: 'stopped', config: { rootfs: 'nas:vm-202-disk-0,size=4G' } },
      {
        vmid: 900,
        name: 'template',
        template: true,
        status: 'stopped',
        config: { scsi0: 'nas:base-900-disk-0,size=8G', ide2: 'nas:vm-900-cloudinit,media=cdrom' },
      },
    ],
  });
  cluster.profile = '9.2';
  addStorage(cluster);
  addFirewall(cluster);
  cluster.cpuModels = [{ cputype: 'custom-avx', 'reported-model': 'kvm64', flags: '+avx', 'phys-bits': '40' }];
  cluster.replicationJobs.push(aReplication(100));
  cluster.backupJobs.push({ id: 'nightly', schedule: '21:00', storage: 'nas', vmid: '100', enabled: 1 });
  cluster.ha.resources.push({ sid: 'vm:100', type: 'vm', state: 'started' });
  cluster.ha.rules.push({ rule: 'apart', type: 'resource-affinity', affinity: 'negative', resources: 'vm:100,vm:101' });
  archive(cluster.nodes[0]!, aTask('pve1', 100));
  return cluster;
}

function addStorage(cluster: EstateCluster): void {
  const content = 'images,rootdir,backup,vztmpl,iso';
  const nas = makeStorage({ name: 'nas', type: 'nfs', content, shared: true, options: { server: '192.0.2.9' } });
  const volume = { size: 1024, ctime: 1_775_001_600, node: '', extra: {} };
  nas.volumes.push(
    { ...volume, volid: backupVolume, content: 'backup', format: 'vma.zst', vmid: 100 },
    { ...volume, volid: 'nas:vztmpl/debian-13.tar.zst', content: 'vztmpl', format: 'tzst' },
  );
  cluster.storages.push(nas);
}

const rule = { type: 'in', action: 'ACCEPT', enable: 1, proto: 'tcp', dport: '22' };

function addFirewall(cluster: EstateCluster): void {
  cluster.firewalls = new Map();
  for (const place of ['cluster', 'nodes/pve1', 'guests/100']) {
    const { rules, groups, ipsets, aliases, options } = firewallAt(cluster, place);
    rules.push({ ...rule });
    if (place === 'cluster') groups.push({ group: 'web', comment: '', rules: [{ ...rule, dport: '443' }] });
    if (place !== 'nodes/pve1') {
      ipsets.push({ name: 'hosts', comment: '', entries: [{ cidr: '198.51.100.0/24' }] });
      aliases.push({ name: 'lan', cidr: '192.0.2.0/24', comment: '' });
    }
    Object.assign(options, { enable: 1, policy_in: 'DROP' });
  }
  firewallAt(cluster, 'vnets/office').rules.push({ type: 'forward', action: 'ACCEPT', enable: 1 });
}

/** What the requests of the table name. */
export interface AskedWorld extends World {
  /** Id of the virtual machine of guest 100 in NetBox. */
  readonly machine: number;
}

/** Endpoint 1, which may be written to; everything was synced once, software-defined networks as well. */
export async function openAskedWorld(): Promise<AskedWorld> {
  const estate: Estate = { epochS: 1_777_593_600, clusters: [aCluster()] };
  const variables = { PROXBOX_CONSOLE: '1' };
  const world = await openWorld({ estate, proxmox: { taskDurationMs: 100, now: Date.now }, variables });
  await world.ask('PUT', '/proxmox/endpoints/1', { allow_writes: true });
  const endpoints = 'plugins/proxbox/endpoints/proxmox';
  for (const { id } of world.netbox.state.objects(endpoints))
    world.netbox.operator.update(endpoints, id, { allow_writes: true, username: world.proxmox[0]!.username });
  const { complete } = await world.fullUpdate('?sync_mode_sdn=always');
  if (!complete.ok) throw new Error(`the estate could not be synced: ${JSON.stringify(complete)}`);
  const machine = world.netbox.state.find('virtualization/virtual-machines', ({ name }) => name === 'web');
  return Object.assign(world, { machine: machine!.id });
}
