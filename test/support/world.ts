/** A whole world for tests: simulated Proxmox clusters, a simulated NetBox, and the real service between them. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createApiClient, type ApiClient, type StreamFrame } from '../../src/cli/api-client.js';
import { registerEverything } from '../../src/cli/registration.js';
import { startService, variablesFor, type ServiceProcess } from '../../src/cli/service-process.js';
import type { Estate } from '../../src/simulator/estate/index.js';
import {
  createNetBoxSimulator,
  defaultTokens,
  type NetBoxSimulator,
  type NetBoxSimulatorOptions,
} from '../../src/simulator/netbox/index.js';
import {
  startProxmoxSimulators,
  type ProxmoxSimulator,
  type ProxmoxSimulatorOptions,
} from '../../src/simulator/proxmox/index.js';
import { parseEnv } from '../../src/config/env.js';
import { createDeps } from '../../src/deps.js';
import { buildApp } from '../../src/app.js';

export interface KindCounts {
  readonly discovered: number;
  readonly created: number;
  readonly updated: number;
  readonly unchanged: number;
  readonly skipped: number;
  readonly failed: number;
}

export interface Problem {
  readonly reason: string;
  readonly message?: string;
  readonly detail?: string;
  readonly name?: string;
}

/** The last frame of a stream. */
export interface Complete {
  readonly ok: boolean;
  readonly message: string;
  readonly result:
    | ({
        readonly kinds: Record<string, KindCounts>;
        readonly warnings?: readonly Problem[];
        readonly errors?: readonly Problem[];
      } & Record<string, unknown>)
    | null;
  readonly errors: readonly { readonly detail: string }[];
}

export interface StreamResult {
  readonly complete: Complete;
  readonly frames: readonly StreamFrame[];
}

export interface WorldOptions {
  readonly estate: Estate;
  readonly netbox?: NetBoxSimulatorOptions;
  readonly proxmox?: Omit<ProxmoxSimulatorOptions, 'cluster'>;
  /** Variables of the service beside those of `variablesFor`. */
  readonly variables?: Readonly<Record<string, string>>;
  /** `process`: dist/main.js as a child, to be killed; default: in this process, quicker. */
  readonly service?: 'process' | 'here';
}

export interface World {
  readonly estate: Estate;
  readonly netbox: NetBoxSimulator;
  readonly proxmox: readonly ProxmoxSimulator[];
  readonly url: string;
  readonly apiKey: string;
  readonly api: ApiClient;
  /** Only with `service: 'process'`. */
  readonly process: ServiceProcess | undefined;
  fullUpdate(query?: string): Promise<StreamResult>;
  stream(path: string): Promise<StreamResult>;
  /** Starts the service again on the same database, after it was killed or stopped. */
  restart(): Promise<void>;
  close(): Promise<void>;
}

interface Running {
  readonly url: string;
  readonly process: ServiceProcess | undefined;
  stop(): Promise<void>;
}

async function startHere(variables: Readonly<Record<string, string>>): Promise<Running> {
  const { env } = parseEnv({ ...variables, PROXBOX_BIND_HOST: '127.0.0.1' });
  const deps = createDeps({ env, console: { write: () => true } });
  const app = await buildApp(deps);
  const url = await app.listen({ port: 0, host: '127.0.0.1' });
  return { url, process: undefined, stop: () => app.close() };
}

async function startProcess(variables: Readonly<Record<string, string>>): Promise<Running> {
  const service = await startService(variables);
  return { url: service.url, process: service, stop: () => service.stop() };
}

export async function openWorld(options: WorldOptions): Promise<World> {
  const folder = await mkdtemp(path.join(tmpdir(), 'proxbox-world-'));
  const variables = { ...variablesFor(folder), ...options.variables };
  const start = options.service === 'process' ? startProcess : startHere;
  const netbox = createNetBoxSimulator(options.netbox);
  await netbox.listen();
  const started = await startProxmoxSimulators(options.estate, options.proxmox);
  let running = await start(variables);
  const apiKey = 'a-key-for-tests-of-at-least-32-characters';
  const target = { url: netbox.url, tokenV1: defaultTokens.v1, tokenV2: defaultTokens.v2 };
  await registerEverything(running.url, apiKey, {
    estate: options.estate,
    proxmox: started.simulators,
    netbox: target,
  });

  async function stream(at: string): Promise<StreamResult> {
    const frames: StreamFrame[] = [];
    for await (const frame of createApiClient(running.url, apiKey).stream(at)) frames.push(frame);
    return { complete: frames.at(-1)?.data as unknown as Complete, frames };
  }

  return {
    estate: options.estate,
    netbox,
    proxmox: started.simulators,
    apiKey,
    get url() {
      return running.url;
    },
    get api() {
      return createApiClient(running.url, apiKey);
    },
    get process() {
      return running.process;
    },
    stream,
    fullUpdate: (query = '') => stream(`/full-update/stream${query}`),
    restart: async () => {
      await running.stop();
      running = await start(variables);
    },
    close: async () => {
      await running.stop();
      await Promise.all([netbox.close(), started.close()]);
      await rm(folder, { recursive: true, force: true });
    },
  };
}
