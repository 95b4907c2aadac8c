import { beforeAll, describe, expect, it } from 'vitest';
import { apiOf, path, type Api, type NetBoxTarget } from './target.js';

const NO_PERMISSION = 'You do not have permission to perform this action.';

export function describeAuthentication(getTarget: () => Promise<NetBoxTarget>): void {
  describe('authentication', () => {
    let target: NetBoxTarget;
    let api: Api;
    beforeAll(async () => {
      target = await getTarget();
      api = apiOf(target);
    });
    const readAs = (authorization: string | null) => api.send('GET', `${path.vms}?limit=1`, { authorization });

    it('accepts a v1 token after either word', async () => {
      for (const word of ['Token', 'Bearer'])
        expect(await readAs(`${word} ${target.tokens.v1}`)).toMatchObject({ status: 200 });
    });

    it('accepts a v2 token after either word', async () => {
      const token = `nbt_${target.tokens.v2Key}.${target.tokens.v2}`;
      for (const word of ['Token', 'Bearer']) expect(await readAs(`${word} ${token}`)).toMatchObject({ status: 200 });
    });

    it.each([
      ['no token', () => null, 'Authentication credentials were not provided.'],
      ['another scheme', () => 'Basic eDp5', 'Authentication credentials were not provided.'],
      ['an unknown v1 token', () => `Token ${'0'.repeat(40)}`, 'Invalid v1 token'],
      ['an unknown v2 key', () => `Bearer nbt_AAAAAAAAAAAA.${'0'.repeat(40)}`, 'Invalid v2 token'],
      ['a wrong v2 secret', () => `Bearer nbt_${target.tokens.v2Key}.${'0'.repeat(40)}`, 'Invalid v2 token'],
      ['a disabled token', () => `Token ${target.tokens.disabled}`, 'Token disabled'],
      ['an expired token', () => `Token ${target.tokens.expired}`, 'Token expired'],
      [
        'a token bound to other addresses',
        () => `Token ${target.tokens.foreignAddress}`,
        'Source IP 127.0.0.1 is not permitted to authenticate using this token.',
      ],
    ])('answers 403 to %s', async (_, authorization, detail) => {
      expect(await readAs(authorization())).toMatchObject({ status: 403, body: { detail } });
    });

    it('lets a read-only token read and refuses its writes', async () => {
      const authorization = `Token ${target.tokens.readOnly}`;
      const write = await api.send('POST', path.tags, { authorization, body: { name: 'x', slug: 'x' } });

      expect(await readAs(authorization)).toMatchObject({ status: 200 });
      expect(write).toMatchObject({ status: 403, body: { detail: NO_PERMISSION } });
    });

    it('tells its version and plugins on the status page', async () => {
      const status = await api.get('/api/status/');

      expect(status).toMatchObject({
        status: 200,
        body: { 'netbox-version': '4.7.3', plugins: { netbox_proxbox: '0.0.29.post6' } },
      });
      expect(status.headers).toMatchObject({
        'api-version': '4.7',
        'x-request-id': expect.stringMatching(/^[0-9a-f-]{36}$/),
      });
    });

    it('keeps the status page from strangers', async () => {
      expect(await api.send('GET', '/api/status/', { authorization: null })).toMatchObject({ status: 403 });
    });

    it('answers who a token belongs to', async () => {
      expect(await api.get('/api/authentication-check/')).toMatchObject({
        status: 200,
        body: { is_active: true, username: expect.any(String) },
      });
    });

    it('answers 404 with a page to an unknown path and with JSON to an unknown object', async () => {
      const page = await api.get('/api/plugins/no-such-plugin/');
      const object = await api.get(`${path.sites}99999/`);

      expect(page.status).toBe(404);
      expect(page.headers['content-type']).toContain('text/html');
      expect(object).toMatchObject({ status: 404, body: { detail: 'No Site matches the given query.' } });
    });

    it('redirects a GET without the last slash, and does not know a POST without it', async () => {
      const read = await api.get('/api/dcim/sites');
      const write = await api.post('/api/dcim/sites', { name: 'x', slug: 'x' });

      expect(read).toMatchObject({ status: 301, headers: { location: '/api/dcim/sites/' } });
      expect(write.status).toBe(404);
    });
  });
}
