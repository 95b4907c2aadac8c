/** Changes of CPU models and new secrets of tokens: what refuses them, what is sent, and that nobody is locked out. */
import { describe, expect, it } from 'vitest';
import type { AclPreset } from '../../simulator/proxmox/types.js';
import type { PveProfile } from '../../simulator/estate/index.js';
import { aLab, exampleOn, type Json, type Lab } from './proxmox-lab.js';

const models = '/proxmox/datacenter/cpu-models';

interface WriteLab extends Lab {
  readonly send: (
    method: 'POST' | 'PUT' | 'DELETE',
    url: string,
    body?: object,
    actor?: string,
  ) => Promise<{ readonly status: number; readonly body: Json }>;
  /** Writes that reached a cluster, one line each. */
  readonly sent: (index?: number) => readonly string[];
  readonly events: () => readonly Json[];
}

/** Endpoint 1 is cluster `one`, endpoint 2 cluster `two`, on which writing is off. */
async function aWriteLab({ profile = '9.2', acl = 'full' }: { profile?: PveProfile; acl?: AclPreset } = {}) {
  const first = exampleOn(profile, { name: 'one', cpuModels: [] });
  const second = exampleOn(profile, { name: 'two', cpuModels: [] });
  const lab = await aLab({ estate: { epochS: first.epochS, clusters: [...first.clusters, ...second.clusters] }, acl });
  const { app, headers, simulators, logLines } = lab;
  await app.inject({ method: 'PUT', url: '/proxmox/endpoints/1', headers, payload: { allow_writes: true } });
  const writeLab: WriteLab = {
    ...lab,
    send: async (method, url, body, actor = 'ann') => {
      const request = { method, url, headers: { ...headers, ...(actor === '' ? {} : { 'x-proxbox-actor': actor }) } };
      const answer = await app.inject(body === undefined ? request : { ...request, payload: body });
      return { status: answer.statusCode, body: answer.json() };
    },
    sent: (index = 0) =>
      simulators[index]!.requestLog.filter(({ method, path }) => method !== 'GET' && path !== '/access/ticket').map(
        ({ method, path }) => `${method} ${path}`,
      ),
    events: () => logLines.map((line): Json => JSON.parse(line)).filter(({ event }: Json) => event === 'proxmox_write'),
  };
  return writeLab;
}

const one = '?cluster_name=ONE';
const avx = { cputype: 'avx', base_cputype: 'kvm64', flags: '+avx', vendor_id: 'me', level: 13, description: null };

