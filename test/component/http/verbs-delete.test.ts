/** Backups, and what cannot be undone: deleting guests and snapshots. */
import { describe, expect, it } from 'vitest';
import { addSnapshot } from '../../simulator/estate/index.js';
import { eventually } from '../../support/eventually.js';
import { aVerbWorld, type VerbWorld } from './verb-world.js';

const remove = (world: VerbWorld, at: string, query = '', headers: Readonly<Record<string, string>> = {}) =>
  world.send('DELETE', `/proxmox/${at}?endpoint_id=1${query}`, { headers });
const notes = (world: VerbWorld) => world.journal().map(({ comments }) => /- note: (.*)/.exec(comments)?.[1]);

describe('a backup', () => {
  const ask = (world: VerbWorld, body: object) => world.verb('/proxmox/qemu/100/backup', { body });

  it('goes to the storage with what was asked for, and says so', async () => {
    const world = await aVerbWorld({ taskDurationMs: 0 });

    const { status, body } = await ask(world, { storage: 'nas', mode: 'stop', compress: 'gzip', notes: 'a\\b\nc' });

    expect([status, body]).toEqual([
      200,
      expect.objectContaining({
        verb: 'backup',
        result: 'ok',
        storage: 'nas',
        mode: 'stop',
        compress: 'gzip',
        notes: 'a\\b\nc',
        proxmox_task_upid: expect.stringMatching(/:vzdump:100:/),
      }),
    ]);
    await eventually(() => expect(world.journal()[0]!.comments).toContain('- task_result: `OK`'));
    const [volume] = world.lab.state.storages[0]!.volumes;
    expect(volume!.extra).toMatchObject({ notes: String.raw`a\\b\nc` });
    expect(notes(world)).toEqual(['`storage nas, mode stop, compress gzip`']);
  });

  it.each([
    [{}, 'storage_required', "Backup verb requires a JSON body with a non-empty 'storage' field."],
    [{ storage: ' ' }, 'storage_required', "Backup verb requires a JSON body with a non-empty 'storage' field."],
    [{ storage: 'nas', mode: 'live' }, 'invalid_parameter', "'mode' must be one of snapshot, suspend, stop."],
    [{ storage: 'nas', compress: 7 }, 'invalid_parameter', "'compress' must be text."],
    [{ storage: 'nas', notes: '\n'.repeat(513) }, 'invalid_parameter', "'notes' may have 1024 characters."],
  ])('with the body %j is refused before anybody is asked', async (body, reason, detail) => {
    const world = await aVerbWorld();

    const answer = await ask(world, body);

    expect([answer.status, answer.body]).toEqual([400, { reason, detail }]);
    expect(world.lab.counters.total + world.netbox.counters.total).toBe(0);
  });

  it('to a storage that is not there fails with the words of Proxmox', async () => {
    const world = await aVerbWorld();

    const { status, body } = await ask(world, { storage: 'tape' });

    expect([status, body.reason]).toEqual([502, 'proxmox_dispatch_failed']);
    expect(body.detail).toContain("storage 'tape' is not available");
  });

  it('of a guest that leaves its node meanwhile is none, though Proxmox answers OK', async () => {
    const world = await aVerbWorld();
    const guest = world.lab.state.guests.get(100)!;
    // The service has found the guest on lab1 when it writes the journal entry.
    const leaves = eventually(() => expect(world.netbox.requestLog.at(-1)?.method).toBe('POST')).then(
      () => void (guest.node = 'lab2'),
    );
    world.netbox.faults.add({ match: { method: 'POST', path: /journal-entries/ }, action: { until: leaves } });

    const { status, body } = await ask(world, { storage: 'nas' });

    expect([status, body.result, body.reason]).toEqual([502, 'failed', 'proxmox_dispatch_failed']);
    expect(body.detail).toContain(
      'Proxmox began no task. | It answered "OK". Perhaps qemu 100 left node lab1 meanwhile',
    );
    expect(body).not.toHaveProperty('proxmox_task_upid');
    expect(world.journal()[0]!.comments).toContain('- result: failed');
    expect(world.lab.state.storages[0]!.volumes).toEqual([]);
  });
});

