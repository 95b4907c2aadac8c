/** The service started with the variables of each file of docs/deploy: it is ready, has nothing to complain about, and the job of Kubernetes syncs. */
import { execFile, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterEach, describe, expect, it } from 'vitest';
import { freePort } from '../../demo/free-port.js';
import { startService, variablesFor } from '../../demo/service-process.js';
import { exampleEstate } from '../../simulator/estate/index.js';
import {
  deployments,
  kubernetesObject,
  podVariables,
  read,
  variablesOf,
  type Deployment,
} from '../../support/deploy-files.js';
import { eventually } from '../../support/eventually.js';
import { openWorld } from '../../support/world.js';

const script = path.resolve('src/cli/start.sh');
const cleanups: (() => void)[] = [];
afterEach(() => cleanups.splice(0).forEach((cleanup) => cleanup()));

/** Folders of a machine that has the deployment, below one that the test may write to; ports that are free. */
async function movedHere(deployment: Deployment, cgroup: string) {
  const folder = mkdtempSync(path.join(tmpdir(), 'proxbox-deployed-'));
  cleanups.push(() => rmSync(folder, { recursive: true, force: true }));
  const [port, metricsPort] = [await freePort(), await freePort()];
  const credentials = path.join(folder, 'credentials');
  const places: readonly (readonly [RegExp, string])[] = [
    [/^\/data|^\/var\/lib\/proxbox/, path.join(folder, 'data')],
    [/^%d|^\/etc\/proxbox(?=\/)/, credentials],
    [/^.*%n$/, cgroup],
    [/(?<=:)9100$/, String(metricsPort)],
    [/^0\.0\.0\.0/, '127.0.0.1'],
  ];
  const variables = Object.entries(variablesOf(deployment)).map(([name, value]) => [
    name,
    places.reduce((text, [pattern, place]) => text.replace(pattern, place), value),
  ]);
  for (const name of ['data', 'credentials']) mkdirSync(path.join(folder, name), { mode: 0o700 });
  writeFileSync(path.join(credentials, 'encryption-key'), 'an-encryption-key-for-the-tests-of-deployments', {
    mode: 0o400,
  });
  return {
    port,
    metricsPort,
    variables: { ...Object.fromEntries(variables), PORT: String(port) } as Record<string, string>,
  };
}

interface Line {
  readonly level: number;
  readonly msg: string;
}

function start(variables: Readonly<Record<string, string>>) {
  const nodes = `${path.dirname(process.execPath)}:${process.env['PATH'] ?? ''}`;
  const child = spawn(script, { env: { PATH: nodes, HOME: tmpdir(), MKCERT_CERT_DIR: tmpdir(), ...variables } });
  cleanups.push(() => child.kill('SIGKILL'));
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (text += String(chunk)));
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
  return { child, ended, text: () => text };
}

describe.each(deployments)('with the variables of %s the service', (deployment) => {
  it('is ready, complains of nothing, answers what is asked of it, and ends in order', async () => {
    const cgroup = mkdtempSync(path.join(tmpdir(), 'proxbox-cgroup-'));
    writeFileSync(path.join(cgroup, 'memory.max'), `${512 * 2 ** 20}\n`);
    const { port, metricsPort, variables } = await movedHere(deployment, cgroup);
    const { child, ended, text } = start({ CGROUP_FOLDER: cgroup, ...variables });
    const ask = (at: string, of = port) => fetch(`http://127.0.0.1:${of}${at}`);
    await eventually(async () => expect((await ask('/readyz')).status).toBe(200));

    const probes = Object.values(
      kubernetesObject('Deployment').spec.template.spec.containers[0] as Record<string, { httpGet?: { path: string } }>,
    ).flatMap(({ httpGet }) => httpGet?.path ?? []);
    const answers = await Promise.all(probes.map(async (at) => (await ask(at)).status));
    const metrics = variables['PROXBOX_METRICS_BIND'] === undefined ? undefined : await ask('/metrics', metricsPort);
    child.kill('SIGTERM');

    expect(await ended).toBe(0);
    expect(probes.sort()).toEqual(['/livez', '/livez', '/readyz']);
    expect(answers).toEqual([200, 200, 200]);
    expect(metrics?.status).toBe(deployment === 'kubernetes.yaml' ? 200 : undefined);
    const lines = text()
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Line);
    expect(lines.filter(({ level }) => level >= 40)).toEqual([]);
    // 512 MB, of which start.sh gives the heap three quarters.
    expect(lines.map(({ msg }) => msg)).toContainEqual(expect.stringContaining('heap limit 384 MB'));
  });
});

describe('the job of kubernetes-cronjob.yaml', () => {
  it('syncs, asking the service with its key, and ends with status 0', async () => {
    const world = await openWorld({ estate: exampleEstate() });
    const [{ command, env }] = kubernetesObject('CronJob').spec.jobTemplate.spec.template.spec.containers;
    const variables = podVariables(env);
    const [, ...args] = command as readonly string[];

    const { stdout } = await promisify(execFile)(process.execPath, args, {
      env: { ...variables, PROXBOX_URL: world.url, PROXBOX_API_KEY: world.apiKey },
    }).finally(() => world.close());

    expect(Object.keys(variables)).toEqual(['PROXBOX_URL', 'PROXBOX_API_KEY']);
    expect(stdout).toContain('Full update sync completed.');
    expect(
      world.netbox.requestLog.some(({ method, target }) => method === 'POST' && target.includes('virtual-machines')),
    ).toBe(true);
  });
});

describe('docs/deploy/README.md', () => {
  /** The first commands below a heading, or all that stand in the block with this text. */
  const commandsWith = (text: string): string =>
    Array.from(read('README.md').matchAll(/```sh\n([^`]+)```/g), ([, block]) => block!).find((block) =>
      block.includes(text),
    ) ?? `echo no commands with ${text}; exit 1`;

  it('registers the first key, and makes a further one for the job', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'proxbox-readme-'));
    cleanups.push(() => rmSync(folder, { recursive: true, force: true }));
    const service = await startService(variablesFor(folder));
    const steps = [commandsWith('/auth/register-key'), commandsWith('/auth/keys'), 'echo "$JOB_KEY"'].join('\n');
    const here = steps.replaceAll('http://127.0.0.1:8800', service.url).replaceAll(/^kubectl .*$/gm, '');

    const { stdout } = await promisify(execFile)('bash', ['-euc', here]).finally(() => service.stop());

    const [answer, key, jobKey, ...more] = stdout.trim().split(/\n|(?<=\})/);
    expect(JSON.parse(answer!)).toEqual({ detail: 'API key registered.' });
    expect(key).toMatch(/^[0-9a-f]{48}$/);
    expect(jobKey).toMatch(/^[\w-]{32,72}$/);
    expect(more).toEqual([]);
  });

  it('looks for what is missing, and syncs', async () => {
    const world = await openWorld({ estate: exampleEstate() });
    const steps = commandsWith('/full-update/stream').replaceAll('http://127.0.0.1:8800', world.url);

    const { stdout } = await promisify(execFile)('bash', ['-euc', steps], {
      env: { PATH: process.env['PATH'], KEY: world.apiKey },
    }).finally(() => world.close());

    expect(stdout).toMatch(/^\{"ok":true/);
    expect(stdout).toMatch(/event: complete\ndata: \{[^\n]*"ok":true/);
  });
});
