/** A custom field of machines that an operator has to fill: told for each machine, and everything else goes on. */
import { afterEach, describe, expect, it } from 'vitest';
import { renameGuest } from '../../../simulator/estate/index.js';
import { path } from '../../../contract/netbox/target.js';
import { aCluster, anEstate, type ClusterPlan } from '../../../contract/sync/estates.js';
import {
  all,
  edit,
  machineOf,
  sync,
  syncPartly,
  syncPartlyQuietly,
  syncQuietly,
} from '../../../contract/sync/target.js';
import { openSimulated, type SimulatedTarget } from '../simulated-target.js';

let target: SimulatedTarget;
afterEach(() => target.close());

async function open(guests: ClusterPlan['guests']): Promise<void> {
  target = await openSimulated(anEstate(aCluster({ nodes: ['pve1'], guests })));
}

const require = () =>
  target.simulator.operator.create('extras/custom-fields', {
    name: 'owner',
    type: 'text',
    object_types: ['virtualization.virtualmachine'],
    required: true,
  });

const told = ['custom_field_required', 'dependency_failed', 'stage_failed'];

describe('a custom field that an operator has to fill', () => {
  it('costs the only guest its machine, in one request ever, and no stage', async () => {
    await open([{ vmid: 100 }]);
    require();

    const first = await syncPartly(target, undefined, told);

    expect(first.complete.message).toMatch(
      /^Full update sync completed in part: Virtual machines failed, 1 of 1 virtual machine failed/,
    );
    expect(first.complete.result!['stages']).toEqual({
      devices: 'completed',
      storage: 'completed',
      'virtual-machines': 'failed',
      'task-history': 'completed',
      'virtual-disks': 'completed',
      backups: 'completed',
      snapshots: 'completed',
      'node-interfaces': 'completed',
      'vm-interfaces': 'completed',
      'vm-ip-addresses': 'completed',
      replications: 'completed',
      'backup-routines': 'completed',
    });
    await syncPartlyQuietly(target, undefined, told);
  });

  it.each([
    [
      'has a default value',
      (id: number) => target.simulator.operator.update('extras/custom-fields', id, { default: 'me' }),
    ],
    [
      'is not required',
      (id: number) => target.simulator.operator.update('extras/custom-fields', id, { required: false }),
    ],
    [
      'is not one of machines',
      (id: number) => target.simulator.operator.update('extras/custom-fields', id, { object_types: ['dcim.site'] }),
    ],
    ['is gone', (id: number) => target.simulator.operator.remove('extras/custom-fields', id)],
  ])('stops machines no longer when it %s', async (_what, mend) => {
    await open([{ vmid: 100 }]);
    const { id } = require();
    await syncPartly(target, undefined, told);

    mend(id);
    await sync(target);

    expect((await machineOf(target, 100)).machine).toMatchObject({ name: 'guest-100' });
    await syncQuietly(target);
  });

  it('keeps back the changes of a machine that lacks it, until it is filled in', async () => {
    await open([{ vmid: 100 }, { vmid: 101 }, { vmid: 102 }]);
    await sync(target);
    require();
    const lacking = (await machineOf(target, 100)).machine;
    for (const vmid of [101, 102]) {
      const { machine } = await machineOf(target, vmid);
      target.simulator.operator.update(path.vms, machine.id, { custom_fields: { owner: 'me' } });
    }
    for (const guest of target.world.estate.clusters[0]!.guests.values()) guest.memoryMb = 4096;

    const { complete } = await syncPartly(target, undefined, ['custom_field_required']);

    expect(complete.result!.kinds['virtual-machine']).toMatchObject({ updated: 2, failed: 1 });
    expect(complete.errors[0]!.detail).toContain('"guest-100"');
    await syncPartlyQuietly(target, undefined, ['custom_field_required']);
    target.simulator.operator.update(path.vms, lacking.id, { custom_fields: { owner: 'you' } });
    await sync(target);
    expect((await all(target, path.vms)).map(({ memory }) => memory)).toEqual([4096, 4096, 4096]);
    await syncQuietly(target);
  });

  it.each([100, 101])(
    'leaves both machines their names where the guests swap theirs and %i has no value',
    async (vmid) => {
      await open([
        { vmid: 100, name: 'web' },
        { vmid: 101, name: 'db' },
      ]);
      await sync(target);
      const { id } = target.simulator.operator.create('extras/custom-fields', {
        name: 'owner',
        type: 'text',
        object_types: ['virtualization.virtualmachine'],
      });
      const { machine: other } = await machineOf(target, vmid === 100 ? 101 : 100);
      await edit(target, path.vms, other.id, { custom_fields: { owner: 'me' } });
      target.simulator.operator.update('extras/custom-fields', id, { required: true });
      const [lab] = target.world.estate.clusters;
      renameGuest(lab!, 100, 'db');
      renameGuest(lab!, 101, 'web');

      await syncPartly(target, undefined);

      expect([(await machineOf(target, 100)).machine.name, (await machineOf(target, 101)).machine.name]).toEqual([
        'web',
        'db',
      ]);
      await edit(target, path.vms, (await machineOf(target, vmid)).machine.id, { custom_fields: { owner: 'you' } });
      await sync(target);
      expect([(await machineOf(target, 100)).machine.name, (await machineOf(target, 101)).machine.name]).toEqual([
        'db',
        'web',
      ]);
      await syncQuietly(target);
    },
  );
});