describe('deleting a guest', () => {
  it.each([
    ['qemu', 100],
    ['lxc', 200],
  ] as const)('stops a %s guest, waits until it has stopped, then deletes it', async (type, vmid) => {
    const world = await aVerbWorld({ taskDurationMs: 100 });

    const { status, body } = await remove(world, `${type}/${vmid}`);

    expect([status, body]).toEqual([
      200,
      expect.objectContaining({
        verb: 'delete',
        result: 'ok',
        stop_task_upid: expect.stringContaining(`stop:${vmid}:`),
        proxmox_task_upid: expect.stringContaining(`destroy:${vmid}:`),
      }),
    ]);
    await eventually(() => expect(world.journal()[0]!.comments).toContain('- task_result: `OK`'));
    expect(world.lab.state.guests.has(vmid)).toBe(false);
    expect(world.edge.state.guests.has(vmid)).toBe(true);
    expect(world.acts(world.lab)).toEqual([
      `POST /nodes/lab1/${type}/${vmid}/status/stop`,
      `DELETE /nodes/lab1/${type}/${vmid}`,
    ]);
  });

  it('deletes one that does not run without stopping it, once for one Idempotency-Key', async () => {
    const world = await aVerbWorld({ taskDurationMs: 0 });
    const headers = { 'idempotency-key': 'gone' };

    const first = await remove(world, 'qemu/101', '', headers);
    const again = await remove(world, 'qemu/101', '', headers);
    const other = await remove(world, 'qemu/101', '&purge=true', headers);

    expect(first.body).not.toHaveProperty('stop_task_upid');
    expect(again.body).toEqual(first.body);
    expect([other.status, other.body.reason]).toEqual([422, 'idempotency_key_reused']);
    expect(world.acts(world.lab)).toEqual(['DELETE /nodes/lab1/qemu/101']);
  });

  it.each<[string, string, RegExp, (world: VerbWorld) => void]>([
    [
      'is protected',
      'guest_protected',
      /'protection'/,
      ({ lab }) => void (lab.state.guests.get(100)!.config['protection'] = 1),
    ],
    [
      'is managed',
      'guest_in_use',
      /high availability.*purge=true/,
      ({ lab }) => void lab.state.ha.resources.push({ sid: 'vm:100', type: 'vm', state: 'started' }),
    ],
    [
      'is replicated',
      'guest_in_use',
      /replication job 100-0/,
      ({ lab }) => void lab.state.replicationJobs.push({ id: '100-0', guest: 100, type: 'local', target: 'lab2' }),
    ],
  ])('that %s is refused before it is stopped', async (_name, reason, text, change) => {
    const world = await aVerbWorld();
    change(world);

    const { status, body } = await remove(world, 'qemu/100');

    expect([status, body.reason, body.result]).toEqual([409, reason, 'rejected']);
    expect(body.detail).toMatch(text);
    expect(world.acts(world.lab)).toEqual([]);
    expect(world.journal()).toHaveLength(1);
  });

  it('takes it out of high availability and replication when it is told to purge', async () => {
    const world = await aVerbWorld({ taskDurationMs: 0 });
    const { ha, replicationJobs, guests } = world.lab.state;
    ha.resources.push({ sid: 'vm:101', type: 'vm', state: 'stopped' });
    replicationJobs.push({ id: '101-0', guest: 101, type: 'local', target: 'lab2' });

    const { status } = await remove(world, 'qemu/101', '&purge=1');

    expect(status).toBe(200);
    await eventually(() => expect(world.journal()[0]!.comments).toContain('- task_result: `OK`'));
    expect([ha.resources, replicationJobs, guests.has(101)]).toEqual([[], [], false]);
    expect(notes(world)).toEqual(['`purge yes`']);
  });

  it('leaves a guest that does not stop', async () => {
    const world = await aVerbWorld({ taskDurationMs: 0 });
    world.lab.faults.add({
      match: { path: /tasks\/.*\/status/ },
      action: { status: 200, body: { data: { status: 'stopped', exitstatus: 'command failed' } } },
    });

    const { status, body } = await remove(world, 'qemu/100');

    expect([status, body.reason]).toEqual([502, 'proxmox_dispatch_failed']);
    expect(body.detail).toContain('was told to stop and is not deleted: command failed');
    expect(world.acts(world.lab)).toEqual(['POST /nodes/lab1/qemu/100/status/stop']);
    expect(world.lab.state.guests.has(100)).toBe(true);
  });

  it('says that the guest was stopped where Proxmox then refuses to delete it', async () => {
    const world = await aVerbWorld({ taskDurationMs: 0 });
    const body = { data: null, message: "can't remove VM 100 - protection mode enabled\n" };
    world.lab.faults.add({ match: { method: 'DELETE' }, action: { status: 500, body } });

    const answer = await remove(world, 'qemu/100');

    expect([answer.status, answer.body.reason]).toEqual([502, 'proxmox_dispatch_failed']);
    expect(answer.body.detail).toContain('qemu 100 was stopped and is not deleted');
    expect(answer.body.detail).toContain('DELETE nodes/lab1/qemu/100');
    expect(world.lab.state.guests.get(100)!.status).toBe('stopped');
  });

  it('asks nobody while the gate is shut', async () => {
    const world = await aVerbWorld();
    await world.send('PUT', '/proxmox/endpoints/1', { body: { allow_writes: false } });

    const answers = [await remove(world, 'qemu/101'), await remove(world, 'qemu/101/snapshot/x')];

    expect(answers.map(({ status, body }) => [status, body.reason])).toEqual(
      Array(2).fill([403, 'endpoint_writes_disabled']),
    );
    expect(world.acts(world.lab)).toEqual([]);
  });
});

describe('deleting a snapshot', () => {
  it.each([
    ['qemu', 100],
    ['lxc', 200],
  ] as const)('of a %s guest takes that one alone', async (type, vmid) => {
    const world = await aVerbWorld({ taskDurationMs: 0 });
    for (const name of ['one', 'two']) addSnapshot(world.lab.state, vmid, { name, description: '', snaptime: 1 });

    const { status, body } = await remove(world, `${type}/${vmid}/snapshot/one`);
    const gone = await remove(world, `${type}/${vmid}/snapshot/never`);
    const wrong = await remove(world, `${type}/${vmid}/snapshot/current`);

    expect([status, body.verb, body.snapname, body.result]).toEqual([200, 'delete_snapshot', 'one', 'ok']);
    expect([gone.status, gone.body.reason]).toEqual([404, 'snapshot_not_found']);
    expect([wrong.status, wrong.body.reason]).toEqual([400, 'invalid_snapname']);
    await eventually(() => expect(world.journal()[0]!.comments).toContain('- task_result: `OK`'));
    expect(world.lab.state.guests.get(vmid)!.snapshots).toMatchObject([{ name: 'two' }]);
    expect(world.acts(world.lab)).toEqual([`DELETE /nodes/lab1/${type}/${vmid}/snapshot/one`]);
  });
});
