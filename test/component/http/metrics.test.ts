/** Metrics for the plugin's page, from a simulated cluster and from something that answers as InfluxDB. */
import { afterEach, describe, expect, it } from 'vitest';
import { createInflux } from '../../../src/influx/query.js';
import type { OutboundVerdict } from '../../../src/security/outbound-guard.js';
import { createTransport } from '../../../src/transport/undici-transport.js';
import { makeCertificates } from '../../support/certificates.js';
import { startScriptedServer, type ScriptedServer } from '../../support/scripted-server.js';
import { anApp } from './app-fixture.js';
import { aLab, exampleOn, type Json } from './proxmox-lab.js';
import { aVerbWorld } from './verb-world.js';

const nowMs = Date.UTC(2026, 0, 1, 12);
const nowS = nowMs / 1000;

/** The body that the plugin sends, or a part of it in other words. */
const pullBody = {
  source: 'database',
  endpoint_id: 1,
  start_time: nowS - 60,
  history: true,
  local_only: false,
  object_ids: [] as string[],
  metric_names: [] as string[],
  max_rows: 500,
  max_response_bytes: 1_048_576,
};

async function aPull(options: Parameters<typeof aLab>[0] = {}) {
  const lab = await aLab({ now: () => nowMs, ...options });
  return {
    ...lab,
    pull: async (body: object = {}) => {
      const { app, headers } = lab;
      const payload = { ...pullBody, ...body };
      const answer = await app.inject({ method: 'POST', url: '/proxmox/metrics/pull/query', headers, payload });
      return { status: answer.statusCode, body: answer.json() };
    },
  };
}

