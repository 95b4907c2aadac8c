/** The files of the page of operators, as the service gives them out. */
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { anApp } from './app-fixture.js';

describe('the page', () => {
  it('names files that are there for ever under this name, loads nothing else, and is asked for anew itself', async () => {
    const { app } = await anApp();

    const page = await app.inject({ url: '/ui' });

    expect([page.statusCode, page.headers['content-type']]).toEqual([200, 'text/html; charset=utf-8']);
    expect(page.headers).toMatchObject({ 'cache-control': 'no-cache', 'referrer-policy': 'no-referrer' });
    const files = [...page.body.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, file]) => file!);
    expect(files).toHaveLength(3);
    for (const file of files) {
      expect(file).toMatch(/^\/ui\/[a-z]+-[0-9a-f]{12}\.(js|css|svg)$/);
      const asset = await app.inject({ url: file });
      expect({ file, status: asset.statusCode }).toEqual({ file, status: 200 });
      expect(asset.headers['cache-control']).toBe('public, max-age=31536000, immutable');
    }
  });

  it.each(['/admin', '/admin/', '/admin?next=1', '/admin/?next=1'])(
    'is found where the Python service has its own, at %s, without a key',
    async (url) => {
      const { app } = await anApp();

      const answer = await app.inject({ url });

      expect(answer.statusCode).toBe(302);
      // As a browser resolves it, also below a path of a proxy.
      const at = `http://netbox.example.com/proxbox${url}`;
      expect(new URL(String(answer.headers['location']), at).pathname).toBe('/proxbox/ui');
    },
  );

  it('allows no script or style but its own files, and no frame around it', async () => {
    const { app } = await anApp();

    const page = await app.inject({ url: '/ui' });

    const policy = String(page.headers['content-security-policy']);
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toMatch(/unsafe|https?:|\*|data:/);
    expect(page.body).not.toMatch(/<style|style=|<script(?![^>]* src=)| on\w+=/);
  });

  it('has a script of less than 150 kB as it is sent by a proxy that compresses', async () => {
    const { app } = await anApp();
    const { body } = await app.inject({ url: '/ui' });
    const [script] = /\/ui\/[^"]+\.js/.exec(body)!;

    const { rawPayload } = await app.inject({ url: script });

    expect(gzipSync(rawPayload).length).toBeLessThan(150_000);
    expect(rawPayload.length).toBeGreaterThan(10_000);
  });

  it('gives out no other file', async () => {
    const { app, headers } = await anApp();

    for (const file of [
      'index.html',
      'index.html.map',
      '../main.js',
      '..%2fmain.js',
      '%2e%2e%2fmain.js',
      'page.js',
      'x',
    ])
      expect((await app.inject({ url: `/ui/${file}`, headers })).statusCode).toBeOneOf([400, 404]);
  });
});
