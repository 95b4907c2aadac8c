import { describe, expect, it } from 'vitest';
import type { AclPreset } from '../../simulator/proxmox/index.js';
import { clusterNamed, start } from './client.js';

const AGENT = '/nodes/pve1/qemu/100/agent/network-get-interfaces';

describe('presets on 8.4', () => {
  it.each<[AclPreset, string, number, string]>([
    ['full', '/nodes/pve1/qemu/100/config', 200, 'OK'],
    ['full', '/storage/local', 200, 'OK'],
    ['read-only', '/nodes/pve1/qemu/100/config', 200, 'OK'],
    ['read-only', '/cluster/status', 200, 'OK'],
    ['read-only', AGENT, 200, 'OK'],
    ['read-only', '/storage/local', 403, 'Permission check failed (/storage/local, Datastore.Allocate)'],
    ['no-agent', '/nodes/pve1/qemu/100/config', 200, 'OK'],
    ['no-agent', AGENT, 403, 'Permission check failed (/vms/100, VM.Monitor)'],
    ['nothing', '/version', 200, 'OK'],
    ['nothing', '/cluster/status', 403, 'Permission check failed (/, Sys.Audit)'],
    ['nothing', '/nodes/pve1/qemu/100/config', 403, 'Permission check failed (/vms/100, VM.Audit)'],
    ['token-without-acl', '/nodes/pve1/lxc/200/config', 403, 'Permission check failed (/vms/200, VM.Audit)'],
  ])('%s reads %s with %i %s', async (acl, path, status, reason) => {
    const { call } = await start({ acl });

    const reply = await call(path);

    expect([reply.status, reply.reason]).toEqual([status, reason]);
    if (status === 403) expect(reply.json).toEqual({ data: null, message: `${reason}\n` });
  });

  it.each<[AclPreset, number, number]>([
    ['full', 25, 9],
    ['read-only', 25, 9],
    ['nothing', 0, 0],
    ['token-without-acl', 0, 0],
  ])('%s is shown %i guests and %i storages', async (acl, guests, storages) => {
    const { get } = await start({ acl });

    expect(await get('/cluster/resources?type=vm')).toHaveLength(guests);
    expect(await get('/storage')).toHaveLength(storages);
  });
});

describe('version 9', () => {
  it('names both agent privileges and has no VM.Monitor', async () => {
    const without = await start({ cluster: clusterNamed('edge'), acl: 'no-agent' });
    const documented = await start({ cluster: clusterNamed('edge'), acl: 'read-only' });
    const path = '/nodes/edge1/qemu/100/agent/get-host-name';

    expect((await without.call(path)).reason).toBe(
      'Permission check failed (/vms/100, VM.GuestAgent.Audit|VM.GuestAgent.Unrestricted)',
    );
    expect(await documented.get(path)).toEqual({ result: { 'host-name': 'gateway.example.org' } });
    expect((await documented.get('/access/permissions'))['/']).not.toHaveProperty('VM.Monitor');
  });
});

describe('access control list', () => {
  const tokens = [
    { name: 'same', value: 'v', privilegeSeparation: false },
    { name: 'less', value: 'v', acl: [{ path: '/vms', privileges: ['VM.Audit', 'VM.PowerMgmt'] }] },
  ];
  const users = [
    {
      userid: 'ops@pve',
      password: 'pw',
      tokens,
      acl: [
        { path: '/vms', privileges: ['VM.Audit'] },
        { path: '/vms/101', privileges: [] },
        { path: '/storage', privileges: ['Datastore.Audit'], propagate: false },
      ],
    },
    { userid: 'root@pam', password: 'pw', tokens: [{ name: 't', value: 'v', privilegeSeparation: false }] },
  ];
  const as = (token: string) => ({ headers: { authorization: `PVEAPIToken=${token}=v` } });

  it('lets the entry nearest to the path decide and stops where it does not propagate', async () => {
    const { call } = await start({ users });

    expect((await call('/nodes/pve1/qemu/100/config', as('ops@pve!same'))).status).toBe(200);
    expect((await call('/nodes/pve2/qemu/101/config', as('ops@pve!same'))).status).toBe(403);
    expect((await call('/storage', as('ops@pve!same'))).data).toEqual([]);
    expect((await call('/cluster/resources?type=vm', as('ops@pve!same'))).data).toHaveLength(24);
  });

  it('gives a separated token no more than its user has', async () => {
    const { call } = await start({ users });

    const stop = await call('/nodes/pve1/qemu/100/status/stop', { ...as('ops@pve!less'), method: 'POST' });

    expect([stop.status, stop.reason]).toEqual([403, 'Permission check failed (/vms/100, VM.PowerMgmt)']);
    expect((await call('/nodes/pve1/qemu/100/config', as('ops@pve!less'))).status).toBe(200);
  });

  it('lets root@pam do everything and lists permissions by path', async () => {
    const { call } = await start({ users });

    expect((await call('/storage/local', as('root@pam!t'))).status).toBe(200);
    // Guest 100 is in a pool: its path is listed, that of 101, where nothing is granted, is not.
    expect((await call('/access/permissions', as('ops@pve!same'))).data).toEqual({
      '/vms': { 'VM.Audit': 1 },
      '/vms/100': { 'VM.Audit': 1 },
      '/storage': { 'Datastore.Audit': 0 },
    });
    expect((await call('/access/permissions?path=/vms/101', as('ops@pve!same'))).data).toEqual({ '/vms/101': {} });
    expect((await call('/access/permissions?path=/vms/100', as('ops@pve!same'))).data).toEqual({
      '/vms/100': { 'VM.Audit': 1 },
    });
  });

  it('hides figures of nodes, foreign tasks and archives from those without the privilege', async () => {
    const { call } = await start({ users });
    const none = await start({ acl: 'nothing' });
    const reader = await start({ acl: 'read-only' });

    expect((await call('/cluster/resources?type=node', as('ops@pve!same'))).data).toContainEqual({
      id: 'node/pve1',
      type: 'node',
      node: 'pve1',
      status: 'online',
      level: '',
      'cgroup-mode': 2,
    });
    expect(await none.get('/nodes/pve1/tasks')).toEqual([]);
    expect(await reader.get('/nodes/pve1/storage/pbs1/content')).toEqual([]);
  });
});

