import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  addGuest,
  removeGuest,
  renameGuest,
  setConfig,
  setTags,
  type EstateCluster,
} from '../../simulator/estate/index.js';
import { path } from '../../contract/netbox/target.js';
import { aCluster, aGuest, anEstate } from '../../contract/sync/estates.js';
import { all, edit, machineOf, sync, syncQuietly, tagsOf, watchedSync } from '../../contract/sync/target.js';
import { archive, aTask } from '../../contract/sync/task-history.js';
import { bundle, stages } from './plugin-calls.js';
import { openSimulated, type SimulatedTarget } from './simulated-target.js';

const sweep = '/virtualization/virtual-machines/orphans/sweep';
const sweepOf = (id: number): string => `${sweep}/stream?run_id=R7&proxmox_endpoint_ids=${id}`;

/** Opens the service with ten guests in `lab` and two in `edge`, all of them in NetBox. */
async function open(variables: Readonly<Record<string, string>> = {}, isFirstRunOnly = false) {
  const guests = Array.from({ length: 10 }, (_, n) => ({
    vmid: 100 + n,
    config: {
      smbios1: `uuid=11111111-0000-4000-8000-00000000010${n}`,
      meta: `creation-qemu=9.0.2,ctime=17000000${n}0`,
    },
  }));
  const lab = aCluster({ guests });
  const edge = aCluster({ name: 'edge', guests: [{ vmid: 103 }, { vmid: 104 }] });
  const target = await openSimulated(anEstate(lab, edge), {
    variables: { PROXBOX_DELETE_ORPHANS: 'true', ...variables },
  });
  await sync(target);
  if (!isFirstRunOnly) await syncQuietly(target);
  return { target, lab, edge };
}

