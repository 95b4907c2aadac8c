/** The plugin itself drives the service: its rows, its signals, its buttons, its jobs. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  addGuest,
  createEstate,
  migrateGuest,
  removeGuest,
  renameGuest,
  resizeDisk,
  setAgent,
  setStatus,
} from '../simulator/estate/index.js';
import { path } from '../contract/netbox/target.js';
import { aCluster, aGuest, anEstate } from '../contract/sync/estates.js';
import { watchNetBox } from './harness.js';
import { allOf, expectEstate, expectIdentities, expectLinkedRows, machineOf } from './plugin-estate.js';
import { expectInventory } from './plugin-inventory.js';
import { expectCompleted, expectStages, runIdOf, stagesOf } from './plugin-jobs.js';
import { fullSyncStages } from './plugin-stages.js';
import type { PluginJob } from './plugin-worker.js';
import { openPluginWorld, type PluginWorld } from './plugin-world.js';

const buttons = '/plugins/proxbox/sync/';
const netboxEndpoints = '/api/plugins/proxbox/endpoints/netbox/';

/** A job and the requests by which the service changed NetBox meanwhile; the plugin's own changes are no requests. */
async function writesOf(
  action: () => Promise<PluginJob>,
): Promise<{ job: PluginJob; writes: string[]; changes: number }> {
  let job: PluginJob | undefined;
  const seen = await watchNetBox(async () => {
    job = await action();
  });
  const writes = seen.writes.map(({ method, path: at }) => `${method} ${at}`);
  const ours = writes.filter((line) => line !== 'POST /api/plugins/proxbox/sync/schedule/');
  return { job: job!, writes: ours, changes: seen.changes };
}

describe('the plugin with a new service and two clusters', () => {
  const estate = createEstate({ vms: 24, clusters: 2, seed: 5 });
  let world: PluginWorld;
  beforeAll(async () => {
    world = await openPluginWorld(estate);
  });
  afterAll(() => world.close());

  it('discovers the service and adopts a key of its own', async () => {
    const { keys } = await world.ask('/auth/keys');

    expect(await world.worker.key()).toHaveLength(64);
    expect(keys).toEqual([
      expect.objectContaining({ label: expect.stringMatching(/^netbox-fastapi-/), is_active: true }),
    ]);
  });

  it('pushes its NetBox endpoint as it is', async () => {
    expect(await world.ask('/netbox/endpoint')).toEqual([
      expect.objectContaining({
        name: 'this NetBox',
        domain: 'localhost',
        ip_address: '127.0.0.1',
        token_version: 'v2',
        verify_ssl: false,
      }),
    ]);
  });

  it('pushes every Proxmox endpoint under its name and number', async () => {
    const rows = await world.ask('/proxmox/endpoints');

    expect(rows).toHaveLength(2);
    for (const [index, { name }] of estate.clusters.entries()) {
      const { port, username } = world.proxmox[index]!;
      const wanted = {
        name: `${name} (nb:${world.endpointIds[index]})`,
        domain: 'localhost',
        port,
        username,
        enabled: true,
      };
      expect(rows).toContainEqual(expect.objectContaining(wanted));
    }
  });

  it('syncs everything: its job completes without a warning, and NetBox holds the estate', async () => {
    const job = await world.sync(['all']);

    expectCompleted(job);
    expectStages(job, fullSyncStages, world.endpointIds);
    expect(world.problems()).toEqual([]);
    await expectEstate(world);
    await expectIdentities(world, runIdOf(job));
    await expectLinkedRows(world);
  });

  it('has with it all that hangs on machines and nodes', () => expectInventory(world));

  it('lets the plugin keep the templates of Proxmox', async () => {
    const templates = estate.clusters.flatMap(({ guests }) => [...guests.values()].filter(({ template }) => template));
    const rows = await allOf(world.netbox, '/api/plugins/proxbox/vm-templates/');

    expect(templates).not.toEqual([]);
    expect(rows.map(({ name, vmid }) => `${vmid} ${name}`).sort()).toEqual(
      templates.map(({ name, vmid }) => `${vmid} ${name}`).sort(),
    );
  });

  it('syncs everything again: the service writes nothing', async () => {
    const { job, writes, changes } = await writesOf(() => world.sync(['all']));

    expectCompleted(job);
    expect(writes).toEqual([]);
    expect(changes).toBe(0);
    expect(world.problems()).toEqual([]);
  });

  it('then knows the time zone of every endpoint', async () => {
    const zones = (await allOf(world.netbox, path.endpoints)).map(({ iana_timezone }) => iana_timezone);

    expect(zones).toEqual(['Europe/Berlin', 'Europe/Berlin']);
  });

  it('syncs one type by its button, and nothing else', async () => {
    const [cluster] = estate.clusters;
    const [guest] = cluster!.guests.values();
    const memory = guest!.memoryMb;
    cluster!.storages[0]!.content = 'iso';
    guest!.memoryMb = memory + 1024;

    const { job, writes } = await writesOf(() => world.worker.click(`${buttons}storage/`));

    expectCompleted(job);
    expectStages(job, ['storage'], world.endpointIds);
    expect(writes).toEqual([`PATCH ${path.storage}`]);
    expect((await machineOf(world, cluster!, guest!.vmid)).memory).toBe(memory);
  });

  it('gives the service another token, which the next job uses', async () => {
    const [{ id }] = (await allOf(world.netbox, netboxEndpoints)) as [{ id: number }];
    const [token] = (await allOf(world.netbox, '/api/users/tokens/', '&user=proxbox&version=1&ordering=id')) as [
      { id: number },
    ];
    const answer = await world.netbox.patch(`${netboxEndpoints}${id}/`, { token: token.id });
    expect(answer).toMatchObject({ status: 200, body: { token_version: 'v1' } });
    const unapproved = await world.sync(['devices']);
    await world.approve(`${netboxEndpoints}${id}/`);

    const job = await world.sync(['devices']);

    expect(unapproved.status).toBe('errored');
    expectCompleted(job);
    expect(await world.ask('/netbox/endpoint')).toEqual([expect.objectContaining({ token_version: 'v1' })]);
  });

  it('renames, disables and enables a Proxmox endpoint: the row here is the same one and follows', async () => {
    const id = world.endpointIds[1]!;
    const row = async () => {
      const rows: { name: string }[] = await world.ask('/proxmox/endpoints');
      expect(rows).toHaveLength(2);
      return rows.find(({ name }) => name.endsWith(`(nb:${id})`));
    };
    const before = await row();
    const steps = [
      [{ name: 'renamed' }, true],
      [{ enabled: false }, false],
      [{ enabled: true }, true],
    ] as const;

    for (const [change, enabled] of steps) {
      expect(await world.netbox.patch(`${path.endpoints}${id}/`, change)).toMatchObject({ status: 200 });
      expect(await row(), JSON.stringify(change)).toEqual({ ...before, name: `renamed (nb:${id})`, enabled });
    }
  });
});

