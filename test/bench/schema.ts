/**
 * Holds the service to its own API document: starts it between simulators, and lets schemathesis (PyPI, in a cache outside of the
 * repository) send what the document allows and what it does not, in every phase and with a fixed seed.
 */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { runCommand } from '../../src/cli/arguments.js';
import { readArguments } from '../demo/estate-arguments.js';
import { registerEverything } from '../demo/registration.js';
import { startService, variablesFor } from '../demo/service-process.js';
import { startEnvironment, targetOf } from '../demo/simulated-environment.js';

const usage = 'npm run test:schema -- [--seconds N] [--seed N] [--python COMMAND]';
const apiKey = 'a-key-for-schemathesis-of-at-least-32-characters';
const run = promisify(execFile);

/** Installed once; Python 3.10 or later. */
async function schemathesis(python: string): Promise<string> {
  const cache = path.join(process.env['XDG_CACHE_HOME'] ?? path.join(homedir(), '.cache'), 'proxbox-api-schema');
  const command = path.join(cache, 'venv', 'bin', 'schemathesis');
  if (existsSync(command)) return command;
  await mkdir(cache, { recursive: true });
  await run(python, ['-m', 'venv', path.join(cache, 'venv')]);
  await run(path.join(cache, 'venv', 'bin', 'pip'), ['install', '--quiet', `schemathesis==${version}`]);
  return command;
}

const version = '4.32.5';

/** Ends with the status of schemathesis: 0 when nothing contradicts the document. */
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
  const service = await startService({ ...variablesFor(folder), PROXBOX_RATE_LIMIT: '1000000' });
  try {
    await registerEverything(service.url, apiKey, targetOf(environment));
    const words = ['run', `${service.url}/openapi.json`, '-H', `X-Proxbox-API-Key: ${apiKey}`, '--seed', seed];
    words.push('--phases', 'examples,coverage,fuzzing,stateful', '--max-time', seconds);
    // Without parameters it reads from the web site of Proxmox.
    words.push('--exclude-path', '/proxmox/viewer/generate');
    const child = spawn(command, words, { stdio: 'inherit', cwd: folder });
    await once(child, 'exit');
    return child.exitCode ?? 1;
  } finally {
    await service.stop();
    await environment.close();
    await rm(folder, { recursive: true, force: true });
  }
}

await runCommand(check);
