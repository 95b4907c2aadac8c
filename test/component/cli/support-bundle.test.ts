/** `proxbox-api support-bundle`, against a running service and without one. */
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { unpackTar } from 'modern-tar';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createEstate } from '../../simulator/estate/index.js';
import { openWorld, type World } from '../../support/world.js';

const run = promisify(execFile);

describe('proxbox-api support-bundle', () => {
  const estate = createEstate({ vms: 6, clusters: 1, seed: 4, profile: ['9.2'] });
  const names = [...estate.clusters[0]!.guests.values()].map(({ name }) => name);
  let world: World;
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'proxbox-bundle-'));
    world = await openWorld({ estate, netbox: {}, proxmox: { acl: 'no-agent' } });
    await world.stream('/full-update/stream');
    world.netbox.faults.add({ match: { path: /virtual-machines/, method: 'POST' }, action: { status: 500 } });
  });
  afterAll(async () => {
    await world.close();
    await rm(folder, { recursive: true, force: true });
  });

  async function bundled(
    file: string,
    variables: Readonly<Record<string, string>> = {},
    ...options: readonly string[]
  ): Promise<ReadonlyMap<string, string>> {
    const target = join(folder, file);
    const env = { ...process.env, PROXBOX_URL: world.url, PROXBOX_API_KEY: world.apiKey, ...variables };
    await run('node', ['dist/cli/proxbox-api.js', 'support-bundle', target, ...options], { env });
    const entries = await unpackTar(gunzipSync(await readFile(target)));
    return new Map(entries.map(({ header, data }) => [header.name, Buffer.from(data ?? []).toString()]));
  }

  it('has what somebody needs who was not there, without secrets and names', async () => {
    const files = await bundled('one.tar.gz');

    const [id] = (await world.ask('GET', '/runs')).body.runs.map((one: { id: string }) => one.id);
    expect([...files.keys()].map((name) => name.replace('proxbox-support/', ''))).toEqual([
      'README.txt',
      'versions.json',
      'settings.json',
      'endpoints-netbox.json',
      'endpoints-proxmox.json',
      'readiness.json',
      'doctor-netbox.txt',
      'doctor-proxmox.txt',
      'log.json',
      'metrics.txt',
      'runs.json',
      `runs/${id}.json`,
    ]);
    const all = [...files.values()].join('\n');
    for (const name of names) expect(all).not.toMatch(new RegExp(`(?<![\\w-])${name}(?![\\w-])`, 'i'));
    for (const secret of [world.apiKey, ...world.netbox.tokens.all().map((token) => token.secret)])
      expect(all).not.toContain(secret);
    const told = JSON.parse(files.get(`proxbox-support/runs/${id}.json`)!);
    expect(told.run).toMatchObject({ id, kind: 'full-update' });
    expect(files.get('proxbox-support/doctor-proxmox.txt')).toContain('privileges_missing');
  });

  it('has the names where they are asked for', async () => {
    const files = await bundled('names.tar.gz', {}, '--names');

    const all = [...files.values()].join('\n');
    expect(names.filter((name) => all.includes(name))).not.toEqual([]);
  });

  it('writes nothing over', async () => {
    const target = join(folder, 'mine.tar.gz');
    await writeFile(target, 'mine');

    await expect(bundled('mine.tar.gz')).rejects.toMatchObject({ code: 1, stderr: expect.stringContaining('EEXIST') });
    expect(await readFile(target, 'utf8')).toBe('mine');
  });

  it('says in the place of each file why it could not be had', async () => {
    const server = createServer((_, response) => {
      response.writeHead(500, { 'content-type': 'application/json' }).end('{"message":"It is out of order."}');
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    try {
      const { port } = server.address() as AddressInfo;
      const files = await bundled('broken.tar.gz', { PROXBOX_URL: `http://127.0.0.1:${port}` });

      const errors = [...files].filter(([name]) => name.endsWith('.error.txt'));
      expect(errors.map(([name]) => name)).toContain('proxbox-support/doctor-netbox.txt.error.txt');
      expect(new Set(errors.map(([, text]) => text))).toEqual(new Set(['It could not be had: It is out of order.\n']));
      expect(errors).toHaveLength(files.size - 2);
    } finally {
      server.close();
    }
  });

  it('needs a service or a database to tell of', async () => {
    const env = { ...process.env, PROXBOX_DATABASE_PATH: join(folder, 'none.db') };

    await expect(
      run('node', ['dist/cli/proxbox-api.js', 'support-bundle'], { cwd: process.cwd(), env }),
    ).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringContaining('PROXBOX_DATABASE_PATH'),
    });
  });
});
