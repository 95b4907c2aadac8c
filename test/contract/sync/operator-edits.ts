import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addGuest } from '../../simulator/estate/index.js';
import { path, type Answer } from '../netbox/target.js';
import type { StreamResult } from '../../support/world.js';
import { aCluster, aGuest, anEstate } from './estates.js';
import { all, edit, machineOf, one, sync, syncQuietly, tagsOf, watchedSync } from './target.js';
import type { Observed, OpenTarget, SyncTarget } from './target.js';

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

type Body = Answer['body'];

const idsOf = (objects: readonly { id: number }[]): number[] => objects.map(({ id }) => id);

/** An edit, and what must be left of it after the next run. */
interface Scene {
  readonly what: string;
  readonly edit: () => Promise<unknown>;
  readonly check: () => Promise<unknown>;
}

/** Edits that nothing in Proxmox has anything to do with. */
function scenesOf(target: () => SyncTarget): readonly Scene[] {
  const machine = async (id: number): Promise<Body> => (await machineOf(target(), id)).machine;
  const editMachine = async (id: number, changes: object): Promise<Body> =>
    edit(target(), path.vms, (await machine(id)).id, changes);
  const addOwnTag = async (collection: string, object: Body): Promise<Body> =>
    edit(target(), collection, object.id, { tags: [...idsOf(object.tags), { slug: 'mine' }] });
  const tagged = (what: string, collection: string, query: string): Scene => ({
    what: `own tags on a ${what}`,
    edit: async () => addOwnTag(collection, await one(target(), collection, query)),
    check: async () =>
      expect(tagsOf(await one(target(), collection, query))).toEqual(expect.arrayContaining(['mine', 'proxbox'])),
  });
  const owner = { custom_fields: { owner: 'Ann' } };
  const texts = { description: 'The shop. Ask Ann.', comments: 'Rack *7*' };

  return [
    tagged('cluster', path.clusters, 'name=lab'),
    tagged('device', path.devices, 'name=pve1'),
    tagged('storage row', path.storage, 'name=local'),
    {
      what: 'own tags on a virtual machine',
      edit: async () => addOwnTag(path.vms, await machine(vmid.tags)),
      check: async () => expect(tagsOf(await machine(vmid.tags))).toContain('mine'),
    },
    {
      what: 'the role of a virtual machine',
      edit: () => editMachine(vmid.role, { role: { slug: 'container-lxc' } }),
      check: async () => expect((await machine(vmid.role)).role.slug).toBe('container-lxc'),
    },
    {
      what: 'description and comments of a virtual machine',
      edit: () => editMachine(vmid.texts, texts),
      check: async () => expect(await machine(vmid.texts)).toMatchObject(texts),
    },
    {
      what: 'custom field values of a virtual machine, a device and a cluster',
      edit: async () => {
        const types = ['virtualization.virtualmachine', 'dcim.device', 'virtualization.cluster'];
        await target().netbox.create(path.customFields, { name: 'owner', type: 'text', object_types: types });
        await editMachine(vmid.customFields, owner);
        await edit(target(), path.devices, (await one(target(), path.devices, 'name=pve2')).id, owner);
        await edit(target(), path.clusters, (await one(target(), path.clusters, 'name=lab')).id, owner);
      },
      check: async () => {
        expect(await machine(vmid.customFields)).toMatchObject(owner);
        expect(await one(target(), path.devices, 'name=pve2')).toMatchObject(owner);
        expect(await one(target(), path.clusters, 'name=lab')).toMatchObject(owner);
      },
    },
    {
      what: 'the tenant of a virtual machine',
      edit: async () => {
        await target().netbox.create(path.tenants, { name: 'Acme', slug: 'acme' });
        await editMachine(vmid.tenant, { tenant: { slug: 'acme' } });
      },
      check: async () => expect((await machine(vmid.tenant)).tenant.name).toBe('Acme'),
    },
    {
      what: 'the status decommissioning of a virtual machine',
      edit: () => editMachine(vmid.decommissioned, { status: 'decommissioning' }),
      check: async () => expect((await machine(vmid.decommissioned)).status.value).toBe('decommissioning'),
    },
    {
      what: 'the name of a virtual machine',
      edit: () => editMachine(vmid.renamed, { name: 'shop' }),
      check: async () => expect((await machine(vmid.renamed)).name).toBe('shop'),
    },
    {
      what: 'the colour and the name of a tag that came from Proxmox',
      edit: async () => {
        const prod = await one(target(), path.tags, 'slug=prod');
        const app = await one(target(), path.tags, 'slug=my-app');
        await edit(target(), path.tags, prod.id, { name: 'Production', color: '123456' });
        await edit(target(), path.tags, app.id, { name: 'My App' });
      },
      check: async () => {
        expect(await one(target(), path.tags, 'slug=prod')).toMatchObject({ name: 'Production', color: '123456' });
        expect(tagsOf(await machine(vmid.recoloured))).toEqual(expect.arrayContaining(['my-app', 'prod']));
      },
    },
    {
      what: 'device type and role of a node, with their overwrite flags off',
      edit: async () => {
        const dell = await target().netbox.create(path.manufacturers, { name: 'Dell', slug: 'dell' });
        await target().netbox.create(path.deviceTypes, { manufacturer: dell.id, model: 'R740', slug: 'r740' });
        await target().netbox.create(path.deviceRoles, { name: 'Host', slug: 'host', color: '112233' });
        const { id } = await one(target(), path.devices, 'name=pve2');
        await edit(target(), path.devices, id, { device_type: { slug: 'r740' }, role: { slug: 'host' } });
      },
      check: async () => {
        const device = await one(target(), path.devices, 'name=pve2');
        expect([device.device_type.slug, device.role.slug]).toEqual(['r740', 'host']);
      },
    },
    {
      what: 'the site of a cluster, moved together with its devices and their VLANs',
      edit: async () => {
        const { id: site } = await target().netbox.create(path.sites, { name: 'Berlin', slug: 'berlin' });
        const lab = await one(target(), path.clusters, 'name=lab');
        const devices = await all(target(), path.devices, `&cluster_id=${lab.id}`);
        for (const { id } of devices) await edit(target(), path.devices, id, { cluster: null, site });
        await edit(target(), path.clusters, lab.id, { scope_type: 'dcim.site', scope_id: site });
        for (const { id } of devices) await edit(target(), path.devices, id, { cluster: lab.id });
        // NetBox refuses every change of an interface whose VLAN is at another site: those are given a VLAN of the new one.
        for (const { id } of await all(target(), path.vlans)) await edit(target(), path.vlans, id, { site });
      },
      check: async () => {
        expect((await one(target(), path.clusters, 'name=lab')).scope.name).toBe('Berlin');
        expect((await one(target(), path.devices, 'name=pve1')).site.name).toBe('Berlin');
        expect((await machine(vmid.role)).site.name).toBe('Berlin');
      },
    },
  ];
}

