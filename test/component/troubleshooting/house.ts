/** Where the mistakes are made: real processes and commands, the application, and one world with NetBox and a cluster. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { freePort } from '../../demo/free-port.js';
import { createEstate } from '../../simulator/estate/index.js';
import { makeCertificates, type TestCertificates } from '../../support/certificates.js';
import { openWorld, type World } from '../../support/world.js';

export type Variables = Readonly<Record<string, string>>;

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface House {
  readonly world: World;
  readonly certificates: TestCertificates;
  /** A folder of its own; shown as `/data`. */
  readonly folder: () => string;
  /** A file in a folder of its own, readable for its owner. */
  readonly file: (name: string, content: string, mode?: number) => string;
  /**
   * Starts `dist/main.js`, which is ended as soon as it has said all that it says at a start. `isPowerless`: root may write
   * everywhere, and this one may not.
   */
  readonly start: (variables: Variables, options?: { readonly isPowerless?: boolean }) => Promise<Ended>;
  /** `proxbox-api`, with the variables of the world's service. */
  readonly command: (words: readonly string[], variables?: Variables) => Promise<Ended>;
  /** From now on this is shown as that. */
  readonly show: (real: string | number, shown: string) => void;
  /** Ports, folders and ids as they stand on the page. */
  readonly steady: (sentence: string) => string;
  readonly close: () => Promise<void>;
}

export const strongKey = 'pXN0v7yqkq3cZ1m8Jw5rT2uH6bLdYfEa';
const withoutPowers = ['setpriv', '--bounding-set=-all', '--inh-caps=-all'];
const uuid = /\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/g;
/** The last line of a start. */
const lastLine = '"msg":"memory:';

async function ended(command: string, words: readonly string[], options: Parameters<typeof spawn>[2]): Promise<Ended> {
  const child = spawn(command, words, { ...options, stdio: 'pipe' });
  const exited = once(child, 'exit');
  let said = '';
  child.stdout.on('data', (chunk) => {
    said += String(chunk);
    if (said.includes(lastLine)) child.kill('SIGTERM');
  });
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  const [code] = (await exited) as [number | null];
  return { code, stdout, stderr };
}

export async function openHouse(): Promise<House> {
  const world = await openWorld({
    estate: createEstate({ vms: 4, clusters: 1, seed: 5 }),
    variables: { PROXBOX_DELETE_ORPHANS: 'true' },
  });
  const certificates = makeCertificates();
  const folders: string[] = [];
  const shown = new Map<string, string>();
  const show: House['show'] = (real, as) => void shown.set(String(real), as);
  const portOf = (url: string): string => new URL(url).port;
  show(`127.0.0.1:${portOf(world.url)}`, '192.0.2.5:8000');
  show(portOf(world.url), '8000');
  show(`127.0.0.1:${portOf(world.netbox.url)}`, '192.0.2.20:8001');
  show(portOf(world.netbox.url), '8001');
  show(`127.0.0.1:${world.proxmox[0]!.port}`, '192.0.2.10:8006');
  show(`localhost:${world.proxmox[0]!.port}`, 'pve.example.com:8006');
  show(world.proxmox[0]!.port, '8006');
  show(path.dirname(world.variables['PROXBOX_DATABASE_PATH']!), '/data');

  const folder = (): string => {
    const made = mkdtempSync(path.join(tmpdir(), 'proxbox-mistake-'));
    chmodSync(made, 0o755);
    folders.push(made);
    show(made, '/data');
    return made;
  };
  return {
    world,
    certificates,
    folder,
    show,
    file(name, content, mode = 0o600) {
      const file = path.join(folder(), name);
      writeFileSync(file, content);
      chmodSync(file, mode);
      return file;
    },
    async start(variables, { isPowerless = false } = {}) {
      const own = folder();
      const env = {
        PATH: process.env['PATH'],
        HOME: own,
        PORT: String(await freePort()),
        PROXBOX_BIND_HOST: '127.0.0.1',
        PROXBOX_DATABASE_PATH: path.join(own, 'database.db'),
        PROXBOX_ENCRYPTION_KEY: strongKey,
        ...variables,
      };
      const main = path.resolve('dist/main.js');
      const words = isPowerless && process.getuid?.() === 0 ? [...withoutPowers, process.execPath] : [process.execPath];
      return ended(words[0]!, [...words.slice(1), main], { cwd: own, env });
    },
    command: (words, variables = {}) =>
      ended(process.execPath, ['dist/cli/proxbox-api.js', ...words], {
        env: { ...process.env, ...world.variables, ...variables },
      }),
    steady(sentence) {
      // It has another port after it was stopped for a while.
      show(`127.0.0.1:${portOf(world.url)}`, '192.0.2.5:8000');
      const longestFirst = [...shown].sort(([one], [other]) => other.length - one.length);
      const known = longestFirst.reduce((said, [real, as]) => said.replaceAll(real, as), sentence);
      return known.replaceAll(uuid, '<id>').replaceAll(/\s+/g, ' ').trim();
    },
    async close() {
      await world.close();
      for (const made of folders) rmSync(made, { recursive: true, force: true });
    },
  };
}
