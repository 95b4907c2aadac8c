/** Addresses that nodes and guests have in turn: a row with a role goes to whoever has it when the other one has not. */
import { afterEach, describe, expect, it } from 'vitest';
import { setNodeOnline, setStatus, type EstateCluster } from '../../simulator/estate/index.js';
import { path } from '../../contract/netbox/target.js';
import { aCluster, anEstate } from '../../contract/sync/estates.js';
import { edit, one, sync, syncQuietly } from '../../contract/sync/target.js';
import { openSimulated, type SimulatedTarget } from './simulated-target.js';
import { aTalker, giveNode, say } from './talkers.js';

const vip = '10.0.0.9';
const stages = {
  nodes: '/dcim/devices/interfaces/create/stream',
  guests: '/virtualization/virtual-machines/interfaces/ip-address/create/stream',
};

describe.each(['vip', 'carp', 'anycast'])('an address with the role %s', (role) => {
  let target: SimulatedTarget;
  let lab: EstateCluster;
  let id: number;
  afterEach(() => target.close());

  const own = { pve1: '192.0.2.1', pve2: '192.0.2.2', 100: '10.0.0.5' };
  type Holder = keyof typeof own;
  const holders = ['pve1', 'pve2', 100] as const;
  /** Who has it in Proxmox. */
  const give = (...having: readonly Holder[]): void => {
    for (const holder of holders) {
      const hosts = having.includes(holder) ? [vip] : [];
      if (holder === 100) say(lab, 100, [own[100], ...hosts]);
      else giveNode(lab, holder, hosts, 'vmbr9');
    }
  };
  const open = async (first: Holder): Promise<void> => {
    lab = aCluster({ nodes: ['pve1', 'pve2'], guests: [{ ...aTalker(100, [own[100]]), node: 'pve2' }] });
    give(first);
    target = await openSimulated(anEstate(lab));
    await sync(target);
    const row = await one(target, path.ipAddresses, `address=${vip}`);
    ({ id } = await edit(target, path.ipAddresses, row.id, { role, description: 'front door' }));
  };
  const run = async (...calls: readonly (string | undefined)[]): Promise<void> => {
    for (const at of calls.length === 0 ? [undefined] : calls) {
      await target.world.restart();
      await sync(target, at);
    }
  };
  const isAt = async (holder: Holder): Promise<void> => {
    const place = holder === 100 ? { virtual_machine: { name: 'host100' } } : { device: { name: holder } };
    const row = await one(target, path.ipAddresses, `address=${vip}`);
    expect(row).toMatchObject({ id, role: { value: role }, description: 'front door', assigned_object: place });
  };
  const stays = async (): Promise<void> => {
    await target.world.restart();
    await syncQuietly(target);
  };

  it.each<readonly [Holder, Holder]>([
    ['pve1', 'pve2'],
    ['pve1', 100],
    [100, 'pve1'],
  ])('leaves %s for %s, which has it now', async (before, after) => {
    await open(before);
    give(after);

    await run();

    await isAt(after);
    await stays();
  });

  it('stays with a node while both have it, and while nobody has it', async () => {
    await open('pve1');
    for (const having of [holders, []]) {
      give(...having);
      await run();
      await isAt('pve1');
      await stays();
    }
  });

  it('leaves a node that is gone, by the stage of guests', async () => {
    await open('pve1');
    lab.nodes.splice(0, 1);
    say(lab, 100, [own[100], vip]);

    await run(stages.guests);

    await isAt(100);
  });

  it('leaves a node that is down for the guest that has it, and a guest that is down for the node', async () => {
    await open('pve1');
    setNodeOnline(lab, 'pve1', false);
    give('pve1', 100);
    await target.world.restart();
    await target.world.stream('/full-update/stream');
    await isAt(100);

    setNodeOnline(lab, 'pve1', true);
    setStatus(lab, 100, 'stopped');
    await run(stages.nodes);
    await isAt('pve1');
    await run();
    await stays();
  });
});
