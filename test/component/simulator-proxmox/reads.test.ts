import { describe, expect, it } from 'vitest';
import { migrateGuest, renameGuest, setNodeOnline } from '../../simulator/estate/index.js';
import type { Json } from './client.js';
import { clusterNamed, start } from './client.js';

/** Rows of hashes come in any order. */
function inOneOrder(data: unknown): unknown {
  const keyOf = (row: Json): string => String(row?.name ?? row?.sid ?? '');
  return Array.isArray(data) ? data.toSorted((a, b) => keyOf(a).localeCompare(keyOf(b))) : data;
}

const NOW = Date.UTC(2026, 4, 1, 12);

describe('every read of lab (8.4) answers its documented shape', () => {
  it.each<[string, unknown]>([
    ['/version', { version: '8.4.14', release: '8.4', repoid: expect.any(String) }],
    [
      '/cluster/status',
      expect.arrayContaining([
        { type: 'cluster', id: 'cluster', name: 'lab', nodes: 3, quorate: 1, version: 3 },
        { type: 'node', id: 'node/pve3', name: 'pve3', ip: '192.0.2.3', level: '', local: 0, nodeid: 3, online: 0 },
      ]),
    ],
    [
      '/cluster/resources?type=vm',
      expect.arrayContaining([
        expect.objectContaining({
          id: 'qemu/100',
          vmid: 100,
          node: 'pve1',
          status: 'running',
          template: 0,
          maxcpu: 2,
          maxmem: 2147483648,
          maxdisk: 34359738368,
          tags: 'Critical;end-user;critical',
          pool: 'production',
          hastate: 'started',
        }),
        expect.objectContaining({ id: 'qemu/110', lock: 'backup' }),
        expect.objectContaining({ id: 'qemu/109', status: 'paused' }),
        expect.objectContaining({ id: 'qemu/9000', template: 1, status: 'stopped', uptime: 0 }),
        expect.objectContaining({ id: 'lxc/200', type: 'lxc' }),
      ]),
    ],
    [
      '/cluster/resources?type=node',
      expect.arrayContaining([{ id: 'node/pve3', type: 'node', node: 'pve3', status: 'offline' }]),
    ],
    [
      '/cluster/resources?type=storage',
      expect.arrayContaining([
        expect.objectContaining({ id: 'storage/pve1/only-pve1', storage: 'only-pve1', status: 'available' }),
      ]),
    ],
    ['/cluster/resources?type=sdn', expect.arrayContaining([expect.objectContaining({ type: 'sdn', node: 'pve1' })])],
    [
      '/nodes/pve1/certificates/info',
      [
        expect.objectContaining({
          filename: 'pve-root-ca.pem',
          subject: expect.stringMatching(
            /^\/CN=Proxmox Virtual Environment\/OU=[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}\/O=PVE Cluster Manager CA$/,
          ),
          fingerprint: expect.stringMatching(/^([0-9A-F]{2}:){31}[0-9A-F]{2}$/),
        }),
        expect.objectContaining({ filename: 'pve-ssl.pem', san: expect.arrayContaining(['192.0.2.1', 'pve1']) }),
      ],
    ],
    [
      '/nodes',
      expect.arrayContaining([
        expect.objectContaining({
          node: 'pve1',
          status: 'online',
          maxcpu: 32,
          ssl_fingerprint: expect.stringMatching(/^([0-9A-F]{2}:){31}[0-9A-F]{2}$/),
        }),
      ]),
    ],
    [
      '/nodes/pve1/network',
      expect.arrayContaining([
        expect.objectContaining({ iface: 'vmbr0', type: 'bridge', cidr: '192.0.2.1/24', bridge_vlan_aware: 1 }),
      ]),
    ],
    ['/nodes/pve1/network?type=bond', [expect.objectContaining({ iface: 'bond0', slaves: 'eno1 eno2' })]],
    ['/nodes/pve1/network?type=any_bridge', [expect.objectContaining({ iface: 'vmbr0' })]],
    [
      '/nodes/pve1/qemu?full=1',
      expect.arrayContaining([expect.objectContaining({ vmid: 100, name: 'web01', cpus: 2 })]),
    ],
    ['/nodes/pve1/lxc', expect.arrayContaining([expect.objectContaining({ vmid: 200, type: 'lxc' })])],
    [
      '/nodes/pve1/qemu/100/config',
      expect.objectContaining({
        name: 'web01',
        memory: '2048',
        cores: 2,
        agent: '1,fstrim_cloned_disks=1',
        digest: expect.stringMatching(/^[0-9a-f]{40}$/),
      }),
    ],
    ['/nodes/pve1/qemu/107/config?current=1', expect.objectContaining({ cipassword: '**********' })],
    ['/nodes/pve1/lxc/200/config', expect.objectContaining({ hostname: 'dns01', memory: 512, unprivileged: 1 })],
    ['/nodes/pve2/lxc/204/interfaces', null],
    [
      '/nodes/pve1/qemu/109/status/current',
      expect.objectContaining({ status: 'running', qmpstatus: 'paused', ha: { managed: 0 } }),
    ],
    [
      '/nodes/pve1/lxc/200/status/current',
      expect.objectContaining({ status: 'running', ha: expect.objectContaining({ managed: 1 }) }),
    ],
    [
      '/nodes/pve1/qemu/100/agent/network-get-interfaces',
      {
        result: expect.arrayContaining([
          expect.objectContaining({ name: 'ens18', 'hardware-address': 'bc:24:11:20:99:1e' }),
        ]),
      },
    ],
    ['/nodes/pve1/qemu/100/agent/get-host-name', { result: { 'host-name': 'Web01.example.org.' } }],
    [
      '/nodes/pve1/lxc/201/interfaces',
      expect.arrayContaining([expect.objectContaining({ name: 'eth0', inet: '198.51.100.201/24' })]),
    ],
    [
      '/nodes/pve1/qemu/100/snapshot',
      [
        expect.objectContaining({ name: 'base' }),
        expect.objectContaining({ name: 'before-upgrade', parent: 'base', vmstate: 1 }),
        expect.objectContaining({ name: 'branch', parent: 'base' }),
        expect.objectContaining({ name: 'current', running: 1, parent: 'branch' }),
      ],
    ],
    [
      '/storage?type=pbs',
      [expect.objectContaining({ storage: 'pbs1', shared: 1, datastore: 'store1', digest: expect.any(String) })],
    ],
    ['/storage/no-content', expect.not.objectContaining({ content: expect.anything() })],
    [
      '/nodes/pve2/storage/pbs1/content?content=backup&vmid=100',
      [
        expect.objectContaining({ verification: expect.objectContaining({ state: 'ok' }) }),
        expect.objectContaining({ verification: expect.objectContaining({ state: 'failed' }) }),
      ],
    ],
    [
      '/nodes/pve2/storage/local/content?content=backup',
      [expect.objectContaining({ vmid: 101 }), expect.objectContaining({ vmid: 555 })],
    ],
    [
      '/nodes/pve1/storage/local-lvm/content?content=images&vmid=100',
      [expect.objectContaining({ volid: 'local-lvm:vm-100-disk-0', size: 34359738368 })],
    ],
    [
      '/cluster/backup',
      expect.arrayContaining([
        expect.objectContaining({ id: 'backup-text', 'prune-backups': 'keep-last=3,keep-daily=7' }),
        expect.objectContaining({ 'prune-backups': { 'keep-all': '1' } }),
      ]),
    ],
    ['/cluster/backup/backup-disabled', expect.objectContaining({ enabled: '0' })],
    [
      '/cluster/replication',
      [
        expect.objectContaining({ id: '100-0', source: 'pve1' }),
        expect.objectContaining({ id: '200-0', guest: '200' }),
      ],
    ],
    ['/cluster/options', expect.objectContaining({ 'tag-style': expect.stringContaining('color-map=') })],
    [
      '/cluster/ha/status/current',
      expect.arrayContaining([
        expect.objectContaining({ type: 'quorum', quorate: 1 }),
        expect.objectContaining({ id: 'lrm:pve1' }),
        expect.objectContaining({ sid: 'vm:100', node: 'pve1', crm_state: 'started' }),
      ]),
    ],
    [
      '/cluster/ha/resources',
      [expect.objectContaining({ sid: 'ct:200' }), expect.objectContaining({ sid: 'vm:100', group: 'prefer-pve1' })],
    ],
    ['/cluster/ha/resources/vm:100', expect.objectContaining({ group: 'prefer-pve1', max_restart: 2 })],
    ['/cluster/ha/groups', [expect.objectContaining({ group: 'prefer-pve1', restricted: 1 })]],
    [
      '/cluster/ha/groups/prefer-pve1',
      expect.objectContaining({ nodes: expect.stringMatching(/^(pve1:2,pve2:1|pve2:1,pve1:2)$/) }),
    ],
    ['/access/permissions', expect.objectContaining({ '/vms': expect.objectContaining({ 'VM.Monitor': 1 }) })],
  ])('%s', async (path, shape) => {
    const { call } = await start({ now: () => NOW });

    const reply = await call(path);

    expect(inOneOrder(reply.data)).toEqual(shape);
    expect([reply.status, reply.reason, reply.type]).toEqual([200, 'OK', 'application/json;charset=UTF-8']);
  });
});

