import { X509Certificate } from 'node:crypto';
import { Agent } from 'node:https';
import { describe, expect, it } from 'vitest';
import { createEstate, createFixtureEstate } from '../../simulator/estate/index.js';
import type { CertificateKind } from '../../simulator/proxmox/index.js';
import { createProxmoxSimulator, startProxmoxSimulators } from '../../simulator/proxmox/index.js';
import type { Json } from './client.js';
import { clusterNamed, send, start, tokenHeader } from './client.js';
import { eventually } from '../../support/eventually.js';
import { elapsedMsOf, leastCpuMsOf } from '../../support/measure.js';

describe('certificates', () => {
  it.each<[CertificateKind, boolean, string | undefined]>([
    ['self-signed', true, undefined],
    ['self-signed', false, 'DEPTH_ZERO_SELF_SIGNED_CERT'],
    ['wrong-host', true, 'ERR_TLS_CERT_ALTNAME_INVALID'],
    ['expired', true, 'CERT_HAS_EXPIRED'],
  ])('%s, trusted: %s -> %s', async (tls, trusted, code) => {
    const { pve } = await start({ tls });
    const agent = new Agent(trusted ? { ca: pve.certificate } : {});

    const outcome = await send(agent, `${pve.url}/api2/json/version`, {
      headers: { authorization: tokenHeader(pve) },
    }).catch((error: unknown) => error);

    expect(outcome).toMatchObject(code === undefined ? { status: 200 } : { code });
    expect(new X509Certificate(pve.certificate).subjectAltName).toContain(
      tls === 'wrong-host' ? 'other.example.org' : 'IP Address:127.0.0.1',
    );
  });
});

describe('server', () => {
  it('refuses to bind anything but loopback', async () => {
    const pve = createProxmoxSimulator({ cluster: clusterNamed('lab') });

    await expect(pve.listen(0, '0.0.0.0')).rejects.toThrow('binds loopback only');
    expect(pve.url).toBe('');
  });

  it('listens on the IPv6 loopback address', async () => {
    const pve = createProxmoxSimulator({ cluster: clusterNamed('lab') });
    await pve.listen(0, '::1');
    const agent = new Agent({ ca: pve.certificate });

    const reply = await send(agent, `${pve.url}/api2/json/version`, { headers: { authorization: tokenHeader(pve) } });
    await pve.close();

    expect(reply.status).toBe(200);
  });

  it('counts requests by route and remembers them with their caller', async () => {
    const { pve, call } = await start();

    await Promise.all([100, 102, 105, 106].map((vmid) => call(`/nodes/pve1/qemu/${vmid}/config?current=1`)));
    await call('/version');

    expect(Object.fromEntries(pve.counters.byRoute)).toEqual({
      'GET /nodes/{node}/qemu/{vmid}/config': 4,
      'GET /version': 1,
    });
    expect(pve.counters.total).toBe(5);
    expect(pve.requestLog[0]).toEqual({
      method: 'GET',
      path: '/nodes/pve1/qemu/100/config',
      query: 'current=1',
      template: '/nodes/{node}/qemu/{vmid}/config',
      status: 200,
      user: 'proxbox@pve!sync',
    });

    pve.resetCounters();

    expect([pve.counters.total, pve.counters.maxConcurrency, pve.requestLog.length]).toEqual([0, 0, 0]);
  });

  it('knows how many requests ran at once, and forgets it', async () => {
    const { pve, call } = await start();
    pve.faults.add({ match: { times: 4 }, action: 'hang' });
    const hanging = [1, 2, 3, 4].map(() => call('/version').catch(() => undefined));
    await eventually(() => expect(pve.counters.total).toBe(4));

    expect(pve.counters.maxConcurrency).toBe(4);

    await pve.close();
    await Promise.all(hanging);
    await eventually(() => expect((pve.resetCounters(), pve.counters.maxConcurrency)).toBe(0));
  });

  it('adds latency from a range', async () => {
    const { call } = await start({ latencyMs: [30, 40] });

    expect(await elapsedMsOf(() => call('/version'))).toBeGreaterThanOrEqual(28);
  });

  it('refuses an oversized body', async () => {
    const { call } = await start();

    const reply = await call('/access/ticket', { method: 'POST', headers: {}, body: 'x'.repeat(600_000) });

    expect(reply.status).toBe(413);
  });

  it('starts one simulator per cluster and closes all', async () => {
    const started = await startProxmoxSimulators(createFixtureEstate());

    expect(started.simulators.map((simulator) => simulator.state.name)).toEqual(['lab', 'edge', 'solo']);
    expect(new Set(started.simulators.map((simulator) => simulator.port)).size).toBe(3);
    await started.close();
    expect(started.simulators.map((simulator) => simulator.url)).toEqual(['', '', '']);
  });

  it('closes those that are up when one port is taken', async () => {
    const { pve } = await start();

    await expect(startProxmoxSimulators(createFixtureEstate(), { port: pve.port })).rejects.toMatchObject({
      code: 'EADDRINUSE',
    });
  });
});

describe('speed', () => {
  /** To list all guests, and to read the configurations of a hundred: the cheapest of ten each, as collections come in between. */
  const costOf = async (vms: number): Promise<{ readonly listMs: number; readonly readMs: number }> => {
    const [cluster] = createEstate({ vms, clusters: 1, nodesPerCluster: 10 }).clusters;
    const { call } = await start({ cluster: cluster! });
    const rows: readonly Json[] = (await call('/cluster/resources?type=vm')).data;
    expect(rows).toHaveLength(vms);
    const listMs = await leastCpuMsOf(10, () => call('/cluster/resources?type=vm'));
    const readMs = await leastCpuMsOf(10, async (n) => {
      const first = (n * 100) % vms;
      const replies = await Promise.all(
        rows.slice(first, first + 100).map((row) => call(`/nodes/${row.node}/${row.type}/${row.vmid}/config`)),
      );
      expect(replies.map((reply) => reply.status)).toEqual(Array(100).fill(200));
    });
    return { listMs, readMs };
  };

  it('is in proportion: a list of ten times the guests costs no more than twenty times the work, a guest no more than thrice', async () => {
    const [small, large] = [await costOf(100), await costOf(1000)];

    expect(large.listMs / small.listMs).toBeLessThan(20);
    expect(large.readMs / small.readMs).toBeLessThan(3);
  });
});
