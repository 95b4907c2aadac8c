import { describe, expect, it } from 'vitest';
import type { AclPreset } from '../../../src/simulator/proxmox/index.js';
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
    expect((await call('/access/permissions', as('ops@pve!same'))).data).toEqual({
      '/vms': { 'VM.Audit': 1 },
      '/storage': { 'Datastore.Audit': 0 },
    });
    expect((await call('/access/permissions?path=/vms/100', as('ops@pve!same'))).data).toEqual({
      '/vms/100': { 'VM.Audit': 1 },
    });
  });

  it('hides figures of nodes, foreign tasks and archives from those without the privilege', async () => {
    const { call } = await start({ users });
    const none = await start({ acl: 'nothing' });
    const reader = await start({ acl: 'read-only' });

    expect((await call('/nodes', as('ops@pve!same'))).data[0]).toEqual({
      id: 'node/pve1',
      type: 'node',
      node: 'pve1',
      status: 'online',
    });
    expect(await none.get('/nodes/pve1/tasks')).toEqual([]);
    expect(await reader.get('/nodes/pve1/storage/pbs1/content')).toEqual([]);
  });
});