describe('a CPU model', () => {
  it('is made, changed and deleted in the cluster that is named, and told as the list tells it', async () => {
    const { send, sent, simulators, read, events } = await aWriteLab();

    const made = await send('POST', models + one, avx);
    const changed = await send('PUT', `${models}/custom-avx${one}`, {
      flags: '+avx;-pcid',
      vendor_id: '',
      level: null,
    });
    const rows = structuredClone(simulators[0]!.state.cpuModels);
    const listed = await read(`${models}/custom-avx${one}`);
    const deleted = await send('DELETE', `${models}/avx${one}`);

    const row = { cluster_name: 'one', cputype: 'custom-avx', base_cputype: 'kvm64', level: 13, status: 'ok' };
    expect([made.status, made.body]).toEqual([
      200,
      expect.objectContaining({ ...row, flags: '+avx', vendor_id: 'me' }),
    ]);
    expect([changed.status, changed.body]).toEqual([
      200,
      expect.objectContaining({ ...row, flags: '+avx;-pcid', vendor_id: '' }),
    ]);
    expect(listed.body).toEqual(changed.body);
    expect(rows).toEqual([{ cputype: 'custom-avx', 'reported-model': 'kvm64', flags: '+avx;-pcid', level: 13 }]);
    expect([deleted.status, deleted.body]).toEqual([200, changed.body]);
    expect(simulators[0]!.state.cpuModels).toEqual([]);
    expect(sent()).toEqual([
      'POST /cluster/qemu/custom-cpu-models',
      'PUT /cluster/qemu/custom-cpu-models/custom-avx',
      'DELETE /cluster/qemu/custom-cpu-models/custom-avx',
    ]);
    expect(sent(1)).toEqual([]);
    expect(
      events().map(({ method, outcome, actor, endpointId }: Json) => [method, outcome, actor, endpointId]),
    ).toEqual(['POST', 'PUT', 'DELETE'].map((method) => [method, 'done', 'ann', 1]));
  });

  it('that is so already is not written again', async () => {
    const { send, sent } = await aWriteLab();
    await send('POST', models + one, { ...avx, hidden: true });

    const same = await send('PUT', `${models}/avx${one}`, { flags: '+avx', hidden: true, level: 13, 'phys-bits': '' });

    expect([same.status, same.body.flags]).toEqual([200, '+avx']);
    expect(sent()).toHaveLength(1);
  });

  it.each([
    ['without an actor', 'POST', models + one, avx, '', 422, 'actor_required'],
    ['without saying which cluster', 'POST', models, avx, 'ann', 400, 'cluster_name_required'],
    ['of a cluster that is not there', 'POST', `${models}?cluster_name=three`, avx, 'ann', 404, undefined],
    ['where writing is off', 'POST', `${models}?cluster_name=two`, avx, 'ann', 403, 'endpoint_writes_disabled'],
    ['by ids of the plugin', 'POST', `${models}?source=netbox`, avx, 'ann', 400, undefined],
    ['with a field that would be lost', 'POST', models + one, { ...avx, microcode: 'x' }, 'ann', 422, undefined],
    ['with a description', 'POST', models + one, { ...avx, description: 'mine' }, 'ann', 422, undefined],
    ['that is not there', 'PUT', `${models}/never${one}`, { level: 1 }, 'ann', 404, 'cpu_model_not_found'],
    [
      'to be deleted that is not there',
      'DELETE',
      `${models}/never${one}`,
      undefined,
      'ann',
      404,
      'cpu_model_not_found',
    ],
  ] as const)('%s is refused before anything is sent', async (_what, method, url, body, actor, status, reason) => {
    const { send, sent } = await aWriteLab();

    const answer = await send(method, url, body, actor);

    expect([answer.status, answer.body.reason ?? answer.body.detail.reason]).toEqual([status, reason]);
    expect([...sent(), ...sent(1)]).toEqual([]);
  });

  it('is not made twice', async () => {
    const { send, sent } = await aWriteLab();
    await send('POST', models + one, avx);

    const again = await send('POST', models + one, avx);

    expect([again.status, again.body]).toEqual([
      409,
      { reason: 'cpu_model_exists', detail: expect.stringContaining("'avx'"), cluster_name: 'one' },
    ]);
    expect(sent()).toHaveLength(1);
  });

  it.each([
    [{ flags: 'avx' }, 400, 'invalid_proxmox_value', 'flags: '],
    [{ base_cputype: 'z80' }, 400, 'invalid_proxmox_value', 'reported-model: '],
  ])('with %j is refused in the words of Proxmox', async (part, status, reason, text) => {
    const { send, events } = await aWriteLab();

    const answer = await send('POST', models + one, { ...avx, ...part });

    expect([answer.status, answer.body.reason, answer.body.detail]).toEqual([
      status,
      reason,
      expect.stringContaining(text),
    ]);
    expect(events()).toMatchObject([{ outcome: reason }]);
  });

  it('needs a privilege, which the refusal names', async () => {
    const { send } = await aWriteLab({ acl: 'read-only' });

    const { status, body } = await send('POST', models + one, avx);

    expect([status, body.reason, body.detail]).toEqual([
      403,
      'proxmox_permission_denied',
      expect.stringContaining('Mapping.Modify on /mapping/cpu'),
    ]);
  });

  it('is nothing that releases before 9.2 have', async () => {
    const { send } = await aWriteLab({ profile: '9.1' });

    const { status, body } = await send('POST', models + one, avx);

    expect([status, body]).toEqual([
      501,
      {
        reason: 'not_in_this_release',
        detail: 'Proxmox refused it. Proxmox VE has this from release 9.2 on; this cluster runs 9.1.',
        cluster_name: 'one',
      },
    ]);
  });

  it('whose answer was lost says that it may be there', async () => {
    const { send, simulators } = await aWriteLab();
    simulators[0]!.faults.add({ match: { method: 'POST', path: /cpu-models/ }, action: 'reset' });

    const { status, body } = await send('POST', models + one, avx);

    expect([status, body.detail]).toEqual([
      502,
      { reason: 'proxmox_upstream_error', detail: expect.stringContaining('may have acted'), cluster_name: 'one' },
    ]);
  });
});

