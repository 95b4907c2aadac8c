/** Addresses that pass between nodes and guests: each is right after one run, which warns of nothing that it mends. */
import { afterEach, describe, expect, it } from 'vitest';
import { removeGuest, type EstateCluster } from '../../simulator/estate/index.js';
import { path } from '../../contract/netbox/target.js';
import { aCluster, anEstate } from '../../contract/sync/estates.js';
import { all, edit, machineOf, one, sync, syncQuietly } from '../../contract/sync/target.js';
import { pveum, root } from '../../support/pveum.js';
import type { WorldOptions } from '../../support/world.js';
import { openSimulated, type SimulatedTarget } from './simulated-target.js';
import { aTalker, giveNode, say } from './talkers.js';

const stages = {
  nodes: '/dcim/devices/interfaces/create/stream?proxmox_endpoint_ids=1',
  guests: '/virtualization/virtual-machines/interfaces/ip-address/create/stream?proxmox_endpoint_ids=1',
};

describe.each([
  ['NetBox keeps addresses unique', true],
  ['NetBox does not', false],
])('an address of a node, where %s,', (_what, globalUnique) => {
  let target: SimulatedTarget;
  afterEach(() => target.close());

  const open = async (lab: EstateCluster, proxmox: WorldOptions['proxmox'] = {}): Promise<EstateCluster> => {
    target = await openSimulated(anEstate(lab), { netbox: { globalUnique }, proxmox });
    return target.world.estate.clusters[0]!;
  };
  const row = (host: string) => one(target, path.ipAddresses, `address=${host}`);
  const device = (name: string) => one(target, path.devices, `name=${name}`);
  const primaryOf = async (name: string): Promise<(string | null)[]> => {
    const found = name.startsWith('pve') ? await device(name) : (await machineOf(target, Number(name))).machine;
    return [found.primary_ip4?.address ?? null, found.primary_ip6?.address ?? null];
  };
  const ofGuest = (vmid: number) => ({ name: 'net0', virtual_machine: { name: `host${vmid}` } });
  const ofNode = (name: string, port = 'vmbr0') => ({ name: port, device: { name } });
  /** A run that knows nothing of the ones before it, and has nothing to warn of. */
  const run = async (at?: string) => {
    await target.world.restart();
    const { frames } = await sync(target, at);
    expect(frames.filter((frame) => JSON.stringify(frame).includes('ip_conflict'))).toEqual([]);
  };
  const stays = async () => {
    for (let again = 0; again < 2; again += 1) {
      await target.world.restart();
      await syncQuietly(target);
    }
  };
  const documented = async (host: string): Promise<number> => {
    const { id } = await edit(target, path.ipAddresses, (await row(host)).id, { description: 'ticket 4711' });
    return id;
  };
  const kept = { description: 'ticket 4711' };

  it.each([
    ['IPv4', ['192.0.2.1'], ['192.0.2.100']],
    ['IPv6', ['2001:db8::1'], ['2001:db8::100']],
    ['both families', ['192.0.2.1', '2001:db8::1'], ['192.0.2.100', '2001:db8::100']],
  ])('that a guest has now gives way to another one as its primary one (%s)', async (_family, before, after) => {
    const lab = await open(aCluster({ nodes: ['pve1'], guests: [aTalker(100, ['10.0.0.5'])] }));
    giveNode(lab, 'pve1', before);
    await sync(target);
    const ids = await Promise.all(before.map(documented));
    giveNode(lab, 'pve1', after);
    say(lab, 100, ['10.0.0.5', ...before]);

    await run();

    for (const [index, host] of before.entries())
      expect(await row(host)).toMatchObject({ id: ids[index], ...kept, assigned_object: ofGuest(100) });
    const primaries = (await primaryOf('pve1')).filter((address) => address !== null);
    expect(primaries.map((address) => address.split('/')[0])).toEqual(after);
    await stays();
  });

  it('that a guest has now gives way to one on another bridge, in separate calls of the stages', async () => {
    const lab = await open(aCluster({ nodes: ['pve1'], guests: [aTalker(100, ['10.0.0.5'])] }));
    await sync(target);
    giveNode(lab, 'pve1', []);
    giveNode(lab, 'pve1', ['10.0.9.1'], 'vmbr9');
    say(lab, 100, ['10.0.0.5', '192.0.2.1']);

    for (const at of [stages.nodes, stages.guests]) await run(at);

    expect(await primaryOf('pve1')).toEqual(['10.0.9.1/24', null]);
    await stays();
  });

  it('is taken over from a living guest, without its name, and becomes the primary one', async () => {
    const lab = aCluster({ nodes: ['pve1'], guests: [aTalker(100, ['10.0.9.1', '10.0.0.5', '2001:db8::1'])] });
    giveNode(lab, 'pve1', []);
    await open(lab);
    await sync(target);
    const id = await documented('10.0.9.1');
    const six = await documented('2001:db8::1');
    expect(await row('10.0.9.1')).toMatchObject({ dns_name: 'host100.example.org' });
    giveNode(lab, 'pve1', ['10.0.9.1', '2001:db8::1']);
    say(lab, 100, ['10.0.0.5']);

    await run();

    expect(await row('10.0.9.1')).toMatchObject({ id, ...kept, dns_name: '', assigned_object: ofNode('pve1') });
    expect(await row('2001:db8::1')).toMatchObject({ id: six, ...kept, dns_name: '', assigned_object: ofNode('pve1') });
    expect(await primaryOf('pve1')).toEqual(['10.0.9.1/24', '2001:db8::1/64']);
    expect(await primaryOf('100')).toEqual(['10.0.0.5/24', null]);
    await stays();
  });

  it('is taken over by the stage of nodes alone, and the guest gets its other one from its own stage', async () => {
    const lab = aCluster({ nodes: ['pve1'], guests: [aTalker(100, ['10.0.9.1', '10.0.0.5'])] });
    giveNode(lab, 'pve1', []);
    await open(lab);
    await sync(target);
    const id = await documented('10.0.9.1');
    giveNode(lab, 'pve1', ['10.0.9.1']);
    say(lab, 100, ['10.0.0.5']);

    await run(stages.nodes);

    expect(await row('10.0.9.1')).toMatchObject({ id, ...kept, assigned_object: ofNode('pve1') });
    expect([await primaryOf('pve1'), await primaryOf('100')]).toEqual([
      ['10.0.9.1/24', null],
      [null, null],
    ]);
    await run(stages.guests);
    expect(await primaryOf('100')).toEqual(['10.0.0.5/24', null]);
    await stays();
  });

  it('is passed on by a guest that is synced alone, and becomes the primary one', async () => {
    const lab = aCluster({ nodes: ['pve1'], guests: [aTalker(100, ['10.0.9.1', '10.0.0.5'])] });
    giveNode(lab, 'pve1', []);
    await open(lab);
    await sync(target);
    const id = await documented('10.0.9.1');
    const { machine } = await machineOf(target, 100);
    giveNode(lab, 'pve1', ['10.0.9.1']);
    say(lab, 100, ['10.0.0.5']);

    await run(`/virtualization/virtual-machines/${machine.id}/create/stream`);

    expect(await row('10.0.9.1')).toMatchObject({ id, ...kept, dns_name: '', assigned_object: ofNode('pve1') });
    expect([await primaryOf('pve1'), await primaryOf('100')]).toEqual([
      ['10.0.9.1/24', null],
      ['10.0.0.5/24', null],
    ]);
    await stays();
  });

  it('is swapped with a guest, primary and out-of-band ones of both families', async () => {
    const lab = aCluster({ nodes: ['pve1'], guests: [aTalker(100, ['192.0.2.2', '2001:db8::2'])] });
    giveNode(lab, 'pve1', ['192.0.2.1', '2001:db8::1']);
    await open(lab);
    await sync(target);
    const hosts = ['192.0.2.1', '2001:db8::1', '192.0.2.2', '2001:db8::2'];
    const ids = await Promise.all(hosts.map(documented));
    const { id, primary_ip4: address } = await device('pve1');
    await edit(target, path.devices, id, { oob_ip: address.id });
    giveNode(lab, 'pve1', ['192.0.2.2', '2001:db8::2']);
    say(lab, 100, ['192.0.2.1', '2001:db8::1']);

    await run();

    for (const [index, host] of hosts.entries())
      expect(await row(host)).toMatchObject({
        id: ids[index],
        ...kept,
        assigned_object: index < 2 ? ofGuest(100) : ofNode('pve1'),
      });
    expect(await primaryOf('pve1')).toEqual(['192.0.2.2/24', '2001:db8::2/64']);
    expect(await primaryOf('100')).toEqual(['192.0.2.1/24', '2001:db8::1/64']);
    expect((await device('pve1')).oob_ip).toBeNull();
    await stays();
  });

  it('is swapped with another node', async () => {
    const lab = await open(aCluster({ nodes: ['pve1', 'pve2'], guests: [] }));
    giveNode(lab, 'pve1', ['192.0.2.1', '2001:db8::1']);
    giveNode(lab, 'pve2', ['192.0.2.2', '2001:db8::2']);
    await sync(target);
    const ids = [await documented('192.0.2.1'), await documented('2001:db8::2')];
    giveNode(lab, 'pve1', ['192.0.2.2', '2001:db8::2']);
    giveNode(lab, 'pve2', ['192.0.2.1', '2001:db8::1']);

    await run();

    expect(await row('192.0.2.1')).toMatchObject({ id: ids[0], ...kept, assigned_object: ofNode('pve2') });
    expect(await row('2001:db8::2')).toMatchObject({ id: ids[1], ...kept, assigned_object: ofNode('pve1') });
    expect([await primaryOf('pve1'), await primaryOf('pve2')]).toEqual([
      ['192.0.2.2/24', '2001:db8::2/64'],
      ['192.0.2.1/24', '2001:db8::1/64'],
    ]);
    await stays();
  });

  it('comes from a guest that is gone, without its name, while the one before goes to a living guest', async () => {
    const lab = await open(
      aCluster({ nodes: ['pve1'], guests: [aTalker(100, ['192.0.2.2', '10.0.0.5']), aTalker(101, ['10.0.0.6'])] }),
    );
    await sync(target);
    const ids = [await documented('192.0.2.2'), await documented('192.0.2.1')];
    removeGuest(lab, 100);
    giveNode(lab, 'pve1', ['192.0.2.2']);
    say(lab, 101, ['10.0.0.6', '192.0.2.1']);

    await run();

    expect(await row('192.0.2.2')).toMatchObject({
      id: ids[0],
      ...kept,
      dns_name: '',
      assigned_object: ofNode('pve1'),
    });
    expect(await row('192.0.2.1')).toMatchObject({ id: ids[1], ...kept, assigned_object: ofGuest(101) });
    expect(await primaryOf('pve1')).toEqual(['192.0.2.2/24', null]);
    expect((await row('10.0.0.5')).assigned_object).toMatchObject(ofGuest(100));
    await stays();
  });

  it('goes round: from a node to a guest, from that to another one, and from that to the node', async () => {
    const lab = await open(
      aCluster({ nodes: ['pve1'], guests: [aTalker(100, ['192.0.2.2']), aTalker(101, ['192.0.2.3'])] }),
    );
    await sync(target);
    const hosts = ['192.0.2.1', '192.0.2.2', '192.0.2.3'];
    const ids = await Promise.all(hosts.map(documented));
    giveNode(lab, 'pve1', ['192.0.2.3']);
    say(lab, 100, ['192.0.2.1']);
    say(lab, 101, ['192.0.2.2']);

    await run();

    const places = [ofGuest(100), ofGuest(101), ofNode('pve1')];
    for (const [index, host] of hosts.entries())
      expect(await row(host)).toMatchObject({ id: ids[index], ...kept, assigned_object: places[index] });
    expect([await primaryOf('pve1'), await primaryOf('100'), await primaryOf('101')]).toEqual([
      ['192.0.2.3/24', null],
      ['192.0.2.1/24', null],
      ['192.0.2.2/24', null],
    ]);
    expect((await all(target, path.ipAddresses)).map(({ id }) => id).sort()).toEqual([...ids].sort());
    await stays();
  });

  it.each([
    ['192.0.2.1', 'method', 'dhcp', 'primary_ip4'],
    ['2001:db8::1', 'method6', 'dhcp', 'primary_ip6'],
    ['2001:db8::1', 'method6', 'auto', 'primary_ip6'],
  ])(
    'that the configuration of its node does not tell stays there: %s, %s %s',
    async (host, field, method, primary) => {
      const lab = await open(aCluster({ nodes: ['pve1'], guests: [aTalker(100, ['10.0.0.5'])] }));
      giveNode(lab, 'pve1', [host]);
      await sync(target);
      const id = await documented(host);
      giveNode(lab, 'pve1', []);
      Object.assign(
        lab.nodes[0]!.network.find(({ iface }) => iface === 'vmbr0')!,
        { [field]: method },
      );
      say(lab, 100, ['10.0.0.5', host]);

      await target.world.restart();
      await sync(target);

      const { results } = (await target.netbox.get(`${path.ipAddresses}?address=${host}&description=ticket 4711`)).body;
      expect(results).toMatchObject([{ id, ...kept, assigned_object: ofNode('pve1') }]);
      expect((await device('pve1'))[primary]).toMatchObject({ id });
      await stays();
    },
  );

  describe.each([
    ['that Proxmox hides', 'NoAccess', ofNode('pve1', 'vmbr9')],
    ['that is gone', undefined, ofGuest(100)],
  ])('on a bridge %s, beside one that it shows and a port that is up', (_which, role, place) => {
    it('is at its right place when a guest says that it has it', async () => {
      const lab = await open(aCluster({ nodes: ['pve1'], guests: [aTalker(100, ['10.0.0.5'])] }), {
        acl: 'read-only',
        users: [root],
      });
      giveNode(lab, 'pve1', []);
      giveNode(lab, 'pve1', ['10.0.9.1'], 'vmbr9');
      const { network } = lab.nodes[0]!;
      network.push({ iface: 'eno9', type: 'eth', active: 1, method: 'manual', method6: 'manual' });
      await sync(target);
      const id = await documented('10.0.9.1');
      const [{ username, tokenName, url } = { username: '', tokenName: '', url: '' }] = target.world.proxmox;
      for (const of of [`--users ${username}`, `--tokens '${username}!${tokenName}'`])
        if (role !== undefined)
          await pveum(`pveum acl modify /sdn/zones/localnetwork/vmbr9 ${of} --roles ${role}`, url);
      if (role === undefined)
        network.splice(
          network.findIndex(({ iface }) => iface === 'vmbr9'),
          1,
        );
      say(lab, 100, ['10.0.0.5', '10.0.9.1']);

      await target.world.restart();
      await sync(target);

      const { results } = (await target.netbox.get(`${path.ipAddresses}?address=10.0.9.1&description=ticket 4711`))
        .body;
      expect(results).toMatchObject([{ id, ...kept, assigned_object: place }]);
      expect((await device('pve1')).primary_ip4?.id).toBe(role === undefined ? undefined : id);
      await stays();
    });
  });

  it('that an operator made the out-of-band one of a node stays there', async () => {
    const lab = await open(aCluster({ nodes: ['pve1'], guests: [aTalker(100, ['10.0.0.5'])] }));
    await sync(target);
    const port = await one(target, path.deviceInterfaces, 'name=eno1');
    const assigned = { assigned_object_type: 'dcim.interface', assigned_object_id: port.id };
    const board = await target.netbox.create(path.ipAddresses, { address: '10.0.9.1/24', ...assigned });
    await edit(target, path.devices, (await device('pve1')).id, { oob_ip: board.id });
    say(lab, 100, ['10.0.0.5', '10.0.9.1']);

    await target.world.restart();
    await sync(target);

    const { body } = await target.netbox.get(`${path.ipAddresses}${board.id}/`);
    expect(body.assigned_object).toMatchObject(ofNode('pve1', 'eno1'));
    expect((await device('pve1')).oob_ip).toMatchObject({ id: board.id });
    await stays();
  });
});
