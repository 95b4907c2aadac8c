/** `/proxmox/api2/*` over HTTP, against simulated clusters over TLS. What reached Proxmox is counted on its side. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { get } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { openApiDocument } from '../../../src/proxmox-schema/openapi.js';
import { readViewer } from '../../../src/proxmox-schema/viewer.js';
import { exampleEstate, type PveProfile } from '../../simulator/estate/index.js';
import type { ProxmoxSimulator } from '../../simulator/proxmox/index.js';
import { apiViewer } from '../../simulator/proxmox/api-viewer.js';
import { routes } from '../../simulator/proxmox/routes/index.js';
import { aLab, exampleOn, type Json, type Lab, type LabOptions } from './proxmox-lab.js';

const folders: string[] = [];
afterEach(() => folders.splice(0).forEach((folder) => rmSync(folder, { recursive: true, force: true })));

/** A folder with the schema of each release, as the command would have written it. */
function generated(schemas: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'proxbox-api2-'));
  folders.push(folder);
  for (const [tag, source] of Object.entries(schemas)) put(folder, tag, source);
  return folder;
}

function put(folder: string, tag: string, source: string): void {
  const isProfile = (text: string): text is PveProfile => ['8.4', '9.1', '9.2'].includes(text);
  const info = { title: tag, version: tag, source: 'test', generatedAt: null };
  const text = isProfile(source)
    ? JSON.stringify(openApiDocument(readViewer(apiViewer(routes, source).body, 'simulator'), info))
    : source;
  mkdirSync(path.join(folder, tag), { recursive: true });
  writeFileSync(path.join(folder, tag, 'openapi.json'), text);
}

const withSchemas = (schemas: Parameters<typeof generated>[0], options: LabOptions = {}): Promise<Lab> =>
  aLab({ ...options, variables: { PROXBOX_GENERATED_DIR: generated(schemas) } });

type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';

async function send({ app, headers }: Lab, method: Method, url: string, payload?: object) {
  const answer = await app.inject({ method, url, headers, ...(payload === undefined ? {} : { payload }) });
  const body: Json = answer.body === '' ? null : answer.json();
  return { status: answer.statusCode, body, headers: answer.headers };
}

/** Over a socket: `inject` and `fetch` tidy a path up before it is sent. */
async function statusOfRaw({ app, headers }: Lab, rawPath: string): Promise<number | undefined> {
  await app.listen({ port: 0, host: '127.0.0.1' });
  const { port } = app.server.address() as AddressInfo;
  return new Promise((resolve, reject) => {
    get({ host: '127.0.0.1', port, path: rawPath, headers, agent: false }, (answer) => {
      answer.resume();
      resolve(answer.statusCode);
    }).on('error', reject);
  });
}

const allowWrites = (lab: Lab, id = 1) => send(lab, 'PUT', `/proxmox/endpoints/${id}`, { allow_writes: true });
const total = (lab: Lab): number => lab.simulators.reduce((sum, { counters }) => sum + counters.total, 0);
const asked = ({ requestLog }: ProxmoxSimulator, method: string) =>
  requestLog.filter((entry) => entry.method === method).map((entry) => `${entry.path}?${entry.query}`);
const guestOf = (lab: Lab, type: string) =>
  [...lab.simulators[0]!.state.guests.values()].find((guest) => guest.type === type)!;

