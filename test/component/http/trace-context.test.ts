/** The trace of a caller on its way: through the service to NetBox and Proxmox, and into the log. */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createEstate } from '../../simulator/estate/index.js';
import { turns } from '../../support/eventually.js';
import { openWorld, type World } from '../../support/world.js';

const channel = 'http.server.request.start';
const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
const traceparent = `00-${traceId}-00f067aa0ba902b7-01`;

describe('the trace of a caller', () => {
  let world: World;
  let seen: { readonly request: string; readonly traceparent: string | undefined }[];
  let hosts: ReadonlySet<string>;
  /** Of each request that arrives at NetBox or Proxmox; other tests of the process may have left something under way. */
  const look = (message: unknown): void => {
    const { headers, method, url } = (message as { request: IncomingMessage }).request;
    if (!hosts.has(headers.host ?? '')) return;
    seen.push({ request: `${method} ${url}`, traceparent: headers['traceparent'] as string | undefined });
  };
  beforeEach(async () => {
    world = await openWorld({ estate: createEstate({ vms: 2, clusters: 1, seed: 5 }) });
    hosts = new Set([world.netbox, ...world.proxmox].map(({ url }) => new URL(url).host));
    // What making the world has begun is over.
    await turns();
    seen = [];
    subscribe(channel, look);
  });
  afterEach(async () => {
    unsubscribe(channel, look);
    await world.close();
  });

  const traceIds = () => new Set(seen.map((one) => one.traceparent?.split('-')[1]));
  const untraced = () => seen.filter((one) => one.traceparent === undefined).map(({ request: asked }) => asked);

  it('is that of every request of its run, and of the lines about it', async () => {
    const headers = { 'x-proxbox-api-key': world.apiKey, traceparent, 'content-type': 'application/json' };
    const stream = await fetch(`${world.url}/full-update/stream`, { headers });
    expect(await stream.text()).toContain('"ok":true');

    expect(seen.length).toBeGreaterThan(20);
    expect(traceIds()).toEqual(new Set([traceId]));
    const { body } = await world.ask('GET', '/admin/logs?limit=500');
    const lines = JSON.stringify(body);
    expect(lines).toContain(traceId);

    seen.length = 0;
    const begun = await fetch(`${world.url}/proxmox/endpoints`, { headers });
    expect(begun.status).toBe(200);
    await world.fullUpdate();
    expect(seen.length).toBeGreaterThan(20);
    expect(traceIds()).toEqual(new Set([undefined]));
  });

  it('stays with a run that goes on after its request, whose body was read', async () => {
    const headers = { 'x-proxbox-api-key': world.apiKey, traceparent, 'content-type': 'application/json' };
    const sent = request(`${world.url}/runs`, { method: 'POST', headers: { ...headers, 'content-length': 2 } });
    const answered = once(sent, 'response') as Promise<[IncomingMessage]>;
    sent.flushHeaders();
    // The service has taken the request, and waits for its body.
    await turns();
    sent.end('{}');
    const { id } = JSON.parse(await text((await answered)[0])) as { id: string };
    await world.stream(`/runs/${id}/stream`);

    expect(seen.length).toBeGreaterThan(20);
    expect(untraced()).toEqual([]);
    expect(traceIds()).toEqual(new Set([traceId]));
  });
});
