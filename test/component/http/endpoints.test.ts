import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import type { LightMyRequestResponse } from 'fastify';
import { describe, expect, it } from 'vitest';
import { anApp, type Fixture } from './app-fixture.js';

const token = '0123456789abcdef0123456789abcdef01234567';
const netbox = {
  name: 'netbox-primary',
  ip_address: '10.0.0.20',
  domain: 'netbox.local',
  port: 443,
  token_version: 'v1',
  token,
};
const netboxAnswer = {
  id: 1,
  name: 'netbox-primary',
  ip_address: '10.0.0.20',
  domain: 'netbox.local',
  port: 443,
  base_path: null,
  token_version: 'v1',
  verify_ssl: true,
  enabled: true,
};
const proxmox = {
  name: 'pve-lab-1 (nb:1)',
  ip_address: '10.0.0.10',
  domain: 'pve-lab-1.local',
  port: 8006,
  username: 'root@pam',
  password: 'hunter2-hunter2',
  verify_ssl: false,
};
const proxmoxAnswer = {
  id: 1,
  name: 'pve-lab-1 (nb:1)',
  ip_address: '10.0.0.10',
  domain: 'pve-lab-1.local',
  port: 8006,
  username: 'root@pam',
  verify_ssl: false,
  enabled: true,
  allow_writes: false,
  allow_packer_template_builds: false,
  access_methods: 'api',
  node_device_name_template: '',
  site_id: null,
  site_slug: null,
  site_name: null,
  tenant_id: null,
  tenant_slug: null,
  tenant_name: null,
  timeout: null,
  max_retries: null,
  retry_backoff: null,
};

type Verb = 'GET' | 'POST' | 'PUT' | 'DELETE';

function caller({ app, headers }: Fixture) {
  return (method: Verb, url: string, payload?: object): Promise<LightMyRequestResponse> =>
    app.inject({ method, url, headers, ...(payload === undefined ? {} : { payload }) });
}

const seen = (answer: LightMyRequestResponse) => [answer.statusCode, answer.json()];

