import { afterEach, describe, expect, it } from 'vitest';
import { addGuest } from '../../simulator/estate/index.js';
import { path } from '../../contract/netbox/target.js';
import { aCluster, aGuest, anEstate } from '../../contract/sync/estates.js';
import { all, edit, machineOf, one, sync, tagsOf, watchedSync } from '../../contract/sync/target.js';
import { openSimulated, type SimulatedTarget } from './simulated-target.js';

const template = { vmid: 900, name: 'golden', template: true, status: 'stopped' } as const;
const update = (query: string): string => `/full-update/stream?${query}`;

describe('the sync modes', () => {
  let target: SimulatedTarget;
  const open = async (): Promise<ReturnType<typeof aCluster>> => {
    const lab = aCluster({ guests: [{ vmid: 100 }, template] });
    target = await openSimulated(anEstate(lab));
    return lab;
  };
  const names = async (collection: string): Promise<string[]> =>
    (await all(target, collection)).map(({ name }) => name);
  afterEach(() => target.close());

  it.each([
    ['sync_mode_vm', ['golden']],
    ['sync_mode_vm_template', ['guest-100']],
  ])('%s=disabled leaves its guests out and counts them as skipped', async (mode, created) => {
    await open();

    const { complete, frames } = await sync(target, update(`${mode}=disabled`));

    expect(await names(path.vms)).toEqual(created);
    expect(complete.result!.kinds['virtual-machine']).toMatchObject({ discovered: 2, created: 1, skipped: 1 });
    const skipped = frames.filter(({ data }) => data['status'] === 'skipped');
    expect(skipped.map(({ data }) => data['warning'])).toEqual([expect.stringContaining(`(${mode}=disabled)`)]);
  });

  it('with guests and templates disabled the stage of virtual machines writes nothing and says why', async () => {
    await open();
    await sync(target, '/dcim/devices/create/stream');

    const query = 'sync_mode_vm=disabled&sync_mode_vm_template=disabled';
    const run = await watchedSync(target, `/virtualization/virtual-machines/create/stream?${query}`);

    expect(run.writes).toEqual([]);
    expect(JSON.stringify(run.complete)).toContain('sync_mode_vm');
    expect(await names(path.vms)).toEqual([]);
  });

  it('a disabled guest that NetBox has already stays as it is', async () => {
    const lab = await open();
    await sync(target);
    lab.guests.get(100)!.memoryMb = 4096;

    const run = await watchedSync(target, update('sync_mode_vm=disabled'));

    expect(run.writes).toEqual([]);
    expect((await machineOf(target, 100)).machine.memory).toBe(1024);
  });

  it.each([
    ['sync_mode_storage', path.storage, 'ceph'],
    ['sync_mode_node', path.devices, 'pve1'],
    ['sync_mode_cluster', path.clusters, 'lab'],
  ])('%s=disabled patches no existing object', async (mode, collection, name) => {
    await open();
    await sync(target);
    const { id } = await one(target, collection, `name=${name}`);
    await edit(target, collection, id, { tags: [] });

    const run = await watchedSync(target, update(`${mode}=disabled`));

    expect(run.writes).toEqual([]);
    expect(tagsOf(await one(target, collection, `name=${name}`))).toEqual([]);
  });

  it('sync_mode_storage=disabled creates no storage rows', async () => {
    await open();

    const { complete } = await sync(target, update('sync_mode_storage=disabled'));

    expect(await names(path.storage)).toEqual([]);
    expect(complete.result).toMatchObject({ storage_count: 0 });
  });

  it('sync_mode_node=disabled creates only the devices that guests need', async () => {
    await open();

    await sync(target, update('sync_mode_node=disabled'));

    expect(await names(path.devices)).toEqual(['pve1']);
    expect((await machineOf(target, 100)).machine.device.name).toBe('pve1');
  });

  it('sync_mode_cluster=disabled creates only the cluster that guests need', async () => {
    await open();

    await sync(target, update('sync_mode_cluster=disabled'));

    expect(await names(path.clusters)).toEqual(['lab']);
    expect((await machineOf(target, 100)).machine.cluster.name).toBe('lab');
  });

  it.each([
    ['sync_mode_vm', path.vms, 'guest-100'],
    ['sync_mode_vm_template', path.vms, 'golden'],
    ['sync_mode_node', path.devices, 'pve1'],
    ['sync_mode_cluster', path.clusters, 'lab'],
    ['sync_mode_storage', path.storage, 'ceph'],
  ])(
    '%s=bootstrap_only creates with the tag bootstrap-only, and never touches such an object again',
    async (mode, collection, name) => {
      await open();
      await target.netbox.create(path.tags, { name: 'bootstrap-only', slug: 'bootstrap-only', color: '9e9e9e' });
      await sync(target, update(`${mode}=bootstrap_only`));
      const created = await one(target, collection, `name=${name}`);
      expect(tagsOf(created)).toContain('bootstrap-only');
      const kept = created.tags.filter(({ slug }: { slug: string }) => slug === 'bootstrap-only');
      await edit(target, collection, created.id, { tags: kept.map(({ id }: { id: number }) => id) });

      const run = await watchedSync(target, update(`${mode}=bootstrap_only`));

      expect(run.writes).toEqual([]);
      expect(tagsOf(await one(target, collection, `name=${name}`))).toEqual(['bootstrap-only']);
    },
  );

  it('bootstrap_only makes the tag bootstrap-only when NetBox has none', async () => {
    await open();

    await sync(target, update('sync_mode_vm=bootstrap_only'));

    expect(tagsOf((await machineOf(target, 100)).machine)).toContain('bootstrap-only');
  });

  it('bootstrap_only goes on syncing what does not carry the tag', async () => {
    const lab = await open();
    await sync(target);
    lab.guests.get(100)!.memoryMb = 4096;
    addGuest(lab, aGuest({ vmid: 101 }));

    await sync(target, update('sync_mode_vm=bootstrap_only'));

    expect((await machineOf(target, 100)).machine.memory).toBe(4096);
  });

  it('a mode that nobody knows is "always", with a warning', async () => {
    await open();

    const { complete } = await sync(target, update('sync_mode_vm=sometimes'));

    expect(await names(path.vms)).toHaveLength(2);
    expect(JSON.stringify(complete.result!.warnings)).toContain('sometimes');
  });
});
