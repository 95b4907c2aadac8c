/** The life of an address: it moves and keeps what stands on it, is given back, and goes only when it is ours. */
import { afterEach, describe, expect, it } from 'vitest';
import type { Estate, EstateCluster } from '../../simulator/estate/index.js';
import { addGuest, removeGuest, setAgent } from '../../simulator/estate/index.js';
import { path } from '../../contract/netbox/target.js';
import { aCluster, anEstate } from '../../contract/sync/estates.js';
import { all, edit, machineOf, one, sync, syncQuietly, tagsOf } from '../../contract/sync/target.js';
import { createSteppedClock } from '../../support/stepped-clock.js';
import { openSimulated, type SimulatedTarget } from './simulated-target.js';
import { aTalker, macOf, say } from './talkers.js';

const guestLinks = '/api/plugins/proxbox/guest-vm-interface-addresses/';
const services = '/api/ipam/services/';
const journal = '/api/extras/journal-entries/';
const fhrpGroups = '/api/ipam/fhrp-groups/';
const vmPort = 'virtualization.vminterface';

const aContainer = (vmid: number, host: string) => ({
  vmid,
  name: `ct${vmid}`,
  type: 'lxc' as const,
  node: 'pve1',
  status: 'running' as const,
  config: {
    hostname: `ct${vmid}`,
    rootfs: `ceph:vm-${vmid}-disk-0,size=8G`,
    net0: `name=eth0,bridge=vmbr0,hwaddr=${macOf(vmid)},ip=dhcp`,
  },
  containerInterfaces: [
    {
      name: 'eth0',
      hwaddr: macOf(vmid).toLowerCase(),
      inet: `${host}/24`,
      'ip-addresses': [{ 'ip-address': host, 'ip-address-type': 'inet', prefix: '24' }],
    },
  ],
});