describe('the NetBox endpoint', () => {
  it('is created, listed, read, changed and deleted with 200 and without its secrets', async () => {
    const call = caller(await anApp());

    expect(seen(await call('GET', '/netbox/endpoint'))).toEqual([200, []]);
    expect(seen(await call('POST', '/netbox/endpoint', netbox))).toEqual([200, netboxAnswer]);
    expect(seen(await call('GET', '/netbox/endpoint'))).toEqual([200, [netboxAnswer]]);
    expect(seen(await call('GET', '/netbox/endpoint/1'))).toEqual([200, netboxAnswer]);
    expect(seen(await call('PUT', '/netbox/endpoint/1', { verify_ssl: false }))).toEqual([
      200,
      { ...netboxAnswer, verify_ssl: false },
    ]);
    expect(seen(await call('DELETE', '/netbox/endpoint/1'))).toEqual([200, { message: 'NetBox Endpoint deleted.' }]);
    expect(seen(await call('GET', '/netbox/endpoint'))).toEqual([200, []]);
  });

  it('takes what the plugin pushes: an empty domain, a loopback placeholder, unknown fields', async () => {
    const call = caller(await anApp());

    const answer = await call('POST', '/netbox/endpoint', {
      ...netbox,
      domain: '',
      ip_address: '127.0.0.1',
      surprise: true,
    });

    expect(seen(answer)).toEqual([200, { ...netboxAnswer, domain: '', ip_address: '127.0.0.1' }]);
  });

  it.each([
    [{ token: '' }, 'token is required for NetBox API token v1'],
    [{ token_version: 'v2' }, 'token_key and token (secret) must both be set for NetBox API token v2'],
    [{ token_version: 'v3' }, "Invalid token_version. Must be 'v1' or 'v2'."],
  ])('is refused with %j', async (change, detail) => {
    const call = caller(await anApp());

    expect(seen(await call('POST', '/netbox/endpoint', { ...netbox, ...change }))).toEqual([400, { detail }]);
  });

  it('exists at most once, also when two are created at once', async () => {
    const call = caller(await anApp());

    const answers = await Promise.all(
      [1, 2, 3].map((n) => call('POST', '/netbox/endpoint', { ...netbox, name: `netbox-${n}` })),
    );

    expect(answers.map(({ statusCode }) => statusCode).sort()).toEqual([200, 400, 400]);
    expect(answers.find(({ statusCode }) => statusCode === 400)!.json()).toEqual({
      detail: 'Only one NetBox endpoint is allowed',
    });
  });

  it.each([
    ['GET', undefined, 'Netbox Endpoint not found'],
    ['PUT', {}, 'NetBox Endpoint not found'],
    ['DELETE', undefined, 'Netbox Endpoint not found.'],
  ] as const)('that does not exist: %s is 404', async (method, payload, detail) => {
    const call = caller(await anApp());

    expect(seen(await call(method, '/netbox/endpoint/7', payload))).toEqual([404, { detail }]);
  });

  it('asked for its status without being stored is a final 400', async () => {
    const call = caller(await anApp());

    expect(seen(await call('GET', '/netbox/status'))).toEqual([
      400,
      {
        message: 'No NetBox endpoint found',
        detail: 'Register it with POST /netbox/endpoint, or let the NetBox plugin do it.',
        python_exception: null,
      },
    ]);
    expect((await call('GET', '/netbox/status?netbox_id=9')).json().message).toBe('NetBox endpoint 9 not found');
  });

  it('that nobody listens at is a 502 which names the code and a transport phrase', async () => {
    const call = caller(await anApp({ variables: { PROXBOX_NETBOX_MAX_RETRIES: '0' } }));
    await call('POST', '/netbox/endpoint', {
      ...netbox,
      domain: '',
      ip_address: '127.0.0.1',
      port: 8080,
      verify_ssl: false,
    });
    // Port 8080 of the test machine may be in use: a closed one is chosen by the kernel's rule for port 1.
    await call('PUT', '/netbox/endpoint/1', { port: 1, verify_ssl: true });

    const [status, body] = seen(await call('GET', '/netbox/status'));

    expect(status).toBe(502);
    expect(body).toMatchObject({ message: expect.any(String), python_exception: null, reason: 'netbox_unreachable' });
    expect(body.detail).toMatch(/^netbox_unreachable: .*refused/i);
  });
});

