import { Agent, request } from 'node:https';
import { afterEach } from 'vitest';
import type { EstateCluster } from '../../simulator/estate/index.js';
import { createFixtureEstate } from '../../simulator/estate/index.js';
import type { ProxmoxSimulator, ProxmoxSimulatorOptions } from '../../simulator/proxmox/index.js';
import { createProxmoxSimulator } from '../../simulator/proxmox/index.js';

/** Whatever the simulator sends: tests look into it freely. */
export type Json = ReturnType<typeof JSON.parse>;

export interface Reply {
  status: number;
  reason: string;
  type: string;
  text: string;
  /** The whole parsed answer; undefined when it is no JSON. */
  json: Json;
  data: Json;
}

export interface Call {
  method?: string;
  headers?: Record<string, string>;
  body?: string;
  /** Outside `/api2/json`. */
  raw?: boolean;
}

const agents: Agent[] = [];
const running: ProxmoxSimulator[] = [];

afterEach(async () => {
  for (const agent of agents.splice(0)) agent.destroy();
  await Promise.all(running.splice(0).map((simulator) => simulator.close()));
});

export const clusterNamed = (name: string): EstateCluster =>
  createFixtureEstate().clusters.find((cluster) => cluster.name === name)!;

/** A listening simulator of the fixture's `lab` unless told otherwise; closed after the test. */
export async function start(options: Partial<ProxmoxSimulatorOptions> = {}): Promise<{
  pve: ProxmoxSimulator;
  call: (path: string, call?: Call) => Promise<Reply>;
  get: (path: string) => Promise<Json>;
}> {
  const pve = createProxmoxSimulator({ cluster: clusterNamed('lab'), ...options });
  running.push(pve);
  await pve.listen();
  const agent = new Agent({ keepAlive: true, maxSockets: 16, rejectUnauthorized: false });
  agents.push(agent);
  const authorization = tokenHeader(pve);
  const call = (path: string, given: Call = {}): Promise<Reply> =>
    send(agent, pve.url + (given.raw === true ? '' : '/api2/json') + path, { headers: { authorization }, ...given });
  return { pve, call, get: async (path) => (await call(path)).data };
}

export const tokenHeader = (pve: ProxmoxSimulator): string =>
  `PVEAPIToken=${pve.username}!${pve.tokenName}=${pve.tokenValue}`;

export function send(agent: Agent, url: string, { method = 'GET', headers = {}, body }: Call): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { agent, method, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString('utf8');
        const json = parse(text);
        const type = response.headers['content-type'] ?? '';
        resolve({ status: response.statusCode!, reason: response.statusMessage!, type, text, json, data: json?.data });
      });
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

function parse(text: string): Json {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export const form = (fields: Record<string, string>): Call => ({
  method: 'POST',
  headers: { 'content-type': 'application/x-www-form-urlencoded' },
  body: new URLSearchParams(fields).toString(),
});
