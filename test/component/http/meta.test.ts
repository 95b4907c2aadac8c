import { describe, expect, it } from 'vitest';
import { anApp } from './app-fixture.js';

describe('identity and readiness', () => {
  it.each(['/', '/meta', '/meta/'])('answers %s without a key as the plugin discovers it', async (url) => {
    const { app } = await anApp({ withKey: false });

    const answer = await app.inject(url);

    expect(answer.statusCode).toBe(200);
    expect(answer.json()).toMatchObject({ proxbox: expect.any(Object), fastapi: expect.any(Object) });
    expect(answer.json().message).toMatch(/^Proxbox Backend/);
  });

  it('is ready before any NetBox endpoint exists, and says exactly two things', async () => {
    const { app } = await anApp({ withKey: false });

    expect((await app.inject('/health')).json()).toEqual({ status: 'ready', init_ok: true });
  });

  it('tells initializing with 200 while the database is not open', async () => {
    const { app } = await anApp({ withKey: false, change: () => ({ isReady: () => false }) });

    const answer = await app.inject('/health');

    expect(answer.statusCode).toBe(200);
    expect(answer.json()).toEqual({ status: 'initializing', init_ok: false });
  });

  it('answers HEAD of the public identity routes for load balancers', async () => {
    const { app } = await anApp({ withKey: false });

    expect((await app.inject({ method: 'HEAD', url: '/health' })).statusCode).toBe(200);
    expect((await app.inject({ method: 'HEAD', url: '/' })).body).toBe('');
  });

  it('reports a version that the plugin can parse and does not call too old', async () => {
    const { app, headers } = await anApp();

    const { version } = (await app.inject({ url: '/version', headers })).json();

    expect(version).toMatch(/^\d+\.\d+\.\d+(\.post\d+)?$/);
    const [major, minor, patch] = String(version).split('.').map(Number);
    expect(major! * 1_000_000 + minor! * 1000 + patch!).toBeGreaterThan(14);
  });
});