describe('without a generated schema', () => {
  it('the operations that this service uses are answered as Proxmox answers them', async () => {
    const lab = await aLab();

    const resources = await send(lab, 'GET', '/proxmox/api2/cluster/resources?type=node');
    const time = await send(lab, 'GET', '/proxmox/api2/nodes/pve1/time?source=database&target_name=lab');
    const latest = await send(lab, 'GET', '/proxmox/api2/latest/version');

    expect(resources.body.map((row: Json) => row.node)).toEqual(['pve1', 'pve2']);
    expect(time).toMatchObject({ status: 200, body: { timezone: 'Europe/Berlin' } });
    expect(latest).toMatchObject({ status: 200, headers: { 'x-proxbox-schema': 'embedded-minimal' } });
    expect(latest.body).toHaveProperty('release');
  });

  it('an unknown path is 404 with the nearest known ones, and Proxmox is not asked', async () => {
    const lab = await aLab();

    const { status, body } = await send(lab, 'GET', '/proxmox/api2/nodes/pve1/qemuu/100/config');

    expect(status).toBe(404);
    expect(body.detail).toMatch(
      /no path \/nodes\/pve1\/qemuu\/100\/config.*Nearest with GET: \/nodes\/\{node\}\/qemu\/\{vmid\}\/config/,
    );
    expect(body.detail).toContain('proxbox-schema generate');
    expect(total(lab)).toBe(0);
  });

  it('a schema that is named and does not exist is 404 with the command that makes it', async () => {
    const lab = await aLab();

    const { status, body } = await send(lab, 'GET', '/proxmox/api2/7.4/version');

    expect({ status, detail: body.detail }).toEqual({
      status: 404,
      detail: expect.stringContaining('proxbox-schema generate 7.4'),
    });
    expect(total(lab)).toBe(0);
  });
});

describe('parameters', () => {
  it.each([
    ['cluster/resources?type=qemu', 'query', 'type', 'enum'],
    ['nodes/pve1/tasks?limit=many', 'query', 'limit', 'int_parsing'],
    ['nodes/pve1/tasks?limit=-1', 'query', 'limit', 'greater_than_equal'],
    ['nodes/pve1/qemu?full=perhaps', 'query', 'full', 'bool_parsing'],
    ['version?colour=red', 'query', 'colour', 'extra_forbidden'],
    ['nodes/pve1/qemu/7/config', 'path', 'vmid', 'greater_than_equal'],
  ])('are refused by name: %s', async (url, place, name, type) => {
    const lab = await aLab();

    const { status, body } = await send(lab, 'GET', `/proxmox/api2/${url}`);

    expect(status).toBe(422);
    expect(body.detail).toEqual([expect.objectContaining({ type, loc: [place, name] })]);
    expect(asked(lab.simulators[0]!, 'GET').filter((line) => !/^\/(version|cluster\/status)\?$/.test(line))).toEqual(
      [],
    );
  });

  it('reach Proxmox in its own form, and op_source is the source of Proxmox', async () => {
    const lab = await aLab();

    const tasks = await send(lab, 'GET', '/proxmox/api2/nodes/pve1/tasks?op_source=archive&limit=2&errors=false');
    const wrong = await send(lab, 'GET', '/proxmox/api2/nodes/pve1/tasks?source=archive');

    expect(tasks.status).toBe(200);
    expect(asked(lab.simulators[0]!, 'GET')).toContain('/nodes/pve1/tasks?source=archive&limit=2&errors=0');
    expect(wrong).toMatchObject({ status: 400, body: { detail: expect.stringContaining('op_source') } });
  });

  it.each([
    '..%2Fcluster',
    '%2e%2e/cluster',
    'nodes%2Fpve1/time',
    'cluster//status',
    'nodes/pve1%00/time',
    'nodes/%zz/time',
  ])('in the path cannot leave their place: %s', async (below) => {
    const lab = await aLab();

    const status = await statusOfRaw(lab, `/proxmox/api2/${below}`);

    expect([400, 404, 422]).toContain(status);
    expect(total(lab)).toBe(0);
  });
});

