import { afterEach, describe, expect, it } from 'vitest';
import { createEstate, setConfig } from '../../simulator/estate/index.js';
import { path } from '../../contract/netbox/target.js';
import { aCluster, anEstate } from '../../contract/sync/estates.js';
import {
  all,
  edit,
  machineOf,
  sync,
  syncPartly,
  syncPartlyQuietly,
  syncQuietly,
  tagsOf,
  watchedSync,
} from '../../contract/sync/target.js';
import { bundle } from './plugin-calls.js';
import { openSimulated, type SimulatedTarget } from './simulated-target.js';

const stage = '/virtualization/virtual-machines/virtual-disks/create/stream';

describe('the stage of virtual disks', () => {
  let target: SimulatedTarget;
  afterEach(() => target.close());

  const names = async (vmid: number): Promise<string[]> =>
    (await all(target, path.disks, `&virtual_machine_id=${(await machineOf(target, vmid)).machine.id}`)).map(
      ({ name }) => name,
    );

  it('deletes nothing of a guest whose configuration cannot be read, and counts it as failed', async () => {
    const config = { scsi0: 'ceph:a,size=1G', scsi1: 'ceph:b,size=1G' };
    const lab = aCluster({ guests: [{ vmid: 100 }, { vmid: 101, config }] });
    target = await openSimulated(anEstate(lab));
    await sync(target);
    for (const vmid of [100, 101]) setConfig(lab, vmid, 'scsi0', null);
    await target.world.restart();
    target.world.proxmox[0]!.faults.add({
      match: { path: /qemu\/100\/config$/ },
      action: { status: 500, reason: 'no' },
    });

    const { complete } = await syncPartly(target, stage, ['config_unreadable']);

    expect(complete.result).toMatchObject({ count: 1, deleted: 1, failed: 1 });
    expect(complete.result!.errors).toMatchObject([{ reason: 'config_unreadable', name: 'guest-100' }]);
    expect([await names(100), await names(101)]).toEqual([['scsi0'], ['scsi1']]);
  });

  it('in the mode bootstrap_only creates disks once and leaves them alone', async () => {
    const lab = aCluster({ guests: [{ vmid: 100, config: { scsi0: 'ceph:a,size=1G', scsi1: 'ceph:b,size=1G' } }] });
    target = await openSimulated(anEstate(lab));
    const update = '/full-update/stream?sync_mode_vm=bootstrap_only';
    await sync(target, update);
    setConfig(lab, 100, 'scsi0', 'ceph:a,size=9G');
    setConfig(lab, 100, 'scsi1', null);

    expect((await watchedSync(target, update)).writes).toEqual([]);

    const rows = await all(target, path.disks);
    expect(rows.map(({ name, size }) => [name, size])).toEqual([
      ['scsi0', 1024],
      ['scsi1', 1024],
    ]);
    expect(rows.map(tagsOf)).toEqual(rows.map(() => ['bootstrap-only', 'proxbox']));
  });

  it('knows a disk again that an operator gave another name, and keeps its row when it is gone', async () => {
    const config = { scsi0: 'ceph:a,size=1G', scsi1: 'ceph:b,size=2G' };
    const lab = aCluster({ guests: [{ vmid: 100, config }] });
    target = await openSimulated(anEstate(lab));
    await sync(target);
    const [, disk] = await all(target, path.disks);
    await edit(target, path.disks, disk!.id, { name: 'archive' });

    expect((await watchedSync(target)).writes).toEqual([]);
    setConfig(lab, 100, 'scsi1', null);
    await sync(target);
    expect((await watchedSync(target)).writes).toEqual([]);

    expect((await names(100)).sort()).toEqual(['archive', 'scsi0']);
    expect((await all(target, path.disks, '&name=archive')).map(({ id }) => id)).toEqual([disk!.id]);
  });

  it('does not guess which disk was renamed where two may be meant', async () => {
    const config = { scsi0: 'ceph:a,size=1G', scsi1: 'ceph:b,size=2G', scsi2: 'ceph:c,size=2G' };
    const lab = aCluster({ guests: [{ vmid: 100, config }] });
    target = await openSimulated(anEstate(lab));
    await sync(target);
    const [, ...two] = await all(target, path.disks);
    for (const { id, name } of two) await edit(target, path.disks, id, { name: `${name} of Ann` });

    for (const run of [1, 2]) {
      const { complete } = await syncPartlyQuietly(target, '/full-update/stream', ['disk_ambiguous', 'stage_failed']);
      expect(complete.errors[0]!.detail, `run ${run}`).toContain('it may be "scsi1 of Ann", "scsi2 of Ann" in NetBox');
    }
    expect((await names(100)).sort()).toEqual(['scsi0', 'scsi1 of Ann', 'scsi2 of Ann']);

    await edit(target, path.disks, two[0]!.id, { name: 'scsi1' });
    await sync(target);
    await syncQuietly(target);
    expect((await names(100)).sort()).toEqual(['scsi0', 'scsi1', 'scsi2 of Ann']);
  });

  it('knows a disk again that an operator gave another name, and that has grown since', async () => {
    const config = { scsi0: 'ceph:a,size=1G', scsi1: 'ceph:b,size=2G' };
    const lab = aCluster({ guests: [{ vmid: 100, config }] });
    target = await openSimulated(anEstate(lab));
    await sync(target);
    const [, disk] = await all(target, path.disks);
    await edit(target, path.disks, disk!.id, { name: 'archive' });
    setConfig(lab, 100, 'scsi1', 'ceph:b,size=3G');

    await sync(target);

    expect(await all(target, path.disks, '&name=archive')).toMatchObject([{ id: disk!.id, size: 3072 }]);
    expect((await machineOf(target, 100)).machine.disk).toBe(4096);
    await syncQuietly(target);
    expect((await names(100)).sort()).toEqual(['archive', 'scsi0']);
  });

  it('takes a new disk for a renamed one neither on another storage, nor where it is a drive', async () => {
    const config = { scsi0: 'ceph:a,size=1G', scsi1: 'ceph:b,size=2G' };
    const lab = aCluster({ guests: [{ vmid: 100, config }] });
    target = await openSimulated(anEstate(lab));
    await sync(target);
    const [, disk] = await all(target, path.disks);
    await edit(target, path.disks, disk!.id, { name: 'archive' });
    setConfig(lab, 100, 'scsi1', null);
    setConfig(lab, 100, 'scsi2', 'local:c,size=3G');
    setConfig(lab, 100, 'ide2', 'none,media=cdrom');

    await sync(target);

    expect((await names(100)).sort()).toEqual(['archive', 'ide2', 'scsi0', 'scsi2']);
    await syncQuietly(target);
  });

  it('of one machine touches that machine only, and asks NetBox for nothing else', async () => {
    const lab = aCluster({ guests: [{ vmid: 100 }, { vmid: 101 }] });
    target = await openSimulated(anEstate(lab));
    await sync(target);
    const { machine } = await machineOf(target, 100);
    for (const disk of await all(target, path.disks)) await edit(target, path.disks, disk.id, { size: 1 });

    const run = await watchedSync(target, `/virtualization/virtual-machines/${machine.id}/virtual-disks/create/stream`);

    expect(run.complete.result).toMatchObject({ count: 1, updated: 1 });
    const sizes = (await all(target, path.disks)).map(({ virtual_machine: { name }, size }) => [name, size]);
    expect(sizes.sort()).toEqual([
      ['guest-100', 8192],
      ['guest-101', 1],
    ]);
  });

  it('says of a guest that NetBox does not have yet what to do', async () => {
    target = await openSimulated(anEstate(aCluster({ guests: [{ vmid: 100 }] })));

    const { complete } = await sync(target, stage);

    expect(complete.result).toMatchObject({ count: 0, created: 0, failed: 0, reasons: { vm_missing: 1 } });
    expect(complete.result!.warnings).toMatchObject([{ reason: 'vm_missing' }]);
  });

  it('costs three list requests more than the guests themselves, however many there are', async () => {
    target = await openSimulated(createEstate({ vms: 200, clusters: 1, seed: 3 }));
    await sync(target);
    await target.world.restart(); // what the stages of a job share is forgotten

    target.simulator.resetCounters();
    const { complete } = await sync(target, `${stage}?${bundle(1)}`);

    expect(complete.result).toMatchObject({ count: 200, created: 0, updated: 0, deleted: 0 });
    const lists = target.simulator.requestLog.map(({ target: at }) => at.split('?')[0] ?? '');
    expect(lists.filter((at) => at.startsWith(path.disks))).toHaveLength(1);
    expect(lists.filter((at) => at.startsWith(path.diskState))).toHaveLength(1);
    expect(lists.filter((at) => at.startsWith(path.storage)).length).toBeLessThanOrEqual(1);
    expect(target.simulator.requestLog.filter(({ method }) => method !== 'GET')).toEqual([]);
  });
});
