/** The real command, as a process, over TLS against the simulated node. */
import { spawn } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { generateSchema } from '../../../src/cli/schema-generate.js';
import { parseEnv } from '../../../src/config/env.js';
import { exampleEstate } from '../../simulator/estate/index.js';
import { createProxmoxSimulator, type ProxmoxSimulator } from '../../simulator/proxmox/index.js';
import { aLab, exampleOn } from '../http/proxmox-lab.js';
import { turns } from '../../support/eventually.js';
import { startScriptedServer } from '../../support/scripted-server.js';

const command = new URL('../../../dist/cli/proxbox-schema.js', import.meta.url).pathname;
const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

function folder(): string {
  const made = mkdtempSync(path.join(tmpdir(), 'proxbox-schema-'));
  cleanups.push(() => rmSync(made, { recursive: true, force: true }));
  return made;
}

async function aNode(options: Partial<Parameters<typeof createProxmoxSimulator>[0]> = {}): Promise<ProxmoxSimulator> {
  const [cluster] = exampleEstate().clusters;
  const node = createProxmoxSimulator({ cluster: cluster!, ...options });
  await node.listen();
  cleanups.push(() => node.close());
  return node;
}

function start(dir: string, args: readonly string[], variables: Readonly<Record<string, string>> = {}) {
  const child = spawn(process.execPath, [command, ...args], {
    env: { PATH: process.env['PATH'], HOME: dir, PROXBOX_GENERATED_DIR: path.join(dir, 'schemas'), ...variables },
  });
  cleanups.push(() => child.kill('SIGKILL'));
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk) => (stdout += String(chunk)));
  child.stderr.on('data', (chunk) => (stderr += String(chunk)));
  const ended = new Promise<{ code: number | null; stdout: string; stderr: string }>((resolve) =>
    child.on('close', (code) => resolve({ code, stdout, stderr })),
  );
  return { child, ended };
}

const run = (dir: string, ...args: readonly string[]) => start(dir, args).ended;
const documentPath = (dir: string, tag: string): string => path.join(dir, 'schemas', tag, 'openapi.json');
const documentIn = (dir: string, tag: string) => JSON.parse(readFileSync(documentPath(dir, tag), 'utf8'));

