/** Rows of ours that have lost their object while nobody can tell whether an operator's data hangs on them: they stay ours. */
import { afterEach, describe, expect, it } from 'vitest';
import { path } from '../../contract/netbox/target.js';
import { all, machineOf, one, sync, tagsOf } from '../../contract/sync/target.js';
import { setConfig, type EstateCluster } from '../../simulator/estate/index.js';
import type { SimulatedTarget } from './simulated-target.js';
import { say } from './talkers.js';
import { openTalkingLab, portOf } from './talking-lab.js';

const full = '/full-update/stream';

describe('what hangs on rows', () => {
  let lab: EstateCluster;
  let target: SimulatedTarget;
  afterEach(() => target.close());

  const open = async (variables = {}): Promise<void> => {
    ({ lab, target } = await openTalkingLab(variables));
  };
  const rows = (kind: string) => target.simulator.state.objects(kind);
  const hide = (model: string): void => {
    for (const token of target.simulator.tokens.all()) token.cannotView.add(model);
  };
  const showAll = (): void => {
    for (const token of target.simulator.tokens.all()) token.cannotView.clear();
  };

  describe('while the journal may not be viewed', () => {
    it('addresses that guests let go stay ours: when it may be viewed again, their rows go', async () => {
      await open();
      await sync(target);
      const before = rows('ipam/ip-addresses').length;
      hide('extras/journal-entries');
      for (const n of [1, 2, 3]) {
        say(lab, 100, [`10.0.5.${n}`]);
        await target.world.stream(full);
      }
      showAll();

      await sync(target);

      expect(rows('ipam/ip-addresses').map(({ address }) => address)).toHaveLength(before);
    });

    it('MAC addresses that were replaced stay ours: when it may be viewed again, their rows go', async () => {
      await open();
      await sync(target);
      hide('extras/journal-entries');
      setConfig(lab, 100, 'net0', 'virtio=BC:24:11:AA:00:01,bridge=vmbr0');
      await target.world.stream(full);
      showAll();

      await sync(target);

      const port = await portOf(target, 100);
      const ofPort = await all(target, path.macAddresses, `&vminterface_id=${port.id}`);
      expect(ofPort.map((row) => row.mac_address)).toEqual(['BC:24:11:AA:00:01']);
    });
  });

  it.each([
    ['services', 'ipam/services'],
    ['contacts', 'tenancy/contact-assignments'],
  ])('addresses stay ours while %s may not be viewed, and each is told of', async (_what, model) => {
    await open();
    await sync(target);
    const before = rows('ipam/ip-addresses').length;
    hide(model);
    say(lab, 100, ['10.0.5.1']);

    const { frames } = await target.world.stream(full);

    const left = rows('ipam/ip-addresses').find(({ address }) => String(address).startsWith('10.0.0.100/'))!;
    expect([left['assigned_object_id'], tagsOf(await one(target, path.ipAddresses, `id=${left.id}`))]).toEqual([
      (await portOf(target, 100)).id,
      ['proxbox'],
    ]);
    expect(JSON.stringify(frames)).toContain('It stays there until that can be read');
    expect((await machineOf(target, 100)).machine.primary_ip4.address).toBe('10.0.5.1/24');
    const again = await target.watch(() => target.world.stream(full));
    expect(again.writes).toEqual([]);
    showAll();

    await sync(target);

    expect(rows('ipam/ip-addresses')).toHaveLength(before);
  });

  it('what an operator is known to have put on an address still gives it back, in doubt or not', async () => {
    await open();
    await sync(target);
    const row = await one(target, path.ipAddresses, 'address=10.0.0.100/24');
    target.simulator.operator.update('ipam/ip-addresses', row.id, { description: 'booked by Ann' });
    hide('extras/journal-entries');
    say(lab, 100, ['10.0.5.1']);

    await target.world.stream(full);

    expect(rows('ipam/ip-addresses').find(({ id }) => id === row.id)).toMatchObject({
      assigned_object_id: null,
      description: 'booked by Ann',
    });
  });
});