const keepTypes = 'overwrite_device_type=false&overwrite_device_role=false';

/** Whatever people change in NetBox stays. Each scene has objects of its own; they share runs, because runs take time. */
export function describeOperatorEdits(openTarget: OpenTarget): void {
  describe("an operator's edit survives:", () => {
    const cluster = aCluster({
      guests: Object.values(vmid).map((id) => ({
        vmid: id,
        ...(id === vmid.recoloured ? { tags: 'prod;my-app' } : {}),
        ...(id === vmid.onMovedNode ? { node: 'pve3' } : {}),
      })),
    });
    let target: SyncTarget;
    const scenes = scenesOf(() => target);

    beforeAll(async () => {
      target = await openTarget(anEstate(cluster));
      await sync(target);
      await target.netbox.create(path.tags, { name: 'Mine', slug: 'mine', color: '00ff00' });
      for (const scene of scenes) await scene.edit();
    });
    afterAll(() => target.close());

    describe('a run with nothing to do', () => {
      let seen: Observed;

      beforeAll(async () => {
        seen = await watchedSync(target, `/full-update/stream?${keepTypes}`);
      });

      it('writes nothing, whatever was edited', () => {
        expect(seen.writes).toEqual([]);
        expect(seen.changes).toBe(0);
      });

      it.each(scenes.map((scene) => [scene.what, scene.check] as const))('keeps %s', async (_what, check) => {
        await check();
      });
    });

    describe('a run with changes from Proxmox', () => {
      let run: StreamResult;
      let theirs: Body;

      beforeAll(async () => {
        cluster.guests.get(vmid.tags)!.tags = 'fresh';
        cluster.guests.get(vmid.decommissioned)!.status = 'stopped';
        cluster.guests.get(vmid.renamed)!.name = 'other';
        const lab = await one(target, path.clusters, 'name=lab');
        theirs = await target.netbox.create(path.vms, { name: 'Gateway', cluster: lab.id, comments: 'by hand' });
        addGuest(cluster, aGuest({ vmid: 150, name: 'gateway' }));
        const { id: site } = await target.netbox.create(path.sites, { name: 'Repair shop', slug: 'repair-shop' });
        const device = await one(target, path.devices, 'name=pve3');
        await edit(target, path.devices, device.id, { cluster: null, site });
        cluster.guests.get(vmid.onMovedNode)!.memoryMb = 2048;
        run = await sync(target, `/full-update/stream?${keepTypes}`);
      });

      it('keeps own tags beside the new one', async () => {
        const { machine } = await machineOf(target, vmid.tags);
        expect(tagsOf(machine)).toEqual(['fresh', 'mine', 'proxbox', 'proxbox-discovered-qemu']);
      });

      it('keeps the status decommissioning of a guest that was stopped', async () => {
        const { machine, state } = await machineOf(target, vmid.decommissioned);
        expect([machine.status.value, state.proxmox_status]).toEqual(['decommissioning', 'stopped']);
      });

      it('keeps the name of a guest that was renamed in Proxmox as well', async () => {
        const { machine, state } = await machineOf(target, vmid.renamed);
        expect([machine.name, state.proxmox_vm_name]).toEqual(['shop', 'other']);
      });

      it('leaves a machine of somebody else alone and gives our guest of that name another one', async () => {
        const { body } = await target.netbox.get(`${path.vms}${theirs.id}/`);
        const resolved = run.frames.filter(({ event }) => event === 'duplicate_name_resolved').map(({ data }) => data);

        expect((await machineOf(target, 150)).machine.name).toBe('gateway (2)');
        expect(body).toMatchObject({ name: 'Gateway', comments: 'by hand', last_updated: theirs.last_updated });
        expect(resolved).toEqual([
          expect.objectContaining({ original_name: 'gateway', resolved_name: 'gateway (2)', vmid: 150 }),
        ]);
      });

      it('keeps the site of a device taken out of the cluster, while guests on it follow Proxmox', async () => {
        const device = await one(target, path.devices, 'name=pve3');
        const { machine } = await machineOf(target, vmid.onMovedNode);

        expect([device.site.name, device.cluster]).toEqual(['Repair shop', null]);
        expect([machine.memory, machine.device]).toEqual([2048, null]);
      });

      it('then has nothing left to do', async () => {
        expect(run.complete.result!.kinds['virtual-machine']).toMatchObject({ created: 1, updated: 2, failed: 0 });
        await syncQuietly(target, `/full-update/stream?${keepTypes}`);
      });
    });

    it('an object with the tag bootstrap-only is left alone in the mode bootstrap_only, and only there', async () => {
      const tag =
        (await all(target, path.tags, '&slug=bootstrap-only'))[0] ??
        (await target.netbox.create(path.tags, { name: 'bootstrap-only', slug: 'bootstrap-only', color: '9e9e9e' }));
      const { machine } = await machineOf(target, vmid.bootstrap);
      await edit(target, path.vms, machine.id, { tags: [...idsOf(machine.tags), tag.id] });
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
  });
}
