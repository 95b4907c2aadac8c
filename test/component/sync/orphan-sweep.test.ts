import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { removeGuest, setNodeOnline, type EstateCluster } from '../../simulator/estate/index.js';
import { path } from '../../contract/netbox/target.js';
import { aCluster, anEstate } from '../../contract/sync/estates.js';
import { all, sync, syncPartly, syncPartlyQuietly, syncQuietly } from '../../contract/sync/target.js';
import { root, pveum } from '../../support/pveum.js';
import { openSimulated, type SimulatedTarget } from './simulated-target.js';

const variables = { PROXBOX_DELETE_ORPHANS: 'true', PROXBOX_ORPHAN_ACTION: 'delete' };

describe('the sweep that deletes machines whose guest is gone', () => {
  let lab: EstateCluster;
  let edge: EstateCluster;
  let target: SimulatedTarget;
  beforeEach(async () => {
    const guests = Array.from({ length: 14 }, (_, n) => ({ vmid: 100 + n, node: n === 0 ? 'pve2' : 'pve1' }));
    lab = aCluster({ guests });
    edge = aCluster({ name: 'edge', guests: guests.slice(0, 2) });
    target = await openSimulated(anEstate(lab, edge), { variables, proxmox: { users: [root] } });
    await sync(target);
  });
  afterEach(() => target.close());

  const count = async (): Promise<number> => (await all(target, path.vms)).length;
  const answer = (index: number, match: RegExp, data: unknown) =>
    target.world.proxmox[index]!.faults.add({ match: { path: match }, action: { status: 200, body: { data } } });
  const reasons = async (query = ''): Promise<string[]> => {
    const { complete } = await syncPartlyQuietly(target, `/full-update/stream${query}`);
    return complete.result!.warnings!.map(({ reason }) => reason).filter((reason) => reason !== 'agent_disabled');
  };

  it('leaves a cluster alone of whose list a row cannot be read', async () => {
    const rows = [...lab.guests.values()].map(({ vmid, node, name, status }) => ({
      id: `qemu/${vmid}`,
      type: 'qemu',
      vmid: vmid === 105 ? 'x' : vmid,
      node,
      name,
      status,
      maxcpu: 1,
      maxmem: 1024 ** 3,
      template: 0,
    }));
    answer(0, /cluster\/resources$/, rows);

    expect(await reasons()).toEqual(expect.arrayContaining(['resource_unreadable', 'read_incomplete']));
    expect(await count()).toBe(16);
  });

  it.each([
    ['may see only some guests', { '/vms/101': { 'VM.Audit': 1 } }],
    ['may not see the one that is missing', { '/vms': { 'VM.Audit': 1 }, '/vms/103': { 'VM.Console': 1 } }],
    ['has permissions that make no sense', 'none'],
  ])('leaves a cluster alone whose account %s', async (_what, permissions) => {
    removeGuest(lab, 103);
    answer(0, /access\/permissions$/, permissions);

    expect(await reasons()).toContain('read_incomplete');
    expect(await count()).toBe(16);
  });

  const prove = (index: number, match: RegExp, status: number, reason: string) =>
    target.world.proxmox[index]!.faults.add({ match: { path: match }, action: { status, reason } });

  it.each(['user', 'token'] as const)(
    'deletes no living machine that NoAccess of the %s hides, says why, and deletes the one that is gone',
    async (holder) => {
      const { url, username, tokenName } = target.world.proxmox[0]!;
      const of = holder === 'user' ? `--users ${username}` : `--tokens '${username}!${tokenName}'`;
      await pveum(`pveum acl modify /vms/101 ${of} --roles NoAccess --propagate 1`, url);
      removeGuest(lab, 103);

      const { complete } = await target.world.fullUpdate();

      const told = complete.result!.warnings!.filter(({ reason }) => reason === 'read_incomplete');
      expect(told.map(({ message }) => message)).toEqual([expect.stringMatching(/1 machine.*VMID 101: .*VM\.Audit/)]);
      const left = (await all(target, path.vms)).map(({ name, cluster }) => `${cluster.name}/${name}`);
      expect(left).toContain('lab/guest-101');
      expect(left).not.toContain('lab/guest-103');
      expect(left).toHaveLength(15);
    },
  );

  it('deletes no machine whose VMID is in use though no list has it', async () => {
    removeGuest(lab, 103);
    prove(0, /cluster\/nextid$/, 400, 'Parameter verification failed.');

    expect(await reasons()).toContain('read_incomplete');
    expect(await count()).toBe(16);
  });

  it.each([/access\/permissions$/, /cluster\/nextid$/])('takes %s that fails for no proof', async (match) => {
    removeGuest(lab, 103);
    prove(0, match, 500, 'no');

    expect(await reasons()).toContain('read_incomplete');
    expect(await count()).toBe(16);
  });

  it('takes an answer of nextid that is no number for no proof', async () => {
    removeGuest(lab, 103);
    answer(0, /cluster\/nextid$/, []);

    expect(await reasons()).toContain('read_incomplete');
    expect(await count()).toBe(16);
  });

  it('asks for permissions only when something is gone', async () => {
    const [proxmox] = target.world.proxmox;
    const asked = () => proxmox!.requestLog.filter(({ path: at }) => at.includes('/access/permissions')).length;
    const before = asked();
    await syncQuietly(target);
    const quiet = asked() - before;
    removeGuest(lab, 103);

    await sync(target);

    expect(asked() - before - quiet).toBe(quiet + 1);
    expect(await count()).toBe(15);
  });

  it('goes on with the clusters that can be listed', async () => {
    removeGuest(lab, 103);
    removeGuest(edge, 101);
    target.world.proxmox[1]!.faults.add({
      match: { path: /cluster\/resources/ },
      action: { status: 500, reason: 'no' },
    });

    const { complete } = await target.world.fullUpdate();

    expect(complete.result!['orphan_sweep']).toMatchObject({ deleted: 1 });
    const clusters = (await all(target, path.vms)).map(({ cluster }) => cluster.name);
    expect([
      clusters.filter((name) => name === 'lab').length,
      clusters.filter((name) => name === 'edge').length,
    ]).toEqual([13, 2]);
  });

  it('takes a guest on a node that is offline for there', async () => {
    setNodeOnline(lab, 'pve2', false);
    await target.world.restart(); // the state of the nodes is reused for a few seconds

    await syncPartly(target, undefined, ['node_offline']);

    expect(await count()).toBe(16);
  });

  it('deletes none when more are gone than a healthy change explains, unless it is asked for', async () => {
    for (let vmid = 101; vmid < 112; vmid += 1) removeGuest(lab, vmid);

    expect(await reasons()).toEqual(['delete_limit']);
    expect(await count()).toBe(16);

    await sync(target, '/full-update/stream?force_deletes=true');
    expect(await count()).toBe(5);
  });

  it.each([
    ['a selection', async () => `?netbox_vm_ids=${(await all(target, path.vms))[0].id}`],
    ['a class of machines that is switched off', async () => '?sync_mode_vm_template=disabled'],
  ])('does nothing in a run with %s', async (_what, queryOf) => {
    removeGuest(lab, 103);

    await target.world.fullUpdate(await queryOf());

    expect(await count()).toBe(16);
  });

  it('tells of a machine that NetBox does not delete, and the run goes on', async () => {
    removeGuest(lab, 103);
    removeGuest(lab, 104);
    target.simulator.faults.add({
      match: { method: 'DELETE', path: /virtual-machines/ },
      action: { status: 409, body: { detail: 'Unable to delete object. Dependent objects were found.' } },
    });

    const { complete } = await target.world.fullUpdate();

    expect(complete.result!.warnings!.map(({ reason }) => reason)).toContain('delete_failed');
    expect(complete.result!['orphan_sweep']).toMatchObject({ deleted: 0, failed: 2 });
    expect(await count()).toBe(16);
  });
});
