/** Two clusters that back up to one place: their archives lie side by side, and only a VMID says whose they are. */
import { afterEach, describe, expect, it } from 'vitest';
import { backupCleanUp, backupStage, pbsBackup, storageNamed } from '../../contract/sync/backups.js';
import { aCluster, aGuest, anEstate } from '../../contract/sync/estates.js';
import { path } from '../../contract/netbox/target.js';
import { all, edit, machineOf, sync, watchedSync } from '../../contract/sync/target.js';
import { setNodeStalled } from '../../simulator/estate/index.js';
import { makeStorage } from '../../simulator/estate/generate-storage.js';
import { addGuest, removeGuest, type EstateCluster, type EstateVolume } from '../../simulator/estate/index.js';
import { stages } from './plugin-calls.js';
import { openSimulated, type SimulatedTarget } from './simulated-target.js';

const place = { server: '192.0.2.201', datastore: 'main' };
/** 100 is a guest of both, 101 and 102 of one each. */
const lab = [
  { vmid: 100, name: 'web' },
  { vmid: 101, name: 'db' },
];
const north = [
  { vmid: 100, name: 'shop' },
  { vmid: 102, name: 'mail' },
];

function backingUp(name: string, guests: typeof lab, options: Readonly<Record<string, string>> = place): EstateCluster {
  const cluster = aCluster({ name, guests, nodes: [`${name}1`] });
  cluster.storages.push(makeStorage({ name: 'pbs', type: 'pbs', content: 'backup', shared: true, options }));
  return cluster;
}

const toldIn = (frames: readonly { readonly event: string; readonly data: unknown }[]): string =>
  JSON.stringify(frames.filter(({ event }) => event === 'error_detail').map(({ data }) => data));

describe('backups of two clusters in one datastore', () => {
  let target: SimulatedTarget;
  afterEach(() => target.close());

  /** What Proxmox Backup Server holds is what both clusters list. */
  const open = async (
    volumes: readonly EstateVolume[],
    options: { readonly north?: Readonly<Record<string, string>> } = {},
  ): Promise<void> => {
    target = await openSimulated(anEstate(backingUp('lab', lab), backingUp('north', north, options.north)));
    for (const cluster of target.world.estate.clusters)
      storageNamed(cluster, 'pbs').volumes.push(...volumes.map((volume) => ({ ...volume })));
  };
  const full = '/full-update/stream';
  const rows = async () => {
    const states = await all(target, path.vmState);
    return (await all(target, path.backups))
      .map((row) => {
        const state = states.find(({ virtual_machine }) => virtual_machine.id === row.virtual_machine.id);
        return `${state.proxmox_cluster_name} ${state.virtual_machine.name}`;
      })
      .sort();
  };
  const reasonsOf = async (call: string) => {
    const { complete, frames } = await watchedSync(target, call);
    return { complete, told: toldIn(frames) };
  };

  it('go to the guest that alone has the VMID, and to nobody where both may have made them', async () => {
    await open([pbsBackup(100), pbsBackup(101), pbsBackup(102)]);

    const { told } = await reasonsOf(full);

    expect(await rows()).toEqual(['lab db', 'north mail']);
    expect(told).toContain('backup_ambiguous');
    expect(told).toContain('\\"web\\" of \\"lab\\" and \\"shop\\" of \\"north\\"');
    target.simulator.resetCounters();
    await watchedSync(target, full);
    expect(target.simulator.counters.writes).toBe(0);
  });

  it('go to the one that their notes name', async () => {
    await open([pbsBackup(100, 0, { notes: 'web' }), pbsBackup(100, 1, { notes: 'shop' })]);

    await sync(target, full);

    expect(await rows()).toEqual(['lab web', 'north shop']);
  });

  it('are not told apart by a name that a machine has in NetBox alone', async () => {
    target = await openSimulated(anEstate(backingUp('lab', lab), backingUp('north', lab)), {
      variables: { PROXBOX_DELETE_ORPHANS: 'true' },
    });
    await sync(target, full);
    const { id } = (await machineOf(target, 101, 'north')).machine;
    await edit(target, path.vms, id, { name: 'customer-db' });
    const [, second] = target.world.estate.clusters;
    removeGuest(second!, 100);
    addGuest(second!, aGuest({ vmid: 103, name: 'web' }, 'north1'));
    await target.world.stream(`${full}?force_deletes=true`);
    expect((await machineOf(target, 100, 'north')).machine.name).toBe('web (gone 100)');
    for (const cluster of target.world.estate.clusters)
      storageNamed(cluster, 'pbs').volumes.push(
        pbsBackup(100, 0, { notes: 'web' }),
        pbsBackup(101, 0, { notes: 'db' }),
      );

    const { told } = await reasonsOf(full);

    expect(await rows()).toEqual([]);
    expect(told).toContain('\\"web (gone 100)\\" of \\"north\\"');
    expect(told).toContain('\\"customer-db\\" of \\"north\\"');
  });

  it('are told apart by the selection of one machine and the job of one endpoint, too', async () => {
    await open([pbsBackup(100)]);
    await watchedSync(target, full);
    const { id } = (await machineOf(target, 100)).machine;

    for (const call of [
      `/virtualization/virtual-machines/${id}/backups/create/stream`,
      `${backupStage}?proxmox_endpoint_ids=1`,
      `${backupStage}?proxmox_endpoint_ids=2`,
    ])
      expect((await reasonsOf(call)).told, call).toContain('backup_ambiguous');
    expect(await rows()).toEqual([]);
  });

  it('stay where a row was made before the other cluster came, and go when they are gone', async () => {
    await open([pbsBackup(100), pbsBackup(101)]);
    await watchedSync(target, `${full}?proxmox_endpoint_ids=1`);
    expect(await rows()).toEqual(['lab db', 'lab web']);
    await watchedSync(target, full);
    await watchedSync(target, backupCleanUp);
    expect(await rows()).toEqual(['lab db', 'lab web']);

    for (const cluster of target.world.estate.clusters) storageNamed(cluster, 'pbs').volumes.length = 0;
    await watchedSync(target, backupCleanUp);

    expect(await rows()).toEqual([]);
  });

  it('are told apart in a run that reads both clusters, before NetBox has their storages', async () => {
    await open([pbsBackup(100)]);
    const calls = stages(1).map((call) => call.split('?')[0] ?? '');
    for (const call of [calls[0], calls[2]]) await sync(target, call);
    expect(await all(target, path.storage)).toEqual([]);

    expect((await reasonsOf(backupStage)).told).toContain('backup_ambiguous');

    expect(await rows()).toEqual([]);
  });

  it('are nobody’s while the guest that has the VMID, too, is listed and not described', async () => {
    await open([pbsBackup(100)]);
    setNodeStalled(target.world.estate.clusters[1]!, 'north1', true);

    const { frames } = await target.world.stream(full);

    expect(toldIn(frames)).toContain('backup_ambiguous');
    expect(await rows()).toEqual([]);
  });

  it('in namespaces of their own are of their own guests', async () => {
    await open([pbsBackup(100)], { north: { ...place, namespace: 'north' } });

    await sync(target, full);

    expect(await rows()).toEqual(['lab web', 'north shop']);
  });
});
