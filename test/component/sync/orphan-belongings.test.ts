/** What hangs on a machine whose guest is gone, where such machines are deleted: nothing of an operator's goes along. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { path } from '../../contract/netbox/target.js';
import { aCluster, anEstate } from '../../contract/sync/estates.js';
import { all, edit, machineOf, one, sync, syncPartly, syncQuietly } from '../../contract/sync/target.js';
import { addGuest, removeGuest, type EstateCluster } from '../../simulator/estate/index.js';
import { openSimulated, type SimulatedTarget } from './simulated-target.js';

const variables = { PROXBOX_DELETE_ORPHANS: 'true', PROXBOX_ORPHAN_ACTION: 'delete' };
const mac = (vmid: number): string => `BC:24:11:00:00:${vmid % 100}0`;
const guest = (vmid: number) => ({
  vmid,
  name: `host${vmid}`,
  status: 'running' as const,
  config: { agent: 1, scsi0: `ceph:vm-${vmid}-disk-0,size=8G`, net0: `virtio=${mac(vmid)},bridge=vmbr0` },
  snapshots: [{ name: 'before', description: '', snaptime: 1_777_500_000 }],
  agent: {
    state: 'running' as const,
    hostName: `host${vmid}.example.org`,
    interfaces: [
      {
        name: 'ens18',
        'hardware-address': mac(vmid).toLowerCase(),
        'ip-addresses': [{ 'ip-address': `10.0.0.${vmid}`, 'ip-address-type': 'ipv4' as const, prefix: 24 }],
      },
    ],
  },
});

describe('a machine that is to be deleted', () => {
  let lab: EstateCluster;
  let target: SimulatedTarget;
  beforeEach(async () => {
    lab = aCluster({ guests: [101, 102, 103, 104].map(guest) });
    target = await openSimulated(anEstate(lab), { variables });
    await sync(target);
  });
  afterEach(() => target.close());

  const address = () => one(target, path.ipAddresses, 'address=10.0.0.101');
  const machines = async (): Promise<string[]> =>
    (await all(target, path.vms)).map(({ name, status }) => `${name} ${status.value}`).sort();
  const others = ['host102 active', 'host103 active', 'host104 active'];

  it('goes with its addresses, MAC addresses and disks, where all on them is what syncs wrote', async () => {
    expect(await address()).toMatchObject({ dns_name: 'host101.example.org' });
    removeGuest(lab, 101);

    await sync(target);

    expect(await machines()).toEqual(others);
    expect(await all(target, path.ipAddresses, '&address=10.0.0.101')).toEqual([]);
    await syncQuietly(target);
  });

  const made = (collection: string, body: object) => target.netbox.create(collection, body);
  const id = async (collection: string, body: object): Promise<number> => (await made(collection, body)).id;
  const port = async (): Promise<number> => (await address()).assigned_object_id;
  const on = (relation: string, model: string, of: number) => ({ [`${relation}_type`]: model, [`${relation}_id`]: of });
  const onMachine = async (relation: string) =>
    on(relation, 'virtualization.virtualmachine', (await machineOf(target, 101)).machine.id);
  const onPort = async (relation: string) => on(relation, 'virtualization.vminterface', await port());
  it.each<[string, string, () => Promise<unknown>]>([
    [
      'the address 10.0.0.101/24 with a description',
      path.ipAddresses,
      async () => edit(target, path.ipAddresses, (await address()).id, { description: 'ticket 4711' }),
    ],
    [
      'the address 10.0.0.101/24 with a DNS name',
      path.ipAddresses,
      async () => edit(target, path.ipAddresses, (await address()).id, { dns_name: 'shop.acme.example' }),
    ],
    [
      'the address 10.0.7.7/24, which no sync made',
      path.ipAddresses,
      async () =>
        made(path.ipAddresses, {
          address: '10.0.7.7/24',
          assigned_object_type: 'virtualization.vminterface',
          assigned_object_id: (await address()).assigned_object_id,
        }),
    ],
    [
      `the MAC address ${mac(101)} with a description`,
      path.macAddresses,
      async () => {
        const { id } = await one(target, path.macAddresses, `mac_address=${mac(101)}`);
        return edit(target, path.macAddresses, id, { description: 'on the label' });
      },
    ],
    [
      'the disk "scsi0" with a description',
      path.disks,
      async () => {
        const { machine } = await machineOf(target, 101);
        const { id } = await one(target, path.disks, `virtual_machine_id=${machine.id}`);
        return edit(target, path.disks, id, { description: 'payroll' });
      },
    ],
    [
      'the disk "archive", which no sync made',
      path.disks,
      async () =>
        made(path.disks, { virtual_machine: (await machineOf(target, 101)).machine.id, name: 'archive', size: 8 }),
    ],
    [
      'the interface "net0" with a description',
      path.vmInterfaces,
      async () => edit(target, path.vmInterfaces, await port(), { description: 'uplink' }),
    ],
    [
      'the interface "tunnel0", which no sync made',
      path.vmInterfaces,
      async () =>
        made(path.vmInterfaces, { virtual_machine: (await machineOf(target, 101)).machine.id, name: 'tunnel0' }),
    ],
    [
      'the snapshot "before" with the tag "keep"',
      path.snapshots,
      async () => {
        const { machine } = await machineOf(target, 101);
        const { id } = await one(target, path.snapshots, `virtual_machine=${machine.id}`);
        const tag = await made(path.tags, { name: 'keep', slug: 'keep' });
        return edit(target, path.snapshots, id, { tags: [{ id: tag.id }] });
      },
    ],
    [
      'the tag "proxbox-critical"',
      path.vms,
      async () => {
        const { machine } = await machineOf(target, 101);
        const tag = await made(path.tags, { name: 'proxbox-critical', slug: 'proxbox-critical' });
        return edit(target, path.vms, machine.id, {
          tags: [...machine.tags, tag].map((one: { id: number }) => ({ id: one.id })),
        });
      },
    ],
    [
      'a service',
      '/api/ipam/services/',
      async () =>
        made('/api/ipam/services/', {
          ...(await onMachine('parent_object')),
          name: 'shop',
          protocol: 'tcp',
          ports: [443],
        }),
    ],
    [
      'a contact',
      '/api/tenancy/contact-assignments/',
      async () =>
        made('/api/tenancy/contact-assignments/', {
          ...(await onMachine('object')),
          contact: await id('/api/tenancy/contacts/', { name: 'Ann' }),
          role: await id('/api/tenancy/contact-roles/', { name: 'Owner', slug: 'owner' }),
        }),
    ],
    [
      'an image',
      '/api/extras/image-attachments/',
      async () => made('/api/extras/image-attachments/', { ...(await onMachine('object')), image: 'rack.png' }),
    ],
    [
      'a serial number',
      path.vms,
      async () => edit(target, path.vms, (await machineOf(target, 101)).machine.id, { serial: '4711' }),
    ],
    [
      'local context data',
      path.vms,
      async () =>
        edit(target, path.vms, (await machineOf(target, 101)).machine.id, { local_context_data: { ntp: '192.0.2.1' } }),
    ],
    [
      'the start on boot "laststate"',
      path.vms,
      async () => edit(target, path.vms, (await machineOf(target, 101)).machine.id, { start_on_boot: 'laststate' }),
    ],
    [
      'a type',
      path.vms,
      async () => {
        const virtual_machine_type = await id('/api/virtualization/virtual-machine-types/', {
          name: 'Appliance',
          slug: 'appliance',
        });
        return edit(target, path.vms, (await machineOf(target, 101)).machine.id, { virtual_machine_type });
      },
    ],
    [
      'the interface "net0" with an MTU',
      path.vmInterfaces,
      async () => edit(target, path.vmInterfaces, await port(), { mtu: 9000 }),
    ],
    [
      'the interface "net0" with tagged VLANs, the mode "tagged"',
      path.vmInterfaces,
      async () => {
        const vlan = await id(path.vlans, { vid: 78, name: 'Ann' });
        return edit(target, path.vmInterfaces, await port(), { mode: 'tagged', tagged_vlans: [vlan] });
      },
    ],
    [
      'the interface "net0" with a VLAN that no sync made',
      path.vmInterfaces,
      async () => {
        const vlan = await id(path.vlans, { vid: 77, name: 'Ann' });
        return edit(target, path.vmInterfaces, await port(), { mode: 'access', untagged_vlan: vlan });
      },
    ],
    [
      'the MAC address BC:24:11:99:99:99, which no sync made',
      path.macAddresses,
      async () => made(path.macAddresses, { mac_address: 'BC:24:11:99:99:99', ...(await onPort('assigned_object')) }),
    ],
    [
      'the interface "net0" with an FHRP group',
      '/api/ipam/fhrp-group-assignments/',
      async () => {
        const group = await id('/api/ipam/fhrp-groups/', { protocol: 'vrrp3', group_id: 7 });
        return made('/api/ipam/fhrp-group-assignments/', { ...(await onPort('interface')), group, priority: 1 });
      },
    ],
    [
      'the interface "net0" with a tunnel',
      '/api/vpn/tunnel-terminations/',
      async () => {
        const tunnel = await id('/api/vpn/tunnels/', { name: 'wg', status: 'active', encapsulation: 'wireguard' });
        return made('/api/vpn/tunnel-terminations/', { ...(await onPort('termination')), tunnel });
      },
    ],
    [
      'the interface "net0" with an L2VPN',
      '/api/vpn/l2vpn-terminations/',
      async () => {
        const l2vpn = await id('/api/vpn/l2vpns/', { name: 'dc', slug: 'dc', type: 'vxlan' });
        return made('/api/vpn/l2vpn-terminations/', { ...(await onPort('assigned_object')), l2vpn });
      },
    ],
    [
      'the address 10.0.0.101/24 with a contact',
      '/api/tenancy/contact-assignments/',
      async () => {
        const contact = await id('/api/tenancy/contacts/', { name: 'Ann' });
        const on = { object_type: 'ipam.ipaddress', object_id: (await address()).id };
        return made('/api/tenancy/contact-assignments/', {
          ...on,
          contact,
          role: await id('/api/tenancy/contact-roles/', { name: 'Owner', slug: 'owner' }),
        });
      },
    ],
    [
      'the interface "net0" with a journal entry',
      '/api/extras/journal-entries/',
      async () =>
        made('/api/extras/journal-entries/', { ...(await onPort('assigned_object')), comments: 'ticket 4711' }),
    ],
  ])('stays with %s, marked, and says so', async (why, collection, write) => {
    await write();
    const before = await all(target, collection);
    expect(before).not.toEqual([]);
    removeGuest(lab, 101);

    const { complete, frames } = await sync(target);

    expect(complete.result!['orphan_sweep']).toMatchObject({ candidates: 1, deleted: 0, soft_deleted: 1 });
    const told = frames.filter(({ data }) => JSON.stringify(data).includes('"operator_data"'));
    expect(told.map(({ data }) => data['warning'])).toEqual([
      `The guest of "host101" (VMID 101) is gone, but the machine carries ${why}: it is marked and not deleted. Delete it in NetBox if nobody needs it.`,
    ]);
    expect(await machines()).toEqual(['host101 decommissioning', ...others]);
    const marks =
      collection === path.vms
        ? { status: expect.anything(), tags: expect.anything(), last_updated: expect.anything() }
        : {};
    const kept = before.map((row) => ({ ...row, ...marks }));
    expect(await all(target, collection)).toEqual(expect.arrayContaining(kept));
    await syncQuietly(target);
    addGuest(lab, { node: 'pve1', ...guest(101) });
    await sync(target);
    expect(await machines()).toEqual(['host101 active', ...others]);
  });

  it('stays with a name of its own, marked', async () => {
    await edit(target, path.vms, (await machineOf(target, 101)).machine.id, { name: 'Payroll (Ann)' });
    // It is no value that a sync writes.
    await syncQuietly(target);
    removeGuest(lab, 101);

    const { frames } = await sync(target);

    expect(JSON.stringify(frames)).toContain(
      'the machine carries a name that an operator gave: it is marked and not deleted',
    );
    expect(await machines()).toEqual(['Payroll (Ann) decommissioning', ...others]);
    await syncQuietly(target);
    expect(await machines()).toEqual(['Payroll (Ann) decommissioning', ...others]);
  });

  it('stays with a status of its own, which a mark would take away', async () => {
    await edit(target, path.vms, (await machineOf(target, 101)).machine.id, { status: 'staged' });
    await syncQuietly(target);
    removeGuest(lab, 101);

    const { frames } = await sync(target);

    expect(JSON.stringify(frames)).toContain('carries the status \\"staged\\": it is neither deleted nor marked');
    expect(await machines()).toEqual(['host101 staged', ...others]);
    await syncQuietly(target);
    expect(await machines()).toEqual(['host101 staged', ...others]);
  });

  it('goes under a name that syncs made of that of the guest', async () => {
    removeGuest(lab, 101);
    addGuest(lab, { ...guest(105), name: 'host101', node: 'pve1' });
    // The living one takes the name at once: the other is host101 (gone 101) until it goes, in the same run.
    await sync(target);

    expect(await machines()).toEqual(['host101 active', ...others]);
    await syncQuietly(target);
  });

  it('stays as it is without a discovery tag, and says so', async () => {
    const { machine } = await machineOf(target, 101);
    const tags = machine.tags.filter(({ slug }: { slug: string }) => slug === 'proxbox');
    await edit(target, path.vms, machine.id, { tags: tags.map((one: { id: number }) => ({ id: one.id })) });
    removeGuest(lab, 101);

    const { frames } = await sync(target);

    const told = frames.flatMap(({ data: { warning } }) =>
      String(warning).startsWith('Proxmox lists') ? warning : [],
    );
    expect(told).toEqual([
      'Proxmox lists no guest of "host101" (VMID 101) any more, but the machine has no discovery tag (no sync made it, or somebody took the tag off): it is neither deleted nor marked. Delete it in NetBox if nobody needs it.',
    ]);
    expect(await machines()).toEqual(['host101 active', ...others]);
    await syncQuietly(target);
  });

  it.each([
    ['interface', path.vmInterfaces, 'virtualization/interfaces', {}],
    ['disk', path.disks, 'virtualization/virtual-disks', { size: 8 }],
  ])('stays with an %s that the token may not view, as NetBox counts it', async (_what, collection, kind, more) => {
    const { machine } = await machineOf(target, 101);
    await made(collection, { virtual_machine: machine.id, name: 'of Ann', description: 'uplink', ...more });
    for (const token of target.simulator.tokens.all()) token.mayViewOnly.set(kind, ({ name }) => name !== 'of Ann');
    removeGuest(lab, 101);

    const { frames } = await sync(target);

    expect(await machines()).toEqual(['host101 decommissioning', ...others]);
    expect(JSON.stringify(frames)).toContain('interfaces or disks that the token may not view');
    expect(target.simulator.state.objects(kind).map(({ name }) => name)).toContain('of Ann');
    await syncQuietly(target);
  });

  it('stays, marked, where the token may not read all that would go', async () => {
    target.simulator.faults.add({
      match: { method: 'GET', path: /mac-addresses/ },
      action: { status: 403, body: { detail: 'You do not have permission to perform this action.' } },
    });
    removeGuest(lab, 101);

    await syncPartly(target, undefined, ['forbidden']);

    expect(await machines()).toEqual(['host101 decommissioning', ...others]);
  });
});
