/** Parts of stages by routes of their own: one node, one storage, one guest; and nothing beyond them. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { removeGuest, setNodeOnline } from '../../simulator/estate/index.js';
import { aBackedUpCluster, localBackup, pbsBackup } from '../../contract/sync/backups.js';
import { path } from '../../contract/netbox/target.js';
import { aCluster, anEstate } from '../../contract/sync/estates.js';
import { all, machineOf, sync } from '../../contract/sync/target.js';
import { openSimulated, type SimulatedTarget } from './simulated-target.js';

const vms = '/virtualization/virtual-machines';
const clean = { name: 'clean', description: '', snaptime: 1_777_500_000 };
const guests = [
  { vmid: 100, node: 'pve1', snapshots: [{ ...clean }] },
  { vmid: 101, node: 'pve2', snapshots: [{ ...clean }] },
  { vmid: 102, node: 'pve2', snapshots: [{ ...clean }, { ...clean, name: 'second' }] },
];
const volumes = [pbsBackup(100), pbsBackup(101), localBackup(102, 'pve2')].map((volume) => ({
  ...volume,
  volid: volume.volid.replace('lxc', 'qemu').replace('.tar.', '.vma.'),
  extra: {},
}));

describe('a part of a stage', () => {
  let target: SimulatedTarget;
  beforeEach(async () => {
    const lab = aBackedUpCluster({ name: 'lab', guests }, volumes);
    target = await openSimulated(
      anEstate(lab, aCluster({ name: 'edge', nodes: ['pve1', 'edge2'], guests: [{ vmid: 200 }] })),
    );
    await target.world.stream('/dcim/devices/create/stream');
    await target.world.stream(`${vms}/create/stream?sync_vm_network=false&sync_task_history=false`);
  });
  afterEach(() => target.close());

  const get = (at: string) => target.world.ask('GET', at);
  const names = async (collection: string, key: string) =>
    (await all(target, collection)).map((row) => String(row[key])).sort();
  const devicesWithInterfaces = async () =>
    [...new Set((await all(target, path.deviceInterfaces)).map(({ device }) => device.name as string))].sort();

  it('is the interfaces of one node, and the second call writes nothing', async () => {
    const { status, body, headers } = await get('/dcim/devices/pve2/interfaces/create');

    expect([status, headers.get('x-proxbox-status')]).toEqual([200, 'completed']);
    expect(body.map(({ name }: { name: string }) => name)).toContain('vmbr0');
    expect(await devicesWithInterfaces()).toEqual(['pve2']);
    const again = await target.watch(() => get('/dcim/devices/pve2/interfaces/create'));
    expect(again).toMatchObject({ writes: [], changes: 0 });
    await sync(target);
    expect(await devicesWithInterfaces()).toEqual(
      ['edge2', 'pve1', 'pve1', 'pve2', 'pve3'].filter((one, n, of) => of.indexOf(one) === n),
    );
  });

  it('of a node whose name two clusters have is refused until one is chosen', async () => {
    const refused = await get('/dcim/devices/pve1/interfaces/create');
    expect([refused.status, refused.body.detail]).toEqual([
      422,
      expect.stringMatching(/"pve1" in several clusters: .*lab.*cluster_name/) as string,
    ]);
    expect(await devicesWithInterfaces()).toEqual([]);

    const chosen = await get('/dcim/devices/pve1/interfaces/create?cluster_name=EDGE');

    expect(chosen.status).toBe(200);
    const clusters = (await all(target, path.devices))
      .filter(({ name }) => name === 'pve1')
      .map(({ cluster }) => cluster.name);
    expect(clusters.sort()).toEqual(['edge', 'lab']);
    expect((await all(target, path.deviceInterfaces)).length).toBe(chosen.body.length);
  });

  it.each([
    ['/dcim/devices/nowhere/interfaces/create', /No node is called "nowhere" in: edge, lab|lab, edge/],
    ['/dcim/devices/pve2/interfaces/create?cluster_name=other', /"other".*There are: .*lab/],
    [`${vms}/backups/create?node=pve2&storage=none`, /Node "pve2" of cluster "lab" has no storage "none". It has: /],
    [`${vms}/snapshots/create?node=nowhere`, /No node is called "nowhere"/],
  ])('%s is 404, and says what there is', async (at, sentence) => {
    const seen = await target.watch(async () => {
      const { status, body } = await get(at);
      expect([status, body.detail]).toEqual([404, expect.stringMatching(sentence) as string]);
    });
    expect(seen.writes).toEqual([]);
  });

  it.each([`${vms}/backups/create`, `${vms}/backups/create?node=pve1`, `${vms}/snapshots/create?vmid=x`])(
    '%s is 422: it does not say what of',
    async (at) => expect((await get(at)).status).toBe(422),
  );

  it('is the backups on one storage, of all guests or of one', async () => {
    const one = await get(`${vms}/backups/create?node=pve2&storage=pbs&vmid=101`);
    expect([one.status, one.body.length]).toEqual([200, 1]);
    expect(await names(path.backups, 'vmid')).toEqual(['101']);

    await get(`${vms}/backups/create?node=pve2&storage=pbs`);
    expect(await names(path.backups, 'vmid')).toEqual(['100', '101']);

    await get(`${vms}/backups/create?node=pve2&storage=local`);
    expect(await names(path.backups, 'vmid')).toEqual(['100', '101', '102']);
  });

  it('is the snapshots of one guest or of one node', async () => {
    const { status, body } = await get(`${vms}/snapshots/create?vmid=101`);
    expect([status, body.created]).toEqual([200, 1]);
    expect(await names(path.snapshots, 'vmid')).toEqual(['101']);

    await get(`${vms}/snapshots/create?node=pve2`);
    expect(await names(path.snapshots, 'vmid')).toEqual(['101', '102', '102']);
  });

  it('deletes nothing, whatever is gone, and is not partial because of another node', async () => {
    await sync(target);
    const { machine } = await machineOf(target, 102);
    target.world.estate.clusters[0]!.guests.get(102)!.snapshots = [];
    removeGuest(target.world.estate.clusters[0]!, 101);
    for (const { volumes: on } of target.world.estate.clusters[0]!.storages) on.length = 0;
    setNodeOnline(target.world.estate.clusters[0]!, 'pve3', false);
    await target.world.restart();
    const before = [await names(path.backups, 'id'), await names(path.snapshots, 'id')];
    const all = 'delete_nonexistent_backup=true&delete_nonexistent_snapshot=true&force_deletes=true';

    const answers = [
      await get(`${vms}/backups/create?node=pve2&storage=pbs&${all}`),
      await get(`${vms}/snapshots/create?node=pve2&${all}`),
      await get(`/dcim/devices/pve2/interfaces/create?${all}`),
    ];

    expect(answers.map(({ status, headers }) => [status, headers.get('x-proxbox-status')])).toEqual(
      Array.from({ length: 3 }, () => [200, 'completed']),
    );
    expect([await names(path.backups, 'id'), await names(path.snapshots, 'id')]).toEqual(before);
    expect(machine.name).toBeDefined();
  });

  it('in a dry run says what it would do, and writes nothing', async () => {
    const seen = await target.watch(async () => {
      const { status, body } = await get('/dcim/devices/pve2/interfaces/create?dry_run=true');
      expect([status, body.length > 0]).toEqual([200, true]);
    });
    expect(seen).toMatchObject({ writes: [], changes: 0 });
  });
});
