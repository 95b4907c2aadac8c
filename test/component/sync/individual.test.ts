import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { aCluster, aGuest, anEstate } from '../../contract/sync/estates.js';
import { path } from '../../contract/netbox/target.js';
import { all, machineOf, one, sync, edit } from '../../contract/sync/target.js';
import { addGuest } from '../../simulator/estate/index.js';
import type { ServiceAnswer } from '../../support/world.js';
import { openSimulated, type SimulatedTarget } from './simulated-target.js';

const guests = [
  { vmid: 100, name: 'web' },
  { vmid: 101, name: 'db' },
];

describe('the sync of a single object', () => {
  let target: SimulatedTarget;
  const ask = (of: string, query: string, method = 'GET'): Promise<ServiceAnswer> =>
    target.world.ask(method, `/sync/individual/${of}?${query}`);
  const vm = 'cluster_name=lab&node=pve1&type=qemu&vmid=100';
  const cluster = (index: number) => target.world.estate.clusters[index]!;
  /** An answer, and what it did to NetBox. */
  const watched = async (of: string, query: string) => {
    let answer: ServiceAnswer | undefined;
    const seen = await target.watch(async () => {
      answer = await ask(of, query);
    });
    return { ...seen, ...answer! };
  };

  beforeEach(async () => {
    target = await openSimulated(anEstate(aCluster({ guests }), aCluster({ name: 'edge', guests })));
  });
  afterEach(() => target.close());

  describe('in an empty NetBox', () => {
    it('creates a virtual machine with the cluster and the node it needs, and nothing else', async () => {
      const { status, body } = await ask('vm', vm);

      expect([status, body.object_type, body.action, body.error]).toEqual([200, 'vm', 'created', null]);
      expect(body.netbox_object).toMatchObject({ name: 'web', cluster: { name: 'lab' } });
      expect(body.proxmox_resource).toMatchObject({ vmid: 100, name: 'web', node: 'pve1', type: 'qemu' });
      expect(body.proxmox_resource.config.scsi0).toContain('size=8G');
      expect(body.dependencies_synced).toEqual([
        { object_type: 'cluster', action: 'created', name: 'lab', cluster_name: 'lab' },
        { object_type: 'node', action: 'created', name: 'pve1', cluster_name: 'lab', node: 'pve1', node_name: 'pve1' },
      ]);
      expect((await all(target, path.vms)).map(({ name }) => name)).toEqual(['web']);
      expect((await all(target, path.devices)).map(({ name }) => name)).toEqual(['pve1']);
      expect((await machineOf(target, 100)).state.proxmox_cluster_name).toBe('lab');
    });

    it('creates a cluster without its nodes', async () => {
      const { status, body } = await ask('cluster', 'cluster_name=LAB');

      expect([status, body.action, body.dependencies_synced]).toEqual([200, 'created', []]);
      expect(body.proxmox_resource).toMatchObject({ name: 'lab', mode: 'cluster' });
      expect((await all(target, path.clusters)).map(({ name }) => name)).toEqual(['lab']);
      expect(await all(target, path.clusterState)).toHaveLength(1);
      expect(await all(target, path.devices)).toEqual([]);
    });

    it('creates one node with its sidecar', async () => {
      const { body } = await ask('node', 'cluster_name=lab&node_name=pve2');

      expect([body.object_type, body.action]).toEqual(['node', 'created']);
      expect(body.dependencies_synced).toEqual([
        { object_type: 'cluster', action: 'created', name: 'lab', cluster_name: 'lab' },
      ]);
      expect((await all(target, path.devices)).map(({ name }) => name)).toEqual(['pve2']);
      expect((await one(target, path.deviceState, '')).proxmox_node_name).toBe('pve2');
    });

    it('creates a storage with the cluster it needs', async () => {
      const { status, body } = await ask('storage', 'cluster_name=lab&storage_name=ceph');

      expect([status, body.action]).toEqual([200, 'created']);
      expect(body.proxmox_resource).toMatchObject({ storage: 'ceph', type: 'rbd' });
      expect(body.dependencies_synced).toEqual([
        { object_type: 'cluster', action: 'created', name: 'lab', cluster_name: 'lab' },
      ]);
      expect((await all(target, path.storage)).map(({ name }) => name)).toEqual(['ceph']);
    });

    it.each([
      ['cluster', 'cluster_name=lab'],
      ['node', 'cluster_name=lab&node_name=pve1'],
      ['vm', vm],
      ['storage', 'cluster_name=lab&storage_name=ceph'],
    ])('a dry run of a %s writes nothing at all', async (of, query) => {
      const { writes, changes, status, body } = await watched(of, `${query}&dry_run=true`);

      expect([writes, changes]).toEqual([[], 0]);
      expect([status, body.action, body.dry_run, body.netbox_object]).toEqual([200, 'dry_run', true, null]);
    });
  });

  describe('after a full update', () => {
    beforeEach(() => sync(target));

    it.each([
      ['cluster', 'cluster_name=lab'],
      ['node', 'cluster_name=lab&node_name=pve1'],
      ['vm', vm],
      ['storage', 'cluster_name=lab&storage_name=ceph'],
    ])('an unchanged %s is unchanged, and nothing is written', async (of, query) => {
      const { writes, status, body } = await watched(of, query);

      expect([status, body.action, writes, body.dependencies_synced]).toEqual([200, 'unchanged', [], []]);
      expect(body.netbox_object.id).toBeGreaterThan(0);
    });

    it('updates the one machine and no other, and asks only the cluster that has it', async () => {
      for (const each of target.world.estate.clusters) for (const guest of each.guests.values()) guest.memoryMb = 4096;
      await ask('vm', `${vm.replace('lab', 'edge')}&dry_run=true`);
      for (const simulator of target.world.proxmox) simulator.resetCounters();

      const { body, changes } = await watched('vm', vm.replace('lab', 'edge'));

      expect([body.action, body.dependencies_synced, changes]).toEqual(['updated', [], 1]);
      const big = (await all(target, path.vms)).filter(({ memory }) => memory === 4096);
      expect(big.map(({ name, cluster: of }) => `${of.name}/${name}`)).toEqual(['edge/web']);
      expect(target.world.proxmox[0]!.counters.total).toBe(0);
    });

    it('sees what was changed a moment ago on either side', async () => {
      await ask('vm', vm);
      cluster(0).guests.get(100)!.memoryMb = 2048;
      expect((await ask('vm', vm)).body.netbox_object.memory).toBe(2048);
    });

    it('shows the stored object in a dry run', async () => {
      cluster(0).guests.get(100)!.memoryMb = 2048;
      const { body, writes } = await watched('vm', `${vm}&dry_run=true`);

      expect([body.action, body.netbox_object.memory, writes]).toEqual(['dry_run', 1024, []]);
    });

    it('takes the machine by the path too, and ignores keys of a parent object', async () => {
      const named = await target.world.ask('GET', '/sync/individual/vm/lab/pve1/qemu/100');
      const extra = await ask('vm', `${vm}&ip_address=10.0.0.9&storage_name=x&name=y&netbox_vm_ids=`);

      expect([named.status, named.body.netbox_object.name]).toEqual([200, 'web']);
      expect([extra.status, extra.body.action]).toEqual([200, 'unchanged']);
    });

    it('finds a guest on another node than it was told', async () => {
      cluster(0).guests.get(100)!.node = 'pve2';
      const { body } = await ask('vm', vm);

      expect([body.action, body.proxmox_resource.node, body.netbox_object.device.name]).toEqual([
        'updated',
        'pve2',
        'pve2',
      ]);
    });

    it('keeps what is switched off as it is, and says so', async () => {
      cluster(0).guests.get(100)!.memoryMb = 2048;
      const { body, writes, status } = await watched('vm', `${vm}&sync_mode_vm=disabled`);

      expect([status, body.action, body.error, writes]).toEqual([200, 'noop', null, []]);
      expect(body.reason).toContain('sync_mode_vm=disabled');
    });

    it('honours overwrite flags', async () => {
      const { id } = (await machineOf(target, 100)).machine;
      await edit(target, path.vms, id, { role: { slug: 'container-lxc' } });
      const { body } = await ask('vm', `${vm}&overwrite_vm_role=false`);
      expect([body.action, body.netbox_object.role.slug]).toEqual(['unchanged', 'container-lxc']);
    });

    it('remembers nothing of NetBox once the caches are emptied', async () => {
      const node = 'cluster_name=lab&node_name=pve1';
      expect((await ask('node', node)).body.action).toBe('unchanged');
      const [device] = (await all(target, path.devices)).filter((one) => one.cluster.name === 'lab');
      await edit(target, path.devices, device.id, { description: '' });

      await target.world.ask('POST', '/clear-cache');

      expect((await ask('node', node)).body.action).toBe('updated');
    });

    it('does not see the change as undone in the stage that comes next', async () => {
      addGuest(cluster(0), aGuest({ vmid: 150, name: 'new' }));
      expect((await ask('vm', vm.replace('100', '150'))).body.action).toBe('created');
      const { complete } = await sync(target, '/virtualization/virtual-machines/create/stream');
      expect(complete.result!.kinds['virtual-machine']).toMatchObject({ created: 0, unchanged: 5 });
    });
  });

  describe('what is not there or not valid', () => {
    it.each([
      ['cluster', 'cluster_name=nowhere', 'No Proxmox session found for cluster: nowhere'],
      ['node', 'cluster_name=lab&node_name=pve7', 'Proxmox cluster "lab" has no node "pve7".'],
      ['vm', vm.replace('100', '999'), 'Proxmox cluster "lab" has no qemu guest with VMID 999.'],
      ['vm', vm.replace('qemu', 'lxc'), 'Proxmox cluster "lab" has no lxc guest with VMID 100.'],
      ['storage', 'cluster_name=lab&storage_name=none', 'Proxmox cluster "lab" has no storage "none".'],
    ])('an unknown %s is 404 with the whole answer: %s', async (of, query, text) => {
      const { status, body } = await ask(of, query);

      expect(status).toBe(404);
      expect(body).toMatchObject({ object_type: of, action: 'error', netbox_object: null, dependencies_synced: [] });
      expect([body.error, body.detail]).toEqual([text, text]);
      expect(await all(target, path.vms)).toEqual([]);
    });

    it.each([
      ['vm', 'cluster_name=lab&node=pve1&type=qemu', 'vmid'],
      ['vm', 'cluster_name=lab&node=pve1&type=kvm&vmid=1', 'type'],
      ['vm', vm.replace('100', 'x'), 'vmid'],
      ['node', 'cluster_name=lab', 'node_name'],
      ['cluster', 'cluster_name=', 'cluster_name'],
      ['storage', 'storage_name=ceph', 'cluster_name'],
    ])('%s?%s is 422 and names the parameter', async (of, query, name) => {
      const { status, body } = await ask(of, query);

      expect(status).toBe(422);
      expect(body.detail.map(({ loc }: { loc: string[] }) => loc.at(-1))).toContain(name);
    });

    it('a bad option is 422', async () => {
      expect((await ask('cluster', 'cluster_name=lab&netbox_branch_schema_id=No!')).status).toBe(422);
      expect((await ask('cluster', 'cluster_name=lab&overwrite_vm_role=perhaps')).status).toBe(422);
    });
  });

  describe('trouble', () => {
    const fault = (index: number, pattern: RegExp, status = 500) =>
      target.world.proxmox[index]!.faults.add({ match: { path: pattern }, action: { status, reason: 'no' } });

    it('a guest whose configuration cannot be read is 502, and nothing is written', async () => {
      fault(0, /qemu\/100\/config$/);
      const { status, body } = await ask('vm', vm);

      expect([status, body.action]).toEqual([502, 'error']);
      expect(body.error).toContain('qemu 100');
      expect(await all(target, path.vms)).toEqual([]);
    });

    it('a cluster that may be behind an endpoint that does not answer is 502, not 404', async () => {
      await target.world.proxmox[1]!.close();
      const { status, body } = await ask('cluster', 'cluster_name=nowhere');

      expect([status, body.action]).toEqual([502, 'error']);
      expect((await ask('cluster', 'cluster_name=lab')).status).toBe(200);
    });

    it('trouble of NetBox is 502 or 503 with the whole answer', async () => {
      await ask('cluster', 'cluster_name=lab&dry_run=true');
      target.simulator.faults.add({ match: { path: /virtualization\/clusters/ }, action: { status: 500 } });
      const { status, body } = await ask('vm', vm);

      expect([502, 503]).toContain(status);
      expect(body).toMatchObject({ object_type: 'vm', action: 'error', detail: body.error });
    });

    it('two clusters of one name need an endpoint id', async () => {
      await target.close();
      const twin = aCluster({ network: '203.0.113', nodes: ['other'], guests: [] });
      target = await openSimulated(anEstate(aCluster({ guests }), twin));
      const { status, body } = await ask('cluster', 'cluster_name=lab');

      expect([status, body.action]).toEqual([422, 'error']);
      expect(body.detail).toContain('pass proxmox_endpoint_ids');
      expect((await ask('cluster', 'cluster_name=lab&proxmox_endpoint_ids=1')).status).toBe(200);
    });

    it('a branch is written to alone, and refused where there are none', async () => {
      expect((await ask('cluster', 'cluster_name=lab&netbox_branch_schema_id=br4nch01')).status).toBe(400);
      await target.close();
      target = await openSimulated(anEstate(aCluster({ guests })), { netbox: { branching: true } });
      target.simulator.resetCounters();

      expect((await ask('vm', `${vm}&netbox_branch_schema_id=br4nch01`)).body.action).toBe('created');

      const writes = target.simulator.requestLog.filter(({ method }) => method !== 'GET');
      expect(new Set(writes.map(({ branch }) => branch))).toEqual(new Set(['br4nch01']));
      expect(await all(target, path.vms)).toEqual([]);
    });

    it('calls at the same time create what they share once', async () => {
      const answers = await Promise.all([100, 101].map((id) => ask('vm', vm.replace('100', String(id)))));

      expect(answers.map(({ body }) => body.action)).toEqual(['created', 'created']);
      expect(await all(target, path.clusters)).toHaveLength(1);
      expect(await all(target, path.devices)).toHaveLength(1);
    });

    it('an endpoint id without this cluster is 404', async () => {
      expect((await ask('cluster', 'cluster_name=lab&proxmox_endpoint_ids=2')).status).toBe(404);
      expect((await ask('cluster', 'cluster_name=lab&proxmox_endpoint_ids=77')).status).toBe(400);
    });
  });
});
