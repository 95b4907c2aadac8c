/** A whole world for tests: simulated Proxmox clusters, a NetBox (simulated or real), and the real service between them. */
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createApiClient, type ApiClient, type StreamFrame } from '../demo/api-client.js';
import { registerEverything } from '../demo/registration.js';
import type { RegistrationTarget } from '../demo/simulated-environment.js';
import { startService, variablesFor, type ServiceProcess, type StartOptions } from '../demo/service-process.js';
import type { Estate } from '../simulator/estate/index.js';
import {
  createNetBoxSimulator,
  defaultTokens,
  type NetBoxSimulator,
  type NetBoxSimulatorOptions,
} from '../simulator/netbox/index.js';
import {
  startProxmoxSimulators,
  type ProxmoxSimulator,
  type ProxmoxSimulatorOptions,
} from '../simulator/proxmox/index.js';
import type { Clock } from '../../src/config/clock.js';
import { parseEnv } from '../../src/config/env.js';
import { createDeps } from '../../src/compose/deps.js';
import { buildApp } from '../../src/compose/app.js';
import { requestLimitS } from './limits.js';
import { unhurriedClock } from './unhurried-clock.js';

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
  /** Of a run that failed before its first stage only the status. */
  readonly result:
    | ({
        readonly kinds: Record<string, KindCounts>;
        readonly warnings?: readonly Problem[];
        readonly errors?: readonly Problem[];
      } & Record<string, unknown>)
    | null;
  readonly errors: readonly { readonly detail: string; readonly reason?: string; readonly count?: number }[];
}

export interface StreamResult {
  readonly complete: Complete;
  readonly frames: readonly StreamFrame[];
}

/** Where NetBox is, and one token of each version of a user who may do everything. */
export type NetBoxAccess = RegistrationTarget['netbox'];

type Variables = Readonly<Record<string, string>>;

interface ServiceOptions {
  readonly estate: Estate;
  readonly proxmox?: Omit<ProxmoxSimulatorOptions, 'cluster'>;
  /** Variables of the service beside those of `variablesFor`. */
  readonly variables?: Readonly<Record<string, string>>;
  /** `process`: dist/main.js as a child, to be killed; default: in this process, quicker. */
  readonly service?: 'process' | 'here';
  /** How the process is started. */
  readonly start?: StartOptions;
  /** The service's time, only in this process; default: nothing that nobody asked for is done after seconds. */
  readonly clock?: Clock;
}

export interface SyncedWorldOptions extends ServiceOptions {
  readonly netbox: NetBoxAccess;
}

export interface WorldOptions extends ServiceOptions {
  readonly netbox?: NetBoxSimulatorOptions;
}

/** An answer of the service, whatever its status. */
export interface ServiceAnswer {
  readonly status: number;
  // Tests look into answers of any shape.
  readonly body: any; // eslint-disable-line @typescript-eslint/no-explicit-any
  readonly headers: Headers;
}

/** The service and its Proxmox clusters; NetBox is somebody else's. */
export interface SyncedWorld {
  readonly estate: Estate;
  readonly proxmox: readonly ProxmoxSimulator[];
  readonly url: string;
  readonly apiKey: string;
  readonly api: ApiClient;
  /** Only with `service: 'process'`. */
  readonly process: ServiceProcess | undefined;
  /** A request with the API key; statuses of errors are answers too. */
  ask(method: string, path: string, body?: object): Promise<ServiceAnswer>;
  fullUpdate(query?: string): Promise<StreamResult>;
  stream(path: string): Promise<StreamResult>;
  /** Starts the service again on the same database, after it was killed or stopped. */
  restart(): Promise<void>;
  /** The variables of the service. */
  readonly variables: Variables;
  /** The service is stopped while this goes on, and started again. */
  withoutService<T>(work: () => Promise<T>): Promise<T>;
  /** A second service, in this process, that begins with what the first one remembers; the first one starts again. */
  twin(): Promise<Pick<SyncedWorld, 'stream'> & { stop(): Promise<void> }>;
  close(): Promise<void>;
}

export interface World extends SyncedWorld {
  readonly netbox: NetBoxSimulator;
}

