import { describe, expect, it } from 'vitest';
import { exampleEstate } from '../../simulator/estate/index.js';
import { startProxmoxSimulators, type StartOptions } from '../../simulator/proxmox/index.js';
import { anApp, type Fixture } from './app-fixture.js';

/** Whatever the answer holds; the assertions say what that is. */
type Json = ReturnType<typeof JSON.parse>;

interface Lab extends Fixture {
  readonly read: (url: string) => Promise<{ readonly status: number; readonly body: Json; readonly failed: unknown }>;
  readonly fault: (path: RegExp, body: unknown) => void;
}

/** One simulated cluster as endpoint 1, and an endpoint 2 that nobody answers for. */
async function aLab(options: StartOptions = {}, withDeadEndpoint = false): Promise<Lab> {
  const started = await startProxmoxSimulators(exampleEstate(), options);
  const fixture = await anApp({ cleanup: () => started.close() });
  const { app, headers } = fixture;
  const [simulator] = started.simulators;
  const endpoint = (name: string, port: number) => ({
    name,
    ip_address: '127.0.0.1',
    port,
    username: simulator!.username,
    password: simulator!.password,
    verify_ssl: false,
  });
  const add = (payload: object) => app.inject({ method: 'POST', url: '/proxmox/endpoints', headers, payload });
  await add(endpoint('lab (nb:1)', simulator!.port));
  if (withDeadEndpoint) await add(endpoint('dead', 1));
  return {
    ...fixture,
    read: async (url) => {
      const answer = await app.inject({ url, headers });
      return { status: answer.statusCode, body: answer.json(), failed: answer.headers['x-proxbox-failed-endpoints'] };
    },
    fault: (path, data) => simulator!.faults.add({ match: { path }, action: { status: 200, body: { data } } }),
  };
}

