/** Addresses that nodes give up: gone from their interfaces whether or not somebody of the same run takes them. */
import { afterEach, describe, expect, it } from 'vitest';
import type { EstateCluster } from '../../simulator/estate/index.js';
import { path } from '../../contract/netbox/target.js';
import { aCluster, anEstate } from '../../contract/sync/estates.js';
import { all, edit, one, sync, syncQuietly } from '../../contract/sync/target.js';
import { pveum, root } from '../../support/pveum.js';
import { openSimulated, type SimulatedTarget } from './simulated-target.js';
import { aTalker, giveNode, say } from './talkers.js';

const stage = '/dcim/devices/interfaces/create/stream';

describe('an address that a node has given up', () => {
  let target: SimulatedTarget;
  let lab: EstateCluster;
  afterEach(() => target.close());

  /** pve1 with 192.0.2.1 on vmbr0, beside the default gateway, and 10.0.9.1 on vmbr9. */
  const open = async (options: Parameters<typeof openSimulated>[1] = {}): Promise<void> => {
    lab = aCluster({ nodes: ['pve1'], guests: [aTalker(100, ['10.0.0.5'])] });
    giveNode(lab, 'pve1', ['10.0.9.1'], 'vmbr9');
    delete lab.nodes[0]!.network.find(({ iface }) => iface === 'vmbr9')!['gateway'];
    target = await openSimulated(anEstate(lab), options);
    await sync(target);
  };
  const device = () => one(target, path.devices, 'name=pve1');
  const rows = (host: string) => all(target, path.ipAddresses, `&address=${host}`);
  const row = (host: string) => one(target, path.ipAddresses, `address=${host}`);
  const run = async (at?: string) => {
    await target.world.restart();
    return sync(target, at);
  };
  const stays = async () => {
    for (let again = 0; again < 2; again += 1) {
      await target.world.restart();
      await syncQuietly(target);
    }
  };
  const drop = (iface: string): void => {
    const { network } = lab.nodes[0]!;
    network.splice(
      network.findIndex((each) => each['iface'] === iface),
      1,
    );
  };

  it.each([
    ['a full update', undefined],
    ['the stage of node interfaces', stage],
  ])('is removed by %s where it is ours, and the primary address is another one', async (_what, at) => {
    await open();
    expect((await device()).primary_ip4.address).toBe('192.0.2.1/24');
    giveNode(lab, 'pve1', ['192.0.2.9']);

    const { complete } = await run(at);

    expect(await rows('192.0.2.1')).toEqual([]);
    expect((await device()).primary_ip4.address).toBe('192.0.2.9/24');
    expect(complete.result!.kinds['ip-address']).toMatchObject({ created: 1, deleted: 1 });
    await stays();
  });

  it.each(['4.6.8', '4.7.3'] as const)(
    'is given back where it was booked before, which its note tells, in NetBox %s',
    async (version) => {
      await open({ netbox: { version } });
      const journal = '/api/extras/journal-entries/';
      const booked = { address: '10.1.0.1/24', description: 'booked' };
      const { id } = await target.netbox.create(path.ipAddresses, booked);
      giveNode(lab, 'pve1', ['10.1.0.1'], 'vmbr5');
      await run();
      expect(await row('10.1.0.1')).toMatchObject({ id, assigned_object: { name: 'vmbr5' } });
      expect(await all(target, journal, `&assigned_object_id=${id}`)).toHaveLength(1);
      await stays();
      giveNode(lab, 'pve1', ['10.1.0.3'], 'vmbr5');

      await run();

      expect(await row('10.1.0.1')).toMatchObject({ id, description: 'booked', assigned_object: null });
      expect(await all(target, journal, `&assigned_object_id=${id}`)).toHaveLength(2);
      await stays();
    },
  );

  it('stays where an operator put it on the interface', async () => {
    await open();
    const { id: port } = await one(target, path.deviceInterfaces, 'name=vmbr9');
    const at = { assigned_object_type: 'dcim.interface', assigned_object_id: port };
    const { id } = await target.netbox.create(path.ipAddresses, { address: '10.0.9.77/24', ...at });

    await run();

    expect(await row('10.0.9.77')).toMatchObject({ id, assigned_object: { name: 'vmbr9' } });
    await stays();
  });

  it('is given back where a guest had passed it on, which took it as a booked one', async () => {
    await open();
    const { id } = await target.netbox.create(path.ipAddresses, { address: '10.0.0.6/24', description: 'booked' });
    say(lab, 100, ['10.0.0.5', '10.0.0.6']);
    await run();
    expect(await row('10.0.0.6')).toMatchObject({ id, assigned_object: { name: 'net0' } });
    say(lab, 100, ['10.0.0.5']);
    giveNode(lab, 'pve1', ['10.0.0.6'], 'vmbr9');
    await run();
    expect(await row('10.0.0.6')).toMatchObject({ id, assigned_object: { name: 'vmbr9' } });
    await stays();
    giveNode(lab, 'pve1', ['10.0.9.1'], 'vmbr9');

    await run();

    expect(await row('10.0.0.6')).toMatchObject({ id, description: 'booked', assigned_object: null });
    await stays();
  });

  it('is given back where an operator put something on it, as a primary and out-of-band one', async () => {
    await open();
    const { id } = await edit(target, path.ipAddresses, (await row('192.0.2.1')).id, { description: 'ticket 4711' });
    await edit(target, path.devices, (await device()).id, { oob_ip: id });
    giveNode(lab, 'pve1', []);

    await run();

    expect(await row('192.0.2.1')).toMatchObject({ id, description: 'ticket 4711', assigned_object: null, tags: [] });
    const { primary_ip4: primary, oob_ip: board } = await device();
    expect([primary, board]).toEqual([null, null]);
    await stays();
  });

  it('is given back where an operator wrote into its journal', async () => {
    await open();
    const { id } = await row('192.0.2.1');
    const about = { assigned_object_type: 'ipam.ipaddress', assigned_object_id: id };
    await target.netbox.create('/api/extras/journal-entries/', { ...about, comments: 'ticket 4711' });
    giveNode(lab, 'pve1', []);

    await run();

    expect(await row('192.0.2.1')).toMatchObject({ id, assigned_object: null });
    expect(await all(target, '/api/extras/journal-entries/', `&assigned_object_id=${id}`)).toHaveLength(1);
    await stays();
  });

  it('is removed where a custom field of it has but its default', async () => {
    const field = { name: 'monitored', type: 'text', default: 'none', object_types: ['ipam.ipaddress'] };
    await open();
    await target.netbox.create(path.customFields, field);
    await edit(target, path.ipAddresses, (await row('192.0.2.1')).id, { custom_fields: { monitored: 'none' } });
    giveNode(lab, 'pve1', []);

    await run();

    expect(await rows('192.0.2.1')).toEqual([]);
    await stays();
  });

  it('stays where a sync has not made it', async () => {
    await open();
    const [port] = await all(target, path.deviceInterfaces, '&name=vmbr0');
    const assigned = { assigned_object_type: 'dcim.interface', assigned_object_id: port.id };
    const own = await target.netbox.create(path.ipAddresses, { address: '192.0.2.77/24', ...assigned });

    await run();

    expect(await row('192.0.2.77')).toMatchObject({ id: own.id, assigned_object: { id: port.id } });
    await stays();
  });

  it.each([
    ['vip', { role: 'vip' }],
    ['with a service', {}],
  ])('is no more than unassigned where it is more than an address: %s', async (what, changes) => {
    await open();
    const { id } = await row('192.0.2.1');
    await edit(target, path.ipAddresses, id, changes);
    const [machine] = await all(target, path.vms);
    if (what === 'with a service')
      await target.netbox.create('/api/ipam/services/', {
        name: 'web',
        protocol: 'tcp',
        ports: [443],
        parent_object_type: 'virtualization.virtualmachine',
        parent_object_id: machine.id,
        ipaddresses: [id],
      });
    giveNode(lab, 'pve1', []);

    await run();

    const { assigned_object: port } = await row('192.0.2.1');
    expect(port?.name ?? null).toBe(what === 'vip' ? 'vmbr0' : null);
    await stays();
  });

  it('with its bridge is removed, beside a spare port that is up; the interface stays', async () => {
    await open({ proxmox: { acl: 'read-only', users: [root] } });
    lab.nodes[0]!.network.push({ iface: 'eno9', type: 'eth', active: 1, method: 'manual', method6: 'manual' });
    drop('vmbr9');

    await run();

    expect(await rows('10.0.9.1')).toEqual([]);
    expect(await all(target, path.deviceInterfaces, '&name=vmbr9')).toHaveLength(1);
    await stays();
  });

  it('is not given up by a list without any interface', async () => {
    await open();
    await target.world.restart();
    target.world.proxmox[0]!.faults.add({
      match: { path: /\/network$/, times: 1 },
      action: { status: 200, body: { data: [] } },
    });

    await sync(target, stage);

    expect((await row('192.0.2.1')).assigned_object).toMatchObject({ name: 'vmbr0' });
    expect((await row('10.0.9.1')).assigned_object).toMatchObject({ name: 'vmbr9' });
  });

  it('is not given up where its bridge is hidden', async () => {
    await open({ proxmox: { acl: 'read-only', users: [root] } });
    const [{ username, tokenName, url } = { username: '', tokenName: '', url: '' }] = target.world.proxmox;
    for (const of of [`--users ${username}`, `--tokens '${username}!${tokenName}'`])
      await pveum(`pveum acl modify /sdn ${of} --roles NoAccess --propagate 1`, url);

    await run();

    expect((await row('192.0.2.1')).assigned_object).toMatchObject({ name: 'vmbr0' });
    expect((await row('10.0.9.1')).assigned_object).toMatchObject({ name: 'vmbr9' });
  });
});
