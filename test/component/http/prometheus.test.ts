/** The numbers for Prometheus: that they are those of NetBox and Proxmox, who may read them, and that a restart keeps them true. */
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '../../demo/free-port.js';
import { createEstate, setNodeOnline } from '../../simulator/estate/index.js';
import { openWorld, type World } from '../../support/world.js';
import { anApp } from './app-fixture.js';
import { packageVersion } from '../../../src/config/version.js';

type Labels = Readonly<Record<string, string>>;

/** Samples of a text in Prometheus' format, by name. */
function samplesOf(text: string): ReadonlyMap<string, readonly { readonly labels: Labels; readonly value: number }[]> {
  const samples = new Map<string, { labels: Labels; value: number }[]>();
  for (const line of text.split('\n')) {
    const [, name = '', inner = '', value = ''] = /^([a-z0-9_]+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? [];
    if (name === '') continue;
    const labels = Object.fromEntries(
      [...inner.matchAll(/(\w+)="([^"]*)"/g)].map(([, key = '', text = '']) => [key, text]),
    );
    samples.set(name, [...(samples.get(name) ?? []), { labels, value: Number(value) }]);
  }
  return samples;
}

describe('metrics', () => {
  let world: World;
  beforeAll(async () => {
    world = await openWorld({ estate: createEstate({ vms: 6, clusters: 1, seed: 5 }) });
  });
  afterAll(() => world.close());

  const text = async (): Promise<string> => {
    const response = await fetch(`${world.url}/metrics`, { headers: { authorization: `Bearer ${world.apiKey}` } });
    expect(response.status).toBe(200);
    return response.text();
  };
  /** The sum of the samples that have these labels. */
  const sum = async (name: string, labels: Labels = {}): Promise<number> =>
    (samplesOf(await text()).get(`proxbox_${name}`) ?? [])
      .filter((sample) => Object.entries(labels).every(([label, value]) => sample.labels[label] === value))
      .reduce((total, { value }) => total + value, 0);

  it('cost NetBox nothing before somebody asks for them', async () => {
    const before = world.netbox.requestLog.length;

    await world.restart();
    await new Promise((resolve) => setImmediate(resolve));

    expect(world.netbox.requestLog.length - before).toBe(0);
  });

  it('count every request, as NetBox and Proxmox do', async () => {
    const proxmox = world.proxmox[0]!;
    const before = {
      netbox: (await sum('requests_total', { side: 'netbox' })) - world.netbox.counters.total,
      proxmox: (await sum('requests_total', { side: 'proxmox' })) - proxmox.requestLog.length,
    };

    await world.fullUpdate();

    expect(world.netbox.counters.writes).toBeGreaterThan(10);
    expect((await sum('requests_total', { side: 'netbox' })) - world.netbox.counters.total).toBe(before.netbox);
    expect((await sum('requests_total', { side: 'proxmox' })) - proxmox.requestLog.length).toBe(before.proxmox);
    expect(await sum('request_seconds_count', { side: 'netbox' })).toBe(
      await sum('requests_total', { side: 'netbox' }),
    );
    expect(await sum('requests_total', { side: 'netbox', method: 'POST', status: '201' })).toBeGreaterThan(5);
  });

  it('say what became of runs and objects, and of what was left out', async () => {
    expect(await sum('runs_total', { kind: 'full-update', status: 'completed' })).toBe(1);
    expect(await sum('objects_total', { kind: 'virtual-machine', outcome: 'created' })).toBe(6);
    const endpoint = world.proxmox[0] === undefined ? '' : (await world.ask('GET', '/proxmox/endpoints')).body[0].name;
    const at = await sum('last_success_timestamp_seconds', { endpoint, kind: 'full-update' });
    expect(Math.abs(at - Date.now() / 1000)).toBeLessThan(3600);
    const [cluster] = world.estate.clusters;
    setNodeOnline(cluster!, cluster!.nodes.at(-1)!.name, false);

    await world.fullUpdate();

    expect(await sum('runs_total', { kind: 'full-update', status: 'partial' })).toBe(1);
    expect(await sum('reasons_total', { reason: 'node_offline' })).toBeGreaterThan(0);
    expect(await sum('last_success_timestamp_seconds', { endpoint, kind: 'full-update' })).toBe(at);
    expect(await sum('ledger_runs')).toBe(2);
  });

  it('count nothing of a plan, which does nothing', async () => {
    const [guest] = world.estate.clusters[0]!.guests.values();
    guest!.memoryMb += 512;
    const counted = async () => [await sum('runs_total'), await sum('objects_total'), await sum('reasons_total')];
    const before = await counted();
    expect(await world.ask('POST', '/plans')).toMatchObject({ status: 201, body: { drift: 1 } });
    expect(await counted()).toEqual(before);
    expect(await text()).not.toContain('kind="plan"');
    guest!.memoryMb -= 512;
  });

  it('count repetitions, and what was waited for them', async () => {
    world.netbox.faults.add({
      match: { method: 'GET', path: /object-changes|core/, times: 1 },
      action: { status: 503 },
    });

    await world.fullUpdate();

    expect(await sum('requests_total', { side: 'netbox', status: '503' })).toBe(1);
    expect(await sum('retries_total', { side: 'netbox' })).toBe(1);
    expect(await sum('retry_wait_seconds_total', { side: 'netbox' })).toBeGreaterThan(0);
  });

  it('keep the last success over a restart', async () => {
    const before = await sum('last_success_timestamp_seconds', { kind: 'full-update' });

    await world.restart();

    const after = await sum('last_success_timestamp_seconds', { kind: 'full-update' });
    const { body } = await world.ask('GET', '/runs/latest?kind=full-update&status=completed');
    expect(after).toBe(Date.parse(body.ended_at) / 1000);
    // The run was counted right before it was taken down.
    expect(before).toBeGreaterThanOrEqual(Date.parse(body.started_at) / 1000);
    expect(before).toBeLessThanOrEqual(after);
  });

  it('say what runs, and what is under way', async () => {
    const samples = samplesOf(await text());

    expect(samples.get('proxbox_build_info')).toEqual([
      { labels: { version: packageVersion(), node: process.versions.node }, value: 1 },
    ]);
    expect(samples.get('proxbox_gate_width')).toMatchObject([
      { labels: { side: 'netbox' } },
      { labels: { side: 'proxmox' } },
    ]);
    expect(samples.get('proxbox_active_runs')).toEqual([{ labels: {}, value: 0 }]);
    expect(samples.get('proxbox_netbox_cache_entries')?.[0]?.value).toBeGreaterThanOrEqual(0);
  });
});

describe('the dashboard, the alerts and the page of them', () => {
  const page = (name: string): string => readFileSync(new URL(`../../../docs/${name}`, import.meta.url), 'utf8');
  const dashboard = JSON.parse(page('monitoring/grafana-dashboard.json')) as {
    panels: { targets: { expr: string; legendFormat: string }[] }[];
  };
  const alerts = parse(page('monitoring/alerts.yml')) as { groups: { rules: { alert: string; expr: string }[] }[] };
  const rules = alerts.groups.flatMap((group) => group.rules);
  let samples: ReturnType<typeof samplesOf>;
  let told = '';

  beforeAll(async () => {
    const port = await freePort();
    const world = await openWorld({
      estate: createEstate({ vms: 6, clusters: 1, seed: 5 }),
      service: 'process',
      variables: { PROXBOX_METRICS_BIND: `127.0.0.1:${port}`, PROXBOX_SYNC_SCHEDULE: '0 0 1 1 *' },
    });
    world.netbox.faults.add({
      match: { method: 'GET', path: /virtualization\/clusters/, times: 1 },
      action: { status: 503 },
    });
    try {
      await world.fullUpdate();
      const response = await fetch(`http://127.0.0.1:${port}/metrics`);
      told = await response.text();
      samples = samplesOf(told);
      expect((await fetch(`http://127.0.0.1:${port}/runs`)).status).toBe(404);
    } finally {
      await world.close();
    }
  });

  /** What a query asks for that the service does not tell. */
  const missing = (query: string): readonly string[] =>
    [...query.matchAll(/(proxbox_\w+)(?:\{([^}]*)\})?/g)].flatMap(([, name = '', selector = '']) => {
      const first = samples.get(name)?.[0];
      if (first === undefined) return [name];
      const labels = [...selector.matchAll(/(\w+)[=!~]+"/g)].map(([, label = '']) => label);
      return labels.filter((label) => !(label in first.labels)).map((label) => `${name}{${label}}`);
    });

  it('are told by the rules for names: a total is a counter, and nothing else is', () => {
    const types = [...told.matchAll(/^# TYPE (\S+) (\w+)$/gm)].map(([, name = '', type]) => ({ name, type }));

    expect(types.length).toBeGreaterThan(20);
    expect(types.filter(({ name, type }) => name.endsWith('_total') !== (type === 'counter'))).toEqual([]);
    expect(types.filter(({ name }) => !name.startsWith('proxbox_'))).toEqual([]);
  });

  it('ask for nothing that is not told', () => {
    const queries = [...dashboard.panels.flatMap(({ targets }) => targets), ...rules].map(({ expr }) => expr);

    expect(queries.length).toBeGreaterThan(20);
    expect(queries.filter((query) => !query.includes('proxbox_'))).toEqual([]);
    expect(queries.flatMap(missing)).toEqual([]);
  });

  it('name each alert, and each metric of ours', () => {
    const text = page('monitoring.md');

    for (const { alert } of rules) expect(text).toContain(`| \`${alert}\` |`);
    const own = [...samples.keys()].filter((name) => !/^proxbox_(process|nodejs)_/.test(name));
    const named = own.map((name) => name.replace(/_(bucket|sum|count)$/, ''));
    expect(named.filter((name) => !text.includes(`\`${name}\``))).toEqual([]);
    for (const [, name = ''] of text.matchAll(/\| `(proxbox_\w+)`/g))
      expect(
        [...samples.keys()].some((told) => told.replace(/_bucket$/, '') === name),
        name,
      ).toBe(true);
  });
});

describe('who may read metrics', () => {
  it('has the key, in its header or as a bearer, which no other route takes', async () => {
    const { app, key, headers } = await anApp();
    const status = async (url: string, sent: Labels) => (await app.inject({ url, headers: sent })).statusCode;
    const bearer = { authorization: `Bearer ${key}` };

    expect(await status('/metrics', headers)).toBe(200);
    expect(await status('/metrics', bearer)).toBe(200);
    expect(await status('/metrics', { authorization: `bearer ${key}` })).toBe(200);
    expect(await status('/metrics', {})).toBe(401);
    expect(await status('/metrics', { authorization: `Basic ${key}` })).toBe(401);
    expect(await status('/metrics', { authorization: 'Bearer wrong' })).toBe(401);
    expect(await status('/version', bearer)).toBe(401);
  });
});

describe('whether the service can work', () => {
  it('is told without a key, and says nothing else', async () => {
    const { app } = await anApp({ withKey: false, variables: { PROXBOX_ENCRYPTION_KEY: 'a-key-for-the-test' } });

    expect((await app.inject('/livez')).json()).toEqual({ status: 'alive' });
    const ready = await app.inject('/readyz');
    expect(ready.statusCode).toBe(200);
    const checks = { database: true, encryption_key: true, netbox_credentials: true };
    expect(ready.json()).toEqual({ status: 'ready', checks });
  });

  it('is 503 without an encryption key', async () => {
    const { app } = await anApp({
      change: ({ encryptionKeys }) => ({
        encryptionKeys: { ...encryptionKeys, allowsPlaintext: false, state: () => 'missing' },
      }),
    });

    const ready = await app.inject('/readyz');

    expect([ready.statusCode, ready.json()]).toMatchObject([
      503,
      { status: 'not ready', checks: { encryption_key: false } },
    ]);
    expect((await app.inject('/livez')).statusCode).toBe(200);
  });

  it('is 503 where the token of NetBox cannot be read with the key', async () => {
    const { app } = await anApp({
      change: ({ netboxEndpoints }) => ({
        netboxEndpoints: {
          ...netboxEndpoints,
          active: () => ({ id: 1 }) as ReturnType<typeof netboxEndpoints.active>,
        },
      }),
      variables: { PROXBOX_ENCRYPTION_KEY: 'a-key-for-the-test' },
    });

    const ready = await app.inject('/readyz');

    expect([ready.statusCode, ready.json()]).toMatchObject([503, { checks: { netbox_credentials: false } }]);
  });
});
