/** NetBox below a path of its host: every request and every link of its answers, and what is said where the path is wrong. */
import { afterEach, describe, expect, it } from 'vitest';
import { createEstate } from '../../simulator/estate/index.js';
import { openWorld, type World } from '../../support/world.js';

const worlds: World[] = [];
afterEach(async () => {
  for (const world of worlds.splice(0)) await world.close();
});

/** Pages of five rows, so that `next` is read; lists are read in full, whatever the change log says. */
async function aWorld(basePath: string): Promise<World> {
  const estate = createEstate({ vms: 12, clusters: 2, nodesPerCluster: 2, seed: 3 });
  const variables = {
    PROXBOX_FULL_READ_HOURS: '0',
    PROXBOX_BULK_BATCH_DELAY_MS: '0',
    PROXBOX_BACKUP_BATCH_DELAY_MS: '0',
  };
  const world = await openWorld({ estate, variables, netbox: { basePath, maxPageSize: 5 } });
  worlds.push(world);
  return world;
}

async function cost({ netbox }: World, work: () => Promise<unknown>) {
  netbox.resetCounters();
  const before = netbox.changelogRows;
  await work();
  const { total, writes } = netbox.counters;
  return { total, writes, changes: netbox.changelogRows - before };
}

const targetsOf = ({ netbox }: World): readonly string[] => netbox.requestLog.map(({ target }) => target);

describe('a NetBox below a path', () => {
  it('is synced with the requests that one at the root takes, and the second run writes nothing', async () => {
    const [below, root] = [await aWorld('/a/netbox'), await aWorld('')];
    const run = (world: World) => async () => {
      const { complete } = await world.fullUpdate();
      expect(complete).toMatchObject({ ok: true });
    };

    const first = [await cost(below, run(below)), await cost(root, run(root))];
    const second = [await cost(below, run(below)), await cost(root, run(root))];

    expect(first[0]).toEqual(first[1]);
    expect(first[0]!.changes).toBeGreaterThan(100);
    expect(second[0]).toEqual(second[1]);
    expect(second[0]).toMatchObject({ writes: 0, changes: 0 });
    expect(targetsOf(below).length).toBeGreaterThan(50);
    expect(targetsOf(below).filter((target) => !target.startsWith('/a/netbox/api/'))).toEqual([]);
    expect(targetsOf(below).some((target) => /[?&](offset|start)=[1-9]/.test(target))).toBe(true);
  });

  it('is linked to as it calls itself, and answers its status, the probe and the settings', async () => {
    const world = await aWorld('/netbox');
    const { complete } = await world.fullUpdate();
    const id = (complete as unknown as { result: { run_id: string } }).result.run_id;

    const { body: page } = await world.ask('GET', `/runs/${id}/items?outcome=created&kind=virtual-machine`);
    const { body: probe } = await world.ask('GET', '/netbox/endpoint/1/probe');
    const { body: settings } = await world.ask('GET', '/proxbox/settings');
    const { status } = await world.ask('GET', '/netbox/status');

    expect(page.items.length).toBeGreaterThan(0);
    for (const { netbox_url: link } of page.items)
      expect(link).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/netbox\/virtualization\/virtual-machines\/\d+\/$/);
    expect(probe).toMatchObject({ reachable: true });
    expect(JSON.stringify(settings)).toContain('"fresh"');
    expect(status).toBe(200);
  });

  it('that is looked for elsewhere says where, and is found again at once when the path is set', async () => {
    const world = await aWorld('/netbox');
    const put = (base_path: string | null) => world.ask('PUT', '/netbox/endpoint/1', { base_path });

    expect((await put(null)).body).toMatchObject({ base_path: null });
    const lost = await world.ask('GET', '/netbox/endpoint/1/probe');
    expect((await put('netbox/')).body).toMatchObject({ base_path: '/netbox' });
    const found = await world.ask('GET', '/netbox/endpoint/1/probe');

    expect(lost.body).toMatchObject({ reachable: false, error: expect.stringMatching(/404.*base_path/) });
    expect(found.body).toMatchObject({ reachable: true });
  });

  it('keeps its path in a change that does not name it', async () => {
    const world = await aWorld('/netbox');

    expect((await world.ask('PUT', '/netbox/endpoint/1', { name: 'renamed' })).body).toMatchObject({
      name: 'renamed',
      base_path: '/netbox',
    });
    expect((await world.ask('GET', '/netbox/endpoint')).body).toMatchObject([{ base_path: '/netbox' }]);
  });
});