describe('proxbox-schema generate', () => {
  it('reads the viewer of a node over TLS without logging in, and stores it under the release', async () => {
    const [dir, node] = [folder(), await aNode()];

    const { code, stdout, stderr } = await run(
      dir,
      'generate',
      '9.1',
      '--node',
      `127.0.0.1:${node.port}`,
      '--insecure',
    );

    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: expect.stringMatching(/^9\.1: \d+ paths, \d+ operations in .*\n$/),
    });
    expect(stderr).toMatch(/^Reading https:.*\nReceived .*\nConverted \d+ paths.*\nWriting .*\n/);
    expect(documentIn(dir, '9.1').paths['/cluster/resources'].get.parameters).toMatchObject([
      { name: 'type', in: 'query', required: false, schema: { enum: ['vm', 'storage', 'node', 'sdn'] } },
    ]);
    expect(node.requestLog.map(({ path: asked, user }) => [asked, user])).toEqual([
      ['/pve-docs/api-viewer/apidoc.js', ''],
    ]);
  });

  it('verifies the certificate unless told otherwise, and trusts a given authority', async () => {
    const [dir, node] = [folder(), await aNode()];
    const ca = path.join(dir, 'ca.pem');
    writeFileSync(ca, node.certificate);
    const args = ['generate', '9.1', '--node', `127.0.0.1:${node.port}`] as const;

    const refused = await run(dir, ...args);
    const trusted = await run(dir, ...args, '--ca-file', ca);

    expect(refused.code).toBe(1);
    expect(refused.stderr).toMatch(/certificate that was not accepted.*--ca-file, or --insecure/);
    expect(trusted.code).toBe(0);
  });

  it.each([
    ['no viewer', { status: 501, reason: 'no such file' }, /answered HTTP 501 no such file: there is no API viewer/],
    ['a web page', 'html', /is a web page, not the apidoc\.js/],
    ['a redirect', { status: 302, reason: 'Found', body: '' }, /redirects to elsewhere, which is not followed/],
    ['a cut file', { status: 200, body: 'const apiSchema = [{"path": "/ver' }, /is cut off/],
    ['a broken transfer', 'truncate', /trying again\n.*did not send a whole answer/s],
    ['an overwhelmed node', { status: 503, reason: 'busy' }, /trying again\n(.*\n)?.*answered HTTP 503 busy/],
  ] as const)('fails with a clear line for %s and writes nothing', async (_name, action, expected) => {
    const [dir, node] = [folder(), await aNode()];
    node.faults.add({ match: { path: /apidoc/ }, action });

    const args = ['--node', `127.0.0.1:${node.port}`, '--insecure', '--retry-count', '1', '--retry-backoff', '0'];
    const { code, stdout, stderr } = await run(dir, 'generate', '9.1', ...args);

    expect(stderr).toMatch(expected);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(existsSync(documentPath(dir, '9.1'))).toBe(false);
  });

  it('tries again after a failure that passes', async () => {
    const [dir, node] = [folder(), await aNode()];
    node.faults.add({ match: { path: /apidoc/, times: 1 }, action: 'reset' });

    const { code, stderr } = await run(
      dir,
      'generate',
      '9.1',
      '--node',
      `127.0.0.1:${node.port}`,
      '--insecure',
      '--retry-backoff',
      '0',
    );

    expect(code).toBe(0);
    expect(stderr).toMatch(/broke the connection, trying again/);
  });

  it.each([
    [[], /Name the schema/],
    [['../../etc', '--file', 'x'], /cannot be the name of a schema/],
    [['cluster', '--file', 'x'], /cannot be the name of a schema/],
    [['9.1', '--file', '/nowhere/apidoc.js'], /cannot be read/],
    [['9.1', '--file', 'x', '--node', 'y'], /Give one of/],
    [['9.1', '--node', 'a b'], /not a host name/],
    [['9.1', '--source-url', 'ftp://x/y'], /no URL to read from/],
    [['9.1', '--source-url', 'https://user:secret@x/y'], /^"https:\/\/\.\.\.@x\/y" is no URL to read from/],
    [['9.1', '--retry-count', 'many'], /--retry-count must be a number/],
    [['9.1', '--nod', 'y'], /See proxbox-schema --help/],
    [['--from-endpoint', 'pve'], /There is no database/],
  ])('refuses %j', async (args, reason) => {
    const dir = folder();
    const { env } = parseEnv({ PROXBOX_GENERATED_DIR: dir, PROXBOX_DATABASE_PATH: path.join(dir, 'none.db') });

    await expect(generateSchema(args, env)).rejects.toThrow(reason);
    expect(readdirSync(dir)).toEqual([]);
  });

  it('ends with status 64 when it is used wrongly', async () => {
    expect(await run(folder(), 'generate')).toMatchObject({ code: 64, stdout: '' });
    expect(await run(folder(), 'frobnicate')).toMatchObject({
      code: 64,
      stderr: expect.stringMatching(/Unknown command/),
    });
  });

  it('leaves a schema that exists unless it is forced', async () => {
    const [dir, node] = [folder(), await aNode()];
    mkdirSync(path.dirname(documentPath(dir, 'latest')), { recursive: true });
    writeFileSync(documentPath(dir, 'latest'), '{"paths": {}}');
    const args = ['generate', 'latest', '--node', `127.0.0.1:${node.port}`, '--insecure'] as const;

    const left = await run(dir, ...args);
    const requests = node.counters.total;
    const forced = await run(dir, ...args, '--force', '--json');

    expect(left).toMatchObject({ code: 0, stderr: expect.stringMatching(/exists and was left as it is/) });
    expect(requests).toBe(0);
    expect(JSON.parse(forced.stdout)).toMatchObject({ version_tag: 'latest', written: true });
    expect(documentIn(dir, 'latest').paths).toHaveProperty('/version');
  });

  it('follows no redirect', async () => {
    const other = await aNode();
    const server = await startScriptedServer();
    server.script({ status: 302, headers: { location: `${other.url}/pve-docs/api-viewer/apidoc.js` } });
    cleanups.push(() => server.close());

    const { code, stderr } = await run(
      folder(),
      'generate',
      '9.1',
      '--source-url',
      `${server.origin}/apidoc.js`,
      '--insecure',
    );

    expect(code).toBe(1);
    expect(stderr).toContain(`redirects to ${other.url}`);
    expect(other.counters.total).toBe(0);
  });
});

describe('proxbox-schema generate --from-endpoint', () => {
  it('takes address, certificate rule and release from a stored endpoint', async () => {
    const lab = await aLab({ estate: exampleOn('9.1') });
    const dir = folder();
    const variables = {
      PROXBOX_DATABASE_PATH: path.join(lab.folder, 'database.db'),
      PROXBOX_ENCRYPTION_KEY: 'a-key-for-tests-of-enough-characters',
    };
    const from = (name: string, ...args: readonly string[]) =>
      start(dir, ['generate', ...args, '--from-endpoint', name], variables).ended;

    const made = await from('lab');
    const otherRelease = await from('lab', '8.4');
    const unknown = await from('nobody');
    const wrongKey = await start(dir, ['generate', '--from-endpoint', 'lab', '--force'], {
      ...variables,
      PROXBOX_ENCRYPTION_KEY: 'another',
    }).ended;

    expect(made).toMatchObject({ code: 0, stdout: expect.stringMatching(/^9\.1: /) });
    expect(otherRelease).toMatchObject({ code: 1, stderr: expect.stringContaining('runs Proxmox VE 9.1, not 8.4') });
    expect(unknown).toMatchObject({ code: 1, stderr: expect.stringContaining("Stored: 'lab'") });
    expect(wrongKey).toMatchObject({ code: 1, stderr: expect.stringMatching(/decrypt/i) });
    for (const { stdout, stderr } of [made, otherRelease, unknown, wrongKey]) {
      expect(stdout + stderr).not.toContain(lab.simulators[0]!.password);
    }
  });
});

