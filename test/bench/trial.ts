/** One service on an emptied NetBox, scene after scene: a first run, nothing changed, a hundredth changed, one machine. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { ApiClient } from '../demo/api-client.js';
import { registerEverything } from '../demo/registration.js';
import { createEstate, resizeDisk, type Estate } from '../simulator/estate/index.js';
import { startProxmoxSimulators } from '../simulator/proxmox/index.js';
import type { Contender } from './contenders.js';
import { startCountingProxy, type CountingProxy, type RecordedWrite } from './counting-proxy.js';
import { cpuSeconds, peakMiB, resetPeak } from './process-figures.js';
import type { RealNetBox } from './real-netbox.js';

/** What one scene cost. */
export interface Figures {
  readonly requests: number;
  readonly writes: number;
  readonly change_rows: number;
  /** What NetBox answered, in MB (1,000,000 bytes). */
  readonly netbox_mb: number;
  readonly netbox_cpu_s: number;
  readonly own_cpu_s: number;
  /** The most that was resident during the scene, in MiB. */
  readonly memory_mib: number;
  readonly seconds: number;
}

/** `read_all`: nothing changed, and everything is read to find that out. */
export const scenes = ['first', 'read_all', 'no_change', 'one_percent', 'one_vm'] as const;
export type Scene = (typeof scenes)[number];

export interface Trial {
  readonly scenes: Readonly<Partial<Record<Scene, Figures>>>;
  /** Milliseconds of an authenticated GET of the service's own data, beside the first run and with nothing else to do. */
  readonly get_ms: { readonly busy: number; readonly idle: number };
  /** What was there before the first run, and what that run wrote: as it was sent. */
  readonly registered: readonly RecordedWrite[];
  readonly written: readonly RecordedWrite[];
}

const apiKey = 'a-key-for-comparing-of-at-least-32-characters';
const median = (numbers: readonly number[]): number => numbers.toSorted((a, b) => a - b)[numbers.length >> 1] ?? 0;

export async function play(contender: Contender, guests: number, netbox: RealNetBox): Promise<Trial> {
  await netbox.reset();
  const estate = createEstate({ vms: guests, clusters: 1, seed: 1 });
  const proxmox = await startProxmoxSimulators(estate);
  const proxy = await startCountingProxy(netbox.url);
  const folder = await mkdtemp(path.join(tmpdir(), 'proxbox-bench-'));
  const service = await contender.start(folder);
  try {
    const target = { ...netbox, url: proxy.url };
    const api = await registerEverything(service.url, apiKey, { estate, proxmox: proxmox.simulators, netbox: target });
    const registered = [...proxy.recorded()];
    const measured: Partial<Record<Scene, Figures>> = {};
    const scene = async (name: Scene, work: () => Promise<void>): Promise<void> => {
      measured[name] = await figuresOf({ pid: service.pid, proxy, netbox }, work);
      process.stderr.write(`[bench] ${guests} guests, ${contender.name}, ${name}: ${JSON.stringify(measured[name])}\n`);
    };
    const busy = readBeside(api);
    await scene('first', () => run(api, '/full-update/stream'));
    const written = [...proxy.recorded()];
    const busyMs = await busy();
    if (contender.remembers) await scene('read_all', () => run(api, '/full-update/stream'));
    await scene('no_change', () => run(api, '/full-update/stream'));
    changeOnePercent(estate);
    await scene('one_percent', () => run(api, '/full-update/stream'));
    const id = await someMachine(netbox);
    await scene('one_vm', () => run(api, `/virtualization/virtual-machines/${id}/create/stream`));
    const idle = readBeside(api);
    await sleep(3000);
    return { scenes: measured, get_ms: { busy: busyMs, idle: await idle() }, registered, written };
  } finally {
    await service.stop();
    await proxy.close();
    await proxmox.close();
    await rm(folder, { recursive: true, force: true });
  }
}

interface Measured {
  readonly pid: number;
  readonly proxy: CountingProxy;
  readonly netbox: RealNetBox;
}

async function figuresOf({ pid, proxy, netbox }: Measured, work: () => Promise<void>): Promise<Figures> {
  await resetPeak(pid);
  const before = { rows: await netbox.changeRows(), netbox: await netbox.cpuS(), own: await cpuSeconds(pid) };
  proxy.forget();
  const startedAt = performance.now();
  await work();
  const seconds = (performance.now() - startedAt) / 1000;
  const { requests, writes, megabytes } = proxy.traffic();
  return {
    requests,
    writes,
    change_rows: (await netbox.changeRows()) - before.rows,
    netbox_mb: megabytes,
    netbox_cpu_s: (await netbox.cpuS()) - before.netbox,
    own_cpu_s: (await cpuSeconds(pid)) - before.own,
    memory_mib: await peakMiB(pid),
    seconds,
  };
}

async function run(api: ApiClient, stream: string): Promise<void> {
  let last: Readonly<Record<string, unknown>> = {};
  for await (const { event, data } of api.stream(stream)) if (event === 'complete') last = data;
  if (last['ok'] !== true) throw new Error(`${stream} failed: ${JSON.stringify(last).slice(0, 1000)}`);
}

/** Asks for the endpoints twice a second until the returned function is called, which answers the median in milliseconds. */
function readBeside(api: ApiClient): () => Promise<number> {
  const times: number[] = [];
  const ending = new AbortController();
  const reading = (async () => {
    while (!ending.signal.aborted) {
      const startedAt = performance.now();
      await api.send('GET', '/proxmox/endpoints');
      times.push(performance.now() - startedAt);
      await sleep(500);
    }
  })();
  // Whatever ended the run first is what is told.
  reading.catch(() => undefined);
  return async () => {
    ending.abort();
    await reading;
    return median(times);
  };
}

/** A disk grows in every hundredth guest, at least in one. */
function changeOnePercent({ clusters }: Estate): void {
  for (const cluster of clusters) {
    const guests = [...cluster.guests.values()];
    for (const [index, { vmid, config }] of guests.entries()) {
      if (index % 100 !== 0) continue;
      const disk = Object.keys(config).find((key) => /size=/.test(String(config[key])));
      if (disk !== undefined) resizeDisk(cluster, vmid, disk, '77G');
    }
  }
}

async function someMachine(netbox: RealNetBox): Promise<number> {
  const Machines = z.object({ results: z.array(z.object({ id: z.number() })).min(1) });
  const path = '/api/virtualization/virtual-machines/?limit=1&cf_proxmox_vm_id__empty=false';
  return Machines.parse(await netbox.send('GET', path)).results[0]?.id ?? 0;
}
