/** A node that is online and reports nothing: its guests are listed, not described, and stay what they are in NetBox. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addGuest, setNodeStalled } from '../../simulator/estate/index.js';
import { path } from '../../contract/netbox/target.js';
import { aCluster, aGuest, anEstate } from '../../contract/sync/estates.js';
import { all, machineOf, one, sync, syncPartly, syncPartlyQuietly, syncQuietly } from '../../contract/sync/target.js';
import { openSimulated, type SimulatedTarget } from './simulated-target.js';

const machineStage = '/virtualization/virtual-machines/create/stream?sync_vm_network=false&sync_task_history=false';

describe('while the status daemon of an online node hangs', () => {
  const cluster = aCluster({
    guests: [
      {
        vmid: 100,
        name: 'web',
        tags: 'blue',
        pool: 'shop',
        lock: 'backup',
        snapshots: [{ name: 'before', description: '', snaptime: 1_777_000_000 }],
      },
      { vmid: 101, name: 'db', template: true, status: 'stopped' },
      { vmid: 102, name: 'elsewhere', node: 'pve2' },
    ],
  });
  let target: SimulatedTarget;

  beforeAll(async () => {
    target = await openSimulated(anEstate(cluster));
    await sync(target);
    setNodeStalled(cluster, 'pve1', true);
    await target.world.restart(); // the list of guests is reused for a few seconds
  });
  afterAll(() => target.close());

  it('nothing of its machines is written, each is skipped with the node and the remedy, and the run goes on', async () => {
    const run = await syncPartlyQuietly(target, machineStage, ['guest_undescribed']);

    expect(run.complete.result!.kinds['virtual-machine']).toMatchObject({ unchanged: 1, skipped: 2, failed: 0 });
    expect(run.complete.result!.reasons).toEqual({ guest_undescribed: 2 });
    expect((await machineOf(target, 100)).machine).toMatchObject({
      name: 'web',
      memory: 1024,
      status: { value: 'active' },
    });
    expect((await machineOf(target, 101)).machine).toMatchObject({ name: 'db', status: { value: 'offline' } });
    const told = run.frames
      .map((frame) => JSON.stringify(frame))
      .filter((text) => text.includes('systemctl restart pvestatd'));
    expect(told.some((text) => text.includes('pve1'))).toBe(true);
  });

  it('a full update that marks and deletes what is gone finds nothing gone', async () => {
    await syncPartlyQuietly(
      target,
      '/full-update/stream?delete_orphans=true&delete_nonexistent_backup=true&delete_nonexistent_snapshot=true',
      ['guest_undescribed'],
    );
  });

  it('a new guest waits, another one takes none of the names, and both are right as soon as the node reports again', async () => {
    addGuest(cluster, aGuest({ vmid: 103, name: 'newcomer' }));
    addGuest(cluster, aGuest({ vmid: 104, name: 'web' }, 'pve2'));
    await target.world.restart();

    await syncPartly(target, undefined, ['guest_undescribed']);

    expect((await all(target, path.vms)).map(({ name }) => name).sort()).toEqual(['db', 'elsewhere', 'web', 'web (2)']);
    const { machine } = await machineOf(target, 100);
    setNodeStalled(cluster, 'pve1', false);
    await target.world.restart();
    await sync(target);
    expect((await machineOf(target, 100)).machine).toMatchObject({ id: machine.id, name: 'web' });
    expect((await one(target, path.vms, 'name=newcomer')).memory).toBe(1024);
    await syncQuietly(target);
  });
});