describe('proxbox-schema generate, killed', () => {
  /** Large enough that writing it takes a while. */
  function largeViewer(file: string): void {
    const info = { GET: { name: 'x', description: 'd'.repeat(20_000), parameters: { properties: {} } } };
    const paths = [
      '/version',
      '/nodes',
      '/cluster',
      ...Array.from({ length: 600 }, (_, index) => `/cluster/x${index}`),
    ];
    writeFileSync(file, `const apiSchema = ${JSON.stringify(paths.map((where) => ({ path: where, info })))};`);
  }

  const temporaryIn = (dir: string): string | undefined =>
    readdirSync(path.join(dir, 'schemas', '9.1')).find((name) => name.endsWith('.tmp'));

  /** True when the process was killed with a part of the new document on disk. */
  async function killedInTheMiddle(dir: string): Promise<boolean> {
    const { child, ended } = start(dir, ['generate', '9.1', '--file', path.join(dir, 'apidoc.js'), '--force']);
    while (child.exitCode === null && temporaryIn(dir) === undefined) await turns(1);
    child.kill('SIGKILL');
    await ended;
    return temporaryIn(dir) !== undefined;
  }

  it('leaves the old schema whole, and the next one takes its place', async () => {
    const dir = folder();
    const old = '{"openapi": "3.1.0", "paths": {"/old": {}}}';
    mkdirSync(path.dirname(documentPath(dir, '9.1')), { recursive: true });
    largeViewer(path.join(dir, 'apidoc.js'));

    let wasInTheMiddle = false;
    for (let tries = 0; tries < 50 && !wasInTheMiddle; tries += 1) {
      writeFileSync(documentPath(dir, '9.1'), old);
      wasInTheMiddle = await killedInTheMiddle(dir);
    }
    const left = statSync(path.join(dir, 'schemas', '9.1', temporaryIn(dir)!)).size;
    const found = readFileSync(documentPath(dir, '9.1'), 'utf8');
    const { code } = await run(dir, 'generate', '9.1', '--file', path.join(dir, 'apidoc.js'), '--force');

    expect(wasInTheMiddle).toBe(true);
    expect(found).toBe(old);
    expect(code).toBe(0);
    expect(left).toBeLessThanOrEqual(statSync(documentPath(dir, '9.1')).size);
    expect(Object.keys(documentIn(dir, '9.1').paths)).toHaveLength(603);
  });
});

describe('proxbox-schema list and status', () => {
  it('show what there is, the newest release first, and what cannot be used', async () => {
    const [dir, node] = [folder(), await aNode()];
    const from = ['--node', `127.0.0.1:${node.port}`, '--insecure'] as const;
    expect(await run(dir, 'list')).toMatchObject({ code: 1, stdout: expect.stringMatching(/^No schema in/) });

    for (const tag of ['8.4', 'latest', '9.10', '9.2']) await run(dir, 'generate', tag, ...from);
    const fine = await run(dir, 'status');
    mkdirSync(path.join(dir, 'schemas', 'broken'));
    writeFileSync(documentPath(dir, 'broken'), '{"paths": ');

    const listed = JSON.parse((await run(dir, 'list', '--json')).stdout);
    const status = await run(dir, 'status', '--json');
    expect(fine.code).toBe(0);
    expect(listed.map((row: { version_tag: string }) => row.version_tag)).toEqual(['9.10', '9.2', '8.4', 'latest']);
    expect(status.code).toBe(1);
    expect(status.stderr).toMatch(/Cannot be used: .*broken\/openapi\.json is not valid JSON/);
    expect(JSON.parse(status.stdout).schemas[0]).toMatchObject({
      version_tag: '9.10',
      source: `${node.url}/pve-docs/api-viewer/apidoc.js`,
    });
    expect((await run(dir, 'status', '7.4')).stderr).toMatch(
      /no usable schema "7\.4".*There are: 9\.10, 9\.2, 8\.4, latest/,
    );
  });
});
