import type { Clock } from '../../../src/config/clock.js';
import type { ProxmoxCredentials, ProxmoxEndpoint } from '../../../src/endpoints/types.js';
import { Secret } from '../../../src/config/secret.js';
import type { HttpRequest, HttpResult, Transport, TransportFailure } from '../../../src/transport/types.js';

export interface FakeClock extends Clock {
  advance(ms: number): void;
  readonly slept: readonly number[];
}

/** Sleeping takes no time and moves the clock, unless `hold` is set: then sleepers wait for `advance`. */
export function fakeClock({ hold = false } = {}): FakeClock {
  let nowMs = 1_000_000;
  const slept: number[] = [];
  const sleepers = new Set<() => void>();
  return {
    now: () => new Date(nowMs),
    monotonicMs: () => nowMs,
    sleep: async (ms, signal) => {
      signal?.throwIfAborted();
      slept.push(ms);
      if (!hold) return void (nowMs += ms);
      const until = nowMs + ms;
      await new Promise<void>((resolve, reject) => {
        const wake = (): void => {
          if (nowMs < until) return;
          sleepers.delete(wake);
          resolve();
        };
        sleepers.add(wake);
        signal?.addEventListener('abort', () => reject(new Error('aborted')), { once: true });
      });
    },
    advance: (ms) => {
      nowMs += ms;
      for (const wake of [...sleepers]) wake();
    },
    slept,
  };
}

export const answer = (status: number, statusText: string, body: unknown): HttpResult => ({
  ok: true,
  response: { status, statusText, headers: {}, text: typeof body === 'string' ? body : JSON.stringify(body) },
});

export const data = (value: unknown): HttpResult => answer(200, 'OK', { data: value });

export const failure = (kind: TransportFailure['kind'], message: string = kind): HttpResult => ({
  ok: false,
  failure: { kind, maybeSent: true, message },
});

export interface FakeTransport extends Transport {
  readonly requests: HttpRequest[];
  closed: number;
}

/** Answers with what `respond` says; the number counts the requests of that method and path, from 1. */
export function fakeTransport(
  respond: (request: HttpRequest, times: number) => HttpResult | Promise<HttpResult>,
  origin = 'https://pve1.lab:8006',
): FakeTransport {
  const requests: HttpRequest[] = [];
  const transport: FakeTransport = {
    origin,
    requests,
    closed: 0,
    send: async (request) => {
      requests.push(request);
      return respond(
        request,
        requests.filter((one) => one.path === request.path && one.method === request.method).length,
      );
    },
    close: async () => {
      transport.closed += 1;
    },
  };
  return transport;
}

export function anEndpoint(changes: Partial<ProxmoxEndpoint> = {}): ProxmoxEndpoint {
  const nowhere = { id: null, slug: null, name: null };
  return {
    id: 1,
    name: 'lab (nb:3)',
    ipAddress: '10.0.0.10',
    domain: null,
    port: 8006,
    username: 'netbox@pve',
    verifySsl: true,
    allowWrites: false,
    accessMethods: 'api',
    enabled: true,
    timeoutS: null,
    maxRetries: null,
    retryBackoffS: null,
    nodeDeviceNameTemplate: '',
    site: nowhere,
    tenant: nowhere,
    plugin: { endpointId: null, allowWrites: null, enabled: null },
    revision: 'r1',
    ...changes,
  };
}

export function someCredentials(
  changes: { password?: string; tokenName?: string; tokenValue?: string } = {},
): ProxmoxCredentials {
  return {
    password: changes.password === undefined ? null : new Secret(changes.password),
    tokenName: changes.tokenName ?? null,
    tokenValue: changes.tokenValue === undefined ? null : new Secret(changes.tokenValue),
  };
}
