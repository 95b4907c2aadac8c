/** What a run costs as the estate grows: requests, processor time, memory and stalls of the service alone. */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { runCommand, UsageError } from '../../src/cli/exit-status.js';
import { createApiClient } from '../demo/api-client.js';
import { readArguments } from '../demo/estate-arguments.js';
import { startService, variablesFor, type ServiceProcess, type StartOptions } from '../demo/service-process.js';
import type { Traffic } from '../demo/simulated-environment.js';
import type { ScaleEstate, ScaleOrder } from './scale-doubles.js';
import { askHealth } from './scale-health.js';
import { cpuSeconds, peakMiB, residentMiB, resetPeak } from './process-figures.js';
import type { ScaleRun, ScaleSize } from './scale-figures.js';
import { tableOf, writeScale } from './scale-page.js';

const usage =
  'npm run bench:scale -- [--guests 1000,10000,100000] [--clusters N] [--nodes N] [--tasks N] [--runs N] [--container MB | --node="--flag,--flag"] [--write]';
const apiKey = 'a-key-for-counting-of-at-least-32-characters';
const guestsPerCluster = 1000;

const options = {
  guests: { type: 'string', default: '1000,10000' },
  /** Default: one per 1,000 guests. */
  clusters: { type: 'string', default: '' },
  /** Of all clusters together; default: ten in each. */
  nodes: { type: 'string', default: '' },
  tasks: { type: 'string', default: '0' },
  runs: { type: 'string', default: '3' },
  /** The memory of the container that it is started for, in MB; 0: none, and Node gets the flags of `node`. */
  container: { type: 'string', default: '0' },
  /** As src/cli/start.sh does where there is no limit. */
  node: { type: 'string', default: '--max-semi-space-size=8,--heap-growing-percent=50' },
  write: { type: 'boolean', default: false },
} as const;

function wholeNumbers(name: string, text: string): readonly number[] {
  const numbers = text.split(',').map(Number);
  if (!numbers.every((number) => Number.isSafeInteger(number) && number >= 0))
    throw new UsageError(`${name} takes whole numbers, not "${text}".\nUsage: ${usage}`);
  return numbers;
}

async function scale(): Promise<number> {
  const values = readArguments(options, usage);
  const one = (name: string, text: string, otherwise: number): number =>
    text === '' ? otherwise : (wholeNumbers(name, text)[0] ?? otherwise);
  const sizes: ScaleSize[] = [];
  for (const guests of wholeNumbers('--guests', values.guests)) {
    const clusters = one('--clusters', values.clusters, Math.max(1, Math.ceil(guests / guestsPerCluster)));
    const nodes = one('--nodes', values.nodes, clusters * 10);
    const estate = { guests, clusters, nodes, tasks: one('--tasks', values.tasks, 0) };
    const containerMb = one('--container', values.container, 0);
    const start = containerMb > 0 ? { containerMb } : { node: values.node.split(',').filter(Boolean) };
    sizes.push(await measure(estate, one('--runs', values.runs, 3), start));
    process.stdout.write(`${tableOf(sizes.slice(-1))}\n`);
  }
  if (values.write) await writeScale(sizes);
  return 0;
}

/** The first run reads and writes everything, the second reads everything once more, those after it find nothing new. */
async function measure(estate: ScaleEstate, runs: number, start: StartOptions): Promise<ScaleSize> {
  const folder = await mkdtemp(path.join(tmpdir(), 'proxbox-scale-'));
  const doubles = await startDoubles(estate);
  const variables = {
    ...variablesFor(folder),
    // What is read in the background is no part of a run.
    PROXBOX_SKIP_NETBOX_BOOTSTRAP: '1',
    PROXBOX_RATE_LIMIT: '1000000',
  };
  try {
    const service = await startService(variables, { probe: true, ...start });
    try {
      await doubles.ask({ do: 'register', url: service.url, apiKey });
      const measured: ScaleRun[] = [];
      for (let n = 0; n < runs; n += 1) measured.push(await measureRun(service, doubles));
      return { ...estate, containerMb: start.containerMb ?? 0, runs: measured };
    } finally {
      await service.stop();
    }
  } finally {
    doubles.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

async function measureRun(service: ServiceProcess, doubles: Doubles): Promise<ScaleRun> {
  await doubles.ask({ do: 'traffic' });
  await service.look();
  await resetPeak(service.pid);
  const cpuBefore = await cpuSeconds(service.pid);
  const startedMs = performance.now();
  const health = askHealth(service.url);
  let longestHealthMs = 0;
  try {
    await fullUpdate(service.url);
  } finally {
    longestHealthMs = await health.stop();
  }
  const seconds = (performance.now() - startedMs) / 1000;
  const cpu = (await cpuSeconds(service.pid)) - cpuBefore;
  const [peak, resident] = [await peakMiB(service.pid), await residentMiB(service.pid)];
  const { longestSliceMs, longSlices, heapMiB } = await service.look();
  const { netbox, proxmox } = await doubles.ask({ do: 'traffic' });
  const run: ScaleRun = {
    requests: netbox.requests,
    writes: netbox.writes,
    proxmoxRequests: proxmox.requests,
    seconds: round(seconds),
    cpuSeconds: round(cpu),
    peakMiB: round(peak),
    residentMiB: round(resident),
    heapMiB: round(heapMiB),
    longestSliceMs: round(longestSliceMs),
    longSlices,
    longestHealthMs: round(longestHealthMs),
  };
  process.stderr.write(`${JSON.stringify(run)}\n`);
  return run;
}

const round = (value: number): number => Math.round(value * 10) / 10;

async function fullUpdate(url: string): Promise<void> {
  let last: Readonly<Record<string, unknown>> = {};
  for await (const frame of createApiClient(url, apiKey).stream('/full-update/stream')) last = frame.data;
  if (last['ok'] !== true) throw new Error(`The full update failed: ${JSON.stringify(last).slice(0, 2000)}`);
}

interface Doubles {
  ask(order: ScaleOrder): Promise<Traffic>;
  stop(): void;
}

async function startDoubles(estate: ScaleEstate): Promise<Doubles> {
  const child = fork(fileURLToPath(new URL('scale-doubles.js', import.meta.url)), [JSON.stringify(estate)], {
    execArgv: ['--max-old-space-size=16000'],
  });
  await answerOf(child);
  return {
    ask: async (order) => {
      const answer = answerOf(child);
      child.send(order);
      const { traffic, error } = await answer;
      if (traffic === undefined) throw new Error(`The simulators failed: ${error ?? 'no answer'}`);
      return traffic;
    },
    stop: () => void child.kill('SIGKILL'),
  };
}

/** The traffic is checked by nobody: both processes are of this program. */
const isAnswer = (value: unknown): value is { readonly traffic?: Traffic; readonly error?: string } =>
  typeof value === 'object' && value !== null;

async function answerOf(child: ChildProcess) {
  const gone = new AbortController();
  const ended = (): void => gone.abort(new Error('The process of the simulators ended.'));
  child.once('exit', ended);
  try {
    const answers: unknown[] = await once(child, 'message', { signal: gone.signal });
    const answer = answers[0];
    return isAnswer(answer) ? answer : {};
  } finally {
    child.off('exit', ended);
  }
}

await runCommand(scale);
