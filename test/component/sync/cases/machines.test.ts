/** Reported cases about estates that were documented before: machines, VLANs, support objects. Each is named as it was collected. */
import { afterEach, describe, expect, it } from 'vitest';
import { path } from '../../../contract/netbox/target.js';
import { aCluster, anEstate } from '../../../contract/sync/estates.js';
import { all, edit, machineOf, one, sync, syncQuietly, tagsOf } from '../../../contract/sync/target.js';
import { createSteppedClock } from '../../../support/stepped-clock.js';
import { openSimulated, type SimulatedTarget } from '../simulated-target.js';
import { aGuest, ens18, loopback } from './guests.js';

const clock = createSteppedClock();
let target: SimulatedTarget;
afterEach(() => target.close());

async function open(guests: readonly ReturnType<typeof aGuest>[], tags = ''): Promise<void> {
  const drafts = guests.map((guest) => ({ ...guest, tags }));
  target = await openSimulated(anEstate(aCluster({ name: 'prod', nodes: ['pve1'], guests: drafts })), { clock });
}

const create = (collection: string, data: object) => target.netbox.create(collection, { ...data });

/** What NetBox refused is tried again after an hour. */
async function runs(times: number): Promise<void> {
  for (let n = 0; n < times; n += 1) {
    clock.step(1_200_000);
    await syncQuietly(target);
  }
}

describe('hand-made-machines', () => {
  const guests = [
    aGuest(100, 'web', [loopback, ens18(100, '10.1.0.10')]),
    aGuest(101, 'db', [loopback, ens18(101, '10.1.0.11')]),
  ];

  async function byHand(name: string, port: string, address: string, more: object = {}) {
    const [cluster] = await all(target, path.clusters, '&name=prod');
    const machine = await create(path.vms, { name, cluster: cluster.id, status: 'active', ...more });
    const { id } = await create(path.vmInterfaces, { virtual_machine: machine.id, name: port });
    const row = await create(path.ipAddresses, {
      address,
      assigned_object_type: 'virtualization.vminterface',
      assigned_object_id: id,
      dns_name: `${name}.acme.example`,
    });
    return edit(target, path.vms, machine.id, { primary_ip4: row.id });
  }

  async function documented(): Promise<void> {
    await open(guests);
    const type = await create(path.clusterTypes, { name: 'Proxmox VE', slug: 'proxmox-ve' });
    const site = await create(path.sites, { name: 'Home', slug: 'home' });
    const scope = { scope_type: 'dcim.site', scope_id: site.id };
    await create(path.clusters, { name: 'prod', type: type.id, ...scope });
  }

  it('stay as they are, and the run says how to have them adopted', async () => {
    await documented();
    const type = await create(path.clusterTypes, { name: 'VMware', slug: 'vmware' });
    const elsewhere = await create(path.clusters, { name: 'vmware', type: type.id });
    const other = await create(path.vms, { name: 'DB', cluster: elsewhere.id, status: 'active' });
    const tenant = await create(path.tenants, { name: 'ACME', slug: 'acme' });
    const texts = { comments: 'made by hand', description: 'front end', memory: 999 };
    const theirs = await byHand('web', 'eth0', '10.1.0.10/24', { ...texts, tenant: tenant.id });

    const { complete } = await sync(target);

    const same = (await target.netbox.get(`${path.vms}${theirs.id}/`)).body;
    expect(same).toMatchObject({ name: 'web', ...texts, tenant: { slug: 'acme' }, tags: [] });
    expect(same.primary_ip4.address).toBe('10.1.0.10/24');
    expect((await target.netbox.get(`${path.vms}${other.id}/`)).body).toMatchObject({ name: 'DB', tags: [] });
    expect((complete.result!.warnings ?? []).find(({ reason }) => reason === 'machine_not_ours')).toMatchObject({
      message: expect.stringContaining('give the other the tag "Proxbox": the next sync adopts it') as string,
    });
    expect((await machineOf(target, 101, 'prod')).machine.name).toBe('db');
    await runs(2);
  });

  it('with the tag Proxbox are adopted as they are, with their addresses and texts', async () => {
    await documented();
    const tag = await create(path.tags, { name: 'Proxbox', slug: 'proxbox', color: 'ff5722' });
    const mine = { tags: [tag.id], comments: 'by hand', description: 'mine' };
    const web = await byHand('web', 'eth0', '10.1.0.10/24', mine);
    const db = await byHand('db', 'net0', '10.1.0.11/24', mine);

    await sync(target);

    expect((await all(target, path.vms)).map(({ id }) => id).sort()).toEqual([web.id, db.id].sort());
    for (const [vmid, was] of [
      [100, web],
      [101, db],
    ] as const) {
      const { machine } = await machineOf(target, vmid, 'prod');
      expect(machine).toMatchObject({ id: was.id, comments: 'by hand', description: 'mine' });
      expect(machine.primary_ip4.id).toBe(was.primary_ip4.id);
      expect(await one(target, path.ipAddresses, `virtual_machine_id=${was.id}`)).toMatchObject({
        dns_name: `${was.name}.acme.example`,
        assigned_object: { name: 'net0' },
      });
    }
    await runs(2);
  });
});

