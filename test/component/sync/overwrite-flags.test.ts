import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addGuest, setStatus, setTags } from '../../simulator/estate/index.js';
import { path, type Answer } from '../../contract/netbox/target.js';
import { aCluster, aGuest, anEstate } from '../../contract/sync/estates.js';
import { all, edit, machineOf, one, sync, syncQuietly, tagsOf } from '../../contract/sync/target.js';
import { openSimulated, type SimulatedTarget } from './simulated-target.js';

type Body = Answer['body'];

interface Scene {
  readonly flag: string;
  /** What the operator made of the object. */
  readonly state: string;
  readonly collection: string;
  readonly query: string;
  readonly edit: object;
  readonly read: (object: Body) => unknown;
  /** After a run with the flag off, and after one with the flag on. */
  readonly off: unknown;
  readonly on: unknown;
}

const device = { collection: path.devices, query: 'name=pve1' };
const machine = { collection: path.vms, query: 'name=guest-100' };
const cluster = { collection: path.clusters, query: 'name=lab' };
const storage = { collection: path.storage, query: 'name=ceph' };
const description = (object: Body): unknown => object.description;

const mine = [{ slug: 'mine' }];
/** The Proxbox tag comes back only where pages of the plugin find objects by it. */
const tagScenes = (flag: string, of: Pick<Scene, 'collection' | 'query'>, mark: readonly string[]): Scene[] => [
  { flag, state: 'own tags', ...of, edit: { tags: mine }, read: tagsOf, off: ['mine'], on: ['mine', ...mark] },
  { flag, state: 'no tags', ...of, edit: { tags: [] }, read: tagsOf, off: mark, on: mark },
];
const textScenes = (
  flag: string,
  of: Pick<Scene, 'collection' | 'query'>,
  { stale, ours }: Record<'stale' | 'ours', string>,
): Scene[] => [
  {
    flag,
    state: 'text of an operator',
    ...of,
    edit: { description: 'Mine' },
    read: description,
    off: 'Mine',
    on: 'Mine',
  },
  { flag, state: 'old text of ours', ...of, edit: { description: stale }, read: description, off: stale, on: ours },
  { flag, state: 'no text', ...of, edit: { description: '' }, read: description, off: ours, on: ours },
];

const scenes: readonly Scene[] = [
  {
    flag: 'overwrite_device_role',
    state: 'another role',
    ...device,
    edit: { role: { slug: 'unknown' } },
    read: (object) => object.role.slug,
    off: 'unknown',
    on: 'proxmox-node',
  },
  {
    flag: 'overwrite_device_type',
    state: 'another type',
    ...device,
    edit: { device_type: { slug: 'r740' } },
    read: (object) => object.device_type.slug,
    off: 'r740',
    on: 'proxmox-generic-device',
  },
  {
    flag: 'overwrite_device_status',
    state: 'another status',
    ...device,
    edit: { status: 'offline' },
    read: (object) => object.status.value,
    off: 'offline',
    on: 'active',
  },
  ...textScenes('overwrite_device_description', device, { stale: 'Proxmox Node old', ours: 'Proxmox Node pve1' }),
  ...tagScenes('overwrite_device_tags', device, ['proxbox']),
  ...textScenes('overwrite_cluster_description', cluster, {
    stale: 'Proxmox standalone cluster.',
    ours: 'Proxmox cluster cluster.',
  }),
  ...tagScenes('overwrite_cluster_tags', cluster, ['proxbox']),
  ...textScenes('overwrite_vm_description', machine, {
    stale: 'Synced from Proxmox node old',
    ours: 'Synced from Proxmox node pve1',
  }),
  ...tagScenes('overwrite_vm_tags', machine, ['proxbox']),
  {
    flag: 'overwrite_vm_type',
    state: 'another type',
    ...machine,
    edit: { virtual_machine_type: { slug: 'lxc-container' } },
    read: (object) => object.virtual_machine_type.slug,
    off: 'lxc-container',
    on: 'qemu-virtual-machine',
  },
  {
    flag: 'overwrite_vm_type',
    state: 'no type',
    ...machine,
    edit: { virtual_machine_type: null },
    read: (object) => object.virtual_machine_type?.slug,
    off: 'qemu-virtual-machine',
    on: 'qemu-virtual-machine',
  },
  {
    flag: 'overwrite_vm_role',
    state: 'a role',
    ...machine,
    edit: { role: { slug: 'unknown' } },
    read: (object) => object.role?.slug,
    off: 'unknown',
    on: 'unknown',
  },
  ...tagScenes('overwrite_storage_tags', storage, []),
  {
    flag: 'overwrite_device_custom_fields',
    state: 'another sidecar',
    collection: path.deviceState,
    query: 'device=1',
    edit: { proxmox_cluster_name: 'old' },
    read: (object) => object.proxmox_cluster_name,
    off: 'old',
    on: 'lab',
  },
  {
    flag: 'overwrite_cluster_custom_fields',
    state: 'another sidecar',
    collection: path.clusterState,
    query: 'cluster=1',
    edit: { proxmox_cluster_name: 'old' },
    read: (object) => object.proxmox_cluster_name,
    off: 'old',
    on: 'lab',
  },
];

