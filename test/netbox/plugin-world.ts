/**
 * A NetBox with the plugin whose operator has just installed this service: the service runs, knows nothing, and everything
 * it learns comes from the plugin. Proxmox is simulated.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { Estate } from '../simulator/estate/index.js';
import { startProxmoxSimulators, type ProxmoxSimulator } from '../simulator/proxmox/index.js';
import { apiOf, type Answer, type Api } from '../contract/netbox/target.js';
import type { Certificate } from '../support/certificates.js';
import { startTlsFront } from '../support/tls-front.js';
import { resetNetBox, resetNetBoxWithOlderPlugin, type RealNetBox } from './harness.js';
import { startLocalService } from './plugin-service.js';
import { startPluginWorker, type PluginJob, type PluginWorker } from './plugin-worker.js';

/** A NetBox with a release of the plugin. */
interface Installation {
  readonly reset: () => Promise<RealNetBox>;
  /** The variable of the run that names its Python. */
  readonly python: string;
  /** Whether an operator approves what a connection leads to before the plugin gives a secret away. */
  readonly asksForApproval: boolean;
}

export const newestPlugin: Installation = { reset: resetNetBox, python: 'NETBOX_TEST_PYTHON', asksForApproval: true };

export const olderPlugin: Installation = {
  reset: resetNetBoxWithOlderPlugin,
  python: 'NETBOX_TEST_OLDER_PYTHON',
  asksForApproval: false,
};

const endpoints = '/api/plugins/proxbox/endpoints/';

export interface PluginWorld {
  readonly estate: Estate;
  readonly proxmox: readonly ProxmoxSimulator[];
  readonly netbox: Api;
  readonly worker: PluginWorker;
  /** The plugin's ids of its rows about the Proxmox endpoints, in the order of the clusters. */
  readonly endpointIds: readonly number[];
  /** Where the plugin reaches the service. */
  readonly url: string;
  /** A GET from the service, or another request, with the key that the plugin has adopted. */
  request(
    path: string,
    more?: Pick<RequestInit, 'method' | 'body'> & { readonly headers?: Readonly<Record<string, string>> },
  ): Promise<Pick<Answer, 'status' | 'body'>>;
  /** The same, which must be answered with 200; resolves with the body. */
  ask(path: string): Promise<Answer['body']>;
  /** A job of these sync types for all endpoints, or some, queued through the plugin's REST API and run. */
  sync(types: readonly string[], endpointIds?: readonly number[]): Promise<PluginJob>;
  /** Warnings the service logged, and requests it refused or failed, since the last call. */
  problems(): readonly string[];
  /** What the service was asked (`200 GET /path`, without queries) since the last call. */
  requests(): readonly string[];
  /** The operator approves what the row of this path leads to. */
  approve(path: string): Promise<void>;
  close(): Promise<void>;
}

/** The operator reads what the connection leads to and approves it; before, the plugin gives no secret away. */
async function approve(netbox: Api, path: string): Promise<void> {
  const review = await netbox.get(`${path}connection-authority/`);
  const answer = await netbox.send('PUT', `${path}connection-authority/`, {
    body: { target_fingerprint: review.body.target_fingerprint },
  });
  expect(answer).toMatchObject({ status: 200, body: { approved: true } });
}

async function createBackend(netbox: Api, serviceUrl: string): Promise<void> {
  const address = await netbox.create('/api/ipam/ip-addresses/', { address: '127.0.0.1/32' });
  const port = Number(new URL(serviceUrl).port);
  const isSecure = serviceUrl.startsWith('https:');
  await netbox.create(`${endpoints}fastapi/`, {
    name: 'backend',
    ip_address: address.id,
    port,
    use_https: isSecure,
    // The browser reaches it by the same address; over plain HTTP the plugin opens no console.
    ...(isSecure ? { use_websocket: true, websocket_domain: '127.0.0.1', websocket_port: port } : {}),
    verify_ssl: false,
  });
}

/** The path of the row. */
async function createNetBoxEndpoint(netbox: Api, { url, tokens }: RealNetBox): Promise<string> {
  const { id } = await netbox.create(`${endpoints}netbox/`, {
    name: 'this NetBox',
    domain: 'localhost',
    port: Number(new URL(url).port),
    token_version: 'v2',
    token_key: tokens.v2Key,
    token_secret: tokens.v2,
    verify_ssl: false,
  });
  return `${endpoints}netbox/${id}/`;
}

async function createProxmoxEndpoint(netbox: Api, name: string, simulator: ProxmoxSimulator): Promise<number> {
  const { id } = await netbox.create(`${endpoints}proxmox/`, {
    name,
    mode: 'undefined',
    domain: 'localhost',
    port: simulator.port,
    username: simulator.username,
    token_name: simulator.tokenName,
    token_value: simulator.tokenValue,
    verify_ssl: false,
  });
  return id;
}

/** How the service is run. */
interface Serving {
  readonly variables?: Readonly<Record<string, string>>;
  /** With one the plugin and the browser reach it over TLS, as behind a proxy. */
  readonly certificate?: Certificate;
}

/** Empties NetBox, starts service and simulators, and creates the rows that an operator creates, through the REST API. */
export async function openPluginWorld(
  estate: Estate,
  { reset, python, asksForApproval }: Installation = newestPlugin,
  { variables = {}, certificate }: Serving = {},
): Promise<PluginWorld> {
  const real = await reset();
  const netbox = apiOf(real);
  const folder = await mkdtemp(join(tmpdir(), 'proxbox-plugin-'));
  const started = await startProxmoxSimulators(estate);
  const service = await startLocalService(folder, variables);
  const front = certificate === undefined ? undefined : await startTlsFront(service.url, certificate);
  const worker = startPluginWorker(python);
  const review = asksForApproval ? (path: string) => approve(netbox, path) : async () => undefined;
  await createBackend(netbox, front?.url ?? service.url);
  await review(await createNetBoxEndpoint(netbox, real));
  const endpointIds: number[] = [];
  for (const [index, simulator] of started.simulators.entries()) {
    const id = await createProxmoxEndpoint(netbox, estate.clusters[index]!.name, simulator);
    await review(`${endpoints}proxmox/${id}/`);
    endpointIds.push(id);
  }

  const request: PluginWorld['request'] = async (path, more = {}) => {
    const headers = { ...more.headers, 'x-proxbox-api-key': await worker.key() };
    const response = await fetch(`${service.url}${path}`, { ...more, headers });
    return { status: response.status, body: await response.json() };
  };
  return {
    estate,
    proxmox: started.simulators,
    url: front?.url ?? service.url,
    netbox,
    worker,
    problems: () => service.problems(),
    requests: () => service.requests(),
    approve: (path) => approve(netbox, path),
    endpointIds,
    request,
    ask: async (path) => {
      const { status, body } = await request(path);
      expect(status, path).toBe(200);
      return body;
    },
    sync: async (types, ids = endpointIds) => {
      const body = { sync_types: types, proxmox_endpoint_ids: ids };
      const { job_id } = await netbox.create('/api/plugins/proxbox/sync/schedule/', body);
      return worker.run(job_id);
    },
    close: async () => {
      await worker.close();
      await front?.close();
      await service.stop();
      await started.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
