/** Release 0.0.24 of the plugin drives the service as the newest one does; what it does otherwise is in docs/plugin-compatibility.md. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { facts } from '../contract/plugin/facts.js';
import { page } from '../contract/plugin/table.js';
import { path } from '../contract/netbox/target.js';
import { createEstate, setStatus } from '../simulator/estate/index.js';
import { variable, watchNetBox } from './harness.js';
import { allOf, expectEstate, expectIdentities, expectLinkedRows, machineOf } from './plugin-estate.js';
import { expectInventory } from './plugin-inventory.js';
import { expectCompleted, expectStages, runIdOf } from './plugin-jobs.js';
import { searchPlugin } from './plugin-source.js';
import { fullSyncStages } from './plugin-stages.js';
import type { PluginJob } from './plugin-worker.js';
import { olderPlugin, openPluginWorld, type PluginWorld } from './plugin-world.js';

/** Rows of the table "What only 0.0.24 can ask": a text of the source, the request it makes, the status of the answer. */
const onlyOlder = (page.split('### What only 0.0.24 can ask')[1] ?? '')
  .split('\n#')[0]!
  .split('\n')
  .filter((line) => line.startsWith('| `'))
  .map((line) => {
    const [text = '', request = '', status = ''] = line
      .slice(1, -1)
      .split(' | ')
      .map((cell) => cell.replaceAll('`', '').trim());
    return { text, request, status: Number(status) };
  });

/** What a path inserts is called otherwise in the two releases. */
const shape = (text: string): string => text.replace(/\{[^{}]*\}/g, '{}').replace(/^\{\}/, '');

describe('release 0.0.24 of the plugin with a new service and two clusters', () => {
  const estate = createEstate({ vms: 12, clusters: 2, seed: 6 });
  let world: PluginWorld;
  beforeAll(async () => {
    world = await openPluginWorld(estate, olderPlugin);
  });
  afterAll(() => world.close());

  it('is what runs in NetBox', async () => {
    const { body } = await world.netbox.get('/api/status/');

    expect(body.plugins).toMatchObject({ netbox_proxbox: '0.0.24' });
  });

  it('pushes its endpoints when they are saved, without an approval', async () => {
    const rows: { name: string }[] = await world.ask('/proxmox/endpoints');
    const review = await world.netbox.get(`${path.endpoints}${world.endpointIds[0]}/connection-authority/`);

    expect(review.status).toBe(404);
    expect(await world.ask('/netbox/endpoint')).toEqual([
      expect.objectContaining({ domain: 'localhost', token_version: 'v2', verify_ssl: false }),
    ]);
    expect(rows.map(({ name }) => name).sort()).toEqual(
      estate.clusters.map(({ name }, index) => `${name} (nb:${world.endpointIds[index]})`).sort(),
    );
  });

  it('syncs everything: NetBox holds the estate, and nothing that it asked was refused', async () => {
    world.requests();
    const job = await world.sync(['all']);

    expectCompleted(job);
    expectStages(job, fullSyncStages, world.endpointIds);
    expect(world.problems()).toEqual([]);
    await expectEstate(world);
    await expectIdentities(world, runIdOf(job));
    await expectLinkedRows(world);
    const asked = new Set(world.requests());
    expect([...asked].filter((line) => !/^20[01] /.test(line))).toEqual([]);
    expect(asked).toContain('200 GET /virtualization/virtual-machines/create/stream');
  });

  it('has with it all that hangs on machines and nodes', () => expectInventory(world));

  it('syncs everything again: the service writes nothing', async () => {
    let job: PluginJob | undefined;
    const { writes, changes } = await watchNetBox(async () => {
      job = await world.sync(['all']);
    });

    expectCompleted(job!);
    expect(writes.filter(({ path: at }) => at !== '/api/plugins/proxbox/sync/schedule/')).toEqual([]);
    expect(changes).toBe(0);
    expect(world.problems()).toEqual([]);
  });

  it('"Sync now" of a virtual machine syncs that one', async () => {
    const [cluster] = estate.clusters;
    const guest = [...cluster!.guests.values()].find(({ status, template }) => status === 'running' && !template)!;
    const before = await machineOf(world, cluster!, guest.vmid);
    setStatus(cluster!, guest.vmid, 'stopped');

    const job = await world.worker.click(`/virtualization/virtual-machines/${before.id}/proxbox-sync-now/`);

    expectCompleted(job);
    expect(before.status.value).toBe('active');
    expect((await machineOf(world, cluster!, guest.vmid)).status.value).toBe('offline');
  });

  it('keeps its own rows: templates of Proxmox, one row for each cluster and node', async () => {
    const templates = estate.clusters.flatMap(({ guests }) => [...guests.values()].filter(({ template }) => template));
    const rows = await allOf(world.netbox, '/api/plugins/proxbox/vm-templates/');

    expect(templates).not.toEqual([]);
    expect(rows.map(({ vmid }) => vmid).sort()).toEqual(templates.map(({ vmid }) => vmid).sort());
  });

  it('can ask what the newest release can ask, and what the table adds to that', async () => {
    const source = await searchPlugin(variable(olderPlugin.python));
    const newest = new Set(facts.paths.map(({ text }) => shape(text)));
    const own = new Set(source.paths.map(({ text }) => shape(text)).filter((text) => !newest.has(text)));

    expect(source.paths.length).toBeGreaterThan(100);
    expect([...own].sort()).toEqual(onlyOlder.map(({ text }) => shape(text)).sort());
  });

  it.each(onlyOlder.filter(({ status }) => status > 0))('is answered $request as the table says', async (row) => {
    const [method, at = ''] = row.request.split(' ');
    const [job] = estate.clusters[0]!.backupJobs;

    const { status } = await world.request(at.replace('<job>', String(job!['id'])));

    expect([method, status]).toEqual(['GET', row.status]);
  });
});
