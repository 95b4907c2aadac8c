/** A name that was to become free and did not: whoever wants it does not get the object of the one who has it. */
import { afterEach, describe, expect, it } from 'vitest';
import { machineOf, sync, syncQuietly, tagsOf } from '../../contract/sync/target.js';
import { addGuest, removeGuest, renameGuest, type EstateCluster } from '../../simulator/estate/index.js';
import type { SimulatedTarget } from './simulated-target.js';
import { aTalker } from './talkers.js';
import { openTalkingLab } from './talking-lab.js';

const machinesPath = 'virtualization/virtual-machines';
const full = '/full-update/stream';

describe('a name that is still taken', () => {
  let lab: EstateCluster;
  let target: SimulatedTarget;
  afterEach(() => target.close());

  const open = async (variables = {}): Promise<void> => {
    ({ lab, target } = await openTalkingLab(variables));
  };
  const rows = (kind: string) => target.simulator.state.objects(kind);
  describe('the machine of one guest is not taken for that of another', () => {
    const newGuest = () =>
      addGuest(lab, {
        ...aTalker(150, ['10.0.0.150']),
        name: 'host101',
        node: 'pve2',
        status: 'stopped',
        memoryMb: 8192,
        tags: 'new',
      });
    const told = ({ complete }: Awaited<ReturnType<typeof target.world.fullUpdate>>) =>
      complete.result?.kinds['virtual-machine'];
    const state = async () => {
      const { machine } = await machineOf(target, 101);
      return [machine.memory, machine.device.name, machine.status.value, machine.description, tagsOf(machine)];
    };

    it.each([
      ['that lives and could not be renamed', () => renameGuest(lab, 101, 'shop')],
      ['that is gone and could not give its name up', () => removeGuest(lab, 101)],
    ])('%s, once', async (_what, change) => {
      await open({ PROXBOX_NETBOX_MAX_RETRIES: '0' });
      await sync(target);
      const before = await state();
      change();
      newGuest();
      target.simulator.faults.add({
        match: { method: 'PATCH', path: /virtual-machines/, times: 1 },
        action: { status: 400, body: { name: ['The naming scheme does not allow this name.'] } },
      });

      const result = await target.world.stream(full);

      expect(await state()).toEqual(before);
      // The new guest has no machine, so it is none of those that were written.
      expect(told(result)).toMatchObject({ created: 0, updated: 0 });
      target.simulator.faults.clear();
      await sync(target);
      const { machine } = await machineOf(target, 101);
      expect(tagsOf(machine)).toEqual(['proxbox', 'proxbox-discovered-qemu']);
      await syncQuietly(target);
    });

    it('whose new name a machine has that the token may not view, ever', async () => {
      await open();
      await sync(target);
      const cluster = rows('virtualization/clusters')[0]!.id;
      target.simulator.operator.create(machinesPath, { name: 'shop', cluster });
      for (const token of target.simulator.tokens.all())
        token.mayViewOnly.set(machinesPath, ({ name }) => name !== 'shop');
      const before = await state();
      renameGuest(lab, 101, 'shop');
      newGuest();

      await target.world.stream(full);
      await target.world.stream(full);

      expect(await state()).toEqual(before);
    });
  });
});