describe('version 9', () => {
  it.each<[string, unknown]>([
    [
      '/cluster/ha/rules',
      [
        expect.objectContaining({ type: 'node-affinity' }),
        expect.objectContaining({ affinity: 'negative', disable: 1 }),
      ],
    ],
    ['/cluster/ha/rules?type=node-affinity', [expect.objectContaining({ rule: 'near' })]],
    ['/cluster/ha/rules/near', expect.objectContaining({ resources: 'vm:100' })],
    ['/cluster/ha/resources', [expect.not.objectContaining({ group: expect.anything() })]],
    [
      '/cluster/options',
      expect.objectContaining({ 'tag-style': expect.objectContaining({ 'color-map': expect.any(String) }) }),
    ],
    ['/nodes/edge1/network?type=vnet', []],
  ])('answers %s', async (path, shape) => {
    const { get } = await start({ cluster: clusterNamed('edge') });

    expect(await get(path)).toEqual(shape);
  });

  it('shows a standalone node without a cluster row', async () => {
    const { get } = await start({ cluster: clusterNamed('solo') });

    expect(await get('/cluster/status')).toEqual([
      expect.objectContaining({ type: 'node', name: 'solo', local: 1, online: 1 }),
    ]);
    expect((await get('/version')).release).toBe('9.2');
  });
});

