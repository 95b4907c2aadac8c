/** NetBox's own API document, and whether a stored NetBox answers. */
import { expect, it } from 'vitest';
import { aVerbWorld } from './verb-world.js';

it('passes NetBox’s API document on', async () => {
  const world = await aVerbWorld();
  const document = { openapi: '3.0.3', paths: { '/api/dcim/sites/': {} } };
  world.netbox.faults.add({ match: { path: /^\/api\/schema\// }, action: { status: 200, body: document } });

  const { status, body } = await world.ask('GET', '/netbox/openapi');

  expect([status, body]).toEqual([200, document]);
  const asked = world.netbox.requestLog.filter(({ target }) => target.startsWith('/api/schema/'));
  expect(asked.map(({ method, target }) => [method, target])).toEqual([['GET', '/api/schema/?format=json']]);
});

it('says whether NetBox answers, with its version or why not', async () => {
  const world = await aVerbWorld();
  const good = await world.ask('GET', '/netbox/endpoint/1/probe');
  world.netbox.faults.add({
    match: { path: /^\/api\/status\// },
    action: { status: 403, body: { detail: 'Invalid token' } },
  });
  const bad = await world.ask('GET', '/netbox/endpoint/1/probe');
  const unknown = await world.ask('GET', '/netbox/endpoint/9/probe');

  expect([good.status, good.body]).toEqual([
    200,
    {
      reachable: true,
      status: 'reachable',
      api_version: expect.stringMatching(/^\d+\.\d+/),
      error_type: null,
      error: null,
      timeout_seconds: 10,
    },
  ]);
  expect(bad.body).toMatchObject({ reachable: false, status: 'error', api_version: null });
  expect(bad.body.error).toContain('Invalid token');
  expect(unknown.status).toBe(404);
});