describe('metrics of Proxmox', () => {
  it.each(['8.4', '9.2'] as const)('of %s are those of the wanted objects and metrics, by time', async (profile) => {
    const { pull, simulators } = await aPull({ estate: exampleOn(profile) });

    const { status, body } = await pull({ object_ids: ['node/pve1', 'qemu/100'], metric_names: ['cpu_current'] });

    expect(status).toBe(200);
    expect(body).toMatchObject({
      columns: ['object_id', 'metric', 'timestamp', 'value', 'metric_type', 'source'],
      row_count: body.rows.length,
      truncated: false,
      query_window: { start: '2026-01-01T11:59:00.000Z', stop: '2026-01-01T00:00:00.000Z' },
      captured_at: '2026-01-01T00:00:00.000Z',
      response_format: 'proxmox_export',
      deduplicated_count: 0,
      skipped_count: 0,
    });
    const told = body.rows.map(({ object_id: id, timestamp }: Json) => [timestamp - nowS, id]);
    expect(told).toEqual(
      [-50, -40, -30, -20, -10, 0].flatMap((age) => [
        [age, 'node/pve1'],
        [age, 'qemu/100'],
      ]),
    );
    expect(body.rows[0]).toEqual({
      object_id: 'node/pve1',
      metric: 'cpu_current',
      timestamp: nowS - 50,
      value: expect.any(Number),
      metric_type: 'gauge',
      source: 'pull',
    });
    const asked = simulators[0]!.requestLog.filter(({ path }) => path === '/cluster/metrics/export');
    expect(asked.map(({ query }) => Object.fromEntries(new URLSearchParams(query)))).toEqual([
      { history: '1', 'local-only': '0', 'start-time': String(nowS - 60) },
    ]);
  });

  it('are cut, and said to be, after so many rows', async () => {
    const { pull } = await aPull();

    const { body } = await pull({ max_rows: 3 });

    expect([body.rows.length, body.row_count, body.truncated]).toEqual([3, 3, true]);
  });

  it('are those below a prefix', async () => {
    const { pull } = await aPull();

    const { body } = await pull({ object_prefixes: ['storage/pve1'], metric_names: ['disk_used'], history: false });

    const ids = new Set<string>(body.rows.map(({ object_id: id }: Json) => id));
    expect(ids.size).toBeGreaterThan(0);
    expect([...ids].every((id) => id.startsWith('storage/pve1/'))).toBe(true);
  });

  it('have odd rows left out and counted, and equal ones once', async () => {
    const { pull, simulators } = await aPull();
    const row = { id: 'node/pve1', metric: 'uptime', timestamp: nowS, value: 1, type: 'gauge' };
    const odd = [
      row,
      row,
      { ...row, timestamp: String(nowS - 1), value: '2.5', type: 'other' },
      { ...row, value: 7 },
      { ...row, value: 'NaN' },
      { ...row, id: '' },
      null,
    ];
    simulators[0]!.faults.add({
      match: { path: /metrics\/export/ },
      action: { status: 200, body: { data: { data: odd } } },
    });

    const { body } = await pull();

    expect([body.deduplicated_count, body.skipped_count]).toEqual([1, 4]);
    expect(body.rows.map(({ value, metric_type: type }: Json) => [value, type])).toEqual([
      [2.5, null],
      [1, 'gauge'],
    ]);
  });

  it.each([
    [{ status: 501, reason: "Method 'GET /cluster/metrics/export' not implemented" }, 503, 'pull_unavailable', /8\.3/],
    [
      { status: 403, reason: 'Permission check failed (/, Sys.Audit)' },
      503,
      'pull_unavailable',
      /lacks Sys\.Audit on \//,
    ],
    [{ status: 200, body: { data: null } }, 502, 'pull_invalid_response', /without a list/],
  ] as const)('that Proxmox answers with %j are an error with a reason', async (action, status, reason, message) => {
    const { pull, simulators } = await aPull();
    simulators[0]!.faults.add({ match: { path: /metrics\/export/ }, action });

    const answer = await pull();

    expect([answer.status, answer.body.detail.reason]).toEqual([status, reason]);
    expect(answer.body.detail.message).toMatch(message);
  });

  it('are refused when they are larger than wanted', async () => {
    const { pull } = await aPull();

    const { status, body } = await pull({ max_response_bytes: 1024 });

    expect([status, body.detail.reason]).toEqual([502, 'pull_response_too_large']);
  });

  it.each([
    [{ history: true, start_time: null }, 'start_time'],
    [{ target_name: 'lab' }, 'endpoint_id'],
    [{ object_ids: ['node/../x'] }, 'object_ids'],
    [{ metric_names: ['a b'] }, 'metric_names'],
    [{ max_rows: 5001 }, 'max_rows'],
    [{ flux: 'x' }, undefined],
  ])('are not asked for with %j', async (body, field) => {
    const { pull, simulators } = await aPull();

    const { status, body: answer } = await pull(body);

    expect([status, answer.detail[0].loc[1]]).toEqual([422, field]);
    expect(simulators[0]!.counters.byRoute.get('GET /cluster/metrics/export')).toBeUndefined();
  });

  it('are those of one endpoint, however it is named', async () => {
    const { pull } = await aPull({ withDeadEndpoint: true });

    const answers = [
      await pull({ endpoint_id: null, target_name: 'lab' }),
      await pull({ endpoint_id: null, target_ip_address: '127.0.0.1' }),
      await pull({ endpoint_id: 9 }),
      await pull({ endpoint_id: 2 }),
    ];

    expect(answers.map(({ status }) => status)).toEqual([200, 200, 404, 503]);
  });

  it('of an endpoint that the plugin names by its own number are that one’s', async () => {
    const world = await aVerbWorld({ now: () => nowMs });
    const { username } = world.edge;
    world.netbox.operator.update('plugins/proxbox/endpoints/proxmox', 2, { username });

    const { status, body } = await world.send('POST', '/proxmox/metrics/pull/query', {
      body: { ...pullBody, source: 'netbox', endpoint_id: 2, object_ids: ['node/edge1'], metric_names: ['uptime'] },
    });

    expect([status, body.rows?.length]).toEqual([200, 6]);
    expect(world.lab.counters.byRoute.get('GET /cluster/metrics/export')).toBeUndefined();
  });
});