/** As recorded from the real server: a user in a group that may read all, with or without entries of his own. */
describe('entries of users, groups and tokens', () => {
  const roles = { Reader: ['SDN.Audit', 'Sys.Audit', 'VM.Audit'], Own: ['VM.Audit'] };
  const on = (path: string, role: string, propagate = true) => ({ path, role, privileges: [], propagate });
  const groups = { sync: [on('/', 'Reader')], more: [on('/', 'PVEVMUser'), on('/vms/101', 'NoAccess')] };
  const tokens = [{ name: 't', value: 'v', privilegeSeparation: false }];
  const user = (acl: ReturnType<typeof on>[], groupsOf = ['sync']) => [
    { userid: 'ops@pve', password: 'pw', tokens, groups: groupsOf, acl },
  ];
  const held = async (users: ReturnType<typeof user>, path: string): Promise<string[]> => {
    const { call } = await start({ users, groups, roles });
    const { data } = await call(`/access/permissions?path=${path}`, {
      headers: { authorization: 'PVEAPIToken=ops@pve!t=v' },
    });
    return Object.keys(data[path]).sort();
  };

  it.each<[string, ReturnType<typeof user>, string, readonly string[]]>([
    ['a group grants', user([]), '/vms/100', roles.Reader],
    ['an own entry replaces those of groups on its path', user([on('/', 'Own')]), '/', ['VM.Audit']],
    ['and below it', user([on('/', 'Own')]), '/nodes', ['VM.Audit']],
    ['but not where it does not propagate', user([on('/', 'Own', false)]), '/vms/100', roles.Reader],
    ['own entries of one path add up', user([on('/', 'Own'), on('/', 'Reader')]), '/', roles.Reader],
    ['a deeper entry of a group replaces an own one', user([on('/', 'Own')], ['more']), '/vms/101', []],
    ['NoAccess wins over other roles', user([on('/vms/101', 'Own'), on('/vms/101', 'NoAccess')]), '/vms/101', []],
    [
      'what a pool grants, its members have',
      user([on('/pool/production', 'PVEAuditor')], []),
      '/vms/100',
      ['Datastore.Audit', 'Mapping.Audit', 'Pool.Audit', 'SDN.Audit', 'Sys.Audit', 'VM.Audit'],
    ],
  ])('%s', async (_rule, users, path, expected) => {
    expect(await held(users, path)).toEqual(expected);
  });

  it('bridges, pools and the pool of a guest are left out without SDN.Audit and Pool.Audit', async () => {
    const reader = await start({ acl: 'read-only' });
    const without = await start({ acl: 'no-pools-and-bridges' });
    const bridges = async ({ get }: typeof reader): Promise<number> =>
      (await get('/nodes/pve1/network')).filter(({ type }: { type: string }) => type === 'bridge').length;
    const pooled = async ({ get }: typeof reader): Promise<number> =>
      (await get('/cluster/resources?type=vm')).filter((row: object) => 'pool' in row).length;

    expect([await bridges(reader), await bridges(without)]).toEqual([expect.any(Number), 0]);
    expect(await bridges(reader)).toBeGreaterThan(0);
    expect(await pooled(reader)).toBeGreaterThan(0);
    expect(await pooled(without)).toBe(0);
    expect(await without.get('/pools')).toEqual([]);
  });

  it('nextid refuses a VMID that is in use, whoever asks', async () => {
    const { call } = await start({ users: user([], []) });
    const as = { headers: { authorization: 'PVEAPIToken=ops@pve!t=v' } };
    expect(await call('/cluster/nextid?vmid=101', as)).toMatchObject({ status: 400 });
    expect((await call('/cluster/nextid?vmid=9123', as)).data).toBe('9123');
  });
});
