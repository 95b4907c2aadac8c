/** Starting, stopping and restarting guests, over real HTTP against both simulators. */
import { describe, expect, it } from 'vitest';
import type { FaultAction } from '../../simulator/proxmox/types.js';
import { aVerbWorld, type VerbWorld } from './verb-world.js';
import { eventually } from '../../support/eventually.js';

const statusOf = (world: VerbWorld, vmid: number) => world.lab.state.guests.get(vmid)?.status;

describe('start and stop', () => {
  it('reach the guest of the named endpoint alone, and leave one journal entry of the right machine', async () => {
    const world = await aVerbWorld({ taskDurationMs: 3_600_000 });

    const { status, body } = await world.verb('/proxmox/qemu/101/start', {
      headers: { 'x-proxbox-actor': ' alice\t' },
    });

    expect(status).toBe(200);
    expect(body).toEqual({
      verb: 'start',
      vmid: 101,
      vm_type: 'qemu',
      endpoint_id: 1,
      backend_endpoint_id: 1,
      endpoint_name: 'lab (nb:1)',
      result: 'ok',
      dispatched_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
      proxmox_task_upid: expect.stringMatching(/^UPID:lab1:.*:qmstart:101:/),
      journal_entry_url: '/api/extras/journal-entries/1/',
    });
    expect(world.acts(world.lab)).toEqual(['POST /nodes/lab1/qemu/101/status/start']);
    expect(world.edge.counters.total).toBe(0);
    const [entry, ...others] = world.journal();
    expect(others).toEqual([]);
    expect(entry).toMatchObject({ machine: 'lab-db', kind: 'info' });
    expect(entry?.comments).toBe(
      [
        'Proxbox operational verb dispatched.',
        '',
        '- verb: start',
        '- actor: alice',
        '- result: ok',
        `- proxmox_task_upid: ${body.proxmox_task_upid}`,
        '- endpoint: lab (nb:1) (id=1)',
        `- dispatched_at: ${body.dispatched_at}`,
      ].join('\n'),
    );
    expect(world.netbox.requestLog.filter(({ method }) => method !== 'GET').map(({ method }) => method)).toEqual([
      'POST',
      'PATCH',
    ]);
    expect(world.netbox.requestLog.find(({ method }) => method === 'POST')?.body).toContain('result: in_progress');

    const second = await world.verb('/proxmox/lxc/200/stop', { endpoint: 2 });

    expect([second.status, second.body.result, second.body.endpoint_id]).toEqual([200, 'ok', 2]);
    expect(world.acts(world.edge)).toEqual(['POST /nodes/edge1/lxc/200/status/stop']);
    expect(world.journal().at(-1)).toMatchObject({ machine: 'edge-dns' });
    expect(world.acts(world.lab)).toHaveLength(1);
  });

  it('say in the same entry how the task ended', async () => {
    const world = await aVerbWorld();

    await world.verb('/proxmox/qemu/101/start');

    await eventually(() => expect(world.journal()[0]?.comments).toContain('- task_result: `OK`'));
    expect(statusOf(world, 101)).toBe('running');
    expect(world.edge.state.guests.get(101)?.status).toBe('stopped');
    expect(world.journal()).toHaveLength(1);
  });

  it('do nothing when there is nothing to do, and say so in the journal', async () => {
    const world = await aVerbWorld();
    const verbs = [
      ['/proxmox/qemu/100/start', 'already_running'],
      ['/proxmox/lxc/200/start', 'already_running'],
      ['/proxmox/qemu/101/stop', 'already_stopped'],
      ['/proxmox/lxc/201/stop', 'already_stopped'],
      ['/proxmox/qemu/101/reboot', 'already_stopped'],
    ] as const;

    for (const [at, result] of verbs) {
      const { status, body } = await world.verb(at);
      expect([at, status, body.result]).toEqual([at, 200, result]);
      expect(body).not.toHaveProperty('proxmox_task_upid');
    }

    expect(world.acts(world.lab)).toEqual([]);
    expect(world.journal().map(({ comments }) => /- result: (\w+)/.exec(comments)?.[1])).toEqual(
      verbs.map(([, result]) => result),
    );

    const paused = await world.verb('/proxmox/qemu/106/start');
    expect(paused.body).toMatchObject({ result: 'already_running', qmpstatus: 'paused' });
  });

  it('tell what Proxmox said when it refuses, in the answer and in the journal', async () => {
    const world = await aVerbWorld();

    const locked = await world.verb('/proxmox/qemu/104/stop');
    const template = await world.verb('/proxmox/qemu/105/start');
    world.lab.faults.add({
      match: { path: /status\/current/, times: 1 },
      action: { status: 500, reason: 'no quorum' },
    });
    const blind = await world.verb('/proxmox/qemu/101/start');

    expect([locked.status, locked.body.result, locked.body.reason]).toEqual([502, 'failed', 'proxmox_dispatch_failed']);
    expect(locked.body.detail).toContain('VM is locked (backup)');
    expect(locked.body.detail).not.toContain('may have acted');
    expect([template.status, template.body.result, template.body.reason]).toEqual([400, 'rejected', 'vm_is_template']);
    expect([blind.status, blind.body.reason]).toEqual([502, 'proxmox_status_unreachable']);
    expect(blind.body.detail).toContain('no quorum');
    expect(world.journal().map(({ kind }) => kind)).toEqual(['warning', 'warning', 'warning']);
    expect(world.journal()[0]?.comments).toContain('VM is locked (backup)');
    expect(world.acts(world.lab)).toEqual(['POST /nodes/lab1/qemu/104/status/stop']);
  });

  it.each<[string, FaultAction]>([
    ['is cut off', 'truncate'],
    ['never comes', 'reset'],
    ['is a web page', 'html'],
    ['is that the node is gone', { status: 596, reason: 'Connection timed out' }],
  ])('warn that Proxmox may have acted when its answer %s, and do not ask twice', async (_name, action) => {
    const world = await aVerbWorld();
    world.lab.faults.add({ match: { method: 'POST', path: /status\/start/ }, action });

    const { status, body } = await world.verb('/proxmox/qemu/101/start');

    expect([status, body.reason, body.result]).toEqual([502, 'proxmox_dispatch_failed', 'failed']);
    expect(body.detail).toMatch(/may have acted/);
    expect(world.journal()[0]?.comments).toMatch(/may have acted/);
    expect(world.acts(world.lab)).toHaveLength(1);
  });

  it('restart a guest', async () => {
    const world = await aVerbWorld();

    const { status, body } = await world.verb('/proxmox/lxc/200/reboot');

    expect([status, body.result]).toEqual([200, 'ok']);
    expect(world.acts(world.lab)).toEqual(['POST /nodes/lab1/lxc/200/status/reboot']);
  });
});
