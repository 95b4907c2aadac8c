import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeStorage } from '../../simulator/estate/generate-storage.js';
import { path } from '../../contract/netbox/target.js';
import { pbsBackup } from '../../contract/sync/backups.js';
import { aCluster, anEstate } from '../../contract/sync/estates.js';
import { aReplication } from '../../contract/sync/jobs.js';
import { aTask, archive } from '../../contract/sync/task-history.js';
import { all } from '../../contract/sync/target.js';
import type { ServiceAnswer } from '../../support/world.js';
import { openSimulated, type SimulatedTarget } from './simulated-target.js';

const mac = 'BC:24:11:00:00:01';
const guests = [
  {
    vmid: 100,
    name: 'web',
    config: { agent: 1, scsi0: 'ceph:vm-100-disk-0,size=8G', net0: `virtio=${mac},bridge=vmbr0` },
    snapshots: [{ name: 'clean', description: '', snaptime: 1_777_500_000 }],
    agent: {
      state: 'running' as const,
      hostName: 'web.example.org',
      interfaces: [
        {
          name: 'eth0',
          'hardware-address': mac.toLowerCase(),
          'ip-addresses': [{ 'ip-address': '10.0.0.5', 'ip-address-type': 'ipv4' as const, prefix: 24 }],
        },
      ],
    },
  },
];
const backup = pbsBackup(100);
const task = aTask('pve1', 100);
const older = aTask('pve2', 100, { type: 'qmigrate', starttime: task.starttime - 3600 });

function estate() {
  const clusters = ['lab', 'edge'].map((name) => aCluster({ name, guests }));
  for (const cluster of clusters) {
    cluster.storages.push(
      makeStorage({
        name: 'pbs',
        type: 'pbs',
        content: 'backup',
        shared: true,
        options: { server: 'pbs', namespace: cluster.name },
      }),
    );
    cluster.storages.find(({ name }) => name === 'pbs')!.volumes.push(backup);
    cluster.replicationJobs.push(aReplication(100));
    archive(cluster.nodes[0]!, task);
    archive(cluster.nodes[1]!, older);
  }
  return anEstate(...clusters);
}

const guest = 'node=pve1&type=qemu&vmid=100';
const below = (more: string): string => `cluster_name=lab&${guest}&${more}`;
const volid = encodeURIComponent(backup.volid);

/** Route, query of an object that is there, of one that is not, and where its row is. */
const rows = [
  ['backup', below(`storage=pbs&volid=${volid}`), below(`storage=pbs&volid=${volid}x`), path.backups],
  ['snapshot', below('snapshot_name=clean'), below('snapshot_name=none'), path.snapshots],
  ['task-history', below(`upid=${encodeURIComponent(older.upid)}`), below('upid=UPID:none'), path.taskHistory],
  ['interface', below('interface_name=net0'), below('interface_name=net7'), path.vmInterfaces],
  ['ip', below('ip_address=10.0.0.5'), below('ip_address=10.0.0.6'), path.ipAddresses],
  ['disk', below('disk_name=scsi0'), below('disk_name=scsi7'), path.disks],
  ['replication', 'cluster_name=lab&replication_id=100-0', 'cluster_name=lab&replication_id=7-0', path.replications],
] as const;

