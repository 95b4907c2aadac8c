/** The page "Soft-deleted VMs" of the real plugin, filled and emptied by its own job. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addGuest, removeGuest } from '../simulator/estate/index.js';
import { path } from '../contract/netbox/target.js';
import { aCluster, aGuest, anEstate } from '../contract/sync/estates.js';
import { allOf, machineOf } from './plugin-estate.js';
import { expectCompleted } from './plugin-jobs.js';
import { openPluginWorld, type PluginWorld } from './plugin-world.js';

describe('the page of soft-deleted machines', () => {
  const lab = aCluster({ guests: [100, 101, 102, 103, 104].map((vmid) => ({ vmid, name: `soft-${vmid}` })) });
  let world: PluginWorld;
  beforeAll(async () => {
    world = await openPluginWorld(anEstate(lab));
    const [settings] = await allOf(world.netbox, path.settings);
    expect(await world.netbox.patch(`${path.settings}${settings.id}/`, { delete_orphans: true })).toMatchObject({
      status: 200,
    });
    expectCompleted(await world.sync(['all']));
  });
  afterAll(() => world.close());

  /** Names on the page; the plugin has no other list of them. */
  const page = async (): Promise<readonly string[]> => {
    const { status, text } = await world.worker.visit('/plugins/proxbox/soft-deleted-vms/');
    expect(status).toBe(200);
    return [...new Set(text.match(/soft-1\d\d/g) ?? [])];
  };
  const journal = async (vmid: number): Promise<readonly string[]> => {
    const { id } = await machineOf(world, lab, vmid);
    const about = `&assigned_object_type=virtualization.virtualmachine&assigned_object_id=${id}`;
    const entries = await allOf(world.netbox, '/api/extras/journal-entries/', about);
    return entries.sort((a, b) => a.id - b.id).map(({ kind }) => kind.value);
  };

  it('shows a machine whose guest is gone, after the job of the plugin', async () => {
    expect(await page()).toEqual([]);
    removeGuest(lab, 103);

    expectCompleted(await world.sync(['all']));

    expect(await page()).toEqual(['soft-103']);
    expect(await journal(103)).toEqual(['warning']);
  });

  it('is empty again when the guest is back, and the machine has its status', async () => {
    addGuest(lab, aGuest({ vmid: 103, name: 'soft-103' }));

    expectCompleted(await world.sync(['all']));

    expect(await page()).toEqual([]);
    const machine = await machineOf(world, lab, 103);
    expect(machine.status.value).toBe('active');
    expect(machine.tags.map(({ slug }: { slug: string }) => slug)).not.toContain('proxbox-soft-deleted');
    expect(await journal(103)).toEqual(['warning', 'info']);
  });
});