describe('Proxmox endpoints', () => {
  it('are created, listed, read, changed and deleted with 200 and without secrets', async () => {
    const call = caller(await anApp());

    expect(seen(await call('POST', '/proxmox/endpoints', proxmox))).toEqual([200, proxmoxAnswer]);
    expect(seen(await call('GET', '/proxmox/endpoints'))).toEqual([200, [proxmoxAnswer]]);
    expect(seen(await call('GET', '/proxmox/endpoints/1'))).toEqual([200, proxmoxAnswer]);
    const tuned = { timeout: 5, max_retries: 0, retry_backoff: 0.5 };
    expect(seen(await call('PUT', '/proxmox/endpoints/1', tuned))).toEqual([200, { ...proxmoxAnswer, ...tuned }]);
    expect(seen(await call('DELETE', '/proxmox/endpoints/1'))).toEqual([200, { message: 'Proxmox endpoint deleted.' }]);
  });

  it('are all listed unless a limit is asked for', async () => {
    const fixture = await anApp();
    const call = caller(fixture);
    for (let n = 1; n <= 103; n += 1) await call('POST', '/proxmox/endpoints', { ...proxmox, name: `pve-${n}` });

    const all = (await call('GET', '/proxmox/endpoints')).json<{ id: number }[]>();
    const page = (await call('GET', '/proxmox/endpoints?offset=2&limit=2')).json<{ id: number }[]>();

    expect(all.map(({ id }) => id)).toEqual(Array.from({ length: 103 }, (_, i) => i + 1));
    expect(page.map(({ id }) => id)).toEqual([3, 4]);
    for (const query of ['limit=0', 'limit=101', 'offset=-1', 'limit=x']) {
      expect((await call('GET', `/proxmox/endpoints?${query}`)).statusCode).toBe(422);
    }
  });

  it('keep allow_writes through a push of the plugin, and change it only by name', async () => {
    const call = caller(await anApp());
    await call('POST', '/proxmox/endpoints', proxmox);

    expect((await call('PUT', '/proxmox/endpoints/1', { allow_writes: true })).json().allow_writes).toBe(true);
    expect((await call('PUT', '/proxmox/endpoints/1', { ...proxmox, timeout: 5 })).json().allow_writes).toBe(true);
    expect((await call('PUT', '/proxmox/endpoints/1', { allow_writes: 'no' })).json().allow_writes).toBe(false);
  });

  it('that an older plugin renames by a push under the new name stay one row, with what was decided about it', async () => {
    const call = caller(await anApp());
    await call('POST', '/proxmox/endpoints', proxmox);
    await call('PUT', '/proxmox/endpoints/1', { allow_writes: true });

    const renamed = await call('POST', '/proxmox/endpoints', { ...proxmox, name: 'renamed (nb:1)' });

    expect(seen(renamed)).toEqual([200, { ...proxmoxAnswer, name: 'renamed (nb:1)', allow_writes: true }]);
    expect((await call('GET', '/proxmox/endpoints')).json()).toEqual([renamed.json()]);
  });

  it.each([
    ['of another host', { name: 'other (nb:1)', domain: 'pve-lab-2.local' }],
    ['of another port', { name: 'other (nb:1)', port: 8007 }],
    ['of another number', { name: 'other (nb:2)' }],
    ['without a number', { name: 'other' }],
  ])('%s are another row', async (_, change) => {
    const call = caller(await anApp());
    await call('POST', '/proxmox/endpoints', proxmox);

    expect((await call('POST', '/proxmox/endpoints', { ...proxmox, ...change })).statusCode).toBe(200);

    expect((await call('GET', '/proxmox/endpoints')).json()).toHaveLength(2);
  });

  it.each([
    [{ password: null }, 'Provide password or both token_name/token_value'],
    [{ token_name: 'api' }, 'token_name and token_value must be provided together'],
  ])('are refused with %j', async (change, detail) => {
    const call = caller(await anApp());

    expect(seen(await call('POST', '/proxmox/endpoints', { ...proxmox, ...change }))).toEqual([400, { detail }]);
  });

  it('echo what the plugin compares with its own row, after a push and after it switched a row off', async () => {
    const call = caller(await anApp());
    const shown = {
      domain: null,
      allow_packer_template_builds: true,
      node_device_name_template: '{cluster_slug}-{node}',
    };
    await call('POST', '/proxmox/endpoints', { ...proxmox, ...shown, token_name: null, token_value: null });

    const [row] = (await call('GET', '/proxmox/endpoints')).json();
    const off = await call('PUT', '/proxmox/endpoints/1', { enabled: false, allow_packer_template_builds: false });
    const inherited = await call('PUT', '/proxmox/endpoints/1', { node_device_name_template: null });

    expect(row).toEqual({ ...proxmoxAnswer, ...shown });
    expect(seen(off)).toEqual([200, { ...row, enabled: false, allow_packer_template_builds: false }]);
    expect(inherited.json()).toEqual({ ...off.json(), node_device_name_template: '' });
  });

  it.each([
    ['GET', undefined, 'Proxmox endpoint not found'],
    ['PUT', {}, 'Proxmox Endpoint not found'],
    ['DELETE', undefined, 'Proxmox endpoint not found'],
  ] as const)('that do not exist: %s is 404', async (method, payload, detail) => {
    const call = caller(await anApp());

    expect(seen(await call(method, '/proxmox/endpoints/7', payload))).toEqual([404, { detail }]);
  });
});

