import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addGuest, type EstateCluster } from '../../../src/simulator/estate/index.js';
import { path, type Answer } from '../netbox/target.js';
import { aCluster, aGuest, anEstate } from './estates.js';
import { all, edit, machineOf, one, sync, syncQuietly, tagsOf, watchedSync } from './target.js';
import type { OpenTarget, SyncTarget } from './target.js';

/** One guest per scene, so that no scene sees another's edits. */
const vmid = {
  tags: 100,
  role: 101,
  texts: 102,
  customFields: 103,
  tenant: 104,
  decommissioned: 105,
  renamed: 106,
  recoloured: 107,
  bootstrap: 108,
  followsInBootstrap: 109,
  onMovedNode: 110,
} as const;

/** Whatever people change in NetBox stays, and costs no write. */
export function describeOperatorEdits(openTarget: OpenTarget): void {
  describe("an operator's edit survives a run that has nothing to do, without a write:", () => {
    const cluster = aCluster({
      guests: Object.values(vmid).map((id) => ({
        vmid: id,
        ...(id === vmid.recoloured ? { tags: 'prod;my-app' } : {}),
        ...(id === vmid.onMovedNode ? { node: 'pve3' } : {}),
      })),
    });
    let target: SyncTarget;
    let own: { id: number; slug: string };

    beforeAll(async () => {
      target = await openTarget(anEstate(cluster));
      await sync(target);
      own = await target.netbox.create(path.tags, { name: 'Mine', slug: 'mine', color: '00ff00' });
    });
    afterAll(() => target.close());

    /** Adds the operator's tag and returns all tags as they are then. */
    async function addOwnTag(collection: string, object: Answer['body']): Promise<string[]> {
      const ids = object.tags.map(({ id }: { id: number }) => id);
      return tagsOf(await edit(target, collection, object.id, { tags: [...ids, own.id] }));
    }

    it.each([
      ['cluster', path.clusters, 'name=lab'],
      ['device', path.devices, 'name=pve1'],
      ['storage row', path.storage, 'name=local'],
    ])('own tags on a %s', async (_what, collection, query) => {
      const wanted = await addOwnTag(collection, await one(target, collection, query));
      expect(wanted).toContain('mine');

      await syncQuietly(target);

      expect(tagsOf(await one(target, collection, query))).toEqual(wanted);
    });

    it('own tags on a virtual machine, also when Proxmox adds one', async () => {
      const wanted = await addOwnTag(path.vms, (await machineOf(target, vmid.tags)).machine);
      await syncQuietly(target);
      cluster.guests.get(vmid.tags)!.tags = 'fresh';

      await sync(target);

      expect(tagsOf((await machineOf(target, vmid.tags)).machine)).toEqual([...wanted, 'fresh'].sort());
    });

    it('the role of a virtual machine', async () => {
      const role = await one(target, path.deviceRoles, 'slug=container-lxc');
      const { machine } = await machineOf(target, vmid.role);
      await edit(target, path.vms, machine.id, { role: role.id });

      await syncQuietly(target);

      expect((await machineOf(target, vmid.role)).machine.role.slug).toBe('container-lxc');
    });

    it('description and comments of a virtual machine', async () => {
      const { machine } = await machineOf(target, vmid.texts);
      const texts = { description: 'The shop. Ask Ann.', comments: 'Rack *7*' };
      await edit(target, path.vms, machine.id, texts);

      await syncQuietly(target);

      expect((await machineOf(target, vmid.texts)).machine).toMatchObject(texts);
    });

    it('custom field values of a virtual machine, a device and a cluster', async () => {
      const types = ['virtualization.virtualmachine', 'dcim.device', 'virtualization.cluster'];
      await target.netbox.create(path.customFields, { name: 'owner', type: 'text', object_types: types });
      const { machine } = await machineOf(target, vmid.customFields);
      const device = await one(target, path.devices, 'name=pve2');
      const lab = await one(target, path.clusters, 'name=lab');
      const values = { custom_fields: { owner: 'Ann' } };
      await edit(target, path.vms, machine.id, values);
      await edit(target, path.devices, device.id, values);
      await edit(target, path.clusters, lab.id, values);

      await syncQuietly(target);

      expect((await machineOf(target, vmid.customFields)).machine).toMatchObject(values);
      expect(await one(target, path.devices, 'name=pve2')).toMatchObject(values);
      expect(await one(target, path.clusters, 'name=lab')).toMatchObject(values);
    });

    it('the tenant of a virtual machine', async () => {
      const tenant = await target.netbox.create(path.tenants, { name: 'Acme', slug: 'acme' });
      const { machine } = await machineOf(target, vmid.tenant);
      await edit(target, path.vms, machine.id, { tenant: tenant.id });

      await syncQuietly(target);

      expect((await machineOf(target, vmid.tenant)).machine.tenant.name).toBe('Acme');
    });

    it('the status decommissioning of a virtual machine, also when the guest is stopped', async () => {
      const { machine } = await machineOf(target, vmid.decommissioned);
      await edit(target, path.vms, machine.id, { status: 'decommissioning' });
      await syncQuietly(target);
      cluster.guests.get(vmid.decommissioned)!.status = 'stopped';

      await sync(target);

      const after = await machineOf(target, vmid.decommissioned);
      expect(after.machine.status.value).toBe('decommissioning');
      expect(after.state.proxmox_status).toBe('stopped');
    });

    it('the name of a virtual machine, also when the guest is renamed in Proxmox afterwards', async () => {
      const { machine } = await machineOf(target, vmid.renamed);
      await edit(target, path.vms, machine.id, { name: 'shop' });
      await syncQuietly(target);
      cluster.guests.get(vmid.renamed)!.name = 'other';

      await sync(target);

      const after = await machineOf(target, vmid.renamed);
      expect(after.machine.name).toBe('shop');
      expect(after.state.proxmox_vm_name).toBe('other');
      await syncQuietly(target);
    });

    it('the colour and the name of a tag that came from Proxmox', async () => {
      const prod = await one(target, path.tags, 'slug=prod');
      const app = await one(target, path.tags, 'slug=my-app');
      await edit(target, path.tags, prod.id, { name: 'Production', color: '123456' });
      await edit(target, path.tags, app.id, { name: 'My App' });

      await syncQuietly(target);

      expect(await one(target, path.tags, 'slug=prod')).toMatchObject({ name: 'Production', color: '123456' });
      expect(tagsOf((await machineOf(target, vmid.recoloured)).machine)).toContain('prod');
    });

    it('device type and role of a node, with their overwrite flags off', async () => {
      const manufacturer = await target.netbox.create(path.manufacturers, { name: 'Dell', slug: 'dell' });
      const r740 = { manufacturer: manufacturer.id, model: 'R740', slug: 'r740' };
      const type = await target.netbox.create(path.deviceTypes, r740);
      const role = await target.netbox.create(path.deviceRoles, { name: 'Host', slug: 'host', color: '112233' });
      const device = await one(target, path.devices, 'name=pve2');
      await edit(target, path.devices, device.id, { device_type: type.id, role: role.id });
      const flags = '?overwrite_device_type=false&overwrite_device_role=false';

      await syncQuietly(target, `/full-update/stream${flags}`);

      const after = await one(target, path.devices, 'name=pve2');
      expect([after.device_type.model, after.role.slug]).toEqual(['R740', 'host']);
      await edit(target, path.devices, device.id, {
        device_type: device.device_type.id,
        role: device.role.id,
      });
    });

    it('a virtual machine of somebody else with the name of a guest: ours gets another name', async () => {
      const lab = await one(target, path.clusters, 'name=lab');
      const theirs = await target.netbox.create(path.vms, { name: 'Gateway', cluster: lab.id, comments: 'by hand' });
      addGuest(cluster, aGuest({ vmid: 150, name: 'gateway' }));

      const { frames } = await sync(target);

      expect((await machineOf(target, 150)).machine.name).toBe('gateway (2)');
      const { body } = await target.netbox.get(`${path.vms}${theirs.id}/`);
      expect(body).toMatchObject({ name: 'Gateway', comments: 'by hand', last_updated: theirs.last_updated });
      expect(frames.filter(({ event }) => event === 'duplicate_name_resolved').map(({ data }) => data)).toEqual([
        expect.objectContaining({ original_name: 'gateway', resolved_name: 'gateway (2)', vmid: 150 }),
      ]);
      await syncQuietly(target);
    });

    it('an object with the tag bootstrap-only in the mode bootstrap_only, and only there', async () => {
      const tag =
        (await all(target, path.tags, '&slug=bootstrap-only'))[0] ??
        (await target.netbox.create(path.tags, { name: 'bootstrap-only', slug: 'bootstrap-only', color: '9e9e9e' }));
      const { machine } = await machineOf(target, vmid.bootstrap);
      const ids = machine.tags.map(({ id }: { id: number }) => id);
      await edit(target, path.vms, machine.id, { tags: [...ids, tag.id] });
      for (const id of [vmid.bootstrap, vmid.followsInBootstrap]) cluster.guests.get(id)!.memoryMb = 4096;
      addGuest(cluster, aGuest({ vmid: 151 }));

      const run = await sync(target, '/full-update/stream?sync_mode_vm=bootstrap_only');

      expect((await machineOf(target, vmid.bootstrap)).machine.memory).toBe(1024);
      expect((await machineOf(target, vmid.followsInBootstrap)).machine.memory).toBe(4096);
      expect(tagsOf((await machineOf(target, 151)).machine)).toContain('bootstrap-only');
      expect(run.complete.result!.kinds['virtual-machine']).toMatchObject({ created: 1, updated: 1, skipped: 1 });
      await sync(target);
      expect((await machineOf(target, vmid.bootstrap)).machine.memory).toBe(4096);
    });

    it('the site of a cluster, moved together with its devices', async () => {
      const site = await target.netbox.create(path.sites, { name: 'Berlin', slug: 'berlin' });
      const lab = await one(target, path.clusters, 'name=lab');
      const devices = await all(target, path.devices, `&cluster_id=${lab.id}`);
      for (const { id } of devices) await edit(target, path.devices, id, { cluster: null, site: site.id });
      await edit(target, path.clusters, lab.id, { scope_type: 'dcim.site', scope_id: site.id });
      for (const { id } of devices) await edit(target, path.devices, id, { cluster: lab.id });

      await syncQuietly(target);

      expect((await one(target, path.clusters, 'name=lab')).scope.name).toBe('Berlin');
      expect((await one(target, path.devices, 'name=pve1')).site.name).toBe('Berlin');
      expect((await machineOf(target, vmid.role)).machine.site.name).toBe('Berlin');
    });

    it('the site of a device that was taken out of the cluster, while guests on it still follow Proxmox', async () => {
      const site = await target.netbox.create(path.sites, { name: 'Repair shop', slug: 'repair-shop' });
      const device = await one(target, path.devices, 'name=pve3');
      await edit(target, path.devices, device.id, { cluster: null, site: site.id });
      cluster.guests.get(vmid.onMovedNode)!.memoryMb = 2048;

      const run = await watchedSync(target);

      const after = await one(target, path.devices, 'name=pve3');
      expect([after.site.name, after.cluster]).toEqual(['Repair shop', null]);
      expect((await machineOf(target, vmid.onMovedNode)).machine.memory).toBe(2048);
      expect(run.complete.result!.kinds['virtual-machine']).toMatchObject({ updated: 1, failed: 0 });
      await syncQuietly(target);
    });
  });
}
