import { afterEach, describe, expect, it } from 'vitest';
import { createEstate, setNodeOnline } from '../../simulator/estate/index.js';
import type { Estate, EstateVolume } from '../../simulator/estate/index.js';
import { makeStorage } from '../../simulator/estate/generate-storage.js';
import { path } from '../../contract/netbox/target.js';
import {
  aBackedUpCluster,
  backupCleanUp,
  backupStage,
  localBackup,
  pbsBackup,
  storageNamed,
} from '../../contract/sync/backups.js';
import { anAwkwardEstate, anEstate } from '../../contract/sync/estates.js';
import { all, machineOf, sync, syncPartly, syncPartlyQuietly, watchedSync } from '../../contract/sync/target.js';
import { pveum, root } from '../../support/pveum.js';
import { createSteppedClock } from '../../support/stepped-clock.js';
import { openSimulated, type SimulatedTarget } from './simulated-target.js';

const hourMs = 3_600_000;
const guests = [{ vmid: 100 }, { vmid: 101 }];
const few = [pbsBackup(100), pbsBackup(100, 1), localBackup(101, 'pve1'), localBackup(101, 'pve2', 1)].map(
  (volume) => ({
    ...volume,
    extra: {},
  }),
);

describe('the stage of backups', () => {
  let target: SimulatedTarget;
  afterEach(() => target.close());

  const open = async (volumes: readonly EstateVolume[] = few, options = {}): Promise<void> => {
    target = await openSimulated(anEstate(aBackedUpCluster({ guests, name: 'lab' }, typed(volumes))), options);
    await sync(target);
  };
  /** Archives of containers belong to containers. */
  const typed = (volumes: readonly EstateVolume[]) =>
    volumes.map((volume) => ({ ...volume, volid: volume.volid.replace('lxc', 'qemu').replace('.tar.', '.vma.') }));
  const lab = () => target.world.estate.clusters[0]!;
  const proxmox = () => target.world.proxmox[0]!;
  const forgetAll = (): void => {
    for (const { volumes } of lab().storages) volumes.length = 0;
  };
  const rows = () => all(target, path.backups);
  const reasons = (warnings: readonly { readonly reason: string }[] = []) => warnings.map(({ reason }) => reason);

  it('has one row per backup of the whole estate that has a machine', async () => {
    target = await openSimulated(anAwkwardEstate());
    await target.world.fullUpdate();

    const visible = (estate: Estate) =>
      estate.clusters.flatMap(({ name, storages, nodes, guests: own }) =>
        storages
          .filter(({ disabled, content }) => !disabled && content?.split(',').includes('backup') === true)
          .flatMap(({ volumes }) => volumes)
          .filter(
            ({ content, node }) => content === 'backup' && nodes.find((one) => one.name === node)?.online !== false,
          )
          .filter(({ vmid }) => vmid !== undefined && own.has(vmid))
          .map(({ volid }) => `${name} ${volid}`),
      );
    const states = await all(target, path.vmState);
    const stored = (await rows()).map((row) => {
      const state = states.find(({ virtual_machine }) => virtual_machine.id === row.virtual_machine.id);
      return `${state.proxmox_cluster_name} ${row.volume_id}`;
    });
    expect(stored.length).toBeGreaterThan(2);
    for (const one of stored) expect(visible(target.world.estate)).toContain(one);
    await syncPartlyQuietly(target, backupCleanUp, ['node_offline']);
  });

  it('reads a shared storage once, local ones on each node, and no others', async () => {
    await open();
    lab().storages.push(
      makeStorage({ name: 'off', type: 'cifs', content: 'backup', shared: true, disabled: true }),
      makeStorage({ name: 'odd', type: 'dir', content: null }),
      makeStorage({ name: 'tenth', type: 'dir', content: 'backup', nodes: 'pve10, pve2' }),
    );
    await target.world.restart();
    const before = proxmox().requestLog.length;

    await sync(target, backupStage);

    const listed = proxmox()
      .requestLog.slice(before)
      .filter((entry) => entry.path.endsWith('/content'))
      .map((entry) => entry.path.replace('/content', '').replace('/nodes/', ''));
    expect(listed.sort()).toEqual([
      'pve1/storage/local',
      'pve1/storage/pbs',
      'pve2/storage/local',
      'pve2/storage/tenth',
      'pve3/storage/local',
    ]);
  });

  it('a storage that one of its nodes could not read keeps its backups, and the others are judged', async () => {
    await open();
    forgetAll();
    proxmox().faults.add({
      match: { path: /pve2\/storage\/local\/content/ },
      action: { status: 500, reason: 'broken' },
    });

    const { complete } = await syncPartly(target, backupCleanUp, ['read_incomplete']);

    expect(new Set((await rows()).map(({ storage }) => storage))).toEqual(new Set(['local']));
    expect(complete.result).toMatchObject({ deleted: 2 });
    expect(reasons(complete.result!.warnings)).toEqual(['read_incomplete']);
  });

  it('no storage that can be read fails the stage, and nothing is deleted', async () => {
    await open();
    forgetAll();
    proxmox().faults.add({ match: { path: /content$/ }, action: { status: 500, reason: 'broken' } });

    const { complete } = await target.world.stream(backupCleanUp);

    expect(complete.ok).toBe(false);
    expect(await rows()).toHaveLength(4);
  });

  it('an offline node protects the rows of its local storages, and of no others', async () => {
    await open();
    forgetAll();
    setNodeOnline(lab(), 'pve2', false);
    await target.world.restart();

    const { complete } = await syncPartly(target, backupCleanUp, ['node_offline']);

    expect((await rows()).map(({ storage }) => storage)).toEqual(['local', 'local']);
    expect(reasons(complete.result!.warnings)).toEqual(['node_offline']);
  });

  it.each([
    ['switched off', (one: { disabled: boolean }) => Object.assign(one, { disabled: true })],
    ['for other content now', (one: { content: string | null }) => Object.assign(one, { content: 'iso' })],
  ])('rows of a storage that is %s stay', async (_, change) => {
    await open();
    change(storageNamed(lab(), 'pbs'));

    await sync(target, backupCleanUp);

    expect((await rows()).filter(({ storage }) => storage === 'pbs')).toHaveLength(2);
  });

  it('rows of a storage that is gone from the configuration go', async () => {
    await open();
    lab().storages.splice(
      lab().storages.findIndex(({ name }) => name === 'pbs'),
      1,
    );

    await sync(target, backupCleanUp);

    expect((await rows()).map(({ storage }) => storage)).toEqual(['local', 'local']);
  });

  it('an account that may not see backups deletes none, and is told which privileges it lacks', async () => {
    await open(few, { proxmox: { acl: 'read-only' } });
    const { machine } = await machineOf(target, 100);
    await target.netbox.create(path.backups, {
      virtual_machine: machine.id,
      storage: 'pbs',
      volume_id: 'pbs:backup/vm/100/2020-01-01T00:00:00Z',
      vmid: 100,
    });

    const { complete } = await sync(target, backupCleanUp);

    expect(await rows()).toHaveLength(1);
    expect(complete.result!.warnings).toMatchObject([
      {
        reason: 'backups_not_visible',
        message: expect.stringMatching(
          /Datastore.AllocateSpace and VM.Backup .*pveum role modify \S+ --append 1 --privs "Datastore.AllocateSpace,VM.Backup"/,
        ),
      },
    ]);
  });

  it('archives that NoAccess on their guest hides are not taken for gone; those that are gone go', async () => {
    await open(few, { proxmox: { users: [root] } });
    const { url, username, tokenName } = proxmox();
    await pveum(`pveum acl modify /vms/100 --tokens '${username}!${tokenName}' --roles NoAccess --propagate 1`, url);
    await pveum(`pveum acl modify /vms/100 --users ${username} --roles NoAccess --propagate 1`, url);
    storageNamed(lab(), 'local').volumes.length = 0;
    await target.world.restart();

    await target.world.stream(backupCleanUp);

    expect((await rows()).map(({ vmid }) => vmid)).toEqual([100, 100]);
  });

  it('more vanished rows than the limit allows stay', async () => {
    await open(Array.from({ length: 12 }, (_, n) => pbsBackup(100, n)));
    forgetAll();

    const { complete } = await syncPartly(target, backupCleanUp, ['delete_limit']);

    expect(await rows()).toHaveLength(12);
    expect(reasons(complete.result!.warnings)).toEqual(['delete_limit']);
    await sync(target, `${backupCleanUp}&force_deletes=true`);
    expect(await rows()).toEqual([]);
  });

  it('a journal that NetBox refuses fails nothing', async () => {
    await open([]);
    storageNamed(lab(), 'pbs').volumes.push(pbsBackup(100));
    target.simulator.faults.add({
      match: { method: 'POST', path: /journal-entries/ },
      action: { status: 403, body: { detail: 'You do not have permission to perform this action.' } },
    });

    const { complete } = await syncPartly(target, backupStage, ['forbidden']);

    expect(complete.result).toMatchObject({ created: 1, failed: 0, errors: [] });
    expect(complete.result!.kinds['backup-journal']).toMatchObject({ created: 0, skipped: 1, failed: 0 });
  });

  it('of one machine are asked for by its VMID', async () => {
    await open();
    const { id } = (await machineOf(target, 100)).machine;
    const before = proxmox().requestLog.length;

    const run = await watchedSync(target, `/virtualization/virtual-machines/${id}/backups/create/stream`);

    expect(run.complete.result).toMatchObject({ count: 2, unchanged: 2, skipped: 0 });
    const contents = proxmox()
      .requestLog.slice(before)
      .filter((entry) => entry.path.endsWith('/content'));
    expect(new Set(contents.map(({ query }) => new URLSearchParams(query).get('vmid')))).toEqual(new Set(['100']));
  });

  it('answers the rows of NetBox in its JSON form', async () => {
    await open();

    const { status, body } = await target.world.ask('GET', backupStage.replace('/stream', ''));

    expect(status).toBe(200);
    expect(body).toHaveLength(4);
    expect(body[0]).toMatchObject({ volume_id: expect.any(String), virtual_machine: { id: expect.any(Number) } });
  });

  it('costs few requests to both sides when nothing changed and everything is read', async () => {
    const clock = createSteppedClock();
    const variables = {
      PROXBOX_FULL_READ_HOURS: '0',
      PROXBOX_BACKUP_BATCH_SIZE: '100',
      PROXBOX_BULK_BATCH_SIZE: '100',
      PROXBOX_BACKUP_BATCH_DELAY_MS: '0',
    };
    const estate = createEstate({ vms: 200, clusters: 1, nodesPerCluster: 4, seed: 5 });
    target = await openSimulated(estate, { clock, variables });
    await sync(target);
    expect((await rows()).length).toBeGreaterThan(300);
    clock.step(hourMs);
    proxmox().resetCounters();

    const run = await watchedSync(target, backupCleanUp);

    expect([run.writes, run.requests]).toEqual([[], 15]);
    // version, status, certificates, guests, storages, permissions, pbs, and local on four nodes
    expect(proxmox().counters.total).toBe(11);
  });
});