describe('refusals', () => {
  it.each<[string, string, number, string]>([
    ['lab', '/nodes/pve3/qemu/117/config', 595, 'No route to host'],
    [
      'lab',
      '/nodes/gone/qemu',
      500,
      "hostname lookup 'gone' failed - failed to get address info for: gone: Name or service not known",
    ],
    ['lab', '/nodes/pve2/qemu/100/config', 500, "Configuration file 'nodes/pve2/qemu-server/100.conf' does not exist"],
    ['lab', '/nodes/pve1/lxc/999/config', 500, "Configuration file 'nodes/pve1/lxc/999.conf' does not exist"],
    ['lab', '/nodes/pve1/qemu/105/agent/network-get-interfaces', 500, 'No QEMU guest agent configured'],
    ['lab', '/nodes/pve1/qemu/106/agent/network-get-interfaces', 500, 'QEMU guest agent is not running'],
    ['lab', '/nodes/pve2/lxc/204/snapshot', 501, "Method 'GET /nodes/pve2/lxc/204/snapshot' not implemented"],
    ['lab', '/nodes/pve1/storage/old-nas/content', 500, "storage 'old-nas' is disabled"],
    ['lab', '/nodes/pve1/storage/only-pve10/content', 500, "storage 'only-pve10' is not available on node 'pve1'"],
    ['lab', '/nodes/pve1/storage/none/content', 500, "storage 'none' does not exist"],
    ['lab', '/cluster/ha/rules', 501, "Method 'GET /cluster/ha/rules' not implemented"],
    ['lab', '/cluster/ha/resources/vm:1', 500, "no such resource 'vm:1'"],
    ['edge', '/cluster/ha/groups', 500, 'cannot index groups: ha groups have been migrated to rules'],
    ['lab', '/cluster/nothing', 501, "Method 'GET /cluster/nothing' not implemented"],
    ['lab', '/nodes/pve1/tasks/UPID:pve1:0:0:0:x:1:root@pam:/status', 400, 'Parameter verification failed.'],
  ])('%s %s -> %i %s', async (cluster, path, status, reason) => {
    const { call } = await start({ cluster: clusterNamed(cluster) });

    const reply = await call(path);

    expect([reply.status, reply.reason]).toEqual([status, reason]);
    expect(reply.json).toMatchObject({ data: null, message: status === 501 ? reason : `${reason}\n` });
  });

  it.each<[string, Record<string, string>]>([
    [
      '/cluster/resources?type=qemu',
      { type: "value 'qemu' does not have a value in the enumeration 'vm, storage, node, sdn'" },
    ],
    [
      '/version?full=1',
      { full: 'property is not defined in schema and the schema does not allow additional properties' },
    ],
    ['/nodes/pve1/qemu?full=maybe', { full: "type check ('boolean') failed - got 'maybe'" }],
    ['/nodes/pve1/tasks?limit=many', { limit: "type check ('integer') failed - got 'many'" }],
    ['/nodes/pve1/tasks?start=-1', { start: 'value must have a minimum value of 0' }],
    ['/nodes/pve1/network?type=vnet', { type: expect.stringContaining('enumeration') }],
    ['/cluster/backup/none', { id: "No such job 'none'" }],
    [
      '/version?__proto__=1',
      JSON.parse(
        '{"__proto__":"property is not defined in schema and the schema does not allow additional properties"}',
      ),
    ],
  ])('names the bad parameter of %s', async (path, errors) => {
    const { call } = await start();

    const reply = await call(path);

    expect([reply.status, reply.reason]).toEqual([400, 'Parameter verification failed.']);
    expect(reply.json.errors).toEqual(errors);
  });
});

