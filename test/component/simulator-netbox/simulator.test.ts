import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeCluster, start, vms, type Harness } from './harness.js';
import { defaultTokens } from '../../simulator/netbox/index.js';

const tags = 'extras/tags/';

describe('the NetBox simulator', () => {
  let netbox: Harness;
  afterEach(() => netbox.simulator.close());

  describe('as it is by default', () => {
    beforeEach(async () => {
      netbox = await start();
    });

    it('counts requests by route with ids left out, and writes apart', async () => {
      const { id } = await netbox.create(tags, { name: 'a', slug: 'a' });
      await netbox.call('PATCH', `${tags}${id}/`, { name: 'b' });
      await netbox.call('GET', `${tags}?limit=1`);

      expect(netbox.simulator.counters).toEqual({
        total: 3,
        writes: 2,
        mostAtOnce: 1,
        mostOfRoute: {
          'POST /api/extras/tags/': 1,
          'PATCH /api/extras/tags/{id}/': 1,
          'GET /api/extras/tags/': 1,
        },
        rounds: 3,
        byRoute: { 'POST /api/extras/tags/': 1, 'PATCH /api/extras/tags/{id}/': 1, 'GET /api/extras/tags/': 1 },
        ignoredBranchHeaders: 0,
      });
      netbox.simulator.resetCounters();
      expect(netbox.simulator.counters).toMatchObject({ total: 0, writes: 0, byRoute: {} });
    });

    it('logs requests with body and status', async () => {
      await netbox.call('POST', tags, { slug: 'a' });

      expect(netbox.simulator.requestLog).toMatchObject([
        { method: 'POST', target: '/api/extras/tags/', body: '{"slug":"a"}', status: 400 },
      ]);
    });

    it('writes a change log row for every change and none for equal content', async () => {
      const { id, last_updated } = await netbox.create(tags, { name: 'a', slug: 'a' });
      const same = await netbox.call('PATCH', `${tags}${id}/`, { name: 'a' });
      await netbox.call('DELETE', `${tags}${id}/`);

      expect(same.body.last_updated > last_updated).toBe(true);
      expect(netbox.simulator.changelogRows).toBe(2);
      expect((await netbox.call('GET', 'core/object-changes/?fields=action,changed_object_type')).body.results).toEqual(
        [
          { action: { value: 'delete', label: 'Deleted' }, changed_object_type: 'extras.tag' },
          { action: { value: 'create', label: 'Created' }, changed_object_type: 'extras.tag' },
        ],
      );
    });

    it('ignores a branch header and says how often', async () => {
      await netbox.call('POST', tags, { name: 'a', slug: 'a' }, { 'X-NetBox-Branch': 'abcd1234' });

      expect(netbox.simulator.state.objects(tags)).toHaveLength(1);
      expect(netbox.simulator.counters.ignoredBranchHeaders).toBe(1);
    });

    it('lets an operator change objects without a request, by the same rules', async () => {
      const tag = netbox.simulator.operator.create(tags, { name: 'a', slug: 'a' });
      netbox.simulator.operator.update(tags, tag.id, { color: '00ff00' });

      expect((await netbox.call('GET', `${tags}${tag.id}/`)).body).toMatchObject({ color: '00ff00' });
      expect(() => netbox.simulator.operator.create(tags, { name: 'a', slug: 'b' })).toThrow();
      netbox.simulator.operator.remove(tags, tag.id);
      expect(netbox.simulator.state.objects(tags)).toHaveLength(0);
      expect(netbox.simulator.counters.total).toBe(1);
    });

    it('refuses a token that is revoked or disabled while running', async () => {
      const [v1, v2] = netbox.simulator.tokens.all();
      const bearer = { authorization: `Bearer nbt_${defaultTokens.v2.key}.${defaultTokens.v2.secret}` };
      expect((await netbox.call('GET', tags, undefined, bearer)).status).toBe(200);
      netbox.simulator.tokens.revoke(v1!);
      v2!.enabled = false;

      expect((await netbox.call('GET', tags)).body).toEqual({ detail: 'Invalid v1 token' });
      expect((await netbox.call('GET', tags, undefined, bearer)).body).toEqual({ detail: 'Token disabled' });
    });

    it('never gives an id twice, not even after a rollback', async () => {
      const cluster = await makeCluster(netbox);
      await netbox.call('POST', vms, [
        { name: 'a', cluster },
        { name: 'A', cluster },
      ]);

      expect((await netbox.create(vms, { name: 'b', cluster })).id).toBe(2);
    });

    it('answers 412 with the current ETag when an object has moved on', async () => {
      const { id } = await netbox.create(tags, { name: 'a', slug: 'a' });
      const before = (await netbox.call('GET', `${tags}${id}/`)).headers.get('etag') ?? '';
      await netbox.call('PATCH', `${tags}${id}/`, { name: 'b' });
      const reply = await netbox.call('PATCH', `${tags}${id}/`, { name: 'c' }, { 'if-match': before });

      expect(reply.status).toBe(412);
      expect(reply.headers.get('etag')).toMatch(/^W\/".+\+00:00"$/);
      expect(reply.headers.get('etag')).not.toBe(before);
    });

    it('moves the site of virtual machines with the scope of their cluster, without a change log row', async () => {
      const cluster = await makeCluster(netbox);
      const machine = await netbox.create(vms, { name: 'a', cluster });
      const site = await netbox.create('dcim/sites/', { name: 'S', slug: 's' });
      const rows = netbox.simulator.changelogRows;
      await netbox.call('PATCH', `virtualization/clusters/${cluster}/`, { scope_type: 'dcim.site', scope_id: site.id });

      expect((await netbox.call('GET', `${vms}${machine.id}/`)).body.site).toMatchObject({ id: site.id });
      expect(netbox.simulator.changelogRows).toBe(rows + 1);
    });
  });

  it('keeps branches apart from main when the branching plugin is there', async () => {
    netbox = await start({ branching: true });
    const branch = { 'X-NetBox-Branch': 'abcd1234' };
    await netbox.create(tags, { name: 'main', slug: 'main' });
    await netbox.call('POST', tags, { name: 'branch', slug: 'branch' }, branch);

    expect(netbox.simulator.state.objects(tags).map((tag) => tag['slug'])).toEqual(['main']);
    expect((await netbox.call('GET', tags, undefined, branch)).body.count).toBe(2);
    expect((await netbox.call('GET', 'status/')).body.plugins).toHaveProperty('netbox_branching');
    expect((await netbox.call('GET', tags, undefined, { 'X-NetBox-Branch': 'nope' })).status).toBe(400);
  });

  it('has no plugin routes without the plugin', async () => {
    netbox = await start({ plugin: 'off' });

    expect((await netbox.call('GET', 'plugins/proxbox/settings/runtime/')).status).toBe(404);
    expect((await netbox.call('GET', 'plugins/proxbox/sync-state/virtual-machines/')).status).toBe(404);
    expect((await netbox.call('GET', 'status/')).body.plugins).toEqual({});
  });

  it('cuts pages to MAX_PAGE_SIZE and allows duplicate addresses when told to', async () => {
    netbox = await start({ maxPageSize: 2, globalUnique: false });
    for (let n = 0; n < 3; n += 1) await netbox.create('ipam/ip-addresses/', { address: '10.0.0.1/24' });
    const page = await netbox.call('GET', 'ipam/ip-addresses/?limit=1000&ordering=id');

    expect(page.body).toMatchObject({ count: 3, results: [{ id: 1 }, { id: 2 }] });
    expect(page.body.next).toBe(`${netbox.simulator.url}/api/ipam/ip-addresses/?limit=2&offset=2&ordering=id`);
  });
});
