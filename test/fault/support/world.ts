/** A world for faults: the real service in this process, in hurried time, between simulators that can be broken. */
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { buildApp } from '../../../src/compose/app.js';
import { createApiClient, type ApiClient, type StreamFrame } from '../../demo/api-client.js';
import type { Clock } from '../../../src/config/clock.js';
import { parseEnv } from '../../../src/config/env.js';
import { createDeps } from '../../../src/compose/deps.js';
import type { Estate } from '../../simulator/estate/index.js';
import {
  createNetBoxSimulator,
  defaultTokens,
  type NetBoxSimulator,
  type NetBoxSimulatorOptions,
} from '../../simulator/netbox/index.js';
import {
  startProxmoxSimulators,
  type ProxmoxSimulator,
  type ProxmoxSimulatorOptions,
} from '../../simulator/proxmox/index.js';
import { requestLimitS } from '../../support/limits.js';
import type { Complete, StreamResult } from '../../support/world.js';
import { startChild, type Child, type Exit } from './child.js';
import { contentOf } from './content.js';
import { createHurriedClock } from '../../support/hurried-clock.js';

export const apiKey = 'a-key-for-faults-of-at-least-32-characters';

export type Variables = Readonly<Record<string, string>>;

export interface FaultWorldOptions {
  readonly estate: Estate;
  readonly netbox?: NetBoxSimulatorOptions;
  readonly proxmox?: Omit<ProxmoxSimulatorOptions, 'cluster'>;
  readonly variables?: Variables;
  /** How much faster than the system's time the service's passes; default 100. */
  readonly speed?: number;
  /** A clock that the test moves, instead of `speed`. */
  readonly clock?: Clock;
  /** The Proxmox endpoints log in with user and password instead of a token. */
  readonly withPassword?: boolean;
  /** `child`: dist/main.js as a process of its own, in real time. Default: in this process. */
  readonly service?: 'here' | 'child';
}

export interface FaultWorld {
  readonly estate: Estate;
  /** The one in use; see `freshNetBox`. */
  readonly netbox: NetBoxSimulator;
  readonly proxmox: readonly ProxmoxSimulator[];
  readonly url: string;
  /** The service's, where it runs in this process. */
  readonly clock: Clock;
  /** Log lines of the service, warnings and above. */
  readonly log: readonly string[];
  fullUpdate(): Promise<StreamResult>;
  stream(path: string): Promise<StreamResult>;
  /** NetBox refuses connections, until `netboxUp`. */
  netboxDown(): Promise<void>;
  netboxUp(): Promise<void>;
  content(): readonly string[];
  /** Another, empty NetBox at the same address, no faults anywhere; the service keeps running and forgets what it read. */
  freshNetBox(options?: NetBoxSimulatorOptions): Promise<void>;
  /** Sends the signal to the service (`service: 'child'`) and waits for its end. */
  end(signal: NodeJS.Signals): Promise<Exit>;
  /** Ends the service if it still runs, and starts it again on the same database, with these variables beside its own. */
  restart(changes?: Variables): Promise<void>;
  close(): Promise<void>;
}

/** Short pauses, so that a fault is over soon; what hangs is given up only where a test asks for it. */
export function variablesFor(folder: string): Variables {
  return {
    PROXBOX_DATABASE_PATH: path.join(folder, 'database.db'),
    PROXBOX_ENCRYPTION_KEY: randomBytes(32).toString('base64url'),
    PROXBOX_BULK_BATCH_DELAY_MS: '0',
    PROXBOX_BACKUP_BATCH_DELAY_MS: '0',
    PROXBOX_INTERFACE_BATCH_DELAY_MS: '0',
    PROXBOX_NETBOX_TIMEOUT: String(requestLimitS),
    PROXBOX_NETBOX_RETRY_DELAY: '0.01',
    PROXBOX_NETBOX_MAX_RETRIES: '3',
    PROXBOX_LOG_LEVEL: 'WARNING',
    PROXBOX_RATE_LIMIT: '100000',
    PROXBOX_BIND_HOST: '127.0.0.1',
  };
}

/** The first key, the NetBox and every Proxmox endpoint, over HTTP as an operator would. */
export async function register(
  url: string,
  netboxUrl: string,
  world: { readonly estate: Estate; readonly proxmox: readonly ProxmoxSimulator[]; readonly withPassword?: boolean },
): Promise<void> {
  const api = createApiClient(url, apiKey);
  await api.send('POST', '/auth/register-key', { api_key: apiKey, label: 'faults' });
  await api.send('POST', '/netbox/endpoint', {
    name: 'netbox',
    ip_address: '127.0.0.1',
    domain: '',
    port: Number(new URL(netboxUrl).port),
    token_version: 'v2',
    token_key: defaultTokens.v2.key,
    token: defaultTokens.v2.secret,
    verify_ssl: false,
  });
  for (const [index, simulator] of world.proxmox.entries()) {
    const { username, password, tokenName, tokenValue, port } = simulator;
    const login = world.withPassword === true ? { password } : { token_name: tokenName, token_value: tokenValue };
    await api.send('POST', '/proxmox/endpoints', {
      name: world.estate.clusters[index]?.name ?? `cluster-${index + 1}`,
      ip_address: '127.0.0.1',
      port,
      username,
      ...login,
      verify_ssl: false,
      timeout: requestLimitS,
      max_retries: 1,
      retry_backoff: 0.01,
    });
  }
}

