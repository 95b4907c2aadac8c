/** Making a schema over HTTP, from the viewer of a simulated node over TLS. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { exampleEstate } from '../../simulator/estate/index.js';
import { aLab, exampleOn, type Json, type Lab } from './proxmox-lab.js';

const viewerPath = '/pve-docs/api-viewer/apidoc.js';

async function generate({ app, headers }: Lab, query = ''): Promise<{ readonly status: number; readonly body: Json }> {
  const answer = await app.inject({ method: 'POST', url: `/proxmox/viewer/generate${query}`, headers });
  return { status: answer.statusCode, body: answer.json() };
}

const folderOf = (lab: Lab): string => path.join(lab.folder, 'schemas');
const viewerReads = ({ simulators }: Lab): readonly string[] =>
  simulators.flatMap(({ requestLog }) => requestLog.map(({ path: at }) => at).filter((at) => at.includes('pve-docs')));

describe('POST /proxmox/viewer/generate', () => {
  it.each(['8.4', '9.1', '9.2'] as const)(
    'makes the schema of an endpoint that runs %s, and serves it',
    async (profile) => {
      const lab = await aLab({ estate: exampleOn(profile) });

      const { status, body } = await generate(lab, '?name=lab');
      const status2 = await lab.read('/proxmox/viewer/schema-status');
      const read = await lab.app.inject({ url: '/proxmox/api2/version', headers: lab.headers });

      const file = path.join(folderOf(lab), profile, 'openapi.json');
      const document: Json = JSON.parse(readFileSync(file, 'utf8'));
      expect(status).toBe(200);
      expect(body).toEqual({
        message: 'The schema was generated and is served.',
        source_url: `https://127.0.0.1:${lab.simulators[0]!.port}${viewerPath}`,
        version_tag: profile,
        generated_at: expect.stringMatching(/^2026-01-01T/),
        endpoint_count: Object.keys(document.paths).length,
        operation_count: document.info['x-proxmox'].operation_count,
        output_dir: path.dirname(file),
        retry: { retry_count: 2, retry_backoff: 0.35 },
      });
      expect(status2.body).toMatchObject({
        available_versions: [profile],
        generation_tasks: { [profile]: { status: 'completed', message: null } },
      });
      expect(read.headers['x-proxbox-schema']).toBe(profile);
    },
  );

  it('reads without storing when that is asked for', async () => {
    const lab = await aLab();

    const { status, body } = await generate(lab, '?proxmox_endpoint_ids=1&persist=false');

    expect([status, body.output_dir, body.operation_count > 50]).toEqual([200, null, true]);
    expect(existsSync(folderOf(lab))).toBe(false);
  });

  it.each([
    ['?name=lab&version_tag=../../etc', 400, /cannot be the name of a schema/],
    ['?name=lab&version_tag=8.1', 400, /runs Proxmox VE 9\.1, not 8\.1/],
    ['?name=lab&source_url=https%3A%2F%2Fexample.org%2F', 400, /not both/],
    ['?proxmox_endpoint_ids=1,2', 400, /Several Proxmox endpoints fit/],
    ['?proxmox_endpoint_ids=7', 400, /No enabled Proxmox endpoint fits/],
    ['?source_url=ftp%3A%2F%2Fexample.org%2F', 400, /no URL to read from/],
    ['?source_url=http%3A%2F%2F169.254.169.254%2Flatest', 400, /source_url is not read: .*reserved/],
    ['?source_url=http%3A%2F%2Flocalhost%3A1%2F', 400, /localhost is not allowed/],
    ['?source_url=http%3A%2F%2F2130706434%2F', 400, /reserved/],
    ['?retry_count=11', 422, /retry_count/],
    ['?retry_backoff=soon', 422, /retry_backoff/],
  ])('refuses %s with %i, and asks nobody for a viewer', async (query, expected, told) => {
    const { epochS, clusters } = exampleEstate();
    const two = { epochS, clusters: [exampleOn('9.1').clusters[0]!, clusters[0]!] };
    const lab = await aLab({ estate: two });

    const { status, body } = await generate(lab, query);

    expect([status, JSON.stringify(body)]).toEqual([expected, expect.stringMatching(told)]);
    expect(viewerReads(lab)).toEqual([]);
    expect(existsSync(folderOf(lab))).toBe(false);
  });

  it('tells what is wrong with the source, and leaves the old schema', async () => {
    const lab = await aLab();
    const { body: first } = await generate(lab, '?proxmox_endpoint_ids=1');
    const before = readFileSync(path.join(first.output_dir, 'openapi.json'), 'utf8');
    lab.simulators[0]!.faults.add({ match: { path: /pve-docs/ }, action: 'html' });

    const { status, body } = await generate(lab, '?proxmox_endpoint_ids=1');
    const state = await lab.read(`/proxmox/viewer/schema-status?version_tag=${first.version_tag}`);

    expect([status, body.reason]).toEqual([502, 'remote_protocol']);
    expect(body.detail).toMatch(/is a web page, not the apidoc\.js/);
    expect(state.body).toMatchObject({ schema_available: true, generation: { status: 'failed' } });
    expect(readFileSync(path.join(first.output_dir, 'openapi.json'), 'utf8')).toBe(before);
    expect(readdirSync(first.output_dir)).toEqual(['openapi.json']);
  });

  it('says when it cannot be served because another one is broken', async () => {
    const lab = await aLab();
    mkdirSync(path.join(folderOf(lab), 'other'), { recursive: true });
    writeFileSync(path.join(folderOf(lab), 'other', 'openapi.json'), '[]');

    const { status, body } = await generate(lab, '?proxmox_endpoint_ids=1');

    expect(status).toBe(200);
    expect(body.message).toMatch(/None is served before .*other\/openapi\.json has no "paths"/);
    expect((await lab.read('/proxmox/viewer/schema-status')).body.available_versions).toEqual([]);
  });

  it('reads from a URL of a registered host, whose certificate is checked', async () => {
    const lab = await aLab();
    const url = `https://127.0.0.1:${lab.simulators[0]!.port}${viewerPath}`;

    const { status, body } = await generate(lab, `?retry_count=0&source_url=${encodeURIComponent(url)}`);

    expect(status).toBe(502);
    expect(body.detail).toMatch(/certificate that was not accepted\. .*PROXBOX_CA_BUNDLE.*verify_ssl/);
  });

  it('makes one of a name at a time', async () => {
    const lab = await aLab();
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    const server = createServer((_request, response) => void held.then(() => response.writeHead(404).end()));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = encodeURIComponent(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    const asked = new Promise<void>((resolve) => server.once('request', () => resolve()));

    const first = generate(lab, `?version_tag=mine&retry_count=0&source_url=${url}`);
    await asked;
    const running = await lab.read('/proxmox/viewer/schema-status?version_tag=mine');
    const second = await generate(lab, `?version_tag=mine&source_url=${url}`);
    release();
    const ended = await first;
    server.close();

    expect(running.body.generation).toMatchObject({ status: 'running' });
    expect([second.status, second.body.detail]).toEqual([409, 'The schema "mine" is being generated already.']);
    expect([ended.status, ended.body.detail]).toEqual([502, expect.stringContaining('HTTP 404')]);
  });

  it('needs a key', async () => {
    const { app } = await aLab();

    expect((await app.inject({ method: 'POST', url: '/proxmox/viewer/generate' })).statusCode).toBe(401);
  });
});