describe('reads from Proxmox', () => {
  it('tell version and session as the card of the plugin reads them', async () => {
    const { read } = await aLab();

    const version = await read('/proxmox/version?source=database&proxmox_endpoint_ids=1');
    const sessions = await read('/proxmox/sessions');

    expect(version.body).toEqual([
      { lab: { version: expect.any(String), release: expect.any(String), repoid: expect.any(String) } },
    ]);
    expect(sessions.body).toMatchObject([{ ip_address: '127.0.0.1', domain: null, name: 'lab', mode: 'cluster' }]);
  });

  it('tell the time zone of a node of the named endpoint, and what hinders it', async () => {
    const { read } = await aLab();
    const at = '/proxmox/api2/nodes/pve1/time?source=database&target_name=';

    expect((await read(`${at}lab%20(nb:1)`)).body).toMatchObject({ timezone: 'Europe/Berlin' });
    expect((await read(`${at}nobody`)).status).toBe(400);
  });

  it('list clusters with every node and a valid address for each', async () => {
    const { read } = await aLab();

    const { body } = await read('/proxmox/cluster/status');

    expect(body).toMatchObject([
      { name: 'lab', type: 'cluster', nodes: 2, quorate: true, mode: 'cluster', site_id: null },
    ]);
    expect(body[0].node_list.map(({ name, ip }: Json) => [name, ip])).toEqual([
      ['pve1', '10.0.0.10'],
      ['pve2', '10.0.0.11'],
    ]);
  });

  it('fill in the address of a node that Proxmox does not tell', async () => {
    const { read, fault } = await aLab();
    const node = (name: string, online: number) => ({
      type: 'node',
      id: `node/${name}`,
      name,
      online,
      nodeid: 1,
      local: online,
    });
    fault(/^\/cluster\/status$/, [
      { type: 'cluster', id: 'cluster', name: 'lab', nodes: 2, quorate: 1, version: 2 },
      node('pve1', 1),
      node('pve2', 0),
    ]);
    fault(/^\/nodes\/pve1\/network$/, [
      { iface: 'eno1', type: 'eth' },
      { iface: 'vmbr0', type: 'bridge', cidr: '192.0.2.5/24' },
    ]);

    const { body } = await read('/proxmox/cluster/status');

    expect(body[0].node_list.map(({ ip }: Json) => ip)).toEqual(['192.0.2.5', '127.0.0.1']);
  });

  it('fail instead of listing no nodes when the credentials may not see them', async () => {
    const { read } = await aLab({ acl: 'nothing' });

    const { status, body } = await read('/proxmox/cluster/status?proxmox_endpoint_ids=1');

    expect(status).toBe(502);
    expect(body.detail).toMatch(/^proxmox_forbidden: .*Sys\.Audit/);
  });

  it.each(['/proxmox/nodes/', '/proxmox/nodes'])('give one entry per node on %s', async (url) => {
    const { read } = await aLab();

    const { body } = await read(url);

    expect(body.map((entry: Json) => [Object.keys(entry), entry.lab.node])).toEqual([
      [['lab'], 'pve1'],
      [['lab'], 'pve2'],
    ]);
  });

  it.each(['/proxmox/cluster/resources', '/proxmox/cluster/resources?type=vm', '/proxmox/storage'])(
    'give flat rows only on %s',
    async (url) => {
      const { read } = await aLab();

      const { body } = await read(url);

      expect(Object.keys(body[0])).toEqual(['lab']);
      expect(body[0].lab.length).toBeGreaterThan(1);
      for (const row of body[0].lab) {
        for (const value of Object.values(row)) expect(value === null || typeof value !== 'object').toBe(true);
      }
    },
  );

  describe('of storages', () => {
    const usage = (storage: string, node: string, shared: number, figures: object = { maxdisk: 100, disk: 30 }) => ({
      type: 'storage',
      id: `storage/${node}/${storage}`,
      storage,
      node,
      shared,
      ...figures,
    });
    const status = (storage: string, shared: number, avail: number) => ({ storage, shared, active: 1, avail });

    it('add usage in bytes: shared ones once, local ones over all nodes, and what is free as Proxmox says', async () => {
      const { read, fault } = await aLab();
      fault(/^\/storage$/, [
        { storage: 'local', type: 'dir', content: 'iso', 'prune-backups': { 'keep-last': 3 } },
        { storage: 'nfs', type: 'nfs', shared: 1, password: 'hunter2' },
      ]);
      fault(
        /^\/cluster\/resources/,
        ['pve1', 'pve2'].flatMap((node) => [usage('local', node, 0), usage('nfs', node, 1)]),
      );
      fault(/^\/nodes\/pve\d\/storage$/, [status('local', 0, 65), status('nfs', 1, 60)]);

      const { body } = await read('/proxmox/storage');

      expect(body[0].lab).toMatchObject([
        { storage: 'local', total: 200, used: 60, avail: 130, 'prune-backups': 'keep-last=3' },
        { storage: 'nfs', total: 100, used: 30, avail: 60 },
      ]);
      expect(JSON.stringify(body)).not.toContain('hunter2');
    });

    it('take the figures of a node that has some, and none are not 0', async () => {
      const { read, fault } = await aLab();
      fault(/^\/storage$/, [
        { storage: 'nfs', type: 'nfs', shared: 1 },
        { storage: 'gone', type: 'dir' },
      ]);
      const unknown = { status: 'unknown' };
      fault(/^\/cluster\/resources/, [
        usage('nfs', 'pve1', 1, unknown),
        usage('nfs', 'pve2', 1, { status: 'available', maxdisk: '100', disk: '30' }),
        usage('gone', 'pve1', 0, unknown),
        usage('gone', 'pve2', 0, { ...unknown, maxdisk: 0, disk: 0 }),
      ]);
      fault(/^\/nodes\/pve1\/storage$/, [{ storage: 'nfs', shared: 1, active: 0, avail: 0 }]);
      fault(/^\/nodes\/pve2\/storage$/, [status('nfs', 1, 60)]);

      expect((await read('/proxmox/storage')).body[0].lab).toMatchObject([
        { storage: 'gone', total: null, used: null, avail: null },
        { storage: 'nfs', total: 100, used: 30, avail: 60 },
      ]);
    });
  });

  it('give numbers for figures and text for names, however Proxmox wrote them', async () => {
    const { read, fault } = await aLab();
    const described = { status: 'running', maxmem: '4096', mem: '12', uptime: '864000', cpu: '0.25', maxcpu: '2' };
    const guest = { id: 'qemu/117', type: 'qemu', vmid: '117', node: 'pve1', name: 4711, template: '0', ...described };
    fault(/^\/cluster\/resources/, [guest, { ...guest, id: 'qemu/118', vmid: 118, maxmem: 'much', uptime: {} }]);
    fault(/^\/nodes\/pve1\/qemu$/, [{ vmid: '117', name: 4711, cpus: '2', uptime: '60' }]);
    fault(/^\/nodes$/, [{ node: 4, id: 'node/4', type: 'node', status: 'online', maxmem: '1024', cpu: '0.5' }]);

    const [row, odd] = (await read('/proxmox/cluster/resources')).body[0].lab;
    expect(row).toMatchObject({ name: '4711', vmid: 117, uptime: 864_000, mem: 12, maxmem: 4096, template: 0 });
    expect(row).toMatchObject({ cpu: 0.25, maxcpu: 2, node: 'pve1' });
    expect(odd).toMatchObject({ name: null, maxmem: null, uptime: null });
    expect((await read('/proxmox/nodes/pve1/qemu')).body[0].lab[0]).toEqual({
      vmid: 117,
      name: '4711',
      cpus: 2,
      uptime: 60,
    });
    expect((await read('/proxmox/nodes')).body[0].lab).toMatchObject({ node: '4', maxmem: 1024, cpu: 0.5 });
  });

  it('give a guest that is listed without being described no figures, not figures of 0', async () => {
    const { read, fault } = await aLab();
    const listed = { id: 'qemu/100', type: 'qemu', vmid: 100, node: 'pve1', status: 'unknown', tags: 'prod' };
    fault(/^\/cluster\/resources/, [listed, { ...listed, id: 'qemu/101', vmid: 101, maxmem: 0, cpu: 0, template: 0 }]);

    const nothing = { maxmem: null, cpu: null, name: null, uptime: null };
    expect((await read('/proxmox/cluster/resources')).body[0].lab).toMatchObject([
      { ...listed, ...nothing },
      { ...listed, id: 'qemu/101', vmid: 101, ...nothing, template: null },
    ]);
  });

  it('go on without an endpoint that is down, and name it', async () => {
    const { read } = await aLab({}, true);

    const { status, body, failed } = await read('/proxmox/version');

    expect({ status, names: body.flatMap(Object.keys), failed }).toEqual({ status: 200, names: ['lab'], failed: '2' });
  });

  it("are the endpoint's own error when only that one is asked for", async () => {
    const { read } = await aLab({}, true);

    const { status, body } = await read('/proxmox/version?proxmox_endpoint_ids=2');

    expect(status).toBe(502);
    expect(body).toMatchObject({
      reason: 'proxmox_unreachable',
      detail: expect.stringMatching(/^proxmox_unreachable: /),
    });
  });

  it.each([
    ['/proxmox/version?proxmox_endpoint_ids=99', 404],
    ['/proxmox/cluster/status?proxmox_endpoint_ids=99', 200],
    ['/proxmox/version?proxmox_endpoint_ids=1,x', 400],
    ['/proxmox/version?source=elsewhere', 400],
    ['/proxmox/version?source=netbox', 400],
    ['/proxmox/version?name=nobody', 400],
    ['/proxmox/version?name=lab%20(nb:1)', 200],
    ['/proxmox/cluster/resources?type=pool', 422],
    ['/proxmox/version?proxmox_endpoint_ids=1&unknown=true', 200],
  ])('answer %s with %i', async (url, expected) => {
    const { read } = await aLab();

    const { status, body } = await read(url);

    expect(status).toBe(expected);
    if (url.includes('cluster/status')) expect(body).toEqual([]);
  });
});