describe('a machine whose guest is gone', () => {
  let lab: EstateCluster;
  let edge: EstateCluster;
  let target: SimulatedTarget;
  let variables: Readonly<Record<string, string>>;
  beforeEach(async ({ task }) => {
    variables = task.name.includes('grace') ? { PROXBOX_ORPHAN_GRACE_RUNS: '3' } : {};
    ({ target, lab, edge } = await open(variables, task.name.includes('first run')));
  });
  afterEach(() => target.close());

  const page = async (): Promise<string[]> =>
    (await all(target, path.vms, '&tag=proxbox-soft-deleted&status=decommissioning'))
      .map(({ name, cluster }) => `${cluster.name}/${name}`)
      .sort();
  const endpointOf = async (name: string): Promise<number> => {
    const rows: { id: number; name: string }[] = (await target.world.ask('GET', '/proxmox/endpoints')).body;
    return rows.find((row) => row.name.startsWith(name))!.id;
  };

  it('stands on the page after the stages that the job of the plugin calls, and leaves it when it is back', async () => {
    const id = await endpointOf('lab');
    removeGuest(lab, 103);
    for (const stage of stages(id)) await sync(target, stage);

    expect(await page()).toEqual(['lab/guest-103']);
    for (const stage of stages(id)) await syncQuietly(target, stage);

    addGuest(lab, aGuest({ vmid: 103, status: 'stopped' }));
    const machinesStage = stages(id).find((stage) => stage.includes('/virtual-machines/create/'))!;
    const { complete } = await sync(target, machinesStage);

    expect(complete.result).toMatchObject({ restored: 1 });
    expect(await page()).toEqual([]);
    expect((await machineOf(target, 103)).machine.status.value).toBe('offline');
    for (const stage of stages(id)) await sync(target, stage);
    for (const stage of stages(id)) await syncQuietly(target, stage);
  });

  it('comes back as the same object on another node, renamed, as a template', async () => {
    const before = (await machineOf(target, 103)).machine.id;
    removeGuest(lab, 103);
    await sync(target);
    addGuest(lab, aGuest({ vmid: 103, name: 'restored', node: 'pve2', template: true, status: 'stopped' }));

    await sync(target);

    const { machine } = await machineOf(target, 103);
    expect([machine.id, machine.name, machine.device.name, machine.status.value]).toEqual([
      before,
      'restored',
      'pve2',
      'offline',
    ]);
    expect(tagsOf(machine)).not.toContain('proxbox-soft-deleted');
    await syncQuietly(target);
  });

  it('loses a mark that the Python service made as well', async () => {
    const { machine } = await machineOf(target, 105);
    const [mark] = await all(target, '/api/extras/tags/', '&slug=proxbox-soft-deleted');
    const own = machine.tags.map(({ id }: { id: number }) => id);
    await edit(target, path.vms, machine.id, { status: 'decommissioning', tags: [...own, mark.id] });
    await target.world.restart();

    await sync(target);

    expect(await page()).toEqual([]);
    expect((await machineOf(target, 105)).machine.status.value).toBe('active');
  });

  it('keeps a status that people gave it, when its guest is back', async () => {
    removeGuest(lab, 103);
    await sync(target);
    const { machine } = await machineOf(target, 103);
    await edit(target, path.vms, machine.id, { status: 'failed' });
    addGuest(lab, aGuest({ vmid: 103 }));
    await target.world.restart();

    await sync(target);

    const after = (await machineOf(target, 103)).machine;
    expect([after.status.value, tagsOf(after).includes('proxbox-soft-deleted')]).toEqual(['failed', false]);
  });

  it('is not meant by a tag of a guest that lives, whatever that is called in Proxmox', async () => {
    setTags(lab, 103, 'proxbox-soft-deleted;proxbox.soft-deleted;proxbox-discovered-lxc;web');
    setConfig(lab, 103, 'scsi1', 'ceph:vm-103-disk-1,size=4G');

    const { complete } = await sync(target);

    const { machine } = await machineOf(target, 103);
    expect(tagsOf(machine)).toEqual(['proxbox', 'proxbox-discovered-qemu', 'web']);
    expect(machine.virtual_disk_count).toBe(1);
    const [warning, ...others] = complete.result!.warnings!.filter(({ reason }) => reason === 'tag_unusable');
    expect(warning!.message).toContain('"proxbox-discovered-lxc", "proxbox-soft-deleted", "proxbox.soft-deleted"');
    expect(warning!.message).toContain('1 guest (guest-103)');
    expect(others).toEqual([]);
    await syncQuietly(target);
  });

  it('is not meant by a status decommissioning without the tag: that is an operator’s, and stays', async () => {
    const { machine } = await machineOf(target, 106);
    await edit(target, path.vms, machine.id, { status: 'decommissioning' });
    setConfig(lab, 106, 'net1', 'virtio=BC:24:11:00:0F:06,bridge=vmbr0');
    await target.world.restart();

    await sync(target);

    expect((await machineOf(target, 106)).machine.status.value).toBe('decommissioning');
    expect(await all(target, path.vmInterfaces, `&virtual_machine_id=${machine.id}&name=net1`)).toHaveLength(1);
  });

  it.each([
    ['a container', () => aGuest({ vmid: 103, type: 'lxc' })],
    [
      'a machine with another SMBIOS uuid',
      () => aGuest({ vmid: 103, config: { smbios1: 'uuid=99999999-0000-4000-8000-000000000103' } }),
    ],
    [
      'a machine made at another time',
      () => aGuest({ vmid: 103, config: { meta: 'creation-qemu=9.0.2,ctime=1799999999' } }),
    ],
  ])('is not brought back by %s that has its VMID now', async (_what, another) => {
    removeGuest(lab, 103);
    await sync(target);
    addGuest(lab, another());

    const { frames } = await target.world.stream('/full-update/stream');

    expect(JSON.stringify(frames)).toContain('vmid_of_soft_deleted_machine');
    expect(await page()).toEqual(['lab/guest-103']);
    expect(await all(target, path.vms)).toHaveLength(12);
    const { machine } = await machineOf(target, 103);
    expect((await target.netbox.remove(`${path.vms}${machine.id}/`)).status).toBe(204);
    await target.world.restart();
    await sync(target);
    expect(await page()).toEqual([]);
    expect(await all(target, path.vms)).toHaveLength(12);
  });

  it('keeps its tasks and replication jobs as they are, also when another guest has its VMID', async () => {
    const ofMachine = async (collection: string, id: number) =>
      JSON.stringify(await all(target, collection, `&virtual_machine_id=${id}`));
    lab.replicationJobs.push({ id: '103-0', type: 'local', guest: 103, jobnum: 0, target: 'pve2', schedule: '*/15' });
    archive(lab.nodes[0]!, aTask('pve1', 103));
    await sync(target);
    const { machine } = await machineOf(target, 103);
    removeGuest(lab, 103);
    // The list is not proof of its end before the guest is marked.
    await sync(target, sweepOf(await endpointOf('lab')));
    const rows = [await ofMachine(path.taskHistory, machine.id), await ofMachine(path.replications, machine.id)];
    expect(rows.map((text) => (JSON.parse(text) as unknown[]).length)).toEqual([expect.any(Number), 1]);
    lab.replicationJobs.length = 0;
    await target.world.restart();

    await sync(target);
    addGuest(lab, aGuest({ vmid: 103, config: { smbios1: 'uuid=99999999-0000-4000-8000-000000000103' } }));
    lab.replicationJobs.push({ id: '103-0', type: 'local', guest: 103, jobnum: 0, target: 'pve3', schedule: '*/5' });
    archive(lab.nodes[0]!, aTask('pve1', 103, { starttime: 1_790_000_000, endtime: 1_790_000_060 }));
    await target.world.stream('/full-update/stream');

    expect([await ofMachine(path.taskHistory, machine.id), await ofMachine(path.replications, machine.id)]).toEqual(
      rows,
    );
  });

  it('is told from a guest that has its VMID now, also when only the first run has seen it', async () => {
    removeGuest(lab, 103);
    await sync(target, sweepOf(await endpointOf('lab')));
    expect(await page()).toEqual(['lab/guest-103']);
    addGuest(lab, aGuest({ vmid: 103, config: { smbios1: 'uuid=99999999-0000-4000-8000-000000000103' } }));

    const { frames } = await target.world.stream('/full-update/stream');

    expect(JSON.stringify(frames)).toContain('vmid_of_soft_deleted_machine');
    expect(await page()).toEqual(['lab/guest-103']);
  });

  it('stands for another guest that has its VMID in the next run, which is told once', async () => {
    const { id } = (await machineOf(target, 103)).machine;
    const smbios1 = 'uuid=99999999-0000-4000-8000-000000000103';
    removeGuest(lab, 103);
    addGuest(lab, aGuest({ vmid: 103, config: { smbios1, meta: 'creation-qemu=9.0.2,ctime=1799999999' } }));

    const { frames } = await sync(target);

    const told = JSON.stringify(frames.filter(({ event }) => event === 'error_detail'));
    expect(told).toContain('vmid_reused');
    expect(told).toContain('103 of \\"lab\\" is another guest than before');
    expect((await machineOf(target, 103)).machine.id).toBe(id);
    expect(JSON.stringify((await sync(target)).frames)).not.toContain('vmid_reused');
  });

  it('stands for the same guest when only one of the marks of its making has changed', async () => {
    const guest = lab.guests.get(103)!;
    guest.config['smbios1'] = 'uuid=99999999-0000-4000-8000-000000000103';
    const first = await sync(target);
    guest.config['meta'] = 'creation-qemu=9.0.2,ctime=1799999999';
    const second = await sync(target);

    expect(JSON.stringify([first.frames, second.frames])).not.toContain('vmid_reused');
  });

  it('is not marked when its cluster cannot be listed, nor when its endpoint is switched off', async () => {
    const rows: { id: number; name: string }[] = (await target.world.ask('GET', '/proxmox/endpoints')).body;
    removeGuest(lab, 103);
    removeGuest(edge, 103);
    await target.world.ask('PUT', `/proxmox/endpoints/${rows.find(({ name }) => name.startsWith('edge'))!.id}`, {
      enabled: false,
    });
    target.world.proxmox[0]!.faults.add({
      match: { path: /cluster\/resources/ },
      action: { status: 403, reason: 'no' },
    });

    await target.world.stream('/full-update/stream');

    expect(await page()).toEqual([]);
  });

  it('is not marked together with four of ten: that is more than a healthy change explains', async () => {
    for (const vmid of [101, 102, 103, 104]) removeGuest(lab, vmid);

    const { complete } = await target.world.stream('/full-update/stream');

    expect(JSON.stringify(complete.result!.warnings)).toContain('delete_limit');
    expect(await page()).toEqual([]);
    await sync(target, '/full-update/stream?force_deletes=true');
    expect(await page()).toHaveLength(4);
  });

  it('is marked with a grace of three runs in the third one, and seen in between it begins anew', async () => {
    removeGuest(lab, 103);
    for (const round of [1, 2]) {
      const { complete } = await watchedSync(target);
      expect(complete.result!['orphan_sweep'], `run ${round}`).toMatchObject({ soft_deleted: 0, skipped: 1 });
    }
    addGuest(lab, aGuest({ vmid: 103 }));
    await sync(target);
    removeGuest(lab, 103);
    await sync(target);
    await sync(target);
    expect(await page()).toEqual([]);

    await sync(target);

    expect(await page()).toEqual(['lab/guest-103']);
  });

  it('tells once that the token may not write to the journal, and is marked all the same', async () => {
    removeGuest(lab, 103);
    removeGuest(lab, 104);
    target.simulator.faults.add({
      match: { method: 'POST', path: /journal-entries/ },
      action: { status: 403, body: { detail: 'You do not have permission to perform this action.' } },
    });

    const { complete } = await target.world.stream('/full-update/stream');

    const told = complete.result!.warnings!.filter(({ message }) => message?.includes('journal entry'));
    expect(told).toHaveLength(1);
    expect(await page()).toHaveLength(2);
  });

  const restrictTag = (slug: string): void => {
    const tag = target.simulator.state.objects('extras/tags').find((row) => row['slug'] === slug)!;
    target.simulator.operator.update('extras/tags', tag.id, { object_types: ['dcim.device'] });
  };

  it('is marked whole or not at all: no status without the tag that says who gave it', async () => {
    restrictTag('proxbox-soft-deleted');
    removeGuest(lab, 103);
    const why =
      'The mark of a machine whose guest is gone "guest-103" needs the tag "Proxbox: Soft-deleted VM" and was not written: it is restricted to other object types. Allow every virtual machine in the tag, or rename it.';

    for (const run of [1, 2, 3]) {
      const seen = await target.watch(async () => {
        const { complete, frames } = await target.world.stream('/full-update/stream');
        expect(complete.ok).toBe(false);
        expect(frames.flatMap(({ data: { error } }) => error ?? [])).toContain(why);
      });
      // Once NetBox is asked.
      expect(seen.writes, `run ${run}`).toHaveLength(run === 1 ? 1 : 0);
    }

    const { machine } = await machineOf(target, 103);
    expect([machine.status.value, tagsOf(machine).includes('proxbox-soft-deleted')]).toEqual(['active', false]);
    expect(target.simulator.state.objects('extras/journal-entries')).toEqual([]);
    addGuest(lab, aGuest({ vmid: 103 }));
    await sync(target);
    expect((await machineOf(target, 103)).machine.status.value).toBe('active');
  });

  it('loses the whole of its mark when its guest is back, also where the tag may not hang on machines any more', async () => {
    const guest = lab.guests.get(103)!;
    removeGuest(lab, 103);
    await sync(target);
    restrictTag('proxbox-soft-deleted');
    removeGuest(lab, 104);
    await target.world.stream('/full-update/stream');
    expect(await page()).toEqual(['lab/guest-103']);
    addGuest(lab, guest);

    await target.world.stream('/full-update/stream');

    const { machine } = await machineOf(target, 103);
    expect([machine.status.value, tagsOf(machine)]).toEqual(['active', ['proxbox', 'proxbox-discovered-qemu']]);
  });

  it('gives its name to a living guest in the same run, and has it again when it is back and the name is free', async () => {
    const id = await endpointOf('lab');
    removeGuest(lab, 103);
    addGuest(lab, aGuest({ vmid: 150, name: 'guest-103' }));
    const machinesOnly = `/virtualization/virtual-machines/create/stream?${bundle(id)}`;
    await sync(target, `${machinesOnly}&netbox_vm_ids=${(await machineOf(target, 100)).machine.id}`);
    expect((await machineOf(target, 103)).machine.name).toBe('guest-103');

    await sync(target, machinesOnly);

    expect((await machineOf(target, 103)).machine.name).toBe('guest-103 (gone 103)');
    expect((await machineOf(target, 150)).machine.name).toBe('guest-103');
    await syncQuietly(target, machinesOnly);

    renameGuest(lab, 150, 'successor');
    addGuest(lab, aGuest({ vmid: 103 }));
    await sync(target);
    expect((await machineOf(target, 103)).machine.name).toBe('guest-103');
    await syncQuietly(target);
  });

  it('gives its name to a living guest that is synced alone, too, and one that lives keeps it', async () => {
    const syncOne = (vmid: number) =>
      target.world.ask(
        'GET',
        `/sync/individual/vm?cluster_name=lab&node=pve1&type=qemu&vmid=${vmid}&vm_name=guest-103`,
      );
    addGuest(lab, aGuest({ vmid: 150, name: 'guest-103' }));
    expect(await syncOne(150)).toMatchObject({ status: 200, body: { action: 'created', error: null } });
    expect((await machineOf(target, 150)).machine.name).toBe('guest-103 (2)');

    removeGuest(lab, 103);
    addGuest(lab, aGuest({ vmid: 151, name: 'guest-103' }));
    expect(await syncOne(151)).toMatchObject({ status: 200, body: { action: 'created', error: null } });

    expect((await machineOf(target, 103)).machine.name).toBe('guest-103 (gone 103)');
    expect((await machineOf(target, 151)).machine.name).toBe('guest-103');
    await sync(target);
    await syncQuietly(target);
  });

  it('is swept by the route for callers with a run of their own', async () => {
    const id = await endpointOf('lab');
    removeGuest(lab, 103);
    removeGuest(edge, 103);

    const refused = await target.world.ask('GET', `${sweep}?run_id=R7`);
    expect(refused).toMatchObject({
      status: 422,
      body: { detail: expect.stringContaining('A non-dry-run orphan sweep requires endpoint_ids') },
    });
    expect(await target.world.ask('GET', `${sweep}?endpoint_ids=${id}`)).toMatchObject({ status: 422 });
    expect(await target.world.ask('GET', `${sweep}?run_id=R7&dry_run=true`)).toMatchObject({
      status: 200,
      body: { run_id: 'R7', dry_run: true, candidates: 2, soft_deleted: 0, skipped_reason: null },
    });
    expect(await target.world.ask('GET', `${sweep}?run_id=R7&endpoint_ids=${id}&vm_stage_failed=true`)).toMatchObject({
      status: 200,
      body: { candidates: 0, soft_deleted: 0, skipped_reason: 'vm_stage_failed' },
    });
    expect(await page()).toEqual([]);

    const { complete } = await sync(target, `${sweep}/stream?run_id=R7&proxmox_endpoint_ids=${id}`);

    expect(complete.result).toMatchObject({ enabled: true, run_id: 'R7', candidates: 1, soft_deleted: 1, deleted: 0 });
    expect(await page()).toEqual(['lab/guest-103']);
  });
});