describe('tasks', () => {
  it('are paged, newest first, 50 at a time unless told otherwise, with the total beside the data', async () => {
    const { call, get } = await start();

    const first = await call('/nodes/pve1/tasks');
    const second = await get('/nodes/pve1/tasks?start=500&limit=500');

    expect(first.data).toHaveLength(50);
    expect(first.json.total).toBe(602);
    expect(second).toHaveLength(102);
    expect(first.data[0].starttime).toBeGreaterThan(first.data[49].starttime);
  });

  it.each<[string, (task: Json) => boolean, number]>([
    ['vmid=200', (task) => task.id === '200', 0],
    ['typefilter=vzdump', (task) => task.type === 'vzdump', 1],
    ['errors=1', (task) => task.status !== 'OK', 1],
    ['statusfilter=ok', (task) => task.status === 'OK', 1],
    ['userfilter=backup', (task) => task.user === 'backup@pve' && task.tokenid === 'nightly', 1],
    ['until=1777592000', (task) => task.starttime <= 1777592000, 1],
    ['since=1777593000', (task) => task.starttime >= 1777593000, 1],
    ['source=active', (task) => task.endtime === undefined && task.type === 'vzdump', 1],
  ])('are filtered by %s', async (filter, fits, atLeast) => {
    const { get } = await start();

    const rows = await get(`/nodes/pve1/tasks?limit=1000&${filter}`);

    expect(rows.length).toBeGreaterThanOrEqual(atLeast);
    expect(rows.every(fits)).toBe(true);
    expect(rows.length).toBeLessThan(602);
  });

  it('have a status and a log', async () => {
    const { get } = await start();
    const [, failed] = await get('/nodes/pve1/tasks?limit=2');
    const path = `/nodes/pve1/tasks/${encodeURIComponent(failed.upid)}`;

    expect(await get(`${path}/status`)).toMatchObject({
      status: 'stopped',
      exitstatus: 'start failed: QEMU exited with code 1',
    });
    expect((await get(`${path}/log`)).at(-1)).toEqual({ n: 2, t: 'TASK ERROR: start failed: QEMU exited with code 1' });
  });
});

describe('guests of an offline node', () => {
  it('keep their row, without a name and without figures', async () => {
    const { get } = await start();

    const rows = await get('/cluster/resources?type=vm');

    expect(rows.find((row: Json) => row.vmid === 117)).toEqual({
      id: 'qemu/117',
      type: 'qemu',
      vmid: 117,
      node: 'pve3',
      tags: 'prod',
      status: 'unknown',
    });
  });
});

describe('changes to the served cluster', () => {
  it('are seen by the next request', async () => {
    const { pve, get } = await start();
    renameGuest(pve.state, 100, 'shop');
    migrateGuest(pve.state, 100, 'pve2');
    setNodeOnline(pve.state, 'pve3', true);

    expect(await get('/nodes/pve2/qemu/100/config')).toMatchObject({ name: 'shop' });
    expect(await get('/nodes/pve3/qemu/117/config')).toMatchObject({ name: 'on-offline-node' });
  });
});