describe('the sync of a single object of a machine', () => {
  let target: SimulatedTarget;
  const ask = (of: string, query: string): Promise<ServiceAnswer> =>
    target.world.ask('GET', `/sync/individual/${of}?${query}`);
  const watched = async (of: string, query: string) => {
    let answer: ServiceAnswer | undefined;
    const seen = await target.watch(async () => {
      answer = await ask(of, query);
    });
    return { ...seen, ...answer! };
  };
  beforeEach(async () => {
    target = await openSimulated(estate());
  });
  afterEach(() => target.close());

  it.each(rows)('%s: is refused, rehearsed, created with its machine, and then unchanged', async (...row) => {
    const [of, query, unknown, collection] = row;
    const gone = await watched(of, unknown);
    expect([gone.status, gone.body.action, gone.body.detail, gone.writes]).toEqual([404, 'error', gone.body.error, []]);
    expect(gone.body.error).toContain('not found in Proxmox');

    const dry = await watched(of, `${query}&dry_run=true`);
    expect([dry.status, dry.body.action, dry.writes, dry.changes]).toEqual([200, 'dry_run', [], 0]);
    expect(dry.body.dependencies_synced.map(({ object_type }: { object_type: string }) => object_type)).toContain('vm');

    const refused = await watched(of, `${query}&auto_create_vm=false`);
    expect([refused.status, refused.body.action]).toEqual([404, 'error']);
    expect(await all(target, path.vms)).toEqual([]);

    const made = await ask(of, query);
    expect([made.status, made.body.action, made.body.error], JSON.stringify(made.body)).toEqual([200, 'created', null]);
    expect(made.body.dependencies_synced).toContainEqual({
      object_type: 'vm',
      action: 'created',
      name: 'web',
      cluster_name: 'lab',
      node: 'pve1',
      type: 'qemu',
      vmid: 100,
    });
    const stored = await all(target, collection);
    expect(stored.map(({ id }) => id)).toContain(made.body.netbox_object.id);

    const again = await watched(of, query);
    expect([again.status, again.body.action, again.writes]).toEqual([200, 'unchanged', []]);
    expect(again.body.dependencies_synced).toEqual([]);

    // The equal guest of the other cluster is another machine.
    // NetBox keeps these once, so the second one is refused with the reason.
    const isShared = ['snapshot', 'task-history', 'ip'].includes(of);
    const twin = await ask(of, query.replace('lab', 'edge'));
    expect([twin.status, twin.body.action]).toEqual(isShared ? [502, 'error'] : [200, 'created']);
    expect((await all(target, collection)).find(({ id }) => id === made.body.netbox_object.id)).toBeDefined();
    expect((await all(target, path.vms)).map(({ cluster }) => cluster.name).sort()).toEqual(['edge', 'lab']);
  });

  it.each([
    ['disk', 'scsi0', 'disk_name', 18],
    ['snapshot', 'clean', 'snapshot_name', 17],
  ])(
    '%s: costs NetBox a known number of requests after a start, and its storage comes with it',
    async (of, name, param, requests) => {
      const query = below(`${param}=${name}`);
      const without = await ask(of, `${query}&auto_create_storage=false`);
      expect([without.body.action, await all(target, path.storage)]).toEqual(['created', []]);

      const linked = await ask(of, query);
      expect(linked.body.action).toBe('updated');
      expect(linked.body.dependencies_synced).toContainEqual({
        object_type: 'storage',
        action: 'created',
        name: 'ceph',
        cluster_name: 'lab',
        storage_name: 'ceph',
      });
      await target.world.restart();
      const quiet = await watched(of, query);
      expect([quiet.body.action, quiet.writes]).toEqual(['unchanged', []]);
      expect(quiet.requests).toBe(requests);
    },
  );

  it.each(rows.filter(([of]) => of !== 'task-history'))('%s: POST is another way to ask for it', async (...row) => {
    const [of, query, , collection] = row;
    const { status, body } = await target.world.ask('POST', `/sync/individual/${of}?${query}`);

    expect([status, body.action, body.error], JSON.stringify(body)).toEqual([200, 'created', null]);
    expect((await all(target, collection)).map(({ id }) => id)).toContain(body.netbox_object.id);
    expect((await ask(of, query)).body.action).toBe('unchanged');
  });

  it.each(['task-history', 'vm', 'cluster', 'node', 'storage'])('%s cannot be asked for with POST', async (of) => {
    expect((await target.world.ask('POST', `/sync/individual/${of}?${below('')}`)).status).toBe(405);
  });

  it.each([
    ['true', ['pbs']],
    ['false', []],
  ])('backup: with auto_create_storage=%s its storage comes with it: %j', async (flag, storages) => {
    const { body } = await ask('backup', `${below(`storage=pbs&volid=${volid}`)}&auto_create_storage=${flag}`);

    expect([body.action, body.error]).toEqual(['created', null]);
    expect((await all(target, path.storage)).map(({ name }) => name)).toEqual(storages);
    expect(body.netbox_object.proxmox_storage?.name).toBe(storages[0]);
    const made = body.dependencies_synced.filter((one: { object_type: string }) => one.object_type === 'storage');
    expect(made).toMatchObject(
      storages.map((name) => ({ action: 'created', storage_name: name, cluster_name: 'lab' })),
    );
  });

  describe('a task', () => {
    const newest = 'node=pve1&type=qemu&vmid=100';

    it('that is not named is the newest one of the guest', async () => {
      const { status, body } = await ask('task-history', `cluster_name=lab&${newest}`);

      expect([status, body.action, body.netbox_object.upid]).toEqual([200, 'created', task.upid]);
    });

    it('of a guest without any is no error', async () => {
      for (const { nodes } of target.world.estate.clusters) for (const { tasks } of nodes) tasks.length = 0;
      const { status, body, writes } = await watched('task-history', `cluster_name=lab&${newest}`);

      expect([status, body.action, body.error, body.netbox_object, writes]).toEqual([200, 'noop', null, null, []]);
    });

    it('without a cluster is one of the only cluster in scope, and ambiguous where there are two', async () => {
      const doubtful = await watched('task-history', newest);
      const sure = await ask('task-history', `${newest}&proxmox_endpoint_ids=1`);

      expect([doubtful.status, doubtful.body.action, doubtful.writes]).toEqual([400, 'error', []]);
      expect(doubtful.body.error).toContain('cluster_name');
      expect([sure.status, sure.body.action]).toEqual([200, 'created']);
      expect((await all(target, path.vms)).map(({ cluster }) => cluster.name)).toEqual(['lab']);
    });
  });

  it.each([
    ['interface', below('interface_name=net0'), /qemu\/100\/config$/],
    ['disk', below('disk_name=scsi0'), /qemu\/100\/config$/],
    ['ip', below('ip_address=10.0.0.5'), /qemu\/100\/config$/],
    ['snapshot', below('snapshot_name=clean'), /qemu\/100\/snapshot$/],
    ['task-history', below(`upid=${encodeURIComponent(task.upid)}`), /\/tasks$/],
    ['backup', below(`storage=pbs&volid=${volid}`), /storage\/pbs\/content$/],
    ['replication', 'cluster_name=lab&replication_id=100-0', /cluster\/replication$/],
    ['vm', below(''), /qemu\/100\/config$/],
  ])('%s: what Proxmox does not tell is 502, not gone, and nothing is written', async (of, query, unreadable) => {
    target.world.proxmox[0]!.faults.add({ match: { path: unreadable }, action: { status: 500, reason: 'no' } });

    const { status, body, writes } = await watched(of, query);

    expect([status, body.action, body.detail], JSON.stringify(body)).toEqual([502, 'error', body.error]);
    expect(writes.filter((line) => line.includes('/plugins/'))).toEqual([]);
    expect(await all(target, path.vms)).toEqual([]);
  });
});
