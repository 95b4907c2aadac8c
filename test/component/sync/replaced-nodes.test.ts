/** A node that its cluster has no more keeps no address from a living node or guest; nothing else of its device changes. */
import { afterEach, describe, expect, it } from 'vitest';
import { setNodeOnline, type EstateCluster } from '../../simulator/estate/index.js';
import { makeNode } from '../../simulator/estate/generate-node.js';
import { path } from '../../contract/netbox/target.js';
import { aCluster, anEstate } from '../../contract/sync/estates.js';
import { all, edit, one, sync, syncPartlyQuietly, syncQuietly } from '../../contract/sync/target.js';
import { openSimulated, type SimulatedTarget } from './simulated-target.js';
import { aTalker, giveNode, say } from './talkers.js';

const stages = {
  devices: '/dcim/devices/create/stream',
  nodes: '/dcim/devices/interfaces/create/stream',
  guests: '/virtualization/virtual-machines/interfaces/ip-address/create/stream',
};

describe.each([
  ['NetBox keeps addresses unique', true],
  ['NetBox does not', false],
])('the address of a node that is replaced, where %s,', (_what, globalUnique) => {
  let target: SimulatedTarget;
  let lab: EstateCluster;
  let id: number;
  afterEach(() => target.close());

  /** Three nodes, the last of which, with 192.0.2.3, is written on by an operator. */
  const open = async (): Promise<void> => {
    lab = aCluster({ guests: [aTalker(100, ['10.0.0.5'])] });
    target = await openSimulated(anEstate(lab), { netbox: { globalUnique } });
    await sync(target);
    const found = await row();
    ({ id } = await edit(target, path.ipAddresses, found.id, { description: 'ticket 4711' }));
  };
  const row = () => one(target, path.ipAddresses, 'address=192.0.2.3');
  const device = (name: string) => one(target, path.devices, `name=${name}`);
  const leave = (name: string): void => {
    lab.nodes.splice(
      lab.nodes.findIndex((node) => node.name === name),
      1,
    );
  };
  const join = (name: string): void => {
    lab.nodes.push(makeNode({ name, nodeid: 4, address: '192.0.2.3', epochS: 1_777_593_600 }));
  };
  const run = async (...calls: readonly string[]) => {
    for (const at of calls.length === 0 ? [undefined] : calls) {
      await target.world.restart();
      const { frames } = await sync(target, at);
      expect(frames.filter((frame) => JSON.stringify(frame).includes('ip_conflict'))).toEqual([]);
    }
  };
  const stays = async () => {
    await target.world.restart();
    await syncQuietly(target);
  };

  it.each([
    ['in one run', []],
    ['in separate calls of the stages', [stages.devices, stages.nodes]],
  ])('goes to the one that has it now, as its primary one, %s', async (_how, calls) => {
    await open();
    const before = await device('pve3');
    leave('pve3');
    join('pve4');

    await run(...calls);

    expect(await row()).toMatchObject({
      id,
      description: 'ticket 4711',
      assigned_object: { name: 'vmbr0', device: { name: 'pve4' } },
    });
    expect((await device('pve4')).primary_ip4.address).toBe('192.0.2.3/24');
    const without = { primary_ip: null, primary_ip4: null, last_updated: expect.any(String) };
    expect(await device('pve3')).toEqual({ ...before, ...without });
    await run();
    await stays();
  });

  it('goes to a guest that has it now', async () => {
    await open();
    leave('pve3');
    say(lab, 100, ['10.0.0.5', '192.0.2.3']);

    await run(stages.guests);

    expect(await row()).toMatchObject({ id, assigned_object: { name: 'net0', virtual_machine: { name: 'host100' } } });
    expect((await device('pve3')).primary_ip4).toBeNull();
    await run();
    await stays();
  });

  it.each<readonly [string, () => void]>([
    ['a guest', () => say(lab, 100, ['10.0.0.5', '10.0.9.3'])],
    ['a node', () => giveNode(lab, 'pve1', ['10.0.9.3'], 'vmbr9')],
  ])('stays with the old one where an operator made it the out-of-band one, which %s is told', async (_who, give) => {
    await open();
    const port = await one(target, path.deviceInterfaces, 'name=eno1&device=pve3');
    const assigned = { assigned_object_type: 'dcim.interface', assigned_object_id: port.id };
    const board = await target.netbox.create(path.ipAddresses, { address: '10.0.9.3/24', ...assigned });
    const { id: old } = await edit(target, path.devices, (await device('pve3')).id, { oob_ip: board.id });
    leave('pve3');
    give();

    await target.world.restart();
    const { frames } = await sync(target);

    const { body } = await target.netbox.get(`${path.ipAddresses}${board.id}/`);
    expect(body.assigned_object).toMatchObject({ name: 'eno1', device: { id: old } });
    expect((await device('pve3')).oob_ip).toMatchObject({ id: board.id });
    const told = frames.filter((frame) => JSON.stringify(frame).includes('ip_conflict'));
    expect(told.length > 0).toBe(globalUnique);
    await stays();
  });

  it('stays with the old one as long as nobody wants it', async () => {
    await open();
    leave('pve3');

    await run();

    expect(await row()).toMatchObject({ id, assigned_object: { device: { name: 'pve3' } } });
    expect((await device('pve3')).primary_ip4).toMatchObject({ id });
    await stays();
  });

  const statusOf = (nodes: number, quorate: number) => [
    { type: 'cluster', id: 'cluster', name: 'lab', nodes, quorate, version: 4 },
    ...lab.nodes.map(({ name, nodeid }, n) => ({
      ...{ type: 'node', id: `node/${name}`, name, nodeid, online: 1, local: Number(n === 0), level: '' },
      ip: `192.0.2.${Math.min(nodeid, 3)}`,
    })),
  ];

  it.each<[string, () => void]>([
    [
      'is down',
      () => {
        setNodeOnline(lab, 'pve3', false);
      },
    ],
    ['is named by no node of a part without quorum', () => pretend(3, 0)],
    ['is left out of an answer that says there is one more', () => pretend(4, 1)],
  ])('stays with one that %s', async (what, change) => {
    await open();
    if (what !== 'is down') leave('pve3');
    join('pve4');
    change();

    await target.world.restart();
    await target.world.stream('/full-update/stream');

    const { body } = await target.netbox.get(`${path.ipAddresses}${id}/`);
    expect(body.assigned_object).toMatchObject({ device: { name: 'pve3' } });
    expect((await device('pve3')).primary_ip4).toMatchObject({ id });
    expect((await device('pve4')).primary_ip4?.id).not.toBe(id);
  });

  function pretend(nodes: number, quorate: number): void {
    const action = { status: 200, body: { data: statusOf(nodes, quorate) } };
    target.world.proxmox[0]!.faults.add({ match: { path: /^\/cluster\/status$/ }, action });
  }
});

describe('a node whose name differs from that of another one of its cluster in case alone', () => {
  let target: SimulatedTarget;
  afterEach(() => target.close());

  it.each([
    ['after it', ['pve1', 'PVE1']],
    ['before it', ['PVE1', 'pve1']],
  ])(
    'is not taken for that one, when it is listed %s: it is told, and the device keeps what it has',
    async (_where, nodes) => {
      const lab = aCluster({ nodes: ['pve1'], guests: [aTalker(100, ['10.0.0.5'])] });
      target = await openSimulated(anEstate(lab));
      await sync(target);
      const [device] = await all(target, path.devices);
      const other = makeNode({ name: 'PVE1', nodeid: 2, address: '192.0.2.2', epochS: 1_777_593_600 });
      if (nodes[0] === 'PVE1') lab.nodes[0]!.nodeid = 3;
      lab.nodes.push(other);

      for (let n = 0; n < 2; n += 1) {
        await target.world.restart();
        await syncPartlyQuietly(target, undefined);
      }

      expect(await all(target, path.devices)).toEqual([device]);
      expect((await all(target, path.deviceState)).map((row) => row.proxmox_node_name)).toEqual(['pve1']);
    },
  );
});