describe('two endpoints with equal node names, VMIDs and guest names', () => {
  const guests = [100, 101, 102, 103, 104].map((vmid) => ({ vmid }));
  const mac = 'BC:24:11:00:01:00';
  const address = (text: string) => [
    {
      name: 'ens18',
      'hardware-address': mac.toLowerCase(),
      'ip-addresses': [{ 'ip-address': text, 'ip-address-type': 'ipv4' as const, prefix: 24 }],
    },
  ];
  const lab = aCluster({
    guests: [
      {
        vmid: 100,
        config: { scsi0: 'ceph:vm-100-disk-0,size=8G', net0: `virtio=${mac},bridge=vmbr0`, agent: '1' },
        agent: { state: 'running', interfaces: address('198.18.0.1') },
        snapshots: ['kept', 'passing'].map((name) => ({ name, description: '', snaptime: 1_777_500_000 })),
      },
      ...guests.slice(1),
    ],
  });
  const archives = ['10', '11'].map((hour) => ({
    volid: `local:backup/vzdump-qemu-101-2026_04_30-${hour}_00_00.vma.zst`,
    content: 'backup' as const,
    format: 'vma.zst',
    size: 1024 ** 3,
    ctime: 1_777_500_000,
    node: 'pve1',
    vmid: 101,
    extra: {},
  }));
  lab.storages[0]!.volumes.push(...archives);
  const edge = aCluster({ name: 'edge', guests });
  let world: PluginWorld;
  beforeAll(async () => {
    world = await openPluginWorld(anEstate(lab, edge));
  });
  afterAll(() => world.close());

  it('never mix', async () => {
    const job = await world.sync(['all']);

    expectCompleted(job);
    await expectEstate(world);
    await expectIdentities(world, runIdOf(job));
    await expectLinkedRows(world);
  });

  it('"Sync now" of a virtual machine syncs that one', async () => {
    const { id } = await machineOf(world, edge, 100);
    for (const cluster of [lab, edge]) setStatus(cluster, 100, 'stopped');
    setStatus(edge, 101, 'stopped');

    const job = await world.worker.click(`/virtualization/virtual-machines/${id}/proxbox-sync-now/`);

    expectCompleted(job);
    expect(stagesOf(job)[0]).toMatchObject({ sync_type: 'virtual-machines', result_summary: { ok: true } });
    const states = [
      await machineOf(world, edge, 100),
      await machineOf(world, edge, 101),
      await machineOf(world, lab, 100),
    ];
    expect(states.map(({ status }) => status.value)).toEqual(['offline', 'active', 'active']);
  });

  it('syncs the virtual machines that the operator selected', async () => {
    const selected = [await machineOf(world, lab, 102), await machineOf(world, edge, 103)];
    for (const cluster of [lab, edge]) for (const vmid of [102, 103]) setStatus(cluster, vmid, 'stopped');

    const job = await world.worker.clickAsyncUnsafe(`${buttons}selected/virtual-machines/`, {
      pk: selected.map(({ id }) => id),
    });

    expectCompleted(job);
    expect(job.data.proxbox_sync.response.batch).toMatchObject({ total: 2, succeeded: 2, failed: 0 });
    const machines = await allOf(world.netbox, path.vms, '&name__ic=guest-10&status=offline&ordering=name');
    const stopped = machines.map(({ cluster, name }) => `${cluster.name}/${name}`);
    expect(stopped).toEqual(expect.arrayContaining(['lab/guest-102', 'edge/guest-103']));
    expect(stopped).not.toContain('lab/guest-103');
    expect(stopped).not.toContain('edge/guest-102');
  });

  it('follow what changes in Proxmox', async () => {
    const renamed = await machineOf(world, lab, 101);
    renameGuest(lab, 101, 'web-new');
    migrateGuest(lab, 102, 'pve2');
    resizeDisk(lab, 103, 'scsi0', '40G');
    removeGuest(lab, 104);
    addGuest(lab, aGuest({ vmid: 150, name: 'newcomer' }));

    const job = await world.sync(['all']);

    expectCompleted(job);
    expect((await machineOf(world, lab, 101)).id).toBe(renamed.id);
    const removed = await allOf(world.netbox, path.vms, '&name=guest-104');
    expect(removed.map(({ cluster }) => cluster.name).sort()).toEqual(['edge', 'lab']);
    addGuest(lab, aGuest({ vmid: 104 })); // it stays in NetBox, as it was
    await expectEstate(world);
    removeGuest(lab, 104);
  });

  it('follow what changes on the guests and what vanishes', async () => {
    const ofGuest = async () => {
      const machine = await machineOf(world, lab, 100);
      const labBackups = await allOf(world.netbox, path.backups);
      return {
        primary: machine.primary_ip4?.address,
        disk: (await allOf(world.netbox, path.disks, `&virtual_machine_id=${machine.id}`)).map(({ size }) => size),
        snapshots: (await allOf(world.netbox, path.snapshots)).map(({ name }) => name),
        backups: labBackups.map(({ volume_id }) => volume_id).sort(),
      };
    };
    const before = await ofGuest();
    setStatus(lab, 100, 'running');
    setAgent(lab, 100, { interfaces: address('198.18.0.2') });
    resizeDisk(lab, 100, 'scsi0', '12G');
    const snapshots = lab.guests.get(100)!.snapshots;
    if (snapshots !== 'unsupported') snapshots.pop();
    lab.storages[0]!.volumes.pop();

    const job = await world.sync(['all']);

    const volumes = archives.map(({ volid }) => volid);
    expectCompleted(job);
    expect(before).toEqual({
      primary: '198.18.0.1/24',
      disk: [8192],
      snapshots: ['kept', 'passing'],
      backups: volumes,
    });
    expect(await ofGuest()).toEqual({
      primary: '198.18.0.2/24',
      disk: [12_288],
      snapshots: ['kept'],
      backups: volumes.slice(0, 1),
    });
  });

  it('one that is down is named as the reason, and the other one is synced', async () => {
    const before = await machineOf(world, edge, 101);
    world.proxmox[1]!.faults.add({ match: {}, action: 'reset' });
    setStatus(lab, 103, 'stopped');
    setStatus(edge, 101, before.status.value === 'active' ? 'stopped' : 'running');

    const job = await world.sync(['all']);
    world.proxmox[1]!.faults.clear();

    expect(job.status).toBe('errored');
    expect(job.error).toContain(`endpoint ${world.endpointIds[1]}`);
    expect(job.error).not.toContain(`endpoint ${world.endpointIds[0]}:`);
    expect(job.error).toContain(`proxmox_unreachable`);
    expect(job.error).toContain(`localhost:${world.proxmox[1]!.port}`);
    expect((await machineOf(world, lab, 103)).status.value).toBe('offline');
    expect(await machineOf(world, edge, 101)).toEqual(before);
  });

  it('that is up again catches up', async () => {
    const job = await world.sync(['all']);

    expectCompleted(job);
    addGuest(lab, aGuest({ vmid: 104 }));
    await expectEstate(world);
    removeGuest(lab, 104);
  });
});