describe('a refused body', () => {
  const missing = (field: string) => ({ type: 'missing', loc: ['body', field], msg: 'Field required' });

  it.each(['', '   ', ' (nb:7)'])('need a name: %j is refused, new or changed', async (name) => {
    const call = caller(await anApp());
    await call('POST', '/proxmox/endpoints', proxmox);
    for (const answer of [
      await call('POST', '/proxmox/endpoints', { ...proxmox, name }),
      await call('PUT', '/proxmox/endpoints/1', { name }),
      await call('POST', '/netbox/endpoint', { ...netbox, name }),
    ])
      expect([answer.statusCode, answer.body]).toEqual([422, expect.stringContaining('must not be empty')]);
  });

  it('names every problem in field order and repeats no value', async () => {
    const call = caller(await anApp());

    const answer = await call('POST', '/proxmox/endpoints', { port: 0, password: 'hunter2', token_value: 12 });

    expect(seen(answer)).toEqual([
      422,
      {
        detail: [
          missing('name'),
          missing('ip_address'),
          {
            type: 'greater_than_equal',
            loc: ['body', 'port'],
            msg: 'Input should be greater than or equal to 1',
            ctx: { ge: 1 },
          },
          missing('username'),
          { type: 'string_type', loc: ['body', 'token_value'], msg: 'Input should be a valid string' },
        ],
      },
    ]);
  });

  it.each([
    [{ port: '8006' }, 200, undefined],
    [
      { port: 8006.5 },
      422,
      { type: 'int_from_float', msg: 'Input should be a valid integer, got a number with a fractional part' },
    ],
    [
      { port: 'x' },
      422,
      { type: 'int_parsing', msg: 'Input should be a valid integer, unable to parse string as an integer' },
    ],
    [
      { port: 65536 },
      422,
      { type: 'less_than_equal', msg: 'Input should be less than or equal to 65535', ctx: { le: 65535 } },
    ],
    [
      { name: 'x'.repeat(256) },
      422,
      { type: 'string_too_long', msg: 'String should have at most 255 characters', ctx: { max_length: 255 } },
    ],
    [{ name: null }, 422, { type: 'string_type', msg: 'Input should be a valid string' }],
    [{ name: 7 }, 422, { type: 'string_type', msg: 'Input should be a valid string' }],
    [{ verify_ssl: 'yes' }, 200, undefined],
    [
      { verify_ssl: 'maybe' },
      422,
      { type: 'bool_parsing', msg: 'Input should be a valid boolean, unable to interpret input' },
    ],
    [
      { retry_backoff: 'x' },
      422,
      { type: 'float_parsing', msg: 'Input should be a valid number, unable to parse string as a number' },
    ],
    [
      { access_methods: 'ssh' },
      422,
      {
        type: 'value_error',
        msg: "Value error, access_methods must be one of ['api', 'api_ssh'] (SSH-only is not allowed; SSH only complements API)",
        ctx: { error: {} },
      },
    ],
  ])('of a Proxmox endpoint with %j is %i', async (change, status, problem) => {
    const call = caller(await anApp());

    const answer = await call('POST', '/proxmox/endpoints', { ...proxmox, ...change });

    expect(answer.statusCode).toBe(status);
    if (problem !== undefined)
      expect(answer.json()).toEqual({ detail: [{ ...problem, loc: ['body', Object.keys(change)[0]] }] });
  });

  it.each([
    ['[]', 'model_attributes_type'],
    ['"text"', 'model_attributes_type'],
    ['null', 'missing'],
  ])('that is %s is told as %s', async (payload, type) => {
    const { app, headers } = await anApp();

    const answer = await app.inject({
      method: 'POST',
      url: '/proxmox/endpoints',
      headers: { ...headers, 'content-type': 'application/json' },
      payload,
    });

    expect(answer.json().detail).toMatchObject([{ type, loc: ['body'] }]);
  });

  it('of an id that is no number names the path', async () => {
    const call = caller(await anApp());

    expect((await call('GET', '/proxmox/endpoints/abc')).json().detail).toEqual([
      {
        type: 'int_parsing',
        loc: ['path', 'endpoint_id'],
        msg: 'Input should be a valid integer, unable to parse string as an integer',
      },
    ]);
  });
});