interface Running {
  readonly url: string;
  readonly process: ServiceProcess | undefined;
  stop(): Promise<void>;
}

async function startHere(variables: Variables, clock = unhurriedClock): Promise<Running> {
  const { env } = parseEnv({ ...variables, PROXBOX_BIND_HOST: '127.0.0.1' });
  const deps = createDeps({
    env,
    bcryptCost: 4,
    closingPauseMs: 0,
    console: { write: () => true },
    clock,
  });
  const app = await buildApp(deps);
  const url = await app.listen({ port: 0, host: '127.0.0.1' });
  return { url, process: undefined, stop: () => app.close() };
}

async function startProcess(variables: Variables, options?: StartOptions): Promise<Running> {
  const service = await startService(variables, options);
  return {
    url: service.url,
    process: service,
    stop: async () => {
      await service.stop();
    },
  };
}

const apiKey = 'a-key-for-tests-of-at-least-32-characters';

/** Starts the Proxmox simulators and the service, and registers everything with it. NetBox has to run already. */
export async function openSyncedWorld(options: SyncedWorldOptions): Promise<SyncedWorld> {
  return open(options, async () => undefined);
}

async function open(options: SyncedWorldOptions, closeRest: () => Promise<void>): Promise<SyncedWorld> {
  const { estate, netbox } = options;
  const folder = await mkdtemp(path.join(tmpdir(), 'proxbox-world-'));
  const variables = { ...variablesFor(folder), ...options.variables };
  const start = (): Promise<Running> =>
    options.service === 'process' ? startProcess(variables, options.start) : startHere(variables, options.clock);
  const started = await startProxmoxSimulators(estate, options.proxmox);
  let running = await start();
  await registerEverything(running.url, apiKey, { estate, proxmox: started.simulators, netbox });
  for (const id of started.simulators.keys())
    await ask(`${running.url}/proxmox/endpoints/${id + 1}`, 'PUT', { timeout: requestLimitS });

  const streamOf =
    (urlOf: () => string): SyncedWorld['stream'] =>
    async (at) => {
      const frames: StreamFrame[] = [];
      for await (const frame of createApiClient(urlOf(), apiKey).stream(at)) frames.push(frame);
      return { complete: frames.at(-1)?.data as unknown as Complete, frames };
    };
  const stream = streamOf(() => running.url);

  return {
    estate,
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
    ask: (method, at, body) => ask(`${running.url}${at}`, method, body),
    stream,
    fullUpdate: (query = '') => stream(`/full-update/stream${query}`),
    restart: async () => {
      await running.stop();
      running = await start();
    },
    variables,
    withoutService: async (work) => {
      await running.stop();
      try {
        return await work();
      } finally {
        running = await start();
      }
    },
    twin: async () => {
      const copy = await mkdtemp(path.join(tmpdir(), 'proxbox-twin-'));
      await running.stop();
      await cp(folder, copy, { recursive: true });
      running = await start();
      const own = { ...variables, PROXBOX_DATABASE_PATH: variablesFor(copy).PROXBOX_DATABASE_PATH ?? '' };
      const other = await startHere(own, options.clock);
      return {
        stream: streamOf(() => other.url),
        stop: async () => {
          await other.stop();
          await rm(copy, { recursive: true, force: true });
        },
      };
    },
    close: async () => {
      await running.stop();
      await Promise.all([started.close(), closeRest()]);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function ask(url: string, method: string, body?: object): Promise<ServiceAnswer> {
  const response = await fetch(url, {
    method,
    headers: { 'X-Proxbox-API-Key': apiKey, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  const isJson = response.headers.get('content-type')?.includes('json') === true;
  return { status: response.status, body: isJson ? JSON.parse(text) : text, headers: response.headers };
}

/** The same with a simulated NetBox of its own. */
export async function openWorld(options: WorldOptions): Promise<World> {
  const netbox = createNetBoxSimulator(options.netbox);
  await netbox.listen();
  const access = { url: netbox.url, tokenV1: defaultTokens.v1, tokenV2: defaultTokens.v2 };
  const world = await open({ ...options, netbox: access }, () => netbox.close());
  return Object.assign(world, { netbox });
}