describe('the endpoint', () => {
  const two = (): LabOptions['estate'] => {
    const { epochS, clusters } = exampleEstate();
    return { epochS, clusters: [clusters[0]!, exampleOn('9.1').clusters[0]!] };
  };

  it('must be one: ids, name, domain or address say which', async () => {
    const lab = await aLab({ estate: two()! });

    const none = await send(lab, 'GET', '/proxmox/api2/version');
    const byId = await send(lab, 'GET', '/proxmox/api2/cluster/backup?proxmox_endpoint_ids=2');
    const byName = await send(lab, 'GET', '/proxmox/api2/version?target_name=endpoint%202');
    const several = await send(lab, 'GET', '/proxmox/api2/version?endpoint_ids=1,2');
    const unknown = await send(lab, 'GET', '/proxmox/api2/version?target_name=nobody');

    expect(none).toMatchObject({
      status: 400,
      body: { message: expect.stringMatching(/^Multiple Proxmox endpoints/) },
    });
    expect(none.body.detail).toContain("2 'endpoint 2'");
    expect(byId.status).toBe(200);
    expect(byName.status).toBe(200);
    expect(several.status).toBe(400);
    expect(unknown.status).toBe(400);
    expect(lab.simulators[0]!.counters.total).toBe(0);
  });

  it('must exist', async () => {
    const lab = await aLab({ estate: { epochS: 0, clusters: [] } }).catch(() => undefined);
    const answer = lab === undefined ? undefined : await send(lab, 'GET', '/proxmox/api2/version');

    expect(answer).toMatchObject({
      status: 400,
      body: { message: 'No Proxmox endpoints found for generated proxy route.' },
    });
  });

  it('that refuses is told with the operation and the reason of Proxmox', async () => {
    const lab = await aLab({ acl: 'nothing' });

    const { status, body } = await send(lab, 'GET', '/proxmox/api2/cluster/backup');

    expect(status).toBe(502);
    expect(body).toMatchObject({
      message: 'Generated Proxmox proxy request failed for GET /cluster/backup.',
      detail: expect.stringMatching(/^proxmox_forbidden: Operation ID: get_cluster_backup\. .*Sys\.Audit/),
      upstream: { status: 403 },
    });
  });

  it('that answers with more than the schema says is passed on, without secrets', async () => {
    const lab = await aLab();
    lab.simulators[0]!.faults.add({
      match: { path: /^\/version$/ },
      action: {
        status: 200,
        body: { data: { release: '9.9', version: '9.9.1', brand_new: [1], cipassword: 'x', client_secret: 'y' } },
      },
    });

    const { body } = await send(lab, 'GET', '/proxmox/api2/version');

    expect(body).toEqual({ release: '9.9', version: '9.9.1', brand_new: [1] });
  });
});

