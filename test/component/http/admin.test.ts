import { existsSync, readFileSync, statSync } from 'node:fs';
import { get, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { createParser } from 'eventsource-parser';
import { describe, expect, it } from 'vitest';
import { anApp, type Fixture } from './app-fixture.js';

describe('the log level', () => {
  it('of the console is told and changed while the service runs', async () => {
    const { app, deps, headers, logLines } = await anApp({ variables: { PROXBOX_LOG_LEVEL: 'ERROR' } });
    const put = (level: string) => app.inject({ method: 'PUT', url: '/admin/log-level', headers, payload: { level } });
    const said = () => logLines.join('');

    expect((await app.inject({ url: '/admin/log-level', headers })).json()).toEqual({ level: 'ERROR' });
    deps.logger.info('before');
    expect((await put('DEBUG')).json()).toEqual({ level: 'DEBUG' });
    deps.logger.debug('after');

    expect(said()).toContain('"msg":"after"');
    expect(said()).not.toContain('"msg":"before"');
    expect((await put('LOUD')).statusCode).toBe(422);
    expect((await app.inject({ method: 'PUT', url: '/admin/log-level', payload: { level: 'INFO' } })).statusCode).toBe(
      401,
    );
  });
});

describe('the log routes', () => {
  it('page through the buffer, newest first, with all filters named', async () => {
    const { app, headers, deps } = await anApp();
    deps.logger.warn({ operation_id: 'op-1' }, 'first');
    deps.logger.error({ operation_id: 'op-1' }, 'second');

    const { logs, total, has_more, active_filters } = (
      await app.inject({ url: '/admin/logs?operation_id=op-1&limit=1', headers })
    ).json();

    expect(logs).toMatchObject([
      { id: expect.stringMatching(/^\d+$/), level: 'ERROR', message: 'second', operation_id: 'op-1' },
    ]);
    expect({ total, has_more }).toEqual({ total: 2, has_more: true });
    expect(active_filters).toEqual({
      level: null,
      errors_only: null,
      newer_than_id: null,
      older_than_id: null,
      operation_id: 'op-1',
      since: null,
    });
  });

  it.each([
    'level=bogus',
    'level=info',
    'limit=0',
    'limit=5001',
    'offset=-1',
    'since=yesterday',
    'newer_than_id=x',
    'errors_only=maybe',
  ])('refuse the query %s', async (query) => {
    const { app, headers } = await anApp();

    const answer = await app.inject({ url: `/admin/logs?${query}`, headers });

    expect(answer.statusCode).toBe(422);
    expect(answer.json().detail[0].loc).toEqual(['query', query.split('=')[0]]);
  });

  it.each(['2026-01-01T00:00:00', '2026-01-01T00:00:00Z', '2026-01-01T01:00:00%2B01:00', '2026-01-01T01:00:00+01:00'])(
    'take %s as the same moment',
    async (since) => {
      const { app, headers } = await anApp();

      const { active_filters } = (await app.inject({ url: `/admin/logs?since=${since}`, headers })).json();

      expect(active_filters.since).toBe('2026-01-01T00:00:00.000+00:00');
    },
  );

  it('stream entries with their ids and resume after Last-Event-ID', async () => {
    const { app, headers, deps } = await anApp();
    await app.listen({ port: 0, host: '127.0.0.1' });
    const { port } = app.server.address() as AddressInfo;
    const open = (more: object = {}): Promise<IncomingMessage> =>
      new Promise((resolve) =>
        get(
          { port, host: '127.0.0.1', path: '/admin/logs/stream?level=ERROR', headers: { ...headers, ...more } },
          resolve,
        ),
      );
    const read = async (response: IncomingMessage, count: number) => {
      const events: { id: string | undefined; event: string | undefined; message: string }[] = [];
      const parser = createParser({
        onEvent: ({ id, event, data }) => events.push({ id, event, message: JSON.parse(data).message }),
      });
      for await (const chunk of response) {
        parser.feed(String(chunk));
        if (events.length >= count) break;
      }
      return events;
    };
    deps.logger.error('one');
    deps.logger.error('two');

    const first = await read(await open(), 2);
    const resumed = await open({ 'last-event-id': first[0]!.id });
    const second = await read(resumed, 1);

    expect(first).toMatchObject([
      { event: 'log', message: 'one' },
      { event: 'log', message: 'two' },
    ]);
    expect(second).toMatchObject([{ id: first[1]!.id, message: 'two' }]);
  });
});

describe('the encryption key routes', () => {
  const withoutKey = { PROXBOX_ENCRYPTION_KEY: '' };
  const call =
    ({ app, headers }: Fixture) =>
    async (method: 'GET' | 'POST' | 'DELETE', url: string, payload?: object) => {
      const answer = await app.inject({ method, url, headers, ...(payload === undefined ? {} : { payload }) });
      return { status: answer.statusCode, body: answer.json() };
    };

  it('attest to the plugin that the service has a key of its own', async () => {
    const ask = call(await anApp());

    expect(await ask('GET', '/admin/encryption/status')).toEqual({
      status: 200,
      body: {
        configured: true,
        source: 'env',
        attestation_version: 1,
        active_key_source: 'env',
        encrypted_credentials_verified: true,
        unreadable: [],
        warnings: [],
      },
    });
  });

  it('say of a weak key that it is one', async () => {
    const ask = call(await anApp({ variables: withoutKey }));

    const { body } = await ask('POST', '/admin/encryption/key', { key: 'short' });

    expect(body.warnings).toEqual([expect.stringMatching(/is weak: it has only 5 characters.*openssl rand/)]);
  });

  it('write the key file for its owner only, show a generated key once, and remove it', async () => {
    const fixture = await anApp({ variables: withoutKey });
    const ask = call(fixture);
    const file = path.join(fixture.folder, 'encryption.key');

    expect((await ask('GET', '/admin/encryption/status')).body).toMatchObject({ configured: false, source: null });
    const set = await ask('POST', '/admin/encryption/key', { key: ' a key ' });
    expect(set).toMatchObject({ status: 200, body: { configured: true, source: 'local' } });
    expect([readFileSync(file, 'utf8').trim(), statSync(file).mode & 0o777]).toEqual(['a key', 0o600]);
    const generated = await ask('POST', '/admin/encryption/generate');
    expect(generated.body.key).toMatch(/^[\w-]{43}=$/);
    expect((await ask('GET', '/admin/encryption/status')).body).not.toHaveProperty('key');
    expect((await ask('DELETE', '/admin/encryption/key')).body).toMatchObject({ configured: false });
    expect(existsSync(file)).toBe(false);
    expect(fixture.logLines.join('')).not.toContain(generated.body.key);
  });

  it('refuse what would make stored credentials unreadable', async () => {
    const fixture = await anApp({ variables: withoutKey });
    const ask = call(fixture);
    await ask('POST', '/admin/encryption/key', { key: 'first' });
    const endpoint = { name: 'p', ip_address: '10.0.0.1', port: 8006, username: 'root@pam', password: 'secret' };
    await ask('POST', '/proxmox/endpoints', endpoint);

    const refused = [
      await ask('DELETE', '/admin/encryption/key'),
      await ask('POST', '/admin/encryption/key', { key: 'second' }),
      await ask('POST', '/admin/encryption/generate'),
    ];

    for (const answer of refused) {
      expect(answer).toEqual({
        status: 409,
        body: {
          detail:
            'Encrypted credentials still exist in the database. Remove or rotate them before clearing the encryption key.',
        },
      });
    }
    expect((await ask('POST', '/admin/encryption/key?force=true', { key: 'second' })).status).toBe(200);
  });

  it.each([
    [{}, 422],
    [{ key: '' }, 422],
    [{ key: '   ' }, 400],
  ])('refuse the body %j with %i', async (payload, status) => {
    expect((await call(await anApp())('POST', '/admin/encryption/key', payload)).status).toBe(status);
  });
});

describe('the cache routes', () => {
  const empty = {
    hits: 0,
    misses: 0,
    hit_rate: 0,
    current_entries: 0,
    max_entries: 4096,
    max_bytes: 52_428_800,
    ttl_seconds: 60,
  };

  it('show an empty cache', async () => {
    const { app, headers } = await anApp();

    expect((await app.inject({ url: '/cache', headers })).json()).toMatchObject({
      proxbox_cache: {},
      netbox_get_cache_metrics: empty,
      reconciliation_metrics: { proxbox_reconcile_mismatch_total: 0 },
      netbox_get_cache_sample: [],
    });
    expect((await app.inject({ url: '/cache/metrics', headers })).json()).toMatchObject({
      ...empty,
      proxbox_reconcile_mismatch_total: 0,
    });
  });

  it('speak the Prometheus format', async () => {
    const { app, headers } = await anApp();

    const answer = await app.inject({ url: '/cache/metrics/prometheus', headers });

    expect(answer.headers['content-type']).toBe('text/plain; charset=utf-8');
    expect(answer.body).toMatch(
      /^# HELP proxbox_cache_hits .*\n# TYPE proxbox_cache_hits counter\nproxbox_cache_hits 0\n/,
    );
    expect(answer.body).toContain('proxbox_reconcile_mismatch_total 0\n');
  });

  it.each(['GET', 'POST'] as const)('are emptied by %s', async (method) => {
    const { app, headers } = await anApp();

    expect((await app.inject({ method, url: '/clear-cache', headers })).json()).toEqual({
      message: 'All caches cleared',
    });
  });
});

describe('diagnostics', () => {
  it('tell every setting with its source and no secret', async () => {
    const { app, headers } = await anApp({ variables: { PROXBOX_BULK_BATCH_SIZE: '7', PROXBOX_NETBOX_TIMEOUT: '0' } });

    const { settings, plugin_state } = (await app.inject({ url: '/proxbox/settings', headers })).json();
    const named = (name: string) => settings.find((row: { name: string }) => row.name === name);

    expect(plugin_state).toBe('none');
    expect(named('bulkBatchSize')).toMatchObject({
      value: 7,
      source: 'env',
      variable: 'PROXBOX_BULK_BATCH_SIZE',
      plugin_field: 'bulk_batch_size',
      description: expect.stringMatching(/\.$/),
    });
    expect(named('netboxTimeoutS')).toMatchObject({
      value: 1,
      source: 'env',
      note: expect.stringContaining('minimum'),
    });
    expect(named('netboxMaxRetries')).toMatchObject({ value: 5, source: 'default' });
    expect(JSON.stringify(settings)).not.toContain('a-key-for-tests-of');
  });
});

describe('the gate of write verbs', () => {
  const disabled =
    'Operational verbs are disabled on this endpoint. Enable ProxmoxEndpoint.allow_writes on the NetBox side after granting core.run_proxmox_action to the operator group.';
  const required =
    'Operational verbs require an explicit endpoint_id query parameter so the gate can resolve the target Proxmox cluster.';

  /** Backend ids 1, 2 and 3 carry the plugin's ids 3, 2 and 1. */
  const endpoints: readonly (readonly [string, object])[] = [
    ['closed (nb:3)', {}],
    ['open (nb:2)', { allow_writes: true }],
    ['off (nb:1)', { allow_writes: true, enabled: false }],
  ];

  async function aGate(rows = endpoints) {
    const fixture = await anApp();
    const { app, headers, deps } = fixture;
    const row = { ip_address: '10.0.0.1', port: 8006, username: 'root@pam', password: 'secret' };
    for (const [index, [name, more]] of rows.entries()) {
      // Named afterwards: a new endpoint would get the number of its name as id.
      const payload = { ...row, name: `endpoint ${index + 1}`, ...more };
      await app.inject({ method: 'POST', url: '/proxmox/endpoints', headers, payload });
      await app.inject({ method: 'PUT', url: `/proxmox/endpoints/${index + 1}`, headers, payload: { name } });
    }
    const post = async (url: string, payload: object = {}) => {
      const answer = await app.inject({ method: 'POST', url, headers, payload });
      return [answer.statusCode, answer.json()];
    };
    return { post, deps };
  }

  it.each(['start', 'stop', 'snapshot', 'migrate'])('refuses %s with the exact bodies', async (verb) => {
    const { post } = await aGate();

    expect(await post(`/proxmox/qemu/100/${verb}`)).toEqual([
      403,
      { reason: 'endpoint_id_required', detail: required },
    ]);
    expect(await post(`/proxmox/lxc/100/${verb}?endpoint_id=7`)).toEqual([
      403,
      { reason: 'endpoint_not_found', detail: 'No ProxmoxEndpoint with id=7.' },
    ]);
    expect(await post(`/proxmox/qemu/100/${verb}?endpoint_id=3`)).toEqual([
      403,
      { reason: 'endpoint_writes_disabled', detail: disabled, endpoint_id: 3 },
    ]);
    expect((await post(`/proxmox/qemu/100/${verb}?endpoint_id=1`))[1].reason).toBe('endpoint_disabled');
    expect((await post(`/proxmox/qemu/100/${verb}?endpoint_id=2`))[0]).not.toBe(403);
  });

  it('takes endpoint_id for the id of this service only when asked to', async () => {
    const { post } = await aGate();

    expect((await post('/proxmox/qemu/100/start?endpoint_id=1&endpoint_id_kind=backend'))[1].reason).toBe(
      'endpoint_writes_disabled',
    );
    expect((await post('/proxmox/qemu/100/start?endpoint_id=2&endpoint_id_kind=backend'))[0]).not.toBe(403);
  });

  it('refuses a number that is two endpoints, unless told which is meant', async () => {
    const { post } = await aGate([
      ['one (nb:2)', { allow_writes: true }],
      ['two (nb:1)', { allow_writes: true }],
    ]);

    const [status, body] = await post('/proxmox/qemu/100/start?endpoint_id=2');

    expect([status, body.reason, body.endpoint_id]).toEqual([403, 'endpoint_ambiguous', 2]);
    expect(body.detail).toContain("'one (nb:2)'");
    expect(body.detail).toContain("'two (nb:1)'");
    expect((await post('/proxmox/qemu/100/start?endpoint_id=2&endpoint_id_kind=plugin'))[0]).not.toBe(403);
    expect((await post('/proxmox/qemu/100/start?endpoint_id=2&endpoint_id_kind=backend'))[0]).not.toBe(403);
  });

  it.each(['/proxmox/qemu/100/start?endpoint_id=x', '/proxmox/qemu/abc/start?endpoint_id=2'])(
    'refuses %s as not valid',
    async (url) => {
      expect((await (await aGate()).post(url))[0]).toBe(422);
    },
  );

  it('names another reason for firewall writes', async () => {
    const { post } = await aGate();

    expect((await post('/proxmox/firewall/datacenter/rules?endpoint_id=3'))[1].reason).toBe(
      'writes_disabled_for_endpoint',
    );
  });
});
