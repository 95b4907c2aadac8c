/**
 * Holds the service to its own API document: starts it between simulators, and lets schemathesis (PyPI, in a cache outside of the
 * repository) send what the document allows and what it does not, in every phase and with a fixed seed. The service can reach
 * nothing but this machine (loopback-only.ts), whatever addresses it is given.
 */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { homedir, tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { runCommand } from '../../src/cli/exit-status.js';
import { freePort } from '../demo/free-port.js';
import { readArguments } from '../demo/estate-arguments.js';
import { registerEverything } from '../demo/registration.js';
import { startService, variablesFor } from '../demo/service-process.js';
import { startEnvironment, targetOf } from '../demo/simulated-environment.js';
import { restorer } from './restore-endpoints.js';

const usage = 'npm run test:schema -- [--seconds N] [--seed N] [--python COMMAND]';
const apiKey = 'a-key-for-schemathesis-of-at-least-32-characters';
const run = promisify(execFile);

const version = '4.32.5';

/** Installed once for each version; Python 3.10 or later. */
async function schemathesis(python: string): Promise<string> {
  const cache = process.env['XDG_CACHE_HOME'] ?? path.join(homedir(), '.cache');
  const folder = path.join(cache, 'proxbox-api-schema', version);
  const command = path.join(folder, 'bin', 'schemathesis');
  if (existsSync(command)) return command;
  await rm(folder, { recursive: true, force: true });
  await mkdir(path.dirname(folder), { recursive: true });
  await run(python, ['-m', 'venv', folder]);
  await run(path.join(folder, 'bin', 'pip'), ['install', '--quiet', `schemathesis==${version}`]);
  return command;
}

/** The folder of this command's own files: npm works in the folder of the project. */
const own = (name: string): string => path.resolve('test/bench', name);

/** A POST to it does the work, and is answered when it is done. */
async function listenFor(work: () => Promise<void>): Promise<{ readonly url: string; readonly server: Server }> {
  const port = await freePort();
  const server = createServer((_request, response) => {
    work().then(
      () => response.writeHead(204).end(),
      (error: unknown) => response.writeHead(500).end(String(error)),
    );
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return { url: `http://127.0.0.1:${port}/`, server };
}

/**
 * Ends with the status of schemathesis: 0 when nothing contradicts the document. What the document says by itself is tried for
 * every operation, in four times the time; then random requests and chains of them for half of the time each.
 */
async function check(): Promise<number> {
  const options = {
    seconds: { type: 'string', default: '60' },
    seed: { type: 'string', default: '1' },
    python: { type: 'string', default: 'python3' },
  } as const;
  const { seconds, seed, python } = readArguments(options, usage);
  const command = await schemathesis(python);
  const folder = await mkdtemp(path.join(tmpdir(), 'proxbox-schema-'));
  const environment = await startEnvironment({ vms: 10, clusters: 2, seed: 1, latencyMs: 0 });
  const service = await startService({
    ...variablesFor(folder),
    PROXBOX_GENERATED_DIR: path.join(folder, 'schemas'),
    PROXBOX_RATE_LIMIT: '1000000',
    NODE_OPTIONS: `--import=${path.resolve('build/test/bench/loopback-only.js')}`,
  });
  await registerEverything(service.url, apiKey, targetOf(environment));
  const restore = await restorer(service.url, apiKey, targetOf(environment));
  const { url, server } = await listenFor(restore);
  try {
    const half = String(Math.max(1, Math.floor(Number(seconds) / 2)));
    const statuses = [];
    for (const phase of [
      ['examples,coverage', '--max-time', String(4 * Number(seconds))],
      ['fuzzing', '--max-time', half],
      ['stateful', '--max-time', half],
    ]) {
      const words = ['--config-file', own('schema.toml'), 'run', `${service.url}/openapi.json`];
      words.push('-H', `X-Proxbox-API-Key: ${apiKey}`, '--seed', seed, '--phases', ...phase);
      const child = spawn(command, words, {
        stdio: 'inherit',
        cwd: folder,
        env: { ...process.env, SCHEMATHESIS_HOOKS: own('schema-hooks.py'), PROXBOX_SCHEMA_RESTORE: url },
      });
      await once(child, 'exit');
      statuses.push(child.exitCode ?? 1);
    }
    return Math.max(...statuses);
  } finally {
    server.close();
    await service.stop();
    await environment.close();
    await rm(folder, { recursive: true, force: true });
  }
}

await runCommand(check);
