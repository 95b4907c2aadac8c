/** What a first run costs NetBox: its price is per saved object, whatever a request is called and whatever it is answered. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aCluster, anEstate } from '../../contract/sync/estates.js';
import { sync } from '../../contract/sync/target.js';
import { openSimulated, type SimulatedTarget } from './simulated-target.js';

const mac = 'BC:24:11:00:00:01';

/** A disk, a network device, an agent that tells an address of each family, and cloud-init. */
const guest = (vmid: number) => ({
  vmid,
  status: 'running' as const,
  config: {
    agent: 1,
    scsi0: `ceph:vm-${vmid}-disk-0,size=8G`,
    net0: `virtio=${mac.slice(0, -2)}${vmid % 100},bridge=vmbr0`,
    ciuser: 'admin',
  },
  agent: {
    state: 'running' as const,
    interfaces: [
      {
        name: 'ens18',
        'hardware-address': `${mac.slice(0, -2)}${vmid % 100}`.toLowerCase(),
        'ip-addresses': [
          { 'ip-address': `10.0.0.${vmid}`, 'ip-address-type': 'ipv4' as const, prefix: 24 },
          { 'ip-address': `2001:db8::${vmid}`, 'ip-address-type': 'ipv6' as const, prefix: 64 },
        ],
      },
    ],
  },
});

describe.each(['4.7.3', '4.6.8'] as const)('the saves of a first run in NetBox %s', (version) => {
  const vmids = [111, 112, 113];
  let target: SimulatedTarget;
  /** Rows of the change log by object type and action. */
  const rows = new Map<string, number>();
  /** The same of each object. */
  const saves = new Map<string, number>();

  beforeAll(async () => {
    target = await openSimulated(anEstate(aCluster({ nodes: ['pve1'], guests: vmids.map(guest) })), {
      netbox: { version },
    });
    const before = target.simulator.changelogRows;
    await sync(target);
    const log = target.simulator.state.objects('core/object-changes').slice(before);
    for (const row of log) {
      const type = String(row['changed_object_type']);
      const object = `${type} ${String(row['changed_object_id'])}`;
      const action = `${type} ${String(row['action'])}`;
      rows.set(action, (rows.get(action) ?? 0) + 1);
      saves.set(object, (saves.get(object) ?? 0) + 1);
    }
  });
  afterAll(() => target.close());

  it('are one of each object, and a second one of what gets a primary address, for both families', () => {
    const twice = [...saves].filter(([, count]) => count > 1);

    expect(twice.map(([object, count]) => `${object.split(' ')[0] ?? ''}: ${count}`).sort()).toEqual([
      'dcim.device: 2',
      ...vmids.map(() => 'virtualization.virtualmachine: 2'),
    ]);
  });

  it.each([
    ['virtualization.virtualmachine create', 1],
    ['virtualization.virtualmachine update', 1],
    ['netbox_proxbox.proxboxvirtualmachinesyncstate create', 1],
    ['netbox_proxbox.proxmoxvmcloudinit create', 1],
    ['virtualization.virtualdisk create', 1],
    ['netbox_proxbox.proxboxvirtualdisksyncstate create', 1],
    ['virtualization.vminterface create', 1],
    ['dcim.macaddress create', 1],
    ['netbox_proxbox.proxboxvminterfacesyncstate create', 1],
    ['netbox_proxbox.guestvminterface create', 1],
    ['ipam.ipaddress create', 2],
    ['netbox_proxbox.guestvminterfaceaddress create', 2],
  ])('are, of every guest with a disk, a network device and an address of each family, %s: %i', (action, perGuest) => {
    const ofNodes = action === 'ipam.ipaddress create' ? 1 : 0;

    expect((rows.get(action) ?? 0) - ofNodes).toBe(perGuest * vmids.length);
  });

  it('are no others', () => {
    const ofGuests = [...rows].filter(([action]) =>
      /virtualmachine |virtualmachinesync|cloudinit|disk|interface|macaddress/.test(action),
    );
    const others = ofGuests.filter(([action]) => !action.startsWith('dcim.interface '));

    expect(others.reduce((sum, [, count]) => sum + count, 0)).toBe(12 * vmids.length);
  });
});
