/** Interfaces inside a guest that change: what NetBox and the plugin keep of their addresses says what the guest says. */
import { afterEach, describe, expect, it } from 'vitest';
import { path } from '../../contract/netbox/target.js';
import { aCluster, anEstate } from '../../contract/sync/estates.js';
import { all, machineOf, sync, syncQuietly } from '../../contract/sync/target.js';
import { setAgent } from '../../simulator/estate/index.js';
import { createSteppedClock } from '../../support/stepped-clock.js';
import { host } from './cases/guests.js';
import { openSimulated, type SimulatedTarget } from './simulated-target.js';
import { aTalker, say } from './talkers.js';

describe('the interfaces inside a guest', () => {
  let target: SimulatedTarget;
  afterEach(() => target.close());

  const links = async () => {
    const addresses = new Map((await all(target, path.ipAddresses)).map(({ id, address }) => [id, address]));
    const rows = await all(target, path.guestAddresses);
    return rows.map((row) => `${row.guest_interface.name} ${addresses.get(row.ip_address.id)}`).sort();
  };

  it.each([
    ['swap their names', { ens18: 'ens19', ens19: 'ens18' }],
    ['get other names', { ens18: 'eth0', ens19: 'eth1' }],
  ] as const)('that %s have each address once, and the other guest keeps its own', async (_what, names) => {
    const lab = aCluster({
      guests: [aTalker(100, ['10.0.0.5', '2001:db8::5'], ['10.0.1.5']), aTalker(101, ['10.0.0.6'])],
    });
    target = await openSimulated(anEstate(lab));
    await sync(target);
    const { interfaces } = lab.guests.get(100)!.agent;
    const before = await links();
    setAgent(lab, 100, {
      interfaces: interfaces.map((one) => ({ ...one, name: names[one.name as keyof typeof names] })),
    });

    await sync(target);

    expect(before).toEqual(['ens18 10.0.0.5/24', 'ens18 10.0.0.6/24', 'ens18 2001:db8::5/64', 'ens19 10.0.1.5/24']);
    const after = [`${names.ens18} 10.0.0.5/24`, `${names.ens18} 2001:db8::5/64`, `${names.ens19} 10.0.1.5/24`];
    expect(await links()).toEqual([...after, 'ens18 10.0.0.6/24'].sort());
    await syncQuietly(target);
  });
});

describe('an address that a guest tells on an interface that fits none of its devices', () => {
  const stage = '/virtualization/virtual-machines/interfaces/ip-address/create/stream';
  const clock = createSteppedClock();
  let target: SimulatedTarget;
  afterEach(() => target.close());

  const rows = async () => {
    const found = await all(target, path.ipAddresses, '&assigned_object_type=virtualization.vminterface');
    return found.map(({ id, address, assigned_object: port }) => `${id} ${address} ${port.name}`).sort();
  };
  const inside = async () => {
    const links = await all(target, path.guestAddresses);
    const found = await all(target, path.guestInterfaces);
    return [links.length, ...found.map((row) => `${row.name} ${row.mac_address} ${row.vm_interface?.name}`).sort()];
  };

  it.each([
    ['tells no MAC address', { name: 'ens19' }, true],
    ['has a MAC address of its own', { name: 'br0', 'hardware-address': '02:00:00:00:00:07' }, false],
  ])('that %s is not gone: it stays where it is, whoever else wants it', async (_what, own, isTold) => {
    const lab = aCluster({ guests: [aTalker(100, ['10.0.0.5'], ['10.0.1.5']), aTalker(101, ['10.0.0.6'])] });
    target = await openSimulated(anEstate(lab), { clock });
    await sync(target);
    const before = await rows();
    const [first] = lab.guests.get(100)!.agent.interfaces;
    setAgent(lab, 100, { interfaces: [first!, { ...own, 'ip-addresses': [host('10.0.1.5')] }] });
    const seen = await inside();

    clock.step(3_600_000);
    const { frames } = await sync(target);

    expect(await rows()).toEqual(before);
    if (isTold) expect(await inside()).toEqual(seen);
    expect(JSON.stringify(frames).includes('tells no MAC address')).toBe(isTold);
    clock.step(3_600_000);
    await syncQuietly(target);
    say(lab, 101, ['10.0.1.5']);
    const { machine } = await machineOf(target, 101);
    clock.step(3_600_000);
    await target.world.stream(`${stage}?netbox_vm_ids=${machine.id}`);
    expect(await rows()).toEqual(expect.arrayContaining(before.filter((line) => line.includes('10.0.1.5'))));
  });

  it('goes when the guest tells it nowhere', async () => {
    const lab = aCluster({ guests: [aTalker(100, ['10.0.0.5'], ['10.0.1.5'])] });
    target = await openSimulated(anEstate(lab), { clock });
    await sync(target);
    const [first, second] = lab.guests.get(100)!.agent.interfaces;
    setAgent(lab, 100, { interfaces: [first!, { name: second!.name, 'ip-addresses': [host('10.0.1.6')] }] });

    clock.step(3_600_000);
    await sync(target);

    expect((await rows()).map((line) => line.replace(/^\d+ /, ''))).toEqual(['10.0.0.5/24 net0']);
    clock.step(3_600_000);
    await syncQuietly(target);
  });
});
