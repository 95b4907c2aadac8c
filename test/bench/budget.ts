import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { addGuest, budgetGuest, type Estate } from '../simulator/estate/index.js';
import type { ApiClient } from '../demo/api-client.js';
import { runCommand } from '../../src/cli/exit-status.js';
import { estateOptions, readArguments, readEstate } from '../demo/estate-arguments.js';
import { registerEverything } from '../demo/registration.js';
import { startService, variablesFor } from '../demo/service-process.js';
import {
  resetTraffic,
  startEnvironment,
  targetOf,
  trafficOf,
  type SimulatedEnvironment,
} from '../demo/simulated-environment.js';
import { renderTable } from '../../src/cli/table.js';

const usage = 'npm run bench:budget -- [--vms N] [--clusters N] [--nodes N] [--seed S] [--json]';

/** What one run cost, counted by the simulators. */
interface Cost {
  readonly requests: number;
  readonly writes: number;
  readonly proxmox_requests: number;
}

/** `full_read`: nothing changed, and everything is read once after so many writes; `no_change`: the change log says so. */
const scenes = ['first', 'full_read', 'no_change', 'one_added', 'single_vm'] as const;
type Costs = Readonly<Record<(typeof scenes)[number], Cost>>;

/** Counts, not seconds: the same on every machine, for the guests that the budget is about. */
async function budget(): Promise<number> {
  const options = {
    ...estateOptions,
    vms: { type: 'string', default: '1000' },
    clusters: { type: 'string', default: '1' },
    nodes: { type: 'string', default: '10' },
    json: { type: 'boolean', default: false },
  } as const;
  const values = readArguments(options, usage);
  const estate = readEstate(values);
  const nodesPerCluster = Math.max(1, Math.ceil(Number(values.nodes) / estate.clusters));
  const costs = await measure(await startEnvironment({ ...estate, nodesPerCluster, guest: budgetGuest }));
  process.stdout.write(values.json ? `${JSON.stringify(costs)}\n` : `${table(costs)}\n`);
  return 0;
}

async function measure(environment: SimulatedEnvironment): Promise<Costs> {
  const folder = await mkdtemp(path.join(tmpdir(), 'proxbox-budget-'));
  const service = await startService({
    ...variablesFor(folder),
    // What is read in the background is no part of a run.
    PROXBOX_SKIP_NETBOX_BOOTSTRAP: '1',
  });
  try {
    const api = await registerEverything(
      service.url,
      'a-key-for-counting-of-at-least-32-characters',
      targetOf(environment),
    );
    await settingsRead(environment);
    const first = await costOf(environment, () => run(api, '/full-update/stream'));
    const fullRead = await costOf(environment, () => run(api, '/full-update/stream'));
    const noChange = await costOf(environment, () => run(api, '/full-update/stream'));
    addOne(environment.estate);
    const oneAdded = await costOf(environment, () => run(api, '/full-update/stream'));
    const id = await someMachine(environment);
    await api.send('POST', '/clear-cache');
    const singleVm = await costOf(environment, () => run(api, `/virtualization/virtual-machines/${id}/create/stream`));
    return { first, full_read: fullRead, no_change: noChange, one_added: oneAdded, single_vm: singleVm };
  } finally {
    await service.stop();
    await environment.close();
    await rm(folder, { recursive: true, force: true });
  }
}

/** Storing the endpoint of NetBox begins to read the settings of its plugin, which is no part of the run that comes next. */
async function settingsRead({ netbox }: SimulatedEnvironment): Promise<void> {
  const isRead = (): boolean => netbox.requestLog.some(({ target }) => target.includes('/settings/runtime/'));
  while (!isRead()) await setTimeout(10);
}

async function costOf(environment: SimulatedEnvironment, work: () => Promise<void>): Promise<Cost> {
  resetTraffic(environment);
  await work();
  const { netbox, proxmox } = trafficOf(environment);
  return { requests: netbox.requests, writes: netbox.writes, proxmox_requests: proxmox.requests };
}

async function run(api: ApiClient, stream: string): Promise<void> {
  let last: Readonly<Record<string, unknown>> = {};
  for await (const frame of api.stream(stream)) last = frame.data;
  if (last['ok'] !== true) throw new Error(`${stream} failed: ${JSON.stringify(last)}`);
}

function addOne({ clusters }: Estate): void {
  const [cluster] = clusters;
  const [node] = cluster?.nodes ?? [];
  if (cluster === undefined || node === undefined) throw new Error('The estate has no node.');
  addGuest(cluster, { vmid: 99_001, name: 'added-later', node: node.name });
}

async function someMachine({ netbox }: SimulatedEnvironment): Promise<number> {
  const [machine] = netbox.state.objects('/api/virtualization/virtual-machines/');
  if (machine === undefined) throw new Error('The first run created no virtual machine.');
  return Promise.resolve(machine.id);
}

function table(costs: Costs): string {
  return renderTable(
    ['scene', 'NetBox requests', 'of them writes', 'Proxmox requests'],
    scenes.map((scene) => [scene, costs[scene].requests, costs[scene].writes, costs[scene].proxmox_requests]),
  );
}

await runCommand(budget);
