import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { apiOf, path, type Api } from '../contract/netbox/target.js';
import { netbox, resetNetBox, startNetBox, stopNetBox, watchNetBox } from './harness.js';

describe('the NetBox of the tests', () => {
  let api: Api;
  beforeAll(async () => {
    api = apiOf(await resetNetBox());
  });
  afterAll(startNetBox);

  it('counts the requests it received and the changes they made', async () => {
    const seen = await watchNetBox(async () => {
      await api.create(path.sites, { name: 'watched', slug: 'watched' });
      await api.get(`${path.sites}?name=watched`);
    });

    expect(seen.changes).toBe(1);
    expect(seen.writes).toEqual([{ method: 'POST', path: path.sites, query: '' }]);
    expect(seen.requests).toContainEqual({ method: 'GET', path: path.sites, query: 'name=watched' });
  });

  it('sees nothing when nothing happens', async () => {
    expect(await watchNetBox(async () => undefined)).toEqual({ requests: [], writes: [], changes: 0 });
  });

  it('is empty after a reset', async () => {
    await api.create(path.sites, { name: 'gone', slug: 'gone' });
    await resetNetBox();

    expect((await api.get(path.sites)).body.count).toBe(0);
  });

  it('refuses connections while it is stopped and keeps its objects', async () => {
    await api.create(path.sites, { name: 'kept', slug: 'kept' });
    await stopNetBox();
    await expect(fetch(`${netbox().url}/api/status/`)).rejects.toThrow();
    await startNetBox();

    expect((await api.get(`${path.sites}?name=kept`)).body.count).toBe(1);
  });
});
