/** The commands of README as they are printed, with other ports: they have to work for whoever copies them. */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { afterEach, describe, expect, it } from 'vitest';
import { startService, variablesFor } from '../../demo/service-process.js';
import { freePort } from '../../demo/free-port.js';

const readme = readFileSync(path.resolve('README.md'), 'utf8');
const blockWith = (text: string): string =>
  Array.from(readme.matchAll(/```sh\n([^`]+)```/g), ([, block]) => block!).find((block) => block.includes(text)) ??
  `echo no commands with ${text}; exit 1`;

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** Two neighbours that are free. */
async function neighbours(): Promise<readonly [number, number]> {
  const wanted = new Set<number>();
  for (;;) {
    const port = await freePort();
    if (port < 65_000 && wanted.has(port + 1)) return [port, port + 1];
    if (wanted.has(port - 1)) return [port - 1, port];
    wanted.add(port);
  }
}

/** As `npm run simulator` starts it, without building it anew. */
async function startSimulator(options: string): Promise<void> {
  const child = spawn(process.execPath, ['build/test/demo/simulator.js', ...options.split(' ')], { stdio: 'pipe' });
  const exited = once(child, 'exit');
  cleanups.push(() => {
    child.kill('SIGTERM');
    return exited;
  });
  await once(createInterface({ input: child.stdout }), 'line');
}

describe('README.md', () => {
  it('has the simulators and the calls by which they are registered and synced', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'proxbox-readme-'));
    cleanups.push(() => rmSync(folder, { recursive: true, force: true }));
    const [netbox, proxmox] = await neighbours();
    const [, options = ''] = /^npm run simulator -- (.+?) +#/m.exec(blockWith('npm run simulator -- ')) ?? [];
    const here = (text: string) => text.replaceAll('9000', String(netbox)).replaceAll('9001', String(proxmox));
    await startSimulator(here(options));
    const service = await startService(variablesFor(folder));
    cleanups.push(() => service.stop());

    const steps = here(blockWith('/full-update/stream')).replace('http://127.0.0.1:8000', service.url);
    const { stdout } = await promisify(execFile)('bash', ['-euc', steps], { maxBuffer: 2 ** 26 });

    expect(stdout).toMatch(/event: complete\ndata: \{"ok":true/);
    const machines = await fetch(`http://127.0.0.1:${netbox}/api/virtualization/virtual-machines/?limit=1`, {
      headers: { authorization: 'Token 5151515151515151515151515151515151515151' },
    });
    expect(await machines.json()).toMatchObject({ count: 20 });
  });
});