describe('the overwrite flags', () => {
  const lab = aCluster({ nodes: ['pve1'], guests: [{ vmid: 100 }, { vmid: 101 }] });
  let target: SimulatedTarget;

  beforeAll(async () => {
    target = await openSimulated(anEstate(lab));
    await sync(target);
    await target.netbox.create(path.tags, { name: 'Mine', slug: 'mine', color: '00ff00' });
    const proxmox = await one(target, path.manufacturers, 'slug=proxmox');
    await target.netbox.create(path.deviceTypes, { manufacturer: proxmox.id, model: 'R740', slug: 'r740' });
  });
  afterAll(() => target.close());

  it.each(scenes)('$flag and $state: off gives $off, on gives $on', async (scene) => {
    const { id } = await one(target, scene.collection, scene.query);
    await edit(target, scene.collection, id, scene.edit);
    const read = async (): Promise<unknown> => {
      const { body } = await target.netbox.get(`${scene.collection}${id}/`);
      return scene.read(body);
    };

    await sync(target, `/full-update/stream?${scene.flag}=false`);
    expect(await read()).toEqual(scene.off);

    await sync(target, `/full-update/stream?${scene.flag}=true`);
    expect(await read()).toEqual(scene.on);
    await syncQuietly(target);
  });

  it('overwrite_vm_proxmox_tags=false neither creates nor adds tags, also on a new guest', async () => {
    setTags(lab, 101, 'secret');
    addGuest(lab, aGuest({ vmid: 102, tags: 'secret' }));

    await sync(target, '/full-update/stream?overwrite_vm_proxmox_tags=false');

    expect(await all(target, path.tags, '&slug=secret')).toEqual([]);
    expect(tagsOf((await machineOf(target, 102)).machine)).toEqual(['proxbox', 'proxbox-discovered-qemu']);
    await sync(target);
    expect(tagsOf((await machineOf(target, 102)).machine)).toContain('secret');
  });

  it('overwrite_vm_custom_fields=false keeps the sidecar as it is, except for who the guest is', async () => {
    setStatus(lab, 101, 'stopped');
    lab.guests.get(101)!.name = 'other';

    await sync(target, '/full-update/stream?overwrite_vm_custom_fields=false');

    const { machine: stopped, state } = await machineOf(target, 101);
    expect(stopped).toMatchObject({ name: 'other', status: { value: 'offline' } });
    expect(state).toMatchObject({ proxmox_vm_name: 'other', proxmox_status: 'running' });
  });

  it('a new guest gets its whole sidecar also with overwrite_vm_custom_fields=false', async () => {
    addGuest(lab, aGuest({ vmid: 103 }));

    await sync(target, '/full-update/stream?overwrite_vm_custom_fields=false');

    expect((await machineOf(target, 103)).state).toMatchObject({ proxmox_vm_type: 'qemu', proxmox_status: 'running' });
  });

  it('a flag that is no boolean is refused before anything happens', async () => {
    const seen = await target.watch(async () => {
      const { status, body } = await target.world.ask('GET', '/full-update/stream?overwrite_vm_tags=perhaps');
      expect(status).toBe(422);
      expect(JSON.stringify(body)).toContain('overwrite_vm_tags');
    });
    expect(seen.requests).toBe(0);
  });

  it('the settings of the plugin decide where the query is silent', async () => {
    await sync(target);
    const [settings] = await all(target, path.settings);
    await edit(target, path.settings, settings.id, { overwrite_device_status: false });
    const { id } = await one(target, path.devices, 'name=pve1');
    await edit(target, path.devices, id, { status: 'offline' });
    await target.world.restart(); // settings are read again at most every 30 seconds

    await syncQuietly(target);
    expect((await one(target, path.devices, 'name=pve1')).status.value).toBe('offline');

    await sync(target, '/full-update/stream?overwrite_device_status=true');
    expect((await one(target, path.devices, 'name=pve1')).status.value).toBe('active');
  });
});
