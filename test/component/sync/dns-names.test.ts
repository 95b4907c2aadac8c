/** Guests that are renamed: names that their addresses got from us follow, those of operators stay. */
import { afterEach, describe, expect, it } from 'vitest';
import { path } from '../../contract/netbox/target.js';
import { aCluster, anEstate } from '../../contract/sync/estates.js';
import { all, edit, machineOf, one, sync, syncQuietly } from '../../contract/sync/target.js';
import { renameGuest, setAgent, setConfig, type EstateCluster } from '../../simulator/estate/index.js';
import { createSteppedClock } from '../../support/stepped-clock.js';
import { openSimulated, type SimulatedTarget } from './simulated-target.js';

const clock = createSteppedClock();
const mac = 'BC:24:11:00:00:01';
const interfaces = [
  {
    name: 'ens18',
    'hardware-address': mac.toLowerCase(),
    'ip-addresses': ['10.0.0.1', '10.0.0.2', '2001:db8::1'].map((address) => ({
      'ip-address': address,
      'ip-address-type': address.includes(':') ? ('ipv6' as const) : ('ipv4' as const),
      prefix: address.includes(':') ? 64 : 24,
    })),
  },
];

describe('the DNS name of an address', () => {
  let lab: EstateCluster;
  let target: SimulatedTarget;
  afterEach(() => target.close());

  async function open(): Promise<void> {
    lab = aCluster({
      guests: [
        {
          vmid: 100,
          name: 'web',
          status: 'running',
          config: { agent: 1, scsi0: 'ceph:vm-100-disk-0,size=8G', net0: `virtio=${mac},bridge=vmbr0` },
          agent: { state: 'running', hostName: 'web.example.org', interfaces },
        },
        {
          vmid: 101,
          name: 'ct',
          type: 'lxc',
          status: 'running',
          config: {
            hostname: 'ct.example.org',
            rootfs: 'ceph:vm-101-disk-0,size=8G',
            net0: 'name=eth0,bridge=vmbr0,hwaddr=BC:24:11:00:00:02,ip=10.0.0.3/24',
          },
        },
      ],
    });
    target = await openSimulated(anEstate(lab), { clock });
    await sync(target);
  }

  async function names(): Promise<Record<string, string>> {
    const rows = await all(target, path.ipAddresses, '&assigned_object_type=virtualization.vminterface');
    return Object.fromEntries(rows.map((row) => [row.address.split('/')[0], row.dns_name]));
  }

  async function again(at?: string): Promise<void> {
    clock.step(3_600_000);
    await sync(target, at);
    clock.step(3_600_000);
    await syncQuietly(target, at);
  }

  async function single(): Promise<string> {
    const { machine } = await machineOf(target, 100);
    return `/virtualization/virtual-machines/${machine.id}/create/stream`;
  }

  const ofWeb = (name: string, operators = name) => ({
    '10.0.0.1': name,
    '10.0.0.2': operators,
    '2001:db8::1': name,
    '10.0.0.3': 'ct.example.org',
  });

  async function editSecond(dns_name: string): Promise<void> {
    const { id } = await one(target, path.ipAddresses, 'address=10.0.0.2');
    await edit(target, path.ipAddresses, id, { dns_name });
  }

  it("follows a guest that is renamed in Proxmox and inside; an operator's stays", async () => {
    await open();
    expect(await names()).toEqual(ofWeb('web.example.org'));
    await editSecond('shop.example.org');
    renameGuest(lab, 100, 'front');
    setAgent(lab, 100, { hostName: 'front.example.org' });

    await again();

    expect(await names()).toEqual(ofWeb('front.example.org', 'shop.example.org'));
    renameGuest(lab, 100, 'back');
    setAgent(lab, 100, { hostName: 'back.example.org' });
    await again();
    expect(await names()).toEqual(ofWeb('back.example.org', 'shop.example.org'));
  });

  it('follows in calls of single stages, as the plugin makes them', async () => {
    await open();
    renameGuest(lab, 100, 'front');
    setAgent(lab, 100, { hostName: 'front.example.org' });

    await again('/virtualization/virtual-machines/create/stream');
    await again('/virtualization/virtual-machines/interfaces/ip-address/create/stream');

    expect(await names()).toEqual(ofWeb('front.example.org'));
  });

  it("follows a guest that is renamed inside alone when its machine is synced by name; an operator's stays", async () => {
    await open();
    await editSecond('shop.example.org');
    setAgent(lab, 100, { hostName: 'inside.example.org' });
    clock.step(3_600_000);
    await syncQuietly(target);

    await again(await single());

    expect(await names()).toEqual(ofWeb('inside.example.org', 'shop.example.org'));
  });

  it('follows a container at once, as its name stands in its configuration', async () => {
    await open();
    setConfig(lab, 101, 'hostname', 'box.example.org');
    renameGuest(lab, 101, 'box.example.org');

    await again();

    expect((await names())['10.0.0.3']).toBe('box.example.org');
  });

  it('follows when the agent answers again, where it was away at the renaming', async () => {
    await open();
    renameGuest(lab, 100, 'front');
    setAgent(lab, 100, { state: 'off' });
    await again();
    expect(await names()).toEqual(ofWeb('web.example.org'));

    setAgent(lab, 100, { state: 'running', hostName: 'front.example.org' });
    await again();

    expect(await names()).toEqual(ofWeb('front.example.org'));
  });

  it('that is empty is written where the guest tells one', async () => {
    await open();
    await editSecond('');

    await again();

    expect(await names()).toEqual(ofWeb('web.example.org'));
  });
});
