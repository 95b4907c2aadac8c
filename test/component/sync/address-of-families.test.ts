/** Containers of releases that tell one address of each family: the last one, whatever others there are. */
import { afterEach, describe, expect, it } from 'vitest';
import { path } from '../../contract/netbox/target.js';
import { aCluster, anEstate } from '../../contract/sync/estates.js';
import { all, machineOf, sync, syncQuietly } from '../../contract/sync/target.js';
import type { EstateCluster, PveRow } from '../../simulator/estate/index.js';
import { createSteppedClock } from '../../support/stepped-clock.js';
import { openSimulated, type SimulatedTarget } from './simulated-target.js';

describe('an address of a container whose release tells one of each family', () => {
  const clock = createSteppedClock();
  let target: SimulatedTarget;
  let lab: EstateCluster;
  afterEach(() => target.close());

  const mac = (vmid: number): string => `BC:24:11:00:01:${vmid % 100}0`;
  const container = (vmid: number, told: PveRow) => ({
    vmid,
    name: `ct${vmid}`,
    type: 'lxc' as const,
    config: { rootfs: `ceph:vm-${vmid}-disk-0,size=8G`, net0: `name=eth0,bridge=vmbr0,hwaddr=${mac(vmid)},ip=dhcp` },
    containerInterfaces: [{ name: 'eth0', hwaddr: mac(vmid).toLowerCase(), ...told }],
  });
  const open = async (): Promise<void> => {
    const guests = [
      container(201, { inet: '10.2.0.5/24', inet6: '2001:db8::5/64' }),
      container(202, { inet: '10.2.0.6/24' }),
    ];
    lab = aCluster({ guests });
    target = await openSimulated(anEstate(lab), { clock });
    await sync(target);
  };
  const tell = async (told: PveRow, vmid = 201) => {
    const { containerInterfaces, ...guest } = lab.guests.get(vmid)!;
    const [one] = containerInterfaces;
    lab.guests.set(vmid, { ...guest, containerInterfaces: [{ name: one!['name'], hwaddr: one!['hwaddr'], ...told }] });
    clock.step(3_600_000);
    return sync(target);
  };
  const rows = async () =>
    (await all(target, path.ipAddresses, '&assigned_object_type=virtualization.vminterface'))
      .map(({ id, address, assigned_object: port }) => `${address} ${port.virtual_machine.name} ${id}`)
      .sort();
  const quietly = async (): Promise<void> => {
    clock.step(3_600_000);
    await syncQuietly(target);
  };

  it('stays while another one of its family is told, is said to, and is the primary one as before', async () => {
    await open();
    const before = await rows();

    const { frames } = await tell({ inet: '10.2.0.99/32', inet6: 'fe80::1/64' });

    const after = await rows();
    expect(after).toEqual(expect.arrayContaining(before));
    expect(after).toHaveLength(before.length + 1);
    expect(JSON.stringify(frames)).toContain('10.2.0.5/24 of \\"eth0\\" of \\"ct201\\" stays');
    const { machine } = await machineOf(target, 201);
    expect([machine.primary_ip4.address, machine.primary_ip6.address]).toEqual(['10.2.0.5/24', '2001:db8::5/64']);
    await quietly();
  });

  it('goes to another guest that has it now, with its id', async () => {
    await open();
    const [own] = (await rows()).filter((line) => line.startsWith('10.2.0.5/24'));
    await tell({ inet: '10.2.0.99/24' });

    await tell({ inet: '10.2.0.5/24' }, 202);

    expect(await rows()).toContain(own!.replace('ct201', 'ct202'));
    await quietly();
  });

  it('goes when none of its family is told, and where the release tells all', async () => {
    await open();
    await tell({ inet: '10.2.0.5/24' });
    expect((await rows()).filter((line) => line.startsWith('2001:db8::5'))).toEqual([]);

    const told = { 'ip-address': '10.2.0.7', 'ip-address-type': 'inet', prefix: 24 };
    await tell({ inet: '10.2.0.7/24', 'ip-addresses': [told] });

    expect((await rows()).map((line) => line.replace(/ \d+$/, ''))).toEqual(['10.2.0.6/24 ct202', '10.2.0.7/24 ct201']);
    await quietly();
  });
});
