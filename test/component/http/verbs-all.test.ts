/** Every verb of the table on every release and both types of guests, over real HTTP and TLS. */
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/config/clock.js';
import { verbTable } from '../../../src/verbs/table.js';
import type { PveProfile } from '../../simulator/estate/types.js';
import { aVerbWorld, type VerbWorld } from './verb-world.js';
import { eventually } from '../../support/eventually.js';

interface Step {
  readonly verb: string;
  readonly body?: object;
  readonly status?: number;
  readonly result?: string;
  /** The guest once the task has ended. */
  readonly guest?: object;
}

const named = { snapname: 'before' };
const target = { target: 'lab2', online: true };

/** In this order, on a guest that runs. */
const stepsOf = (type: 'qemu' | 'lxc'): readonly Step[] => [
  { verb: 'start', result: 'already_running' },
  { verb: 'snapshot', body: named, guest: { snapshots: [{ name: 'before' }] } },
  ...(type === 'lxc'
    ? []
    : [
        { verb: 'resume', result: 'already_running' },
        { verb: 'suspend', guest: { status: 'paused' } },
        { verb: 'suspend', result: 'already_suspended' },
        { verb: 'resume', guest: { status: 'running' } },
      ]),
  { verb: 'reboot', guest: { status: 'running' } },
  { verb: 'backup', body: { storage: 'nas', notes: 'before' }, guest: { status: 'running' } },
  { verb: 'migrate', body: target, status: 202, result: 'accepted', guest: { node: 'lab2', status: 'running' } },
  { verb: 'shutdown', guest: { status: 'stopped' } },
  { verb: 'shutdown', result: 'already_stopped' },
  { verb: 'start', guest: { status: 'running' } },
  { verb: 'rollback', body: named, guest: { status: 'stopped' } },
  { verb: 'rollback', body: { snapname: 'never-taken' }, status: 404, result: 'rejected' },
  { verb: 'stop', result: 'already_stopped' },
  ...(type === 'lxc'
    ? []
    : [
        { verb: 'suspend', status: 400, result: 'rejected' },
        { verb: 'resume', status: 400, result: 'rejected' },
      ]),
];

describe.each(['qemu', 'lxc'] as const)('the steps on a %s guest', (type) => {
  it('are those of every verb that it has', () => {
    const has = verbTable(systemClock).filter(({ only = type }) => only === type);

    expect([...new Set(stepsOf(type).map(({ verb }) => verb))].sort()).toEqual(has.map(({ name }) => name).sort());
  });
});

/** The journal entry of the last verb is complete; with a task, also how that ended. */
async function expectRecorded(world: VerbWorld, count: number, hasTask: boolean): Promise<void> {
  await eventually(() => {
    expect(world.journal()).toHaveLength(count);
    if (hasTask) expect(world.journal().at(-1)!.comments).toContain('- task_result: `OK`');
  });
}

describe.each(['8.4', '9.1', '9.2'] satisfies PveProfile[])('on Proxmox VE %s', (profile) => {
  it.each([
    ['qemu', 100],
    ['lxc', 200],
  ] as const)('every verb acts on a %s guest and is recorded', async (type, vmid) => {
    const world = await aVerbWorld({ profile, taskDurationMs: 0 });
    let acts = 0;

    for (const [index, { verb, body = {}, status = 200, result = 'ok', guest }] of stepsOf(type).entries()) {
      const answer = await world.verb(`/proxmox/${type}/${vmid}/${verb}`, { body });

      const told = `${verb}: ${JSON.stringify(answer.body)}`;
      expect([answer.status, answer.body.result], told).toEqual([status, result]);
      const hasTask = result === 'ok' || result === 'accepted';
      acts += hasTask ? 1 : 0;
      await expectRecorded(world, index + 1, hasTask);
      if (guest !== undefined) expect(world.lab.state.guests.get(vmid), told).toMatchObject(guest);
    }

    expect(world.acts(world.lab)).toHaveLength(acts);
    expect(world.acts(world.edge)).toEqual([]);
  });
});

describe('verbs that a type of guest does not have', () => {
  it.each(['suspend', 'resume'])('%s of a container is no route', async (verb) => {
    const world = await aVerbWorld();

    expect((await world.verb(`/proxmox/lxc/200/${verb}`)).status).toBe(404);
    expect(world.acts(world.lab)).toEqual([]);
  });
});

describe('going back to a snapshot', () => {
  it.each([[{}], [{ snapname: '' }], [{ snapname: '../100' }], [{ snapname: 'current' }]])(
    'is refused with the body %j before anybody is asked',
    async (body) => {
      const world = await aVerbWorld();

      const { status, body: told } = await world.verb('/proxmox/qemu/100/rollback', { body });

      expect([status, told.reason]).toEqual([400, 'invalid_snapname']);
      expect(world.netbox.counters.total + world.lab.counters.total).toBe(0);
    },
  );

  it('names the snapshots that there are', async () => {
    const world = await aVerbWorld({ taskDurationMs: 0 });
    await world.verb('/proxmox/qemu/100/snapshot', { body: named });

    const { body } = await world.verb('/proxmox/qemu/100/rollback', { body: { snapname: 'befor' } });

    expect(body.reason).toBe('snapshot_not_found');
    expect(body.detail).toBe("qemu 100 has no snapshot 'befor'. It has before.");
  });
});