describe('vlan-per-tenant', () => {
  it('has one VLAN for machines of two tenants, under the name that an operator gave it', async () => {
    const guests = [101, 102, 103].map((vmid) =>
      aGuest(vmid, `v${vmid - 100}`, [loopback, ens18(vmid, `10.1.0.${vmid - 100}`)], ',tag=120'),
    );
    await open(guests);
    await sync(target);
    const machines = await all(target, path.vms);
    for (const [n, slug] of ['acme', 'globex'].entries()) {
      const tenant = await create(path.tenants, { name: slug, slug });
      await edit(target, path.vms, machines[n].id, { tenant: tenant.id });
    }
    const vlan = await one(target, path.vlans, 'vid=120');
    await edit(target, path.vlans, vlan.id, { name: 'servers' });

    await runs(2);

    expect(await one(target, path.vlans, 'vid=120')).toMatchObject({ id: vlan.id, name: 'servers', tenant: null });
    const ports = await all(target, path.vmInterfaces);
    expect(ports.map((row) => row.untagged_vlan.id)).toEqual([vlan.id, vlan.id, vlan.id]);
  });

  it('uses the VLAN that is there for everybody', async () => {
    await open([aGuest(101, 'v1', [loopback, ens18(101, '10.1.0.1')], ',tag=120')]);
    const { id } = await create(path.vlans, { vid: 120, name: 'everybody' });

    await sync(target);

    expect((await one(target, path.vmInterfaces, 'name=net0')).untagged_vlan.id).toBe(id);
    expect(await one(target, path.vlans, 'vid=120')).toMatchObject({ name: 'everybody', tags: [] });
    await runs(2);
  });
});

describe('support-object-name-taken', () => {
  it('takes what bears the name under another slug, or the slug under another name', async () => {
    await open([aGuest(100, 'a', [loopback, ens18(100, '10.1.0.10')])], 'web;prod;db');
    await create(path.tags, { name: 'Web', slug: 'web-servers', color: '0000ff' });
    await create(path.tags, { name: 'Production', slug: 'prod', color: 'ff0000' });
    await create(path.tags, { name: 'db', slug: 'database', color: 'ff0000' });
    const manufacturer = await create(path.manufacturers, { name: 'Proxmox', slug: 'pve' });
    const type = await create(path.clusterTypes, { name: 'Cluster', slug: 'proxmox-ve' });
    const role = await create(path.deviceRoles, { name: 'Proxmox Node', slug: 'hypervisor', color: '111111' });

    await sync(target);

    const [device] = await all(target, path.devices);
    expect(device.role.id).toBe(role.id);
    expect(device.device_type.manufacturer.id).toBe(manufacturer.id);
    expect((await one(target, path.clusters, 'name=prod')).type.id).toBe(type.id);
    const { machine } = await machineOf(target, 100, 'prod');
    expect(tagsOf(machine)).toEqual(expect.arrayContaining(['web-servers', 'prod', 'database']));
    await runs(2);
  });

  it('takes the tag Proxbox whatever its slug', async () => {
    await open([aGuest(100, 'a', [loopback, ens18(100, '10.1.0.10')])]);
    await create(path.tags, { name: 'Proxbox', slug: 'pbx', color: '0000ff' });

    await sync(target);

    expect(tagsOf((await machineOf(target, 100, 'prod')).machine)).toContain('pbx');
    expect(await all(target, path.tags, '&slug=proxbox')).toEqual([]);
    await runs(2);
  });
});