describe('an address', () => {
  let target: SimulatedTarget;
  afterEach(() => target.close());

  const open = async (estate: Estate): Promise<EstateCluster> => {
    target = await openSimulated(estate);
    return estate.clusters[0]!;
  };
  const row = (host: string) => one(target, path.ipAddresses, `address=${host}`);
  const hosts = async (): Promise<string[]> =>
    (await all(target, path.ipAddresses, `&assigned_object_type=${vmPort}`))
      .map(({ address, assigned_object: port }) => `${address} ${port.name} ${port.virtual_machine.name}`)
      .sort();
  const primaryOf = async (vmid: number) => {
    const { machine } = await machineOf(target, vmid);
    return [machine.primary_ip4?.address, machine.primary_ip6?.address];
  };
  /** What was told before is forgotten, as it is after a minute. */
  const again = async (at?: string) => {
    await target.world.restart();
    return sync(target, at);
  };
  const stays = async () => {
    await syncQuietly(target);
    await target.world.restart();
    await syncQuietly(target);
  };
  const documented = async (host: string) => {
    const [tenant] = await all(target, path.tenants);
    const { id } = tenant ?? (await target.netbox.create(path.tenants, { name: 'ACME', slug: 'acme' }));
    return edit(target, path.ipAddresses, (await row(host)).id, {
      tenant: id,
      description: 'ticket 4711',
      role: 'secondary',
      dns_name: 'shop.acme.example',
    });
  };
  const kept = { description: 'ticket 4711', dns_name: 'shop.acme.example', role: { value: 'secondary' } };

  describe('rule 3: moves, with its id and all that stands on it,', () => {
    it('to another interface of the machine, and stays primary', async () => {
      const lab = await open(anEstate(aCluster({ guests: [aTalker(100, ['10.0.0.5'], ['10.0.1.5'])] })));
      await sync(target);
      const { id } = await documented('10.0.0.5');
      say(lab, 100, [], ['10.0.0.5', '10.0.1.5']);

      await again();

      expect(await row('10.0.0.5')).toMatchObject({ id, ...kept, assigned_object: { name: 'net1' } });
      expect(await primaryOf(100)).toEqual(['10.0.0.5/24', undefined]);
      await stays();
    });

    it('to another machine, which may be on another node; both primary addresses follow', async () => {
      const guests = [aTalker(100, ['10.0.0.5', '10.0.0.50']), { ...aTalker(101, ['10.0.0.6']), node: 'pve2' }];
      const lab = await open(anEstate(aCluster({ guests })));
      await sync(target);
      const { id } = await documented('10.0.0.5');
      say(lab, 100, ['10.0.0.50']);
      say(lab, 101, ['10.0.0.5']);

      await again();

      expect(await row('10.0.0.5')).toMatchObject({ id, ...kept });
      expect(await hosts()).toEqual(['10.0.0.5/24 net0 host101', '10.0.0.50/24 net0 host100']);
      expect([await primaryOf(100), await primaryOf(101)]).toEqual([
        ['10.0.0.50/24', undefined],
        ['10.0.0.5/24', undefined],
      ]);
      await stays();
    });

    it.each([
      ['is of the first where NetBox keeps addresses unique', true, 1],
      ['is of each where NetBox does not', false, 3],
    ])('reported by several guests, it %s; the second run writes none', async (_what, isUnique, rows) => {
      const guests = [100, 101, 102].map((vmid) => aTalker(vmid, ['10.0.0.5']));
      target = await openSimulated(anEstate(aCluster({ guests })), { netbox: { globalUnique: isUnique } });

      await sync(target);

      expect(await all(target, path.ipAddresses, '&address=10.0.0.5')).toHaveLength(rows);
      expect(await all(target, guestLinks)).toHaveLength(rows);
      await syncQuietly(target);
      await syncQuietly(target);
    });

    it('reported by a guest while the row of another one is in a VRF, it is of each, with all that belongs to it', async () => {
      const lab = await open(anEstate(aCluster({ guests: [aTalker(100, ['10.0.0.5']), aTalker(101, ['10.0.0.6'])] })));
      await sync(target);
      const { id: vrf } = await target.netbox.create('/api/ipam/vrfs/', { name: 'customer' });
      await edit(target, path.ipAddresses, (await row('10.0.0.5')).id, { vrf });
      say(lab, 101, ['10.0.0.6', '10.0.0.5']);

      await again();

      expect(await hosts()).toEqual([
        '10.0.0.5/24 net0 host100',
        '10.0.0.5/24 net0 host101',
        '10.0.0.6/24 net0 host101',
      ]);
      expect(await all(target, guestLinks)).toHaveLength(3);
      await stays();
    });

    it('where two swap theirs, of both families', async () => {
      const guests = [aTalker(100, ['10.0.0.5', '2001:db8::5']), aTalker(101, ['10.0.0.6', '2001:db8::6'])];
      const lab = await open(anEstate(aCluster({ guests })));
      await sync(target);
      const ids = (await all(target, path.ipAddresses, `&assigned_object_type=${vmPort}`)).map(({ id }) => id).sort();
      say(lab, 100, ['10.0.0.6', '2001:db8::6']);
      say(lab, 101, ['10.0.0.5', '2001:db8::5']);

      await again();

      expect(
        (await all(target, path.ipAddresses, `&assigned_object_type=${vmPort}`)).map(({ id }) => id).sort(),
      ).toEqual(ids);
      expect([await primaryOf(100), await primaryOf(101)]).toEqual([
        ['10.0.0.6/24', '2001:db8::6/64'],
        ['10.0.0.5/24', '2001:db8::5/64'],
      ]);
      expect((await row('10.0.0.5')).dns_name).toBe('host101.example.org');
      await stays();
    });

    it('in separate calls of the stages, as the plugin makes them', async () => {
      const lab = await open(anEstate(aCluster({ guests: [aTalker(100, ['10.0.0.5']), aTalker(101, [])] })));
      await sync(target);
      const { id } = await documented('10.0.0.5');
      say(lab, 100, ['10.0.0.9']);
      say(lab, 101, ['10.0.0.5']);
      await target.world.restart();
      for (const stage of ['interfaces', 'interfaces/ip-address'])
        await sync(target, `/virtualization/virtual-machines/${stage}/create/stream?proxmox_endpoint_ids=1`);

      expect(await row('10.0.0.5')).toMatchObject({ id, ...kept });
      expect(await hosts()).toEqual(['10.0.0.5/24 net0 host101', '10.0.0.9/24 net0 host100']);
      await stays();
    });

    it('when only the machine that has it now is synced: the other one is asked whether it has let go', async () => {
      const lab = await open(anEstate(aCluster({ guests: [aTalker(100, ['10.0.0.5']), aTalker(101, ['10.0.0.6'])] })));
      await sync(target);
      const { id } = await documented('10.0.0.5');
      say(lab, 100, ['10.0.0.9']);
      say(lab, 101, ['10.0.0.5']);
      await target.world.restart();
      const query = 'cluster_name=lab&node=pve1&type=qemu&vmid=101&ip_address=10.0.0.5&interface_name=net0';

      const { status, body } = await target.world.ask('GET', `/sync/individual/ip?${query}`);

      expect([status, body.action]).toEqual([200, 'updated']);
      expect(await row('10.0.0.5')).toMatchObject({ id, ...kept });
      expect((await target.world.ask('GET', `/sync/individual/ip?${query}`)).body.action).toBe('unchanged');
      await sync(target);
      expect(await primaryOf(100)).toEqual(['10.0.0.9/24', undefined]);
      await stays();
    });

    it('but not away from a guest that cannot be asked, with the reason', async () => {
      const lab = await open(anEstate(aCluster({ guests: [aTalker(100, ['10.0.0.5']), aTalker(101, [])] })));
      await sync(target);
      setAgent(lab, 100, { state: 'silent' });
      say(lab, 101, ['10.0.0.5']);

      const { frames } = await again();

      expect(await hosts()).toEqual(['10.0.0.5/24 net0 host100']);
      expect(JSON.stringify(frames)).toContain('ip_conflict');
      await syncQuietly(target);
    });
  });

  describe('rule 2: that the guest lets go, and nobody takes,', () => {
    it.each<[string, object]>([
      ['a tenant', { tenant: { name: 'ACME' } }],
      ['a description', { description: 'booked' }],
      ['comments', { comments: 'ask Ann' }],
      ['a role', { role: 'secondary' }],
      ['a DNS name of its own', { dns_name: 'shop.acme.example' }],
      ['a further tag', { tags: [{ slug: 'proxbox' }, { slug: 'mine' }] }],
    ])('is unassigned where it has %s, and nothing else changes', async (_what, data) => {
      const lab = await open(anEstate(aCluster({ guests: [aTalker(100, ['10.0.0.5'])] })));
      await sync(target);
      await target.netbox.create(path.tenants, { name: 'ACME', slug: 'acme' });
      await target.netbox.create(path.tags, { name: 'Mine', slug: 'mine' });
      const before = await edit(target, path.ipAddresses, (await row('10.0.0.5')).id, data);
      say(lab, 100, ['10.0.0.77']);

      const { frames } = await again();

      const after = await row('10.0.0.5');
      expect(after).toMatchObject({ id: before.id, assigned_object: null, description: before.description });
      expect([after.tenant?.name, after.role?.value, after.comments]).toEqual([
        before.tenant?.name,
        before.role?.value,
        before.comments,
      ]);
      expect(tagsOf(after)).toEqual(tagsOf(before).filter((slug) => slug !== 'proxbox'));
      expect(after.dns_name).toBe('dns_name' in data ? 'shop.acme.example' : '');
      expect(JSON.stringify(frames)).toContain('was unassigned and not deleted');
      expect(await primaryOf(100)).toEqual(['10.0.0.77/24', undefined]);
      await stays();
    });

    it('goes where all that an operator could have written is what NetBox gives every new one', async () => {
      const lab = await open(anEstate(aCluster({ guests: [aTalker(100, ['10.0.0.5', '10.0.0.6', '10.0.0.7'])] })));
      const field = { name: 'monitored', type: 'boolean', object_types: ['ipam.ipaddress'], default: true };
      await target.netbox.create(path.customFields, field);
      await sync(target);
      const { id } = await edit(target, path.ipAddresses, (await row('10.0.0.7')).id, {
        custom_fields: { monitored: false },
      });
      say(lab, 100, ['10.0.0.5']);

      await again();

      expect(await all(target, path.ipAddresses, '&address=10.0.0.6')).toEqual([]);
      expect(await row('10.0.0.7')).toMatchObject({ id, assigned_object: null });
      await stays();
    });

    it('is unassigned where another address is translated to it', async () => {
      const lab = await open(anEstate(aCluster({ guests: [aTalker(100, ['10.0.0.5', '10.0.0.6'])] })));
      await sync(target);
      const { id } = await row('10.0.0.6');
      await target.netbox.create(path.ipAddresses, { address: '198.51.100.6/24', nat_inside: id });
      say(lab, 100, ['10.0.0.5']);

      await again();

      expect(await row('10.0.0.6')).toMatchObject({ id, assigned_object: null });
      expect((await row('198.51.100.6')).nat_inside).toMatchObject({ id });
      await stays();
    });

    it('is unassigned where a service names it', async () => {
      const lab = await open(anEstate(aCluster({ guests: [aTalker(100, ['10.0.0.5', '10.0.0.6'])] })));
      await sync(target);
      const { machine } = await machineOf(target, 100);
      const { id } = await row('10.0.0.5');
      await target.netbox.create(services, {
        parent_object_type: 'virtualization.virtualmachine',
        parent_object_id: machine.id,
        name: 'https',
        protocol: 'tcp',
        ports: [443],
        ipaddresses: [id],
      });
      say(lab, 100, ['10.0.0.77']);

      await again();

      expect(await row('10.0.0.5')).toMatchObject({ id, assigned_object: null });
      expect(await all(target, path.ipAddresses, '&address=10.0.0.6')).toEqual([]);
      await stays();
    });

    it('stays with the FHRP group that an operator gave it to', async () => {
      const lab = await open(anEstate(aCluster({ guests: [aTalker(100, ['10.0.0.5', '10.0.0.6'])] })));
      await sync(target);
      const { id } = await row('10.0.0.6');
      const group = await target.netbox.create(fhrpGroups, { protocol: 'vrrp3', group_id: 1 });
      await edit(target, path.ipAddresses, id, {
        assigned_object_type: 'ipam.fhrpgroup',
        assigned_object_id: group.id,
      });
      say(lab, 100, ['10.0.0.5']);

      await again();

      expect(await row('10.0.0.6')).toMatchObject({ id, assigned_object_type: 'ipam.fhrpgroup' });
      await stays();
    });

    it('goes where it is ours, with the row of the plugin that protects it', async () => {
      const lab = await open(anEstate(aCluster({ guests: [aTalker(100, ['10.0.0.5', '2001:db8::1'])] })));
      await sync(target);
      say(lab, 100, ['10.0.0.77']);

      await again();

      expect(await hosts()).toEqual(['10.0.0.77/24 net0 host100']);
      expect(await primaryOf(100)).toEqual(['10.0.0.77/24', undefined]);
      await stays();
    });

    it('stays where an operator has put it on the interface', async () => {
      const lab = await open(anEstate(aCluster({ guests: [aTalker(100, ['10.0.0.5'])] })));
      await sync(target);
      const [port] = await all(target, path.vmInterfaces);
      const { id } = await target.netbox.create(path.ipAddresses, {
        address: '10.0.0.9/32',
        assigned_object_type: vmPort,
        assigned_object_id: port.id,
        description: 'of the load balancer',
      });
      say(lab, 100, ['10.0.0.77']);

      await again();

      expect(await row('10.0.0.9')).toMatchObject({ id, assigned_object: { name: 'net0' } });
      await stays();
    });
    const placed = async (fields: object = {}) => {
      const [port] = await all(target, path.vmInterfaces);
      const at = { assigned_object_type: vmPort, assigned_object_id: port.id };
      return (await target.netbox.create(path.ipAddresses, { address: '10.0.0.9/24', ...at, ...fields })).id;
    };
    it('stays there, without the name of the guest and the rows of the plugin, when the guest lets it go', async () => {
      const lab = await open(anEstate(aCluster({ guests: [aTalker(100, ['10.0.0.5'])] })));
      await sync(target);
      const id = await placed();
      say(lab, 100, ['10.0.0.5', '10.0.0.9']);
      await again();
      expect(await row('10.0.0.9')).toMatchObject({ id, dns_name: 'host100.example.org' });
      expect(await all(target, guestLinks, `&ip_address_id=${id}`)).toHaveLength(1);
      say(lab, 100, ['10.0.0.5']);

      await again();

      expect(await row('10.0.0.9')).toMatchObject({ id, dns_name: '', assigned_object: { name: 'net0' } });
      expect(await all(target, guestLinks, `&ip_address_id=${id}`)).toEqual([]);
      await stays();
    });

    it.each(['4.6.8', '4.7.3'] as const)(
      'stays there with the name of the guest where that never had it, in NetBox %s',
      async (version) => {
        const lab = aCluster({ guests: [aTalker(100, ['10.0.0.5']), aContainer(101, '10.0.0.6')] });
        target = await openSimulated(anEstate(lab), { netbox: { version } });
        await sync(target);
        for (const [vmid, host, dns_name] of [
          [100, '10.0.0.9', 'host100.example.org'],
          [101, '10.0.0.10', 'ct101'],
        ] as const) {
          const { machine } = await machineOf(target, vmid);
          const port = await one(target, path.vmInterfaces, `virtual_machine_id=${machine.id}`);
          const at = { assigned_object_type: vmPort, assigned_object_id: port.id };
          await target.netbox.create(path.ipAddresses, { address: `${host}/24`, ...at, dns_name });
        }

        await again();

        expect([(await row('10.0.0.9')).dns_name, (await row('10.0.0.10')).dns_name]).toEqual([
          'host100.example.org',
          'ct101',
        ]);
        await stays();
      },
    );

    it('stays as it is when a container lets it go: nothing in NetBox tells that this had it', async () => {
      const lab = await open(anEstate(aCluster({ guests: [aContainer(100, '10.0.0.5')] })));
      await sync(target);
      const id = await placed();
      lab.guests.set(100, { ...lab.guests.get(100)!, ...changed(aContainer(100, '10.0.0.9')) });
      await again();
      expect(await row('10.0.0.9')).toMatchObject({ id, dns_name: 'ct100' });
      lab.guests.set(100, { ...lab.guests.get(100)!, ...changed(aContainer(100, '10.0.0.5')) });

      await again();

      expect(await row('10.0.0.9')).toMatchObject({ id, dns_name: 'ct100', assigned_object: { name: 'eth0' } });
      await stays();
    });

    it('stays there with the name of the guest where a row of the plugin tells of another machine', async () => {
      const lab = await open(anEstate(aCluster({ guests: [aTalker(100, ['10.0.0.5']), aTalker(101, ['10.0.0.6'])] })));
      await sync(target);
      const id = await placed();
      say(lab, 100, ['10.0.0.5', '10.0.0.9']);
      await again();
      expect(await all(target, guestLinks, `&ip_address_id=${id}`)).toHaveLength(1);
      const { machine } = await machineOf(target, 101);
      const port = await one(target, path.vmInterfaces, `virtual_machine_id=${machine.id}`);
      const dns_name = 'host101.example.org';
      await edit(target, path.ipAddresses, id, { assigned_object_id: port.id, dns_name });
      say(lab, 100, ['10.0.0.5']);

      await again();

      expect(await row('10.0.0.9')).toMatchObject({ id, dns_name });
      await stays();
    });

    it('stays there, and is the primary one no more, when the guest lets it go', async () => {
      const lab = await open(anEstate(aCluster({ guests: [aTalker(100, [])] })));
      await sync(target);
      const id = await placed();
      say(lab, 100, ['10.0.0.9']);
      await again();
      expect(await primaryOf(100)).toEqual(['10.0.0.9/24', undefined]);
      say(lab, 100, ['10.0.0.77']);

      await again();

      expect(await primaryOf(100)).toEqual(['10.0.0.77/24', undefined]);
      expect(await row('10.0.0.9')).toMatchObject({ id, assigned_object: { name: 'net0' } });
      await stays();
    });

    it('stays there as the primary one where the guest never had it', async () => {
      const lab = await open(anEstate(aCluster({ guests: [aTalker(100, ['10.0.0.5'])] })));
      await sync(target);
      await placed();
      const { machine } = await machineOf(target, 100);
      await edit(target, path.vms, machine.id, { primary_ip4: (await row('10.0.0.9')).id });
      say(lab, 100, ['10.0.0.77']);

      await again();

      expect(await primaryOf(100)).toEqual(['10.0.0.9/24', undefined]);
      await stays();
    });

    it('stays there with a name that the operator gave it', async () => {
      const lab = await open(anEstate(aCluster({ guests: [aTalker(100, ['10.0.0.5'])] })));
      await sync(target);
      const id = await placed({ dns_name: 'shop.acme.example' });
      say(lab, 100, ['10.0.0.5', '10.0.0.9']);
      await again();
      say(lab, 100, ['10.0.0.5']);

      await again();

      expect(await row('10.0.0.9')).toMatchObject({ id, dns_name: 'shop.acme.example' });
      await stays();
    });
  });

  describe('rules 2 and 6: that was booked before', () => {
    const booking = {
      address: '10.0.0.5/28',
      description: 'booked for ACME, ticket 4711',
      dns_name: 'shop.acme.example',
      status: 'reserved',
    };
    const states = ({ id, address, description, dns_name, status, tenant, tags }: Awaited<ReturnType<typeof row>>) => ({
      id,
      address,
      description,
      dns_name,
      status: status.value,
      tenant: tenant?.name,
      tags,
    });

    it.each([
      ['a virtual machine', aTalker(100, ['10.0.0.5']), (lab: EstateCluster) => say(lab, 100, ['10.0.0.77'])],
      [
        'a container',
        aContainer(100, '10.0.0.5'),
        (lab: EstateCluster) =>
          lab.guests.set(100, { ...lab.guests.get(100)!, ...changed(aContainer(100, '10.0.0.77')) }),
      ],
    ])('is lent to %s with its own mask and texts, and given back as it was', async (_what, guest, letsGo) => {
      const lab = await open(anEstate(aCluster({ guests: [guest] })));
      const tenant = await target.netbox.create(path.tenants, { name: 'ACME', slug: 'acme' });
      const booked = await target.netbox.create(path.ipAddresses, { ...booking, tenant: tenant.id });

      await sync(target);

      expect(await row('10.0.0.5')).toMatchObject({ assigned_object: { virtual_machine: {} }, address: '10.0.0.5/28' });
      expect(await primaryOf(100)).toEqual(['10.0.0.5/28', undefined]);
      await stays();
      letsGo(lab);
      await again();
      const after = await row('10.0.0.5');
      expect(after).toMatchObject({ assigned_object: null });
      expect(states(after)).toEqual(states(booked));
      expect(await primaryOf(100)).toEqual(['10.0.0.77/24', undefined]);
      expect(await all(target, journal, `&assigned_object_id=${booked.id}`)).toHaveLength(2);
      await stays();
    });

    const forbidden = { status: 403, body: { detail: 'You do not have permission to perform this action.' } };
    const refuse = (method: string, at: RegExp, status = 403): void =>
      target.simulator.faults.add({ match: { method, path: at }, action: { ...forbidden, status } });

    it('is not taken where that cannot be noted, as nobody would give it back; the reason names the note', async () => {
      const lab = await open(anEstate(aCluster({ guests: [aTalker(100, ['10.0.0.5'])] })));
      const { id } = await target.netbox.create(path.ipAddresses, booking);
      refuse('POST', /journal-entries/);

      const { frames, complete } = await target.world.stream('/full-update/stream');

      expect(complete.ok).toBe(false);
      expect(JSON.stringify(frames)).toContain('NetBox does not allow the token to write the journal entry');
      expect(states(await row('10.0.0.5'))).toMatchObject({ id, ...booking });
      expect(await row('10.0.0.5')).toMatchObject({ assigned_object: null });
      target.simulator.faults.clear();
      await sync(target);
      expect(await row('10.0.0.5')).toMatchObject({ id, assigned_object: { name: 'net0' } });
      say(lab, 100, ['10.0.0.77']);
      await again();
      expect(await row('10.0.0.5')).toMatchObject({ id, assigned_object: null });
    });

    it('is noted once, however often the address is refused then, and given back when it was taken at last', async () => {
      const lab = await open(anEstate(aCluster({ guests: [aTalker(100, ['10.0.0.5'])] })));
      const { id } = await target.netbox.create(path.ipAddresses, booking);
      refuse('PATCH', /ip-addresses/, 400);
      for (let run = 1; run <= 3; run += 1) await target.world.stream('/full-update/stream');
      expect(await all(target, journal, `&assigned_object_id=${id}`)).toHaveLength(1);
      target.simulator.faults.clear();
      await again();
      expect(await row('10.0.0.5')).toMatchObject({ id, assigned_object: { name: 'net0' } });
      expect(await all(target, journal, `&assigned_object_id=${id}`)).toHaveLength(1);
      say(lab, 100, ['10.0.0.77']);

      await again();

      expect(await row('10.0.0.5')).toMatchObject({ id, assigned_object: null });
    });

    it('stays where an operator has moved it since, when the guest lets it go that it was taken for', async () => {
      const guests = [aTalker(100, ['10.0.0.6', '10.0.0.5']), aTalker(101, ['10.0.0.7'])];
      const lab = await open(anEstate(aCluster({ guests })));
      const { id } = await target.netbox.create(path.ipAddresses, booking);
      await sync(target);
      expect(await row('10.0.0.5')).toMatchObject({ assigned_object: { virtual_machine: { name: 'host100' } } });
      const { machine } = await machineOf(target, 101);
      const port = await one(target, path.vmInterfaces, `virtual_machine_id=${machine.id}`);
      await edit(target, path.ipAddresses, id, { assigned_object_id: port.id });
      say(lab, 100, ['10.0.0.6']);

      await again();

      expect(await row('10.0.0.5')).toMatchObject({ id, assigned_object: { virtual_machine: { name: 'host101' } } });
      expect(await all(target, journal, `&assigned_object_id=${id}`)).toHaveLength(1);
      await stays();
    });

    it('is not taken while its journal may not be read, without a note; the reason names the right', async () => {
      const lab = await open(anEstate(aCluster({ guests: [aTalker(100, ['10.0.0.5'])] })));
      const { id } = await target.netbox.create(path.ipAddresses, booking);
      for (const token of target.simulator.tokens.all()) token.cannotView.add('extras/journal-entries');

      for (let run = 1; run <= 3; run += 1) {
        const { frames } = await target.world.stream('/full-update/stream');
        expect(JSON.stringify(frames)).toContain('(extras.view_journalentry)');
      }

      for (const token of target.simulator.tokens.all()) token.cannotView.clear();
      expect(await row('10.0.0.5')).toMatchObject({ id, assigned_object: null });
      expect(await all(target, journal, `&assigned_object_id=${id}`)).toEqual([]);
      await again();
      expect(await row('10.0.0.5')).toMatchObject({ id, assigned_object: { name: 'net0' } });
      say(lab, 100, ['10.0.0.77']);
      await again();
      expect(await row('10.0.0.5')).toMatchObject({ id, assigned_object: null });
    });

    it('gets the name of the guest where it has none, as its note says', async () => {
      await open(anEstate(aCluster({ guests: [aTalker(100, ['10.0.0.5'])] })));
      const { id } = await target.netbox.create(path.ipAddresses, { ...booking, dns_name: '' });

      await sync(target);

      expect(await row('10.0.0.5')).toMatchObject({ dns_name: 'host100.example.org' });
      const [note] = await all(target, journal, `&assigned_object_id=${id}`);
      expect(note.comments).toContain('an empty DNS name may be filled in; nothing else on it is changed.');
    });

    it('and that the Python service or an older version tagged is given back as well', async () => {
      const lab = await open(anEstate(aCluster({ guests: [aTalker(100, ['10.0.0.5'])] })));
      await target.netbox.create(path.ipAddresses, booking);
      await sync(target);
      const { id } = await row('10.0.0.5');
      await edit(target, path.ipAddresses, id, { tags: [{ slug: 'proxbox' }] });
      say(lab, 100, ['10.0.0.77']);

      await again();

      expect(await row('10.0.0.5')).toMatchObject({ id, address: '10.0.0.5/28', assigned_object: null, tags: [] });
      await stays();
    });

    it('and moves like any other', async () => {
      const lab = await open(anEstate(aCluster({ guests: [aTalker(100, ['10.0.0.5']), aTalker(101, [])] })));
      const { id } = await target.netbox.create(path.ipAddresses, booking);
      await sync(target);
      say(lab, 100, ['10.0.0.77']);
      say(lab, 101, ['10.0.0.5']);

      await again();

      expect(await row('10.0.0.5')).toMatchObject({
        id,
        address: '10.0.0.5/28',
        dns_name: 'shop.acme.example',
        assigned_object: { virtual_machine: { name: 'host101' } },
      });
      await stays();
      say(lab, 101, ['10.0.0.78']);
      await again();
      expect(await row('10.0.0.5')).toMatchObject({ id, assigned_object: null });
    });
  });

  it('rule 4: is replaced daily by another one (privacy extensions), and the number of rows stays', async () => {
    const guests = Array.from({ length: 12 }, (_, n) => aTalker(100 + n, [`2001:db8:${n + 1}::1`]));
    const lab = aCluster({ guests });
    const clock = createSteppedClock();
    target = await openSimulated(anEstate(lab), { clock });
    await sync(target);
    const stage = '/virtualization/virtual-machines/interfaces/ip-address/create/stream';
    for (let day = 1; day <= 30; day += 1) {
      for (let n = 0; n < 12; n += 1)
        say(lab, 100 + n, [`2001:db8:${n + 1}::1`, ...[1, 2, 3].map((k) => `2001:db8:${n + 1}::${day}:${k}`)]);
      clock.step(86_400_000);
      await sync(target, stage);
      expect(await all(target, path.ipAddresses, `&assigned_object_type=${vmPort}`)).toHaveLength(48);
    }
    await syncQuietly(target, stage);
  });

  describe('rule 7: of a guest that is gone', () => {
    it('goes to the living guest that wants it, in the same run, and nothing else of the dead one is touched', async () => {
      const guests = [aTalker(100, ['10.0.0.5', '10.0.0.6']), aTalker(101, [])];
      const lab = await open(anEstate(aCluster({ guests })));
      await sync(target);
      const { id } = await documented('10.0.0.5');
      const { machine } = await machineOf(target, 100);
      removeGuest(lab, 100);
      say(lab, 101, ['10.0.0.5']);

      await again();

      expect(await row('10.0.0.5')).toMatchObject({ id, ...kept });
      expect(await hosts()).toEqual(['10.0.0.5/24 net0 host101', '10.0.0.6/24 net0 host100']);
      expect((await target.netbox.get(`${path.vms}${machine.id}/`)).body).toMatchObject({
        name: machine.name,
        status: machine.status,
        primary_ip4: null,
      });
      await stays();
    });

    it('stays where nobody wants it, and Proxmox is asked nothing about it', async () => {
      const lab = await open(anEstate(aCluster({ guests: [aTalker(100, ['10.0.0.5']), aTalker(101, ['10.0.0.6'])] })));
      await sync(target);
      removeGuest(lab, 100);
      target.world.proxmox[0]!.resetCounters();

      await again();

      expect(await hosts()).toEqual(['10.0.0.5/24 net0 host100', '10.0.0.6/24 net0 host101']);
      expect(JSON.stringify(target.world.proxmox[0]!.counters)).not.toContain('nextid');
      await stays();
    });

    it('goes to a guest that is synced alone', async () => {
      const lab = await open(anEstate(aCluster({ guests: [aTalker(100, ['10.0.0.5']), aTalker(101, ['10.0.0.6'])] })));
      await sync(target);
      const { id } = await row('10.0.0.5');
      const { machine } = await machineOf(target, 101);
      removeGuest(lab, 100);
      say(lab, 101, ['10.0.0.5']);

      await again(`/virtualization/virtual-machines/${machine.id}/create/stream`);

      expect(await row('10.0.0.5')).toMatchObject({ id, assigned_object: { virtual_machine: { id: machine.id } } });
      await stays();
    });

    it('stays with it while its absence is not proven', async () => {
      const lab = await open(anEstate(aCluster({ guests: [aTalker(100, ['10.0.0.5']), aTalker(101, [])] })));
      await sync(target);
      target.world.proxmox[0]!.faults.add({
        match: { path: /cluster\/nextid/ },
        action: { status: 500, reason: 'no', body: { data: null } },
      });
      removeGuest(lab, 100);
      say(lab, 101, ['10.0.0.5']);

      await again();

      expect(await hosts()).toEqual(['10.0.0.5/24 net0 host100']);
    });
  });

  it('rule 14: that a machine of another endpoint has is a conflict, with the reason, also when that one is dead', async () => {
    const edge = aCluster({ name: 'edge', nodes: ['pve9'], guests: [{ ...aTalker(100, ['10.0.0.5']), node: 'pve9' }] });
    await open(anEstate(aCluster({ guests: [aTalker(101, ['10.0.0.6'])] }), edge));
    await sync(target);
    const [lab] = target.world.estate.clusters;
    say(lab!, 101, ['10.0.0.5']);
    removeGuest(edge, 100);
    addGuest(edge, { ...aTalker(102, []), node: 'pve9' });
    const stage = '/virtualization/virtual-machines/interfaces/ip-address/create/stream?proxmox_endpoint_ids=1';

    const { complete } = await again(stage);

    expect(complete.result).toMatchObject({ reasons: { ip_conflict: 1 } });
    expect(JSON.stringify(complete.result)).toContain('assigned to \\"net0\\" of \\"host100\\"');
    expect(await row('10.0.0.5')).toMatchObject({ assigned_object: { virtual_machine: { name: 'host100' } } });
  });

  describe('rule 5: becomes the primary one', () => {
    it('when it is the first that NetBox took; the families know nothing of each other', async () => {
      await open(anEstate(aCluster({ guests: [aTalker(100, ['10.0.0.5', '10.0.0.6', '2001:db8::1'])] })));
      const site = await target.netbox.create(path.sites, { name: 'Elsewhere', slug: 'elsewhere' });
      const other = await target.netbox.create(path.vms, { name: 'theirs', site: site.id });
      const port = await target.netbox.create(path.vmInterfaces, { virtual_machine: other.id, name: 'eth0' });
      await target.netbox.create(path.ipAddresses, {
        address: '10.0.0.5/24',
        assigned_object_type: vmPort,
        assigned_object_id: port.id,
      });

      await sync(target);

      expect(await primaryOf(100)).toEqual(['10.0.0.6/24', '2001:db8::1/64']);
      await syncQuietly(target);
    });

    it('but never as address of a network, broadcast or loopback address: those are left out, with the reason', async () => {
      const guest = aTalker(100, ['10.0.0.0', '10.0.0.255', '127.0.0.2', '169.254.1.1', '10.0.0.5', '2001:db8::']);
      await open(anEstate(aCluster({ guests: [guest] })));

      const { frames } = await sync(target);

      expect(await hosts()).toEqual(['10.0.0.5/24 net0 host100']);
      expect(await primaryOf(100)).toEqual(['10.0.0.5/24', undefined]);
      const messages = frames.map(({ data }) => String(Object(data)['message']));
      expect(messages).toContainEqual(
        expect.stringContaining('10.0.0.0/24 of "net0" of "host100" is the address of its network itself'),
      );
      expect(messages).toContainEqual(
        expect.stringContaining('10.0.0.255/24 of "net0" of "host100" is the broadcast address of its network'),
      );
      await stays();
    });
  });

  describe('that passes between a node and a guest', () => {
    const nodePort = (lab: EstateCluster, host: string | undefined) => {
      const { network } = lab.nodes[0]!;
      const known = network.findIndex(({ iface }) => iface === 'vmbr9');
      if (known >= 0) network.splice(known, 1);
      const told = host === undefined ? {} : { address: host, netmask: '24', cidr: `${host}/24` };
      network.push({ iface: 'vmbr9', type: 'bridge', active: 1, ...told });
    };
    const ofGuest = { name: 'net0', virtual_machine: { name: 'host100' } };
    const ofNode = { name: 'vmbr9', device: { name: 'pve1' } };

    it('keeps its id and texts, there and back', async () => {
      const lab = aCluster({ nodes: ['pve1'], guests: [aTalker(100, ['10.0.9.1', '10.0.0.5'])] });
      nodePort(lab, undefined);
      await open(anEstate(lab));
      await sync(target);
      const { id } = await edit(target, path.ipAddresses, (await row('10.0.9.1')).id, { description: 'mine' });
      expect(await primaryOf(100)).toEqual(['10.0.9.1/24', undefined]);
      for (const round of ['there', 'again']) {
        nodePort(lab, '10.0.9.1');
        say(lab, 100, ['10.0.0.5']);
        await again();
        expect(await row('10.0.9.1')).toMatchObject({ id, description: 'mine', dns_name: '', assigned_object: ofNode });
        expect(await primaryOf(100)).toEqual(['10.0.0.5/24', undefined]);
        await stays();

        nodePort(lab, undefined);
        say(lab, 100, ['10.0.9.1', '10.0.0.5']);
        await again();
        expect(await row('10.0.9.1'), round).toMatchObject({ id, description: 'mine', assigned_object: ofGuest });
        await stays();
      }
    });

    it('is let go by the node whose primary one it was', async () => {
      const lab = aCluster({ nodes: ['pve1'], guests: [aTalker(100, ['10.0.0.5'])] });
      await open(anEstate(lab));
      await sync(target);
      const { id } = (await one(target, path.devices, 'name=pve1')).primary_ip4;
      const bridge = lab.nodes[0]!.network.find(({ iface }) => iface === 'vmbr0')!;
      Object.assign(bridge, { address: undefined, netmask: undefined, cidr: undefined });
      say(lab, 100, ['10.0.0.5', '192.0.2.1']);

      await again();

      expect(await row('192.0.2.1')).toMatchObject({ id, assigned_object: ofGuest });
      expect((await one(target, path.devices, 'name=pve1')).primary_ip4).toBeNull();
      await stays();
    });

    it('is let go by the node whose out-of-band one an operator made it, for a guest and for another node', async () => {
      const lab = aCluster({ guests: [aTalker(100, ['10.0.0.5'])] });
      await open(anEstate(lab));
      await sync(target);
      const device = (name: string) => one(target, path.devices, `name=${name}`);
      const moving = [await device('pve1'), await device('pve2')];
      for (const { id, primary_ip4: address } of moving) await edit(target, path.devices, id, { oob_ip: address.id });
      const bridges = lab.nodes.map(({ network }) => network.find(({ iface }) => iface === 'vmbr0')!);
      for (const bridge of bridges.slice(0, 2))
        Object.assign(bridge, { address: undefined, netmask: undefined, cidr: undefined });
      Object.assign(bridges[2]!, { address: '192.0.2.2', cidr: '192.0.2.2/24' });
      say(lab, 100, ['10.0.0.5', '192.0.2.1']);

      await again();

      const [first, second] = moving.map(({ primary_ip4: address }) => address.id);
      expect(await row('192.0.2.1')).toMatchObject({ id: first, assigned_object: ofGuest });
      expect(await row('192.0.2.2')).toMatchObject({ id: second, assigned_object: { device: { name: 'pve3' } } });
      expect([(await device('pve1')).oob_ip, (await device('pve2')).oob_ip]).toEqual([null, null]);
      await stays();
    });

    it('goes to a node from a machine whose guest is gone, in the same run, and nothing else of that one is touched', async () => {
      const lab = aCluster({
        nodes: ['pve1'],
        guests: [aTalker(100, ['10.0.9.1', '10.0.9.2']), aTalker(101, ['10.0.0.5'])],
      });
      nodePort(lab, undefined);
      await open(anEstate(lab));
      await sync(target);
      const { id } = await edit(target, path.ipAddresses, (await row('10.0.9.1')).id, { description: 'mine' });
      const { machine: dead } = await machineOf(target, 100);
      removeGuest(lab, 100);
      nodePort(lab, '10.0.9.1');

      await again();

      expect(await row('10.0.9.1')).toMatchObject({ id, description: 'mine', assigned_object: ofNode });
      expect(await row('10.0.9.2')).toMatchObject({ assigned_object: { virtual_machine: { id: dead.id } } });
      const [machine] = await all(target, path.vms, `&id=${dead.id}`);
      expect(machine).toMatchObject({ name: dead.name, status: dead.status, primary_ip4: null });
      await stays();
    });

    it('stays with a node that still has it', async () => {
      const lab = aCluster({ nodes: ['pve1', 'pve2'], guests: [aTalker(100, ['10.0.0.5'])] });
      await open(anEstate(lab));
      await sync(target);
      const { id } = await row('192.0.2.2');
      say(lab, 100, ['10.0.0.5', '192.0.2.2']);
      await again();
      expect(await row('192.0.2.2')).toMatchObject({ id, assigned_object: { device: { name: 'pve2' } } });
    });
  });

  describe('of nodes', () => {
    it('moves from a port to the bridge that was made over it, and to another node, with its id', async () => {
      const lab = await open(anEstate(aCluster({ nodes: ['pve1', 'pve2'], guests: [] })));
      await sync(target);
      const { id } = await edit(target, path.ipAddresses, (await row('192.0.2.1')).id, { description: 'mine' });
      const network = (name: string) => lab.nodes.find((node) => node.name === name)!.network;
      const bridge = network('pve1').find(({ iface }) => iface === 'vmbr0')!;
      const { address, netmask, cidr, gateway } = bridge;
      Object.assign(bridge, { address: undefined, netmask: undefined, cidr: undefined, gateway: undefined });
      network('pve1').push({ iface: 'vmbr7', type: 'bridge', active: 1, address, netmask, cidr, gateway });

      await again();

      expect(await row('192.0.2.1')).toMatchObject({ id, description: 'mine', assigned_object: { name: 'vmbr7' } });
      expect((await one(target, path.devices, 'name=pve1')).primary_ip4.id).toBe(id);
      await stays();

      network('pve1').pop();
      Object.assign(
        network('pve2').find(({ iface }) => iface === 'vmbr0')!,
        { address, netmask, cidr, gateway },
      );
      await again();

      expect(await row('192.0.2.1')).toMatchObject({
        id,
        assigned_object: { name: 'vmbr0', device: { name: 'pve2' } },
      });
      expect((await one(target, path.devices, 'name=pve1')).primary_ip4).toBeNull();
      await stays();
    });
  });
});

/** What changes about a container inside. */
function changed({ containerInterfaces }: ReturnType<typeof aContainer>) {
  return { containerInterfaces };
}
