import { describe, expect, it } from 'vitest';
import type { Call, Json, Reply } from './client.js';
import { clusterNamed, form, start, tokenHeader } from './client.js';

async function withClock(cluster = 'lab') {
  let nowMs = Date.UTC(2026, 5, 1);
  const served = await start({ cluster: clusterNamed(cluster), now: () => nowMs, taskDurationMs: 5000 });
  const headers = { authorization: tokenHeader(served.pve) };
  const post = (path: string, fields: Record<string, string> = {}): Promise<Reply> => {
    const body: Call = form(fields);
    return served.call(path, { ...body, headers: { ...body.headers, ...headers } });
  };
  return { ...served, post, headers, pass: (ms: number) => void (nowMs += ms) };
}

const statusOf = (upid: string): string => `/nodes/${upid.split(':')[1]!}/tasks/${encodeURIComponent(upid)}/status`;

describe('actions', () => {
  it('start a task that changes the guest when its time is over', async () => {
    const { post, get, pass, pve } = await withClock();

    const upid = (await post('/nodes/pve2/qemu/101/status/start')).data;
    const during = await get(statusOf(upid));
    const stillStopped = pve.state.guests.get(101)!.status;
    pass(5000);
    const after = await get(statusOf(upid));

    expect(upid).toMatch(/^UPID:pve2:[0-9A-F]{8}:[0-9A-F]{8}:[0-9A-F]{8}:qmstart:101:proxbox@pve!sync:$/);
    expect([during.status, stillStopped]).toEqual(['running', 'stopped']);
    expect(after).toMatchObject({ status: 'stopped', exitstatus: 'OK', user: 'proxbox@pve', tokenid: 'sync' });
    expect(await get('/nodes/pve2/qemu/101/status/current')).toMatchObject({ status: 'running' });
  });

  it('give equal UPIDs for equal calls at equal times', async () => {
    const first = await withClock();
    const second = await withClock();

    expect((await first.post('/nodes/pve2/qemu/101/status/start')).data).toBe(
      (await second.post('/nodes/pve2/qemu/101/status/start')).data,
    );
  });

  it.each<[string, string, number, string]>([
    ['starting a running guest', '/nodes/pve1/qemu/100/status/start', 500, 'VM 100 already running'],
    ['stopping a stopped guest', '/nodes/pve2/qemu/101/status/stop', 500, 'VM 101 not running'],
    ['rebooting a stopped container', '/nodes/pve2/lxc/204/status/reboot', 500, 'CT 204 not running'],
    ['starting a template', '/nodes/pve2/qemu/9000/status/start', 500, "you can't start a vm if it's a template"],
    ['touching a locked guest', '/nodes/pve1/qemu/110/status/stop', 500, 'VM is locked (backup)'],
    ['snapshots without a name', '/nodes/pve1/qemu/100/snapshot', 400, 'Parameter verification failed.'],
    [
      'snapshots of unfit storage',
      '/nodes/pve2/lxc/204/snapshot?snapname=one',
      500,
      'snapshot feature is not available',
    ],
    [
      'a second snapshot of one name',
      '/nodes/pve1/qemu/100/snapshot?snapname=base',
      500,
      "snapshot name 'base' already used",
    ],
    [
      'moving to the same node',
      '/nodes/pve1/qemu/100/migrate?target=pve1&online=1',
      400,
      'Parameter verification failed.',
    ],
    [
      'moving to an offline node',
      '/nodes/pve1/qemu/100/migrate?target=pve3&online=1',
      500,
      "target node 'pve3' is offline",
    ],
    ['moving to no node', '/nodes/pve1/qemu/100/migrate?target=x&online=1', 500, "no such cluster node 'x'"],
    [
      'moving a running guest',
      '/nodes/pve1/qemu/100/migrate?target=pve2',
      500,
      "can't migrate running VM without --online",
    ],
  ])('refuse %s', async (_case, path, status, reason) => {
    const { post } = await withClock();

    const reply = await post(path);

    expect([reply.status, reply.reason]).toEqual([status, reason]);
  });

  it.each([
    ['/nodes/pve1/qemu/105/status/stop', 'qmstop', 'stopped'],
    ['/nodes/pve1/qemu/105/status/shutdown', 'qmshutdown', 'stopped'],
    ['/nodes/pve1/qemu/105/status/reboot', 'qmreboot', 'running'],
    ['/nodes/pve1/lxc/201/status/stop', 'vzstop', 'stopped'],
    ['/nodes/pve1/lxc/201/status/shutdown', 'vzshutdown', 'stopped'],
  ])('%s runs %s and leaves the guest %s', async (path, task, status) => {
    const { post, get, pass } = await withClock();

    const upid = (await post(path)).data;
    pass(5000);

    expect(upid).toContain(`:${task}:`);
    expect((await get(path.replace(/[^/]+$/, 'current'))).status).toBe(status);
  });

  it('take and delete snapshots, children going to the parent', async () => {
    const { call, post, get, pass, headers } = await withClock();
    const path = '/nodes/pve1/qemu/100/snapshot';

    await post(path, { snapname: 'now', description: 'today', vmstate: '1' });
    pass(5000);
    const taken = await get(path);
    await call(`${path}/base`, { method: 'DELETE', headers });
    pass(5000);
    const rows = await get(path);

    expect(taken).toContainEqual({
      name: 'now',
      description: 'today',
      parent: 'branch',
      vmstate: 1,
      snaptime: 1780272000,
    });
    expect(rows.map((row: Json) => row.name).sort()).toEqual(['before-upgrade', 'branch', 'current', 'now']);
    expect(rows.find((row: Json) => row.name === 'before-upgrade')).not.toHaveProperty('parent');
  });

  it('move a guest and leave the task on the node it came from', async () => {
    const { post, get, call, pass } = await withClock();

    const upid = (await post('/nodes/pve1/lxc/200/migrate', { target: 'pve2', restart: '1' })).data;
    pass(5000);

    expect((await get(statusOf(upid))).exitstatus).toBe('OK');
    expect((await get('/nodes/pve2/lxc/200/config')).hostname).toBe('dns01');
    expect((await call(statusOf(upid).replace('pve1', 'pve2'))).json.errors).toEqual({ upid: 'no such task' });
  });

  it('end without effect when the task is stopped', async () => {
    const { call, post, get, pass, headers, pve } = await withClock();
    const upid = (await post('/nodes/pve1/qemu/105/status/stop')).data;

    const reply = await call(statusOf(upid).replace(/\/status$/, ''), { method: 'DELETE', headers });
    pass(60_000);

    expect([reply.status, reply.data]).toEqual([200, null]);
    expect((await get(statusOf(upid))).exitstatus).toBe('interrupted by signal');
    expect(pve.state.guests.get(105)!.status).toBe('running');
  });

  it.each<[string, string, number, unknown]>([
    [
      'lab',
      '/nodes/pve1/qemu/100/migrate',
      200,
      {
        running: 1,
        local_disks: [expect.objectContaining({ drivename: 'scsi0' })],
        local_resources: [],
        'mapped-resources': [],
        'mapped-resource-info': {},
      },
    ],
    [
      'lab',
      '/nodes/pve2/qemu/101/migrate',
      200,
      expect.objectContaining({ running: 0, allowed_nodes: ['pve1', 'pve3'] }),
    ],
    ['lab', '/nodes/pve2/qemu/104/migrate', 200, expect.objectContaining({ local_resources: ['hostpci0'] })],
    ['lab', '/nodes/pve1/lxc/200/migrate', 501, null],
    [
      'edge',
      '/nodes/edge1/qemu/100/migrate',
      200,
      expect.objectContaining({ running: 1, allowed_nodes: ['edge2', 'pve1'] }),
    ],
    [
      'edge',
      '/nodes/edge2/lxc/200/migrate',
      200,
      { running: 1, 'allowed-nodes': ['edge1', 'pve1'], 'not-allowed-nodes': {} },
    ],
  ])('preflight in %s of %s answers %i', async (cluster, path, status, data) => {
    const { call } = await withClock(cluster);

    const reply = await call(path);

    expect(reply.status).toBe(status);
    expect(reply.data).toEqual(data);
  });

  it.each([
    ['pbs1', 'pbs1:backup/vm/100/2026-06-01T00:00:00Z', 'pbs-vm'],
    ['local', 'local:backup/vzdump-qemu-100-2026_06_01-00_00_00.vma.zst', 'vma.zst'],
  ])('back up to %s', async (storage, volid, format) => {
    const { post, get, pass } = await withClock();

    await post('/nodes/pve1/vzdump', { vmid: '100', storage, 'notes-template': '{{guestname}}!' });
    pass(5000);

    expect(await get(`/nodes/pve1/storage/${storage}/content?vmid=100`)).toContainEqual(
      expect.objectContaining({ volid, format, subtype: 'qemu', notes: 'web01!', ctime: 1780272000 }),
    );
  });

  it('need their privilege', async () => {
    const { pve, call } = await start({ acl: 'read-only' });
    const headers = { authorization: tokenHeader(pve) };

    const reply = await call('/nodes/pve1/qemu/105/status/stop', { method: 'POST', headers });

    expect([reply.status, reply.reason]).toEqual([403, 'Permission check failed (/vms/105, VM.PowerMgmt)']);
  });
});
