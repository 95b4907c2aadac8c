import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Problem, StreamResult } from '../../support/world.js';
import { path } from '../netbox/target.js';
import { aCluster, anEstate } from './estates.js';
import { all, edit, machineOf, one, sync, syncQuietly, type OpenTarget, type SyncTarget } from './target.js';

/** `node_device_name_template` of the plugin's settings and of its endpoints. */
export function describeDeviceNames(openTarget: OpenTarget): void {
  describe('names of devices by template', () => {
    const guests = [{ vmid: 100 }];
    const nodes = ['pve1', 'pve2'];
    let target: SyncTarget;
    let ids: ReadonlyMap<string, number>;

    /** Both clusters are in one site, where NetBox takes every name of a device once. */
    beforeAll(async () => {
      target = await openTarget(anEstate(aCluster({ nodes, guests }), aCluster({ name: 'edge', nodes, guests })));
      const site = await target.netbox.create(path.sites, { name: 'Berlin', slug: 'berlin' });
      await setTemplate('edge', '{node}.{endpoint}', { site_id: site.id });
      await setTemplate('lab', '', { site_id: site.id });
      const [settings] = await all(target, path.settings);
      await edit(target, path.settings, settings.id, { node_device_name_template: '{cluster}-{node}' });
      await target.world.restart(); // settings are read again at most every 30 seconds
      await sync(target);
      ids = new Map((await all(target, path.devices)).map(({ id, name }) => [name, id]));
    });
    afterAll(() => target.close());

    async function setTemplate(cluster: string, template: string, more: object = {}): Promise<void> {
      const rows: { id: number; name: string }[] = (await target.world.ask('GET', '/proxmox/endpoints')).body;
      const { id } = rows.find(({ name }) => name.startsWith(cluster))!;
      const body = { node_device_name_template: template, ...more };
      expect((await target.world.ask('PUT', `/proxmox/endpoints/${id}`, body)).status).toBe(200);
    }

    const namesById = async (): Promise<[number, string][]> =>
      (await all(target, path.devices)).map(({ id, name }) => [id, name]);

    it('two clusters with equal node names share a site, and never a device', async () => {
      expect([...ids.keys()].sort()).toEqual(['lab-pve1', 'lab-pve2', 'pve1.edge', 'pve2.edge']);
      for (const [cluster, device] of [
        ['lab', 'lab-pve1'],
        ['edge', 'pve1.edge'],
      ] as const) {
        expect((await machineOf(target, 100, cluster)).machine.device.name).toBe(device);
        expect(await one(target, path.devices, `name=${device}`)).toMatchObject({
          cluster: { name: cluster },
          site: { slug: 'berlin' },
          description: `Proxmox Node ${device}`,
        });
      }
      const states = await all(target, path.deviceState);
      expect(states.map((state) => [state.device.name, state.proxmox_node_name]).sort()).toEqual([
        ['lab-pve1', 'pve1'],
        ['lab-pve2', 'pve2'],
        ['pve1.edge', 'pve1'],
        ['pve2.edge', 'pve2'],
      ]);
    });

    it('the second run writes nothing, nor does one of a single machine', async () => {
      await syncQuietly(target);
      const { machine } = await machineOf(target, 100, 'edge');
      await syncQuietly(target, `/virtualization/virtual-machines/${machine.id}/create/stream`);
    });

    it('a changed template renames the devices, but none that an operator has renamed', async () => {
      await edit(target, path.devices, ids.get('lab-pve2')!, { name: 'rack7' });
      await setTemplate('lab', '{node}.{cluster_slug}');

      await sync(target);

      expect(await namesById()).toEqual(
        expect.arrayContaining([
          [ids.get('lab-pve1'), 'pve1.lab'],
          [ids.get('lab-pve2'), 'rack7'],
          [ids.get('pve1.edge'), 'pve1.edge'],
          [ids.get('pve2.edge'), 'pve2.edge'],
        ]),
      );
      expect(await namesById()).toHaveLength(4);
      expect((await machineOf(target, 100)).machine.device.name).toBe('pve1.lab');
      await syncQuietly(target);
    });

    it('a template that gives no name is told, and renames nothing', async () => {
      const before = await namesById();
      await setTemplate('lab', '{node}-{rack}');

      const told = warningsOf(await syncQuietly(target));

      expect(told).toMatchObject([{ reason: 'device_name_invalid', message: expect.stringContaining('{rack}') }]);
      expect(await namesById()).toEqual(before);
    });

    it('a name that another device of the site has is told, and left to it', async () => {
      const before = await namesById();
      await setTemplate('lab', '{node}.edge');

      const told = warningsOf(await syncQuietly(target));

      const kept = 'keeps the name "pve1.lab"';
      expect(told).toMatchObject([{ reason: 'name_conflict', message: expect.stringContaining(kept) }]);
      expect(await namesById()).toEqual(before);
    });
  });
}

/** Without what every run says about the guests. */
const warningsOf = ({ complete }: StreamResult): readonly Problem[] =>
  complete.result!.warnings!.filter(({ reason }) => reason !== 'agent_disabled');
