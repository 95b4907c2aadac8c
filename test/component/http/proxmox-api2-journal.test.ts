/** What a write below `/proxmox/api2` leaves in the journal of NetBox. */
import { describe, expect, it } from 'vitest';
import { aVerbWorld, type VerbWorld } from './verb-world.js';
import { aMoment, eventually, turns } from '../../support/eventually.js';

const snapshot = (vmid: number): string => `/proxmox/api2/nodes/lab1/qemu/${vmid}/snapshot`;
const write = (world: VerbWorld, at: string, body: object, endpoint = 1) =>
  world.send('POST', `${at}?proxmox_endpoint_ids=${endpoint}`, { body, headers: { 'x-proxbox-actor': 'alice' } });

describe('a write below /proxmox/api2', () => {
  it('on a guest is recorded at its virtual machine, with the end of its task', async () => {
    const world = await aVerbWorld();

    const { status, body } = await write(world, snapshot(100), { snapname: 'before' });

    expect([status, body]).toEqual([200, expect.stringMatching(/^UPID:lab1:/)]);
    await eventually(() => expect(world.journal()[0]?.comments).toContain('task_result'));
    expect(world.journal()).toMatchObject([{ kind: 'info', machine: 'lab-web' }]);
    for (const line of [
      '- verb: POST /nodes/lab1/qemu/100/snapshot',
      '- actor: alice',
      '- result: ok',
      `- proxmox_task_upid: ${body}`,
      '- task_result: `OK`',
      '- endpoint: lab (nb:1) (id=1)',
    ])
      expect(world.journal()[0]!.comments).toContain(line);
  });

  it('is recorded before Proxmox is asked, and its failure afterwards', async () => {
    const world = await aVerbWorld();
    const seen = aMoment();
    world.lab.faults.add({ match: { method: 'POST', path: /\/snapshot$/ }, action: { until: seen.come } });

    const answer = write(world, snapshot(104), { snapname: 'before' });
    await eventually(() => expect(world.journal()[0]?.comments).toContain('- result: in_progress'));
    seen.now();
    const { status } = await answer;

    expect(status).toBe(502);
    expect(world.journal()).toMatchObject([{ kind: 'warning', machine: 'lab-locked' }]);
    expect(world.journal()[0]!.comments).toMatch(/- result: failed\n[^]*- error_detail: `.*VM is locked \(backup\)/);
  });

  it('is recorded before the service stops, also when its client has gone', async () => {
    const world = await aVerbWorld({ taskDurationMs: 3_600_000 });
    const answered = aMoment();
    world.lab.faults.add({ match: { method: 'POST', path: /\/snapshot$/ }, action: { until: answered.come } });
    const leaving = new AbortController();
    const answer = fetch(`${world.url}${snapshot(100)}?proxmox_endpoint_ids=1`, {
      method: 'POST',
      headers: { 'x-proxbox-api-key': world.apiKey, 'content-type': 'application/json' },
      body: '{"snapname": "before"}',
      signal: leaving.signal,
    });
    answer.catch(() => undefined);
    await eventually(() => expect(world.acts(world.lab)).toHaveLength(1));

    leaving.abort();
    await turns();
    const restarted = world.restart();
    answered.now();
    await restarted;

    expect(world.journal().map(({ comments }) => /- result: (\w+)/.exec(comments)?.[1])).toEqual(['ok']);
  });

  it.each<[string, (world: VerbWorld) => unknown]>([
    ['NetBox is away', (world) => world.netbox.faults.add({ match: {}, action: 'reset-before' })],
    [
      'NetBox does not know the guest',
      (world) => {
        const path = 'plugins/proxbox/sync-state/virtual-machines';
        for (const { id } of world.netbox.state.objects(path)) world.netbox.operator.remove(path, id);
      },
    ],
    [
      'the entry cannot be written',
      (world) =>
        world.netbox.faults.add({
          match: { method: 'POST', path: /journal-entries/ },
          action: { status: 403, body: {} },
        }),
    ],
  ])('is not carried out when %s', async (_text, change) => {
    const world = await aVerbWorld();
    change(world);

    const { status } = await write(world, snapshot(100), { snapname: 'before' });

    expect([502, 409]).toContain(status);
    expect(world.acts(world.lab)).toEqual([]);
    expect(world.journal()).toEqual([]);
  });

  it('is never recorded at the machine of another cluster with the same VMID', async () => {
    const world = await aVerbWorld();

    await write(world, snapshot(100).replace('lab1', 'edge1'), { snapname: 'before' }, 2);

    expect(world.journal()).toMatchObject([{ machine: 'edge-web' }]);
    expect(world.acts(world.lab)).toEqual([]);
  });

  it('and a read, or a write that is refused here, ask NetBox nothing', async () => {
    const world = await aVerbWorld();

    await world.send('GET', `${snapshot(100)}?proxmox_endpoint_ids=1`);
    await write(world, snapshot(100), { snapname: 'before', colour: 'red' });
    await write(world, '/proxmox/api2/nodes/lab1/qemu/100/agent/exec', { command: 'id' });

    expect(world.netbox.counters.total).toBe(0);
    expect(world.acts(world.lab)).toEqual([]);
  });
});