describe('metrics of InfluxDB', () => {
  const servers: ScriptedServer[] = [];
  afterEach(async () => {
    for (const server of servers.splice(0)) await server.close();
  });

  const csv = [
    '#datatype,string,long,dateTime:RFC3339,double,string',
    '#group,false,false,false,false,true',
    '#default,_result,,,,',
    ',result,table,_time,_value,_field',
    ',,0,2026-01-01T00:00:00Z,0.5,cpu',
    ',,0,2026-01-01T00:00:10Z,0.25,cpu',
    '',
  ].join('\r\n');
  const token = 'secret-token-of-influx';

  /** The real client, told to connect to the server on this machine. */
  async function anInflux(verdict?: OutboundVerdict) {
    const server = await startScriptedServer({ tls: makeCertificates().selfSigned });
    servers.push(server);
    server.script({ text: csv, headers: { 'content-type': 'text/csv; charset=utf-8' } });
    const asked: string[] = [];
    const guard = {
      checkUrl: async (url: string): Promise<OutboundVerdict> => {
        asked.push(url);
        return verdict ?? { reason: null, addresses: ['127.0.0.1'] };
      },
    };
    const fixture = await anApp({
      change: ({ clock }) => ({ influx: createInflux({ clock, guard, createTransport }) }),
    });
    const ask = async (body: object = {}) => {
      const payload = {
        url: `https://influx.example.test:${server.port}/base/`,
        org: 'my org',
        bucket: 'proxmox',
        token,
        verify_ssl: false,
        start: '-1h',
        stop: null,
        measurement: 'system',
        field: null,
        fields: ['cpu'],
        filters: [{ scope: 'tag', key: 'host', value: 'pve1', operator: '==' }],
        aggregation: null,
        max_rows: 500,
        timeout_seconds: 10.0,
        max_response_bytes: 1_048_576,
        ...body,
      };
      const { app, headers } = fixture;
      const answer = await app.inject({ method: 'POST', url: '/proxmox/metrics/influx/query', headers, payload });
      expect(answer.body + fixture.logLines.join('')).not.toContain(token);
      return { status: answer.statusCode, body: answer.json() };
    };
    return { ...fixture, server, ask, asked };
  }

  it('are asked for in Flux with the token, at the address that was looked at', async () => {
    const { ask, server, asked } = await anInflux();

    const { status, body } = await ask({ max_rows: 1 });

    expect(status).toBe(200);
    expect(body).toEqual({
      columns: ['result', 'table', '_time', '_value', '_field'],
      rows: [{ result: '_result', table: 0, _time: '2026-01-01T00:00:00Z', _value: 0.5, _field: 'cpu' }],
      row_count: 1,
      truncated: true,
      query_window: { start: '-1h', stop: null },
      captured_at: '2026-01-01T00:00:00.000Z',
      response_format: 'annotated_csv',
      skipped_count: 0,
    });
    expect(asked).toEqual([`https://influx.example.test:${server.port}/base/`]);
    const [request] = server.requests;
    expect([request!.method, request!.path, request!.query.get('org')]).toEqual([
      'POST',
      expect.stringMatching(/^\/base\/api\/v2\/query/),
      'my org',
    ]);
    expect(request!.headers).toMatchObject({
      authorization: `Token ${token}`,
      host: `influx.example.test:${server.port}`,
    });
    expect(request!.body).toMatchObject({
      type: 'flux',
      query: expect.stringContaining('r["_field"] == "cpu"') as string,
      dialect: { annotations: ['datatype', 'group', 'default'] },
    });
  });

  it('are none where InfluxDB has none', async () => {
    const { ask, server } = await anInflux();
    server.script({ text: '\r\n', headers: { 'content-type': 'text/csv; charset=utf-8' } });

    const { status, body } = await ask();

    expect([status, body.rows, body.row_count, body.truncated]).toEqual([200, [], 0, false]);
  });

  it.each([
    [{ status: 401, json: { code: 'unauthorized' } }, 502, 'influx_upstream_error', 'InfluxDB answered HTTP 401.'],
    [
      { status: 302, headers: { location: 'https://192.0.2.1/' } },
      502,
      'influx_upstream_error',
      'InfluxDB answered HTTP 302.',
    ],
    [
      { text: '<html>', headers: { 'content-type': 'text/html' } },
      502,
      'influx_invalid_response',
      /does not speak CSV/,
    ],
    [{ text: ',a,a\n,1,2', headers: { 'content-type': 'text/csv' } }, 502, 'influx_invalid_response', /columns/],
    [
      { text: 'error,reference\nx,1', headers: { 'content-type': 'text/csv' } },
      502,
      'influx_upstream_error',
      /gave up/,
    ],
    [{ kind: 'reset' }, 502, 'influx_connection_error', 'InfluxDB broke the connection.'],
    [{ kind: 'silence' }, 504, 'influx_timeout', 'InfluxDB did not answer in time.'],
    [
      { text: 'x'.repeat(5000), headers: { 'content-type': 'text/csv' } },
      502,
      'influx_response_too_large',
      'InfluxDB answered more than max_response_bytes.',
    ],
  ] as const)('that answers %j are an error with a reason', async (scripted, status, reason, message) => {
    const { ask, server } = await anInflux();
    server.script(scripted);

    const answer = await ask({ timeout_seconds: 1, max_response_bytes: 1024 });

    expect([answer.status, answer.body.detail.reason]).toEqual([status, reason]);
    expect(answer.body.detail.message).toMatch(message);
    expect(server.requests).toHaveLength(1);
  });

  it('need a certificate that is trusted, unless it says otherwise', async () => {
    const { ask, server } = await anInflux();

    const { status, body } = await ask({ verify_ssl: true });

    expect([status, body.detail.reason]).toEqual([502, 'influx_tls_error']);
    expect(server.requests).toEqual([]);
  });

  it('are not asked for where the guard says no', async () => {
    const { ask, server } = await anInflux({ reason: 'Host is reserved' });

    const { status, body } = await ask();

    expect([status, body.detail]).toEqual([400, { reason: 'influx_target_not_allowed', message: 'Host is reserved.' }]);
    expect(server.requests).toEqual([]);
  });

  it.each([
    ['https://127.0.0.1:8086', 400],
    ['https://localhost', 400],
    ['https://2130706433/', 400],
    ['https://[::1]/', 400],
    ['https://169.254.169.254/', 400],
    ['http://192.0.2.1/', 422],
    ['https://user:pass@192.0.2.1/', 422],
    ['https://192.0.2.1/?a=1', 422],
    ['file:///etc/passwd', 422],
  ])('are not asked for at %s, also when a stored endpoint is there', async (url, status) => {
    const { app, headers } = await aLab();

    const payload = { url, org: 'o', bucket: 'b', token, measurement: 'm' };
    const answer = await app.inject({ method: 'POST', url: '/proxmox/metrics/influx/query', headers, payload });

    expect(answer.statusCode).toBe(status);
    if (status === 400) expect(answer.json().detail.reason).toBe('influx_target_not_allowed');
  });

  it.each([
    [{ start: 'yesterday' }, 'start'],
    [{ field: 'cpu' }, 'fields'],
    [{ aggregation: { every: '5m) |> drop(', function: 'mean' } }, 'aggregation'],
    [{ aggregation: { every: '5m', function: 'drop' } }, 'aggregation'],
    [{ measurement: 'a\nb' }, 'measurement'],
    [{ filters: [{ key: 'a"]', value: 'x' }] }, 'filters'],
    [{ timeout_seconds: 31 }, 'timeout_seconds'],
  ])('are not asked for with %j', async (body, field) => {
    const { ask, server } = await anInflux();

    const { status, body: answer } = await ask(body);

    expect([status, answer.detail[0].loc[1]]).toEqual([422, field]);
    expect(server.requests).toEqual([]);
  });
});
