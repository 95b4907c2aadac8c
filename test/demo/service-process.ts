import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { freePort } from './free-port.js';

export interface ServiceProcess {
  readonly url: string;
  readonly pid: number;
  /** What its event loop has been through since the last look; only when it was started with the probe. */
  look(): Promise<LoopReport>;
  /** Ends the process gracefully. Answers its exit code; null when it had to be killed, or was. */
  stop(): Promise<number | null>;
}

/** See `test/support/loop-probe.mjs`. */
export interface LoopReport {
  /** The most processor time that its event loop was held without a look at what else is to be done. */
  readonly longestSliceMs: number;
  /** How many times that was more than 100 ms. */
  readonly longSlices: number;
  /** In use after a collection. */
  readonly heapMiB: number;
}

/** Another program that serves this API on a port of the loopback address. */
export type Program = (port: number) => Command;

interface Command {
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

export interface StartOptions {
  /** Instead of this service; the other options are then without effect. */
  readonly program?: Program;
  /** Arguments of Node. */
  readonly node?: readonly string[];
  /** Whether its event loop is looked at. */
  readonly probe?: boolean;
  /** Started as the image starts it (src/cli/start.sh) in a container with so much memory, in MB; `node` is then without effect. */
  readonly containerMb?: number;
}

/** npm and vitest work in the folder of the project. */
const main = path.resolve('dist/main.js');
const startScript = path.resolve('src/cli/start.sh');
const loopProbe = path.resolve('test/support/loop-probe.mjs');
/** Only a process that hangs takes so long to start or to end, on whatever machine. */
const startLimitMs = 120_000;
const stopLimitMs = 60_000;

/** Its own database and key, and no pauses between batches: for simulators, where there is nobody to be gentle with. */
export function variablesFor(folder: string): Readonly<Record<string, string>> {
  return {
    PROXBOX_DATABASE_PATH: path.join(folder, 'database.db'),
    PROXBOX_ENCRYPTION_KEY: randomBytes(32).toString('base64url'),
    PROXBOX_BULK_BATCH_DELAY_MS: '0',
    PROXBOX_BACKUP_BATCH_DELAY_MS: '0',
    PROXBOX_INTERFACE_BATCH_DELAY_MS: '0',
    PROXBOX_LOG_LEVEL: 'WARNING',
  };
}

/** Starts the real service (`dist/main.js`, or another program) on a loopback port and waits until `/health` says ready. */
export async function startService(
  variables: Readonly<Record<string, string>>,
  { node = [], probe = false, program, containerMb }: StartOptions = {},
): Promise<ServiceProcess> {
  const port = await freePort();
  const { command, args, env = {} } = program?.(port) ?? ownProgram(node, containerMb);
  const probing = probe ? { NODE_OPTIONS: `--import=${pathToFileURL(loopProbe).href}` } : {};
  const child = spawn(command, args, {
    env: { ...process.env, PORT: String(port), PROXBOX_BIND_HOST: '127.0.0.1', ...probing, ...env, ...variables },
    stdio: ['ignore', 'pipe', 'pipe', probe ? 'ipc' : 'ignore'],
  });
  child.once('exit', () => rmSync(env['CGROUP_FOLDER'] ?? '', { recursive: true, force: true }));
  const output: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      output.push(text);
      if (output.length > 200) output.shift();
    });
  }
  const url = `http://127.0.0.1:${port}`;
  await waitUntilReady(url, child, output);
  return { url, pid: child.pid ?? 0, look: () => look(child), stop: () => stop(child) };
}

function ownProgram(node: readonly string[], containerMb: number | undefined): Command {
  return containerMb === undefined ? { command: process.execPath, args: [...node, main] } : inContainer(containerMb);
}

/** The limit is told where Linux tells it (cgroup version 2), and `node` of the path is the one that runs this. */
function inContainer(limitMb: number): Command {
  const cgroup = mkdtempSync(path.join(tmpdir(), 'proxbox-cgroup-'));
  writeFileSync(path.join(cgroup, 'memory.max'), `${limitMb * 2 ** 20}\n`);
  const nodes = `${path.dirname(process.execPath)}:${process.env['PATH'] ?? ''}`;
  return { command: 'sh', args: [startScript], env: { CGROUP_FOLDER: cgroup, PATH: nodes } };
}

async function waitUntilReady(url: string, child: ChildProcess, output: readonly string[]): Promise<void> {
  const deadline = performance.now() + startLimitMs;
  while (performance.now() < deadline) {
    if (child.exitCode !== null) break;
    const isReady = await fetch(`${url}/health`).then(
      async (response) => (await response.text()).includes('"init_ok":true'),
      () => false,
    );
    if (isReady) return;
    await delay(50);
  }
  child.kill('SIGKILL');
  throw new Error(`The service did not start on ${url}. Its last lines:\n${output.slice(-20).join('')}`);
}

async function look(child: ChildProcess): Promise<LoopReport> {
  if (!child.connected) throw new Error('The service was started without the probe.');
  const answer = once(child, 'message');
  child.send('look');
  const answers: unknown[] = await answer;
  const report = answers[0];
  if (!isLoopReport(report)) throw new Error(`The probe answered ${JSON.stringify(report)}.`);
  return report;
}

function isLoopReport(value: unknown): value is LoopReport {
  return typeof value === 'object' && value !== null && 'longestSliceMs' in value;
}

async function stop(child: ChildProcess): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
  child.kill('SIGTERM');
  const tooLate = delay(stopLimitMs, undefined, { ref: false });
  await Promise.race([once(child, 'exit'), tooLate.then(() => child.kill('SIGKILL'))]);
  return child.exitCode;
}
