/**
 * One NetBox under gunicorn on a free loopback port, with a journal of the requests it received. It can be stopped and
 * started again on the same port. Nothing of it outlives `stop`: the whole process group is ended.
 */
import { once } from 'node:events';
import { open, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { end, start as startChild } from './processes.mjs';
import { seed, writeInstance } from './settings.mjs';

const WORKERS = 2;
const THREADS = 3;
const START_TIMEOUT_MS = 300_000;
const STOP_GRACE_MS = 10_000;

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

/**
 * `{ url, configure(), start(), stop(), requests(), forgetRequests(), processGroup(), log() }`. `configure` takes the Python and the
 * plugins of a template, and stops it when it runs with others; `start` resolves when `/api/status/` answers 200.
 * @param {{ folder: string, database: string, index: number, wsgi: string }} options folder: an empty folder for configuration
 * and logs; index: of this NetBox among those of the run; wsgi: the application that gunicorn runs
 */
export async function createNetBoxServer({ folder, database, index, wsgi }) {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const journal = join(folder, 'requests.jsonl');
  const logFile = join(folder, 'netbox.log');
  let child;
  let configured;
  await writeFile(journal, '');

  async function configure({ python, plugins }) {
    if (configured?.python === python && String(configured.plugins) === String(plugins)) return;
    await stop();
    await writeInstance(folder, database, { index, plugins });
    configured = { python, plugins };
  }

  async function spawnGunicorn() {
    const output = await open(logFile, 'a');
    const args = [
      '-m',
      'gunicorn',
      wsgi,
      '--pythonpath',
      fileURLToPath(new URL('.', import.meta.url)),
      '--bind',
      `127.0.0.1:${port}`,
      '--workers',
      WORKERS,
      '--threads',
      THREADS,
    ];
    const config = [
      '--timeout',
      120,
      '--no-control-socket',
      '--config',
      fileURLToPath(new URL('gunicorn.conf.py', import.meta.url)),
    ];
    child = startChild(configured.python, [...args, ...config], {
      cwd: folder,
      env: {
        ...process.env,
        NETBOX_ROOT: folder,
        DJANGO_SETTINGS_MODULE: 'netbox.settings',
        REQUEST_JOURNAL: journal,
        HARNESS_PID: String(process.pid),
      },
      stdio: ['ignore', output.fd, output.fd],
    });
    await output.close();
  }

  async function answers() {
    const headers = { authorization: `Token ${seed.tokens.v1}` };
    const response = await fetch(`${url}/api/status/`, { headers, signal: AbortSignal.timeout(20_000) }).catch(
      () => undefined,
    );
    await response?.arrayBuffer();
    return response?.status === 200;
  }

  async function start() {
    if (child) return;
    await spawnGunicorn();
    const deadline = performance.now() + START_TIMEOUT_MS;
    while (!(await answers())) {
      const ended = !child || child.exitCode !== null || child.signalCode !== null;
      if (ended || performance.now() > deadline) {
        const tail = (await log()).trim().split('\n').slice(-25).join('\n');
        await stop();
        throw new Error(`NetBox did not start within ${START_TIMEOUT_MS / 1000} s. The end of its log:\n${tail}`);
      }
      await sleep(300);
    }
  }

  async function stop() {
    const stopping = child;
    child = undefined;
    if (stopping) await end(stopping, STOP_GRACE_MS);
  }

  /** What NetBox received since the last `forgetRequests`: `[{ method, path, query }]`. */
  async function requests() {
    const text = await readFile(journal, 'utf8');
    return text
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line));
  }

  const forgetRequests = () => writeFile(journal, '');
  /** The process group of gunicorn and its workers; undefined when it does not run. */
  const processGroup = () => child?.pid;
  const log = () => readFile(logFile, 'utf8').catch(() => '');
  return { url, configure, start, stop, requests, forgetRequests, processGroup, log };
}