/** What the plugin keeps itself: a row per endpoint, cluster and node, as its own discovery makes them. */
export function seedPlugin(netbox: NetBoxSimulator, estate: Estate, ports: readonly number[]): void {
  for (const [index, cluster] of estate.clusters.entries()) {
    const endpoint = netbox.operator.create('plugins/proxbox/endpoints/proxmox', {
      name: cluster.name,
      mode: 'cluster',
      domain: '127.0.0.1',
      port: ports[index] ?? 8006,
      verify_ssl: false,
    }).id;
    const row = netbox.operator.create('plugins/proxbox/proxmox-clusters', {
      endpoint,
      name: cluster.name,
      mode: 'cluster',
      nodes_count: cluster.nodes.length,
    }).id;
    for (const node of cluster.nodes) {
      netbox.operator.create('plugins/proxbox/proxmox-nodes', {
        endpoint,
        proxmox_cluster: row,
        name: node.name,
        ip_address: node.address,
        online: node.online,
      });
    }
  }
}

export async function collect(api: ApiClient, at: string): Promise<StreamResult> {
  const frames: StreamFrame[] = [];
  for await (const frame of api.stream(at)) frames.push(frame);
  // A client may take a connection that was cut for the end of the answer: `Connection: close` allows it.
  if (frames.at(-1)?.event !== 'complete') throw new Error(`the stream of ${at} ended without complete`);
  return { complete: frames.at(-1)?.data as unknown as Complete, frames };
}

interface Service {
  readonly url: string;
  readonly child: Child | undefined;
  stop(): Promise<unknown>;
}

async function startHere(
  variables: Variables,
  { clock, log }: { readonly clock: Clock; readonly log: string[] },
): Promise<Service> {
  const { env } = parseEnv(variables);
  const deps = createDeps({
    env,
    bcryptCost: 4,
    clock,
    console: { write: (line) => log.push(line) > 0 },
  });
  const app = await buildApp(deps);
  const url = await app.listen({ port: 0, host: '127.0.0.1' });
  return { url, child: undefined, stop: () => app.close() };
}

async function startApart(variables: Variables): Promise<Service> {
  const child = await startChild(variables);
  return { url: child.url, child, stop: () => child.end('SIGTERM') };
}

export async function openFaultWorld(options: FaultWorldOptions): Promise<FaultWorld> {
  const { estate } = options;
  const folder = await mkdtemp(path.join(tmpdir(), 'proxbox-fault-'));
  let netbox = createNetBoxSimulator(options.netbox);
  await netbox.listen();
  const netboxPort = Number(new URL(netbox.url).port);
  const started = await startProxmoxSimulators(estate, options.proxmox);
  const { simulators } = started;
  const ports = simulators.map(({ port }) => port);
  const log: string[] = [];
  const clock = options.clock ?? createHurriedClock(options.speed ?? 100);
  const variables = { ...variablesFor(folder), ...options.variables };
  const start = (changes: Variables = {}): Promise<Service> => {
    const all = { ...variables, ...changes };
    return options.service === 'child' ? startApart(all) : startHere(all, { clock, log });
  };
  let service = await start();
  await register(service.url, netbox.url, { ...options, proxmox: simulators });
  seedPlugin(netbox, estate, ports);

  const api = (): ApiClient => createApiClient(service.url, apiKey);
  const stream = (at: string): Promise<StreamResult> => collect(api(), at);
  return {
    clock,
    estate,
    get netbox() {
      return netbox;
    },
    proxmox: simulators,
    get url() {
      return service.url;
    },
    log,
    stream,
    fullUpdate: () => stream('/full-update/stream'),
    netboxDown: () => netbox.close(),
    netboxUp: async () => {
      await netbox.listen(netboxPort);
    },
    content: () => contentOf(netbox, ports),
    freshNetBox: async (changes) => {
      await netbox.close();
      netbox = createNetBoxSimulator({ ...options.netbox, ...changes });
      await netbox.listen(netboxPort);
      seedPlugin(netbox, estate, ports);
      for (const { faults } of simulators) faults.clear();
      await api().send('GET', '/clear-cache');
    },
    end: async (signal) => {
      if (service.child === undefined) throw new Error('only a service in a process of its own can be ended');
      return service.child.end(signal);
    },
    restart: async (changes) => {
      await service.stop();
      service = await start(changes);
    },
    close: async () => {
      await service.stop();
      await Promise.all([netbox.close(), started.close()]);
      await rm(folder, { recursive: true, force: true });
    },
  };
}