describe('the generated schemas', () => {
  it('decide by the release of the cluster, and one can be named', async () => {
    const lab = await withSchemas({ '8.4': '8.4', '9.1': '9.1' }, { estate: exampleOn('8.4') });
    const at = (below: string) => send(lab, 'GET', `/proxmox/api2/${below}`);

    const own = await at('nodes/pve1/network?type=bridge');
    const notInEight = await at('nodes/pve1/network?type=fabric');
    const named = await at('9.1/version');

    expect(own).toMatchObject({ status: 200, headers: { 'x-proxbox-schema': '8.4' } });
    expect(notInEight).toMatchObject({ status: 422, body: { detail: [{ loc: ['query', 'type'] }] } });
    expect(named).toMatchObject({ status: 200, headers: { 'x-proxbox-schema': '9.1' } });
  });

  it('leave what they do not have to the embedded table', async () => {
    const lab = await withSchemas({ '9.1': '{"paths": {"/version": {"get": {}}}}' }, { estate: exampleOn('9.1') });

    const known = await send(lab, 'GET', '/proxmox/api2/version');
    const other = await send(lab, 'GET', '/proxmox/api2/cluster/status');
    const named = await send(lab, 'GET', '/proxmox/api2/9.1/cluster/status');

    expect([known, other].map(({ headers }) => headers['x-proxbox-schema'])).toEqual(['9.1', 'embedded-minimal']);
    expect(named.status).toBe(404);
  });

  it('are not used while one is broken: no cluster is checked by the schema of another release', async () => {
    const lab = await withSchemas({ '9.1': '{"paths": ', '8.4': '8.4' }, { estate: exampleOn('9.1') });

    const { status, headers } = await send(lab, 'GET', '/proxmox/api2/version');
    const named = await send(lab, 'GET', '/proxmox/api2/8.4/version');

    expect([status, headers['x-proxbox-schema']]).toEqual([200, 'embedded-minimal']);
    expect(named.status).toBe(404);
  });

  it('are read again on request, without a restart', async () => {
    const folder = generated({});
    const lab = await aLab({ estate: exampleOn('9.1'), variables: { PROXBOX_GENERATED_DIR: folder } });
    const statusNow = async () => (await send(lab, 'GET', '/proxmox/sessions')).body[0].schema_status;
    const before = await statusNow();
    put(folder, '9.1', '9.1');
    put(folder, 'bad', '[]');

    const broken = await send(lab, 'POST', '/proxmox/viewer/routes/refresh');
    rmSync(path.join(folder, 'bad'), { recursive: true });
    const refreshed = await send(lab, 'POST', '/proxmox/viewer/routes/refresh');
    const after = await send(lab, 'GET', '/proxmox/api2/version');

    expect(before).toMatchObject({ status: 'missing', version_tag: '9.1' });
    expect(broken.body).toMatchObject({
      available_versions: [],
      problems: [expect.stringContaining('has no "paths"')],
    });
    expect(refreshed.body).toMatchObject({ available_versions: ['9.1'], problems: [] });
    expect(after.headers['x-proxbox-schema']).toBe('9.1');
    expect(await statusNow()).toEqual({ status: 'available', version_tag: '9.1' });
  });

  it('are shown by the viewer routes', async () => {
    const lab = await withSchemas({ '8.4': '8.4', '9.1': '9.1' });
    const at = async (below: string) => send(lab, 'GET', `/proxmox/viewer/${below}`);

    expect((await at('schema-status')).body).toEqual({ available_versions: ['9.1', '8.4'], generation_tasks: {} });
    expect((await at('schema-status?version_tag=7.4')).body).toMatchObject({ schema_available: false });
    expect((await at('openapi')).body.info.version).toBe('9.1');
    expect((await at('openapi?version_tag=8.4')).body.paths).toHaveProperty('/cluster/ha/groups');
    expect((await at('openapi?version_tag=../9.1')).status).toBe(404);
    expect((await at('openapi/embedded')).body.info.version).toBe('embedded-minimal');
    expect((await at('integration/contracts')).body).toMatchObject({ proxmox_generated_openapi_present: true });
    expect(await send(lab, 'GET', '/proxmox/viewer/pydantic')).toMatchObject({
      status: 501,
      body: { reason: 'not_implemented' },
    });
    expect(total(lab)).toBe(0);
  });
});

