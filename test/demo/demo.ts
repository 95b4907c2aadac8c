import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { ApiClient } from './api-client.js';
import { runCommand } from '../../src/cli/exit-status.js';
import { estateOptions, readArguments, readEstate } from './estate-arguments.js';
import { createProgress } from './progress.js';
import { registerEverything } from './registration.js';
import { startService, variablesFor, type ServiceProcess } from './service-process.js';
import {
  resetTraffic,
  startEnvironment,
  targetOf,
  trafficOf,
  type SimulatedEnvironment,
} from './simulated-environment.js';
import { runTable, summariseRun, type RunReport } from './run-report.js';

const usage = 'npm run demo -- [--once] [--json] [--vms N] [--clusters N] [--seed S] [--latency-ms N]';

/** Simulators and the real service, filled from nothing by a full update, and a second one that has nothing left to do. */
async function demo(): Promise<number> {
  const values = readArguments(
    { ...estateOptions, once: { type: 'boolean', default: false }, json: { type: 'boolean', default: false } },
    usage,
  );
  const estate = readEstate(values);
  const isQuiet = values.json;
  const say = (text: string): void => {
    if (!isQuiet) process.stdout.write(`${text}\n`);
  };
  const folder = await mkdtemp(path.join(tmpdir(), 'proxbox-demo-'));
  const environment = await startEnvironment(estate);
  let service: ServiceProcess | undefined;
  try {
    say(`Simulated: ${estate.vms} guests on ${estate.clusters} Proxmox cluster(s), and an empty NetBox.`);
    service = await startService(variablesFor(folder));
    const apiKey = randomBytes(24).toString('base64url');
    const api = await registerEverything(service.url, apiKey, targetOf(environment));
    const runs = [
      await run(api, environment, { title: 'First full update', isQuiet, say }),
      await run(api, environment, { title: 'Second full update', isQuiet, say }),
    ];
    const ok = runs.every((one) => one.ok) && runs[1]?.netbox.writes === 0;
    if (values.json) process.stdout.write(`${JSON.stringify({ ok, runs })}\n`);
    else say(verdict(ok));
    if (!values.once && !values.json) {
      // Before it is said: who reads it may press Ctrl-C at once.
      const interrupted = untilInterrupted();
      say(placesToLook(environment, service.url, apiKey));
      await interrupted;
    }
    return ok ? 0 : 1;
  } finally {
    await service?.stop();
    await environment.close();
    await rm(folder, { recursive: true, force: true });
  }
}

interface RunOptions {
  readonly title: string;
  readonly isQuiet: boolean;
  readonly say: (text: string) => void;
}

async function run(
  api: ApiClient,
  environment: SimulatedEnvironment,
  { title, isQuiet, say }: RunOptions,
): Promise<RunReport> {
  say(`\n${title}`);
  resetTraffic(environment);
  const startedMs = performance.now();
  const show = createProgress(process.stdout, isQuiet);
  let complete: Readonly<Record<string, unknown>> | undefined;
  for await (const frame of api.stream('/full-update/stream')) {
    show(frame);
    if (frame.event === 'complete') complete = frame.data;
  }
  const report = summariseRun(complete, trafficOf(environment), (performance.now() - startedMs) / 1000);
  say(`\n${runTable(report)}`);
  return report;
}

function verdict(ok: boolean): string {
  return ok
    ? '\nThe second run found nothing to write. NetBox is true to Proxmox.'
    : '\nSomething is not right: see the table above.';
}

function placesToLook({ netbox, proxmox }: SimulatedEnvironment, url: string, apiKey: string): string {
  return [
    '',
    'Where to look next:',
    `  the page           ${url}/ui, with the API key ${apiKey}`,
    `  API documentation  ${url}/docs`,
    `  what runs now      curl -s -H 'X-Proxbox-API-Key: ${apiKey}' ${url}/sync/active`,
    `  sync again         curl -N -H 'X-Proxbox-API-Key: ${apiKey}' ${url}/full-update/stream`,
    `  the NetBox         curl -s -H 'Authorization: Token 5151515151515151515151515151515151515151' '${netbox.url}/api/virtualization/virtual-machines/?limit=5'`,
    `  the Proxmox        ${proxmox.map((simulator) => simulator.url).join('  ')}`,
    '',
    'Ctrl-C ends the demo.',
  ].join('\n');
}

async function untilInterrupted(): Promise<void> {
  const keepAlive = setInterval(() => undefined, 60_000);
  await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
  clearInterval(keepAlive);
}

await runCommand(demo);