describe('a new secret of a token', () => {
  const at = (userid: string, tokenid: string) =>
    `/proxmox/access/tokens/${encodeURIComponent(userid)}/${tokenid}/regenerate${one}`;

  it('is answered once, and nowhere in the log', async () => {
    const { send, simulators, logLines } = await aWriteLab();
    const { username, tokenName, tokenValue } = simulators[0]!;

    const { status, body } = await send('PUT', at(username, tokenName));

    expect([status, body]).toEqual([
      200,
      {
        cluster_name: 'one',
        userid: username,
        tokenid: tokenName,
        value: expect.any(String),
        full_tokenid: `${username}!${tokenName}`,
        stored_for: [],
        status: 'ok',
        error: null,
        note: null,
      },
    ]);
    expect(body.value).not.toBe(tokenValue);
    expect(logLines.join('')).not.toContain(body.value);
  });

  it('is stored for the endpoints of the cluster that log in with it, which go on working', async () => {
    const lab = await aWriteLab();
    const { send, simulators, app, headers, read } = lab;
    const { username, tokenName, tokenValue } = simulators[0]!;
    for (const id of [1, 2]) {
      const payload = { password: null, token_name: tokenName, token_value: tokenValue };
      const put = await app.inject({ method: 'PUT', url: `/proxmox/endpoints/${id}`, headers, payload });
      expect(put.statusCode).toBe(200);
    }

    const { body } = await send('PUT', at(username, tokenName));
    const sessions = await read('/proxmox/cluster/resources');

    expect(body).toMatchObject({ stored_for: [1], status: 'ok', note: expect.stringContaining('"lab"') });
    expect([sessions.status, sessions.failed]).toEqual([200, undefined]);
    expect(await read('/proxmox/datacenter/cpu-models?proxmox_endpoint_ids=1')).toMatchObject({ status: 200 });
  });

  it.each([
    ['never', 404, 'token_not_found'],
    ['sync', 200, undefined],
  ])('of %s is answered with %i', async (tokenid, status, reason) => {
    const { send, simulators, sent } = await aWriteLab();

    const answer = await send('PUT', at(simulators[0]!.username, tokenid));

    expect([answer.status, answer.body.reason]).toEqual([status, reason]);
    expect(sent()).toHaveLength(status === 200 ? 1 : 0);
  });

  it('is refused where writing is off, and without an actor', async () => {
    const { send, simulators, sent } = await aWriteLab();
    const url = at(simulators[0]!.username, 'sync');

    const off = await send('PUT', url.replace(one, '?cluster_name=two'));
    const unsaid = await send('PUT', url, undefined, '');

    expect([off.status, off.body.reason, off.body.cluster_name]).toEqual([403, 'endpoint_writes_disabled', 'two']);
    expect([unsaid.status, unsaid.body.detail.reason]).toEqual([422, 'actor_required']);
    expect([...sent(), ...sent(1)]).toEqual([]);
  });
});
