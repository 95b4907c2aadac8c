import pino from 'pino';
import { tunableKeys, tunables } from '../../../src/config/tunables.js';
import type { Tunables } from '../../../src/config/types.js';
import type { NetBoxCredentials, NetBoxEndpoint } from '../../../src/endpoints/types.js';
import { createNetBoxClients, type NetBoxClients } from '../../../src/netbox/clients.js';
import type { NetBoxClient, NetBoxRecord } from '../../../src/netbox/types.js';
import { createNetBoxSimulator, defaultTokens, type NetBoxSimulator } from '../../simulator/netbox/index.js';
import { Secret } from '../../../src/config/secret.js';
import { createFakeClock, type FakeClock } from '../../support/fake-clock.js';
import { startScriptedServer, type ScriptedAnswer, type ScriptedServer } from '../../support/scripted-server.js';

const defaults = Object.fromEntries(tunableKeys.map((key) => [key, tunables[key].default])) as unknown as Tunables;

export const endpoint: NetBoxEndpoint = {
  id: 1,
  name: 'lab',
  ipAddress: '127.0.0.1',
  domain: '',
  port: 8000,
  basePath: '',
  tokenVersion: 'v1',
  verifySsl: false,
  enabled: true,
  revision: '1',
};

export const credentials: NetBoxCredentials = { tokenKey: null, token: new Secret('0123456789abcdef') };

export interface Harness {
  readonly server: ScriptedServer;
  readonly clients: NetBoxClients;
  readonly client: NetBoxClient;
  readonly clock: FakeClock;
  /** Change them to change what the client reads for its next request. */
  readonly settings: { -readonly [K in keyof Tunables]: Tunables[K] };
  /** Requests for `/api/status/`, which are not in `server.requests`. */
  readonly statusRequests: () => number;
  /** What was logged at warn and above. */
  readonly warnings: readonly string[];
  close(): Promise<void>;
}

export interface HarnessOptions {
  readonly version?: string;
  readonly plugins?: Readonly<Record<string, string>>;
  readonly settings?: Partial<Tunables>;
  readonly endpoint?: Partial<NetBoxEndpoint>;
  readonly credentials?: NetBoxCredentials;
  readonly status?: () => ScriptedAnswer;
}

export async function openHarness(options: HarnessOptions = {}): Promise<Harness> {
  let statusRequests = 0;
  const status = (): ScriptedAnswer => ({
    json: { 'netbox-version': options.version ?? '4.6.8', plugins: options.plugins ?? {} },
  });
  const server = await startScriptedServer({
    aside: ({ path }) => {
      if (path !== '/api/status/') return undefined;
      statusRequests += 1;
      return (options.status ?? status)();
    },
  });
  const clock = createFakeClock();
  const settings = { ...defaults, ...options.settings };
  const warnings: string[] = [];
  const logger = pino(
    { level: 'warn' },
    { write: (line: string) => void warnings.push((JSON.parse(line) as { msg: string }).msg) },
  );
  const clients = createNetBoxClients({ clock, logger, settings: () => settings, random: () => 0 });
  const client = clients.forEndpoint(
    { ...endpoint, ...options.endpoint },
    options.credentials ?? credentials,
    server.origin,
  );
  return {
    server,
    clients,
    client,
    clock,
    settings,
    statusRequests: () => statusRequests,
    warnings,
    close: async () => {
      await server.close();
      await clients.close();
    },
  };
}

export interface SimulatedHarness {
  readonly simulator: NetBoxSimulator;
  readonly client: NetBoxClient;
  close(): Promise<void>;
}

export type SimulatedVersion = '4.5.9' | '4.6.8' | '4.7.3';

/** The client in front of a simulated NetBox of this version, with the plugin. */
export async function openSimulated(version: SimulatedVersion): Promise<SimulatedHarness> {
  const simulator = createNetBoxSimulator({ version });
  const url = await simulator.listen();
  const clients = createNetBoxClients({
    clock: createFakeClock(),
    logger: pino({ level: 'silent' }),
    settings: () => defaults,
    random: () => 0,
  });
  const token = new Secret(defaultTokens.v1);
  return {
    simulator,
    client: clients.forEndpoint(endpoint, { tokenKey: null, token }, url),
    close: async () => {
      await clients.close();
      await simulator.close();
    },
  };
}

export function rows(...ids: readonly number[]): readonly NetBoxRecord[] {
  return ids.map((id) => ({ id, name: `object-${id}` }));
}

/** A cursor page of NetBox 4.6: no count. */
export function cursorPage(results: readonly NetBoxRecord[], next: string | null = null): ScriptedAnswer {
  return { json: { count: null, next, previous: null, results } };
}

export function offsetPage(
  results: readonly NetBoxRecord[],
  count: number,
  next: string | null = null,
): ScriptedAnswer {
  return { json: { count, next, previous: null, results } };
}