describe('secrets', () => {
  const canaries = {
    token: 'canary-netbox-token-4711',
    tokenKey: 'canarykey4712',
    password: 'canary-password-4713',
    tokenValue: 'canary-token-value-4714',
  };

  it('of every kind are in no answer, no log line and not in the database file', async () => {
    const fixture = await anApp({
      variables: { PROXBOX_EXPOSE_INTERNAL_ERRORS: '1', PROXBOX_NETBOX_MAX_RETRIES: '0' },
    });
    const call = caller(fixture);
    const v2 = {
      ...netbox,
      token_version: 'v2',
      token: canaries.token,
      token_key: canaries.tokenKey,
      ip_address: '127.0.0.1',
      domain: '',
      port: 1,
    };
    const both = { ...proxmox, password: canaries.password, token_name: 'api', token_value: canaries.tokenValue };
    const answers = [
      await call('POST', '/netbox/endpoint', v2),
      await call('POST', '/netbox/endpoint', v2),
      await call('PUT', '/netbox/endpoint/1', v2),
      await call('PUT', '/netbox/endpoint/1', { ...v2, port: 'x' }),
      await call('GET', '/netbox/status'),
      await call('POST', '/proxmox/endpoints', both),
      await call('POST', '/proxmox/endpoints', both),
      await call('POST', '/proxmox/endpoints', { ...both, port: -1, access_methods: 'ssh' }),
      await call('PUT', '/proxmox/endpoints/1', { ...both, password: { nested: canaries.password } }),
      await call('GET', '/proxmox/endpoints'),
      await call('GET', '/proxbox/settings'),
      await call('GET', '/admin/encryption/status'),
      await call('GET', '/admin/logs?limit=5000'),
      await call('GET', '/cache'),
    ];

    const told = answers.map(({ body, headers }) => body + JSON.stringify(headers)).join('\n');
    const files = readdirSync(fixture.folder).map((file) => readFileSync(path.join(fixture.folder, file), 'latin1'));
    for (const canary of Object.values(canaries)) {
      expect(told).not.toContain(canary);
      expect(fixture.logLines.join('')).not.toContain(canary);
      expect(files.join('')).not.toContain(canary);
    }
    expect(fixture.logLines.join('')).not.toContain(fixture.key);
  });

  it('cannot be stored while the key is expected from NetBox', async () => {
    const fixture = await anApp({ variables: { PROXBOX_ENCRYPTION_KEY: '' } });
    fixture.deps.encryptionKeys.awaitPluginKey();

    const answer = await caller(fixture)('POST', '/proxmox/endpoints', proxmox);

    expect(answer.statusCode).toBe(503);
    expect(answer.json()).toMatchObject({
      message: expect.stringContaining('PROXBOX_ENCRYPTION_KEY'),
      python_exception: null,
    });
  });

  it('are refused without a key, in a sentence that names every way out', async () => {
    const answer = await caller(await anApp({ variables: { PROXBOX_ENCRYPTION_KEY: '' } }))(
      'POST',
      '/proxmox/endpoints',
      proxmox,
    );

    expect(answer.statusCode).toBe(400);
    expect(answer.json()).toMatchObject({ detail: null, python_exception: null });
    for (const way of [
      'PROXBOX_ENCRYPTION_KEY',
      'plugin',
      'POST /admin/encryption/key',
      'PROXBOX_ALLOW_PLAINTEXT_CREDENTIALS=1',
    ]) {
      expect(answer.json().message).toContain(way);
    }
  });
});
