/** Child processes that never outlive the harness, and a lock between runs of it on one machine. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

const running = new Set();

/** Sends a signal to a detached child and to everything it started. */
function signalGroup(child, signal) {
  try {
    process.kill(-child.pid, signal);
  } catch (error) {
    if (error.code !== 'ESRCH') throw error; // already gone
  }
}

/** Starts a child with a process group of its own, which `endChildren` ends whatever the child does. */
export function start(command, args, options) {
  const child = spawn(command, args.map(String), { ...options, detached: true });
  running.add(child);
  child.once('error', () => running.delete(child));
  return child;
}

/** Ends a started child, gently first, and what is left of its group after the grace. */
export async function end(child, graceMs) {
  if (child.pid === undefined || !running.delete(child)) return;
  const ended = child.exitCode === null && child.signalCode === null ? once(child, 'exit') : Promise.resolve();
  if (graceMs > 0) {
    signalGroup(child, 'SIGTERM');
    await Promise.race([ended, sleep(graceMs, undefined, { ref: false })]);
  }
  signalGroup(child, 'SIGKILL');
  await ended;
}

export async function endChildren() {
  await Promise.all([...running].map((child) => end(child, 0)));
}

/**
 * Runs a command to its end and returns what it printed: `{ stdout, stderr }`. Throws when it fails, with `stderr` on the
 * error. `onLine` sees each line of its standard output as it comes.
 */
export async function execute(command, args, { env = process.env, onLine } = {}) {
  const child = start(command, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const printed = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk) => {
    printed.stdout += chunk;
    if (onLine) for (const line of String(chunk).split('\n')) onLine(line.trim());
  });
  child.stderr.on('data', (chunk) => (printed.stderr += chunk));
  const [code, signal] = await once(child, 'close');
  running.delete(child);
  if (code === 0) return printed;
  throw Object.assign(new Error(`${command} ended with ${code ?? signal}`), printed);
}

export function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

async function take(file) {
  try {
    await writeFile(file, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
    return false;
  }
}

/** Runs the task while no other process of this machine runs one under the same file. A dead owner's lock is taken over. */
export async function withLock(file, task, log) {
  for (let told = false; !(await take(file)); told = true) {
    const owner = Number(await readFile(file, 'utf8').catch(() => '0'));
    if (owner > 0 && !isAlive(owner)) await rm(file, { force: true });
    else if (!told) log(`waiting for process ${owner}, which is preparing the same thing`);
    await sleep(500);
  }
  try {
    return await task();
  } finally {
    await rm(file, { force: true });
  }
}
