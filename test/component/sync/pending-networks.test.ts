/** A network of a node that is configured and not applied is no fact: what NetBox has of the node stays until it is. */
import { afterEach, describe, expect, it } from 'vitest';
import { path } from '../../contract/netbox/target.js';
import { aCluster, anEstate } from '../../contract/sync/estates.js';
import { all, one, sync, syncPartly, syncPartlyQuietly, syncQuietly } from '../../contract/sync/target.js';
import type { EstateCluster } from '../../simulator/estate/index.js';
import { openSimulated, type SimulatedTarget } from './simulated-target.js';
import { aTalker, giveNode, say } from './talkers.js';

const stage = '/dcim/devices/interfaces/create/stream';
const changes = '--- /etc/network/interfaces\n+++ /etc/network/interfaces.new\n';

describe('a network of a node whose changes are not applied', () => {
  let target: SimulatedTarget;
  let lab: EstateCluster;
  afterEach(() => target.close());

  const open = async (): Promise<void> => {
    lab = aCluster({ nodes: ['pve1', 'pve2'], guests: [aTalker(100, ['10.0.0.5'])] });
    target = await openSimulated(anEstate(lab));
    await sync(target);
  };
  const row = (host: string) => one(target, path.ipAddresses, `address=${host}`);
  const device = () => one(target, path.devices, 'name=pve1');

  it.each([
    ['a full update', undefined],
    ['the stage of node interfaces', stage],
  ])(
    'changes nothing of the node by %s, which names the node and what to do, until it is applied',
    async (_what, at) => {
      await open();
      const interfaces = await all(target, path.deviceInterfaces);
      const before = await device();
      giveNode(lab, 'pve1', ['192.0.2.9']);
      giveNode(lab, 'pve1', ['10.0.9.1'], 'vmbr9');
      lab.nodes[0]!.networkChanges = changes;
      await target.world.restart();

      const { complete } = await syncPartlyQuietly(target, at, ['network_pending']);

      expect(complete.errors).toMatchObject([{ reason: 'network_pending', count: 1, examples: ['pve1'] }]);
      expect(JSON.stringify(complete)).toContain('Apply or revert them on the page Network of the node.');
      expect((await row('192.0.2.1')).assigned_object).toMatchObject({ name: 'vmbr0' });
      expect(await all(target, path.deviceInterfaces)).toEqual(interfaces);
      expect(await device()).toEqual(before);

      delete lab.nodes[0]!.networkChanges;
      await target.world.restart();
      await sync(target, at);
      expect(await all(target, path.ipAddresses, '&address=192.0.2.1')).toEqual([]);
      expect((await row('10.0.9.1')).assigned_object).toMatchObject({ name: 'vmbr9', device: { name: 'pve1' } });
      expect((await device()).primary_ip4.address).toBe('192.0.2.9/24');
    },
  );

  it('takes no address from a guest, and gives it none', async () => {
    await open();
    giveNode(lab, 'pve1', ['10.0.0.5']);
    lab.nodes[0]!.networkChanges = changes;
    say(lab, 100, ['10.0.0.6', '192.0.2.1']);
    await target.world.restart();

    await syncPartly(target, undefined);

    expect(await all(target, path.ipAddresses, '&address=10.0.0.5')).toEqual([]);
    expect((await row('192.0.2.1')).assigned_object).toMatchObject({ name: 'vmbr0', device: { name: 'pve1' } });
  });

  it('holds back nothing of the other nodes', async () => {
    await open();
    lab.nodes[0]!.networkChanges = changes;
    giveNode(lab, 'pve2', ['192.0.2.20']);
    await target.world.restart();

    await syncPartly(target, stage, ['network_pending']);

    expect((await row('192.0.2.20')).assigned_object).toMatchObject({ name: 'vmbr0', device: { name: 'pve2' } });
    delete lab.nodes[0]!.networkChanges;
    await target.world.restart();
    await syncQuietly(target);
  });
});