describe('writing', () => {
  const snapshot = (lab: Lab) =>
    `/proxmox/api2/nodes/${guestOf(lab, 'qemu').node}/qemu/${guestOf(lab, 'qemu').vmid}/snapshot`;

  it.each(['POST', 'PUT', 'DELETE'] as const)(
    'with %s is refused while allow_writes is off, and nothing reaches Proxmox',
    async (method) => {
      const lab = await aLab();

      const { status, body } = await send(lab, method, snapshot(lab), { snapname: 'before' });

      expect(status).toBe(403);
      expect(body).toMatchObject({ reason: 'endpoint_writes_disabled', endpoint_id: 1 });
      expect(lab.logLines.join('')).toContain('"outcome":"endpoint_writes_disabled"');
      expect(total(lab)).toBe(0);
    },
  );

  it('is passed on where it is on, and logged with its actor', async () => {
    const lab = await aLab({ taskDurationMs: 0 });
    await allowWrites(lab);
    const { app, headers, logLines } = lab;

    // Not on a guest: that would have to be recorded in a NetBox.
    const url = `/proxmox/api2/nodes/${guestOf(lab, 'qemu').node}/vzdump`;
    const answer = await app.inject({
      method: 'POST',
      url,
      headers: { ...headers, 'x-proxbox-actor': 'alice' },
      payload: { vmid: String(guestOf(lab, 'qemu').vmid) },
    });

    expect(answer.statusCode).toBe(200);
    expect(answer.json()).toMatch(/^UPID:/);
    const events = logLines.filter((line) => line.includes('proxmox_write')).map((line): Json => JSON.parse(line));
    expect(events).toEqual([
      expect.objectContaining({
        security: true,
        actor: 'alice',
        method: 'POST',
        path: url,
        endpointId: 1,
        outcome: 'done',
      }),
    ]);
  });

  it('is checked before it is sent', async () => {
    const lab = await aLab();
    await allowWrites(lab);

    const { status, body } = await send(lab, 'POST', snapshot(lab), {
      snapname: '1 bad name',
      colour: 'red',
      vmstate: { a: 1 },
    });

    expect(status).toBe(422);
    expect(body.detail.map(({ loc, type }: Json) => [loc[1], type])).toEqual([
      ['snapname', 'string_pattern_mismatch'],
      ['colour', 'extra_forbidden'],
      ['vmstate', 'scalar_type'],
    ]);
    expect(asked(lab.simulators[0]!, 'POST').filter((line) => !line.startsWith('/access/ticket'))).toEqual([]);
  });

  it('names a missing parameter', async () => {
    const lab = await aLab();
    await allowWrites(lab);

    const { body } = await send(lab, 'POST', snapshot(lab));

    expect(body.detail).toEqual([{ type: 'missing', msg: 'Field required', loc: ['body', 'snapname'] }]);
  });

  it('is allowed per endpoint', async () => {
    const { epochS, clusters } = exampleEstate();
    const lab = await aLab({ estate: { epochS, clusters: [clusters[0]!, exampleOn('9.1').clusters[0]!] } });
    await allowWrites(lab, 2);

    const off = await send(lab, 'POST', `${snapshot(lab)}?proxmox_endpoint_ids=1`, { snapname: 'a1' });
    const unclear = await send(lab, 'POST', snapshot(lab), { snapname: 'a1' });
    const fromNetBox = await send(lab, 'POST', `${snapshot(lab)}?source=netbox`, { snapname: 'a1' });

    expect([off, unclear, fromNetBox].map(({ status }) => status)).toEqual([403, 400, 400]);
    expect(total(lab)).toBe(0);
  });

  it.each([
    ['POST', 'access/users'],
    ['DELETE', '%61ccess/users/root%40pam'],
    ['PUT', '9.1/access/acl'],
    ['POST', 'nodes/pve1/execute'],
    ['POST', 'nodes/pve1/qemu/100/agent/exec'],
    ['GET', 'nodes/pve1/qemu/100/agent/file-read?file=/etc/shadow'],
    ['POST', 'nodes/pve1/qemu/100/agent/file-write'],
    ['POST', 'nodes/pve1/qemu/100/monitor'],
    ['PUT', 'nodes/pve1/qemu/100/sendkey'],
    ['POST', 'nodes/pve1/lxc/100/vncproxy'],
    ['POST', 'nodes/pve1/termproxy'],
  ] as const)('is never passed on for %s %s', async (method, below) => {
    const lab = await withSchemas({ '9.1': '9.1' });
    await allowWrites(lab);

    const { status, body } = await send(lab, method, `/proxmox/api2/${below}`);

    expect({ status, reason: body.reason }).toEqual({ status: 403, reason: 'operation_denied' });
    expect(total(lab)).toBe(0);
  });

  it('with a method that the path does not have is 405 and names those it has', async () => {
    const lab = await aLab();
    await allowWrites(lab);

    const { status, headers } = await send(lab, 'PUT', snapshot(lab), {});

    expect([status, headers.allow]).toEqual([405, 'GET, POST']);
    expect(total(lab)).toBe(0);
  });

  it('needs a key', async () => {
    const { app } = await aLab();

    expect((await app.inject({ method: 'POST', url: '/proxmox/api2/nodes/pve1/execute' })).statusCode).toBe(401);
    expect((await app.inject('/proxmox/api2/version')).statusCode).toBe(401);
  });
});
