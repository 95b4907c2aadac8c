import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { setConfig } from '../../simulator/estate/index.js';
import { path, type Answer } from '../netbox/target.js';
import { aCluster, anEstate } from './estates.js';
import { all, edit, machineOf, one, sync, syncQuietly } from './target.js';
import type { OpenTarget, SyncTarget } from './target.js';

type Body = Answer['body'];

const key = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIExample ann@example.org';
const cloud = { ciuser: 'admin', sshkeys: encodeURIComponent(`${key}\n`), ipconfig0: 'ip=dhcp' };

/** Cloud-init rows beside machines. */
export function describeCloudInit(openTarget: OpenTarget): void {
  describe('cloud-init', () => {
    const scsi0 = 'ceph:disk,size=1G';
    const cluster = aCluster({
      guests: [
        { vmid: 100, config: { ...cloud, cipassword: 'never-to-be-shown', scsi0 } },
        { vmid: 101 },
        { vmid: 102, config: { ...cloud, scsi0 } },
        { vmid: 103, config: { ciuser: 'root', sshkeys: encodeURIComponent(`${key}\n`.repeat(200)), scsi0 } },
        { vmid: 104, type: 'lxc' },
      ],
    });
    let target: SyncTarget;

    beforeAll(async () => {
      target = await openTarget(anEstate(cluster));
      await sync(target);
    });
    afterAll(() => target.close());

    const rowOf = async (vmid: number): Promise<Body> => {
      const { machine } = await machineOf(target, vmid);
      const [row, ...others] = await all(target, path.cloudInit, `&virtual_machine=${machine.id}`);
      expect(others).toEqual([]);
      return row;
    };

    it('is mirrored for machines that have it, with decoded keys and without the password', async () => {
      const rows = await all(target, path.cloudInit);

      expect(rows.map(({ virtual_machine: machine }) => machine.name).sort()).toEqual([
        'guest-100',
        'guest-102',
        'guest-103',
      ]);
      expect(await rowOf(100)).toMatchObject({
        ciuser: 'admin',
        ipconfig0: 'ip=dhcp',
        sshkeys_truncated: false,
        is_intent: false,
      });
      expect((await rowOf(100)).sshkeys.trim()).toBe(key);
      expect(JSON.stringify(rows)).not.toContain('never-to-be-shown');
    });

    it('says when the keys are too many', async () => {
      const { sshkeys, sshkeys_truncated: isTruncated } = await rowOf(103);

      expect(isTruncated).toBe(true);
      expect(sshkeys).toContain('truncated');
      expect(sshkeys.length).toBeLessThan(10_500);
    });

    it('the second run writes nothing', async () => {
      await syncQuietly(target);
    });

    it('follows Proxmox, keeps what an operator planned, and is emptied where the guest has none any more', async () => {
      const { machine } = await machineOf(target, 101);
      await target.netbox.create(path.cloudInit, { virtual_machine: machine.id, ciuser: 'planned', is_intent: true });
      await edit(target, path.cloudInit, (await rowOf(100)).id, { hostname: 'shop' });
      setConfig(cluster, 100, 'ciuser', 'ann');
      for (const name of Object.keys(cloud)) setConfig(cluster, 102, name, null);

      await sync(target);

      expect(await rowOf(100)).toMatchObject({ ciuser: 'ann', hostname: 'shop' });
      expect(await rowOf(101)).toMatchObject({ ciuser: 'planned', is_intent: true });
      expect(await rowOf(102)).toMatchObject({ ciuser: '', sshkeys: '', ipconfig0: '', sshkeys_truncated: false });
      await syncQuietly(target);
    });

    it('an existing row stays with overwrite_vm_cloudinit=false', async () => {
      setConfig(cluster, 100, 'ciuser', 'eve');

      await sync(target, '/full-update/stream?overwrite_vm_cloudinit=false');
      expect(await rowOf(100)).toMatchObject({ ciuser: 'ann' });

      await sync(target);
      expect(await rowOf(100)).toMatchObject({ ciuser: 'eve' });
    });
  });
}

/** Roles that the plugin's settings, endpoints and nodes give to machines. */
export function describeDefaultRoles(openTarget: OpenTarget): void {
  describe('default roles', () => {
    const cluster = aCluster({
      nodes: ['pve1', 'pve2'],
      guests: [{ vmid: 100 }, { vmid: 101, node: 'pve2' }, { vmid: 102, type: 'lxc' }, { vmid: 103 }],
    });
    let target: SyncTarget;
    const roles: Record<string, number> = {};

    beforeAll(async () => {
      target = await openTarget(anEstate(cluster));
      await sync(target, '/dcim/devices/create/stream');
      for (const slug of ['web', 'db', 'box', 'new']) {
        const role = await target.netbox.create(path.deviceRoles, { name: slug, slug, color: '00ff00', vm_role: true });
        roles[slug] = role.id;
      }
      const [settings] = await all(target, path.settings);
      await edit(target, path.settings, settings.id, {
        default_role_qemu: roles['web'],
        default_role_lxc: roles['box'],
      });
      const node = await one(target, path.proxmoxNodes, 'name=pve2');
      await edit(target, path.proxmoxNodes, node.id, { default_role_qemu: roles['db'] });
      await target.world.restart(); // settings are read again at most every 30 seconds
      await sync(target);
    });
    afterAll(() => target.close());

    const roleOf = async (vmid: number): Promise<[string | null, number | null]> => {
      const { machine, state } = await machineOf(target, vmid);
      return [machine.role?.slug ?? null, state.proxmox_last_synced_role_id];
    };
    const follow = async (): Promise<void> => {
      await target.world.restart();
      await sync(target);
    };

    it('a new machine gets the role of its node, else that of the settings, and it is recorded', async () => {
      expect(await roleOf(100)).toEqual(['web', roles['web']]);
      expect(await roleOf(101)).toEqual(['db', roles['db']]);
      expect(await roleOf(102)).toEqual(['box', roles['box']]);
    });

    it('the second run writes nothing', async () => {
      await syncQuietly(target);
    });

    it("an operator's role stays with overwrite_vm_role=false, while others follow the configured one", async () => {
      await edit(target, path.vms, (await machineOf(target, 100)).machine.id, { role: roles['box'] });
      const [settings] = await all(target, path.settings);
      await edit(target, path.settings, settings.id, { default_role_qemu: roles['new'], overwrite_vm_role: false });

      await follow();

      expect(await roleOf(100)).toEqual(['box', roles['web']]);
      expect(await roleOf(103)).toEqual(['new', roles['new']]);
      await syncQuietly(target);
    });

    it('and is taken back with overwrite_vm_role=true', async () => {
      await sync(target, '/full-update/stream?overwrite_vm_role=true');

      expect(await roleOf(100)).toEqual(['new', roles['new']]);
      await syncQuietly(target);
    });
  });
}
