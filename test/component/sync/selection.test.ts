import { afterEach, describe, expect, it } from 'vitest';
import { path } from '../../contract/netbox/target.js';
import { aCluster, anEstate } from '../../contract/sync/estates.js';
import { all, machineOf, sync, syncPartly, watchedSync } from '../../contract/sync/target.js';
import { openSimulated, type SimulatedTarget } from './simulated-target.js';
import { bundle, stages } from './plugin-calls.js';

const machinesStage = '/virtualization/virtual-machines/create';

describe('what a run is about', () => {
  const twoClusters = async (): Promise<SimulatedTarget> => {
    const guests = [{ vmid: 100 }, { vmid: 101 }];
    target = await openSimulated(anEstate(aCluster({ guests }), aCluster({ name: 'edge', guests })));
    return target;
  };
  let target: SimulatedTarget;
  afterEach(() => target.close());

  const guest = (cluster: number, vmid: number) => target.world.estate.clusters[cluster]!.guests.get(vmid)!;
  const growAll = (): void => {
    for (const { guests } of target.world.estate.clusters) for (const one of guests.values()) one.memoryMb = 4096;
  };
  const memories = async (): Promise<Record<string, number>> =>
    Object.fromEntries(
      (await all(target, path.vms)).map(({ cluster, name, memory }) => [`${cluster.name}/${name}`, memory]),
    );

  describe('netbox_vm_ids', () => {
    it('one id updates that virtual machine and no other', async () => {
      await twoClusters();
      await sync(target);
      const { machine } = await machineOf(target, 100, 'edge');
      growAll();

      const run = await watchedSync(target, `${machinesStage}/stream?netbox_vm_ids=${machine.id}`);

      expect(await memories()).toEqual({
        'lab/guest-100': 1024,
        'lab/guest-101': 1024,
        'edge/guest-100': 4096,
        'edge/guest-101': 1024,
      });
      expect([run.writes, run.changes]).toEqual([[`PATCH ${path.vms}`], 1]);
      expect(run.complete.result!.kinds['virtual-machine']).toMatchObject({ discovered: 1, updated: 1 });
    });

    it('several ids may lead to several clusters', async () => {
      await twoClusters();
      await sync(target);
      const first = await machineOf(target, 100, 'edge');
      const second = await machineOf(target, 101, 'lab');
      growAll();

      await sync(target, `${machinesStage}/stream?netbox_vm_ids=${first.machine.id},${second.machine.id}`);

      expect(Object.values(await memories()).filter((memory) => memory === 4096)).toHaveLength(2);
    });

    it('an id that NetBox does not have fails the run before any write', async () => {
      await twoClusters();
      await sync(target);
      const { machine } = await machineOf(target, 100, 'edge');
      growAll();

      const seen = await target.watch(async () => {
        const { complete } = await target.world.stream(`${machinesStage}/stream?netbox_vm_ids=${machine.id},9999`);
        expect(complete.ok).toBe(false);
        expect(complete.errors[0]?.detail).toContain('9999');
      });

      expect(seen.writes).toEqual([]);
    });

    it('a machine without a guest fails the run: a selection never shrinks in silence', async () => {
      await twoClusters();
      await sync(target);
      const { machine } = await machineOf(target, 100, 'edge');
      target.world.estate.clusters[1]!.guests.delete(100);
      await target.world.restart();

      const { complete } = await target.world.stream(`${machinesStage}/stream?netbox_vm_ids=${machine.id}`);

      expect(complete).toMatchObject({ ok: false });
      expect(complete.errors[0]?.detail).toContain(String(machine.id));
    });

    it.each(['', 'abc', '0', '1,,2', '-1'])('"%s" is refused with 422', async (ids) => {
      await twoClusters();

      const { status, body } = await target.world.ask('GET', `${machinesStage}/stream?netbox_vm_ids=${ids}`);

      expect(status).toBe(422);
      expect(JSON.stringify(body)).toContain('netbox_vm_ids must be a comma-separated list of positive integers');
    });
  });

  describe('/virtualization/virtual-machines/{id}/create', () => {
    it('answers the one virtual machine, as it is then', async () => {
      await twoClusters();
      await sync(target);
      const { machine } = await machineOf(target, 101, 'edge');
      growAll();

      const { status, body } = await target.world.ask('GET', `/virtualization/virtual-machines/${machine.id}/create`);

      expect([status, body.length]).toEqual([200, 1]);
      expect(body[0]).toMatchObject({ id: machine.id, name: 'guest-101', memory: 4096 });
      expect(Object.values(await memories()).filter((memory) => memory === 4096)).toHaveLength(1);
    });

    it('as a stream ends with a count of one', async () => {
      await twoClusters();
      await sync(target);
      const { machine } = await machineOf(target, 101, 'edge');

      const { complete, frames } = await sync(target, `/virtualization/virtual-machines/${machine.id}/create/stream`);

      expect(complete).toMatchObject({ ok: true, message: 'Virtual machine sync completed.', result: { count: 1 } });
      expect(frames[0]?.data).toMatchObject({ step: 'virtual-machine', status: 'started' });
    });

    it('an id that NetBox does not have is 404', async () => {
      await twoClusters();
      await sync(target);

      const { status, body } = await target.world.ask('GET', '/virtualization/virtual-machines/9999/create');

      expect(status).toBe(404);
      expect(JSON.stringify(body)).toContain('Virtual machine id=9999 was not found in NetBox.');
    });
  });

  describe('proxmox_endpoint_ids', () => {
    it('one of two: the other cluster is asked once who it is, and never again', async () => {
      await twoClusters();
      for (const simulator of target.world.proxmox) simulator.resetCounters();
      const [other] = target.world.proxmox;

      await sync(target, '/full-update/stream?proxmox_endpoint_ids=2');

      expect(Object.keys(await memories()).sort()).toEqual(['edge/guest-100', 'edge/guest-101']);
      expect(other!.counters.total).toBe(3);
      await target.world.restart();
      await sync(target, '/full-update/stream?proxmox_endpoint_ids=2');
      expect(other!.counters.total).toBe(3);
    });

    it.each(['99', '1,99'])('an id nobody has (%s) is 400, before the stream', async (ids) => {
      await twoClusters();

      const { status, body } = await target.world.ask('GET', `/full-update/stream?proxmox_endpoint_ids=${ids}`);

      expect(status).toBe(400);
      expect(JSON.stringify(body)).toContain('99');
    });

    it('a disabled endpoint is left out, and refused when it is named', async () => {
      await twoClusters();
      expect((await target.world.ask('PUT', '/proxmox/endpoints/1', { enabled: false })).status).toBe(200);

      await sync(target);

      expect(Object.keys(await memories()).sort()).toEqual(['edge/guest-100', 'edge/guest-101']);
      expect((await target.world.ask('GET', '/full-update?proxmox_endpoint_ids=1')).status).toBe(400);
    });
  });

  describe('the JSON forms', () => {
    it('answer arrays of what is now as it should be', async () => {
      await twoClusters();

      const devices = await target.world.ask('GET', '/dcim/devices/create');
      const storages = await target.world.ask('GET', '/virtualization/virtual-machines/storage/create');
      const machines = await target.world.ask('GET', machinesStage);

      expect([devices.status, storages.status, machines.status]).toEqual([200, 200, 200]);
      expect(devices.body).toHaveLength(6);
      expect(devices.body[0]).toMatchObject({ name: 'pve1', cluster: { name: 'lab' } });
      expect(storages.body).toHaveLength(4);
      expect(storages.body).toContainEqual(
        expect.objectContaining({ name: 'local', cluster: 'lab', action: 'created' }),
      );
      expect(machines.body).toHaveLength(4);
      expect(machines.body).toContainEqual(
        expect.objectContaining({ name: 'guest-100', cluster: expect.objectContaining({ name: 'lab' }) }),
      );
    });

    it.each(['/dcim/devices/create', machinesStage])('of %s hold objects as NetBox renders them', async (stage) => {
      await twoClusters();
      for (const change of ['made', 'left alone']) {
        const { body } = await target.world.ask('GET', stage);
        expect(body[0], change).toMatchObject({
          status: { value: 'active', label: 'Active' },
          cluster: { id: expect.any(Number), name: expect.any(String) },
          tags: expect.arrayContaining([expect.objectContaining({ name: 'Proxbox' })]),
        });
        expect(body[0]).not.toHaveProperty('missing');
      }
    });

    it('name the number of failures in a header', async () => {
      await twoClusters();
      target.world.proxmox[0]!.faults.add({
        match: { path: /qemu\/100\/config$/ },
        action: { status: 500, reason: 'no' },
      });
      await sync(target, '/dcim/devices/create/stream');

      const { status, body, headers } = await target.world.ask('GET', machinesStage);

      expect([status, body.length, headers.get('x-proxbox-failed')]).toEqual([200, 3, '1']);
    });

    it('/full-update answers every stage with its count', async () => {
      await twoClusters();

      const { status, body } = await target.world.ask('GET', '/full-update');

      expect(status).toBe(200);
      expect(body).toMatchObject({
        status: 'completed',
        devices_count: 6,
        storage_count: 4,
        virtual_machines_count: 4,
        kinds: { 'virtual-machine': { discovered: 4, created: 4 } },
      });
      expect(body.virtual_machines).toHaveLength(4);
    });
  });

  describe('the calls of the plugin', () => {
    it('run through with its whole bundle of parameters, and write nothing the second time', async () => {
      await twoClusters();
      const job = async (): Promise<void> => {
        for (const id of [1, 2]) for (const stage of stages(id)) await sync(target, stage);
      };
      await job();
      expect(Object.keys(await memories())).toHaveLength(4);

      const again = await target.watch(job);

      expect([again.writes, again.changes]).toEqual([[], 0]);
    });

    it('carry a run id, which the sidecars of new machines keep', async () => {
      await twoClusters();

      for (const stage of stages(1)) await sync(target, stage);

      expect((await machineOf(target, 100)).state.last_run_id).toBe('11111111-2222-4333-8444-555555555555');
    });

    it('and of anybody else may have parameters that nobody knows', async () => {
      await twoClusters();

      await sync(target, `/full-update/stream?${bundle(1)}&colour=blue&netbox_endpoint_ids=7`);

      expect(Object.keys(await memories())).toHaveLength(2);
    });
  });

  it('a guest on an unreadable configuration fails alone', async () => {
    await twoClusters();
    target.world.proxmox[1]!.faults.add({
      match: { path: /qemu\/101\/config$/ },
      action: { status: 500, reason: 'no' },
    });

    const { complete } = await syncPartly(target, undefined);

    expect(complete.errors).toContainEqual(
      expect.objectContaining({ reason: 'config_unreadable', examples: ['guest-101'] }),
    );
    expect(complete.result!.kinds['virtual-machine']).toMatchObject({ discovered: 4, created: 3, failed: 1 });
    expect(guest(1, 101).memoryMb).toBe(1024);
  });
});
