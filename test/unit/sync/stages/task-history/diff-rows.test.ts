import { describe, expect, it } from 'vitest';
import type { Task } from '../../../../../src/proxmox/parse/tasks.js';
import { belongsToNamesake, isUpToDate, latestOfEach } from '../../../../../src/sync/stages/task-history/diff-rows.js';
import type { GuestTask, StoredTask } from '../../../../../src/sync/stages/task-history/types.js';

const task: Task = {
  upid: 'UPID:pve1:1:2:3:qmstart:100:root@pam:',
  node: 'pve1',
  pid: 1,
  pstart: 2,
  taskId: '100',
  taskType: 'qmstart',
  username: 'root@pam',
  startTime: '2026-05-01T00:00:00Z',
  endTime: '2026-05-01T00:00:05Z',
  status: 'OK',
};

/** As much of a guest as these functions look at. */
function owned(changes: Partial<Task> = {}, key = '1/qemu/100', id = 7): GuestTask {
  const guest = { key, virtualMachine: { id }, resource: { type: 'qemu', vmid: 100 } };
  return { guest: guest as unknown as GuestTask['guest'], task: { ...task, ...changes } };
}

const stored: StoredTask = { id: 1, virtualMachine: 7, vmType: 'qemu', endTime: '2026-05-01T00:00:05Z', status: 'OK' };

describe('a task of a machine', () => {
  it('that is listed twice counts once, as it was last seen', () => {
    const early = owned({ endTime: '2026-05-01T00:00:05Z' });
    const late = owned({ endTime: '2026-05-01T00:00:09Z' });
    const unfinished = owned({ endTime: null });

    expect(latestOfEach([early, late, unfinished])).toEqual([late]);
    expect(latestOfEach([late, early])).toEqual([late]);
  });

  it('of two machines with one UPID stays two', () => {
    expect(latestOfEach([owned(), owned({}, '2/qemu/100', 8)])).toHaveLength(2);
  });
});

describe('a stored row is true', () => {
  it('when nothing differs, in whatever form NetBox writes the time', () => {
    expect(isUpToDate(stored, owned())).toBe(true);
    expect(isUpToDate({ ...stored, endTime: '2026-05-01T02:00:05+02:00' }, owned())).toBe(true);
  });

  it.each<[string, Partial<StoredTask>]>([
    ['another machine', { virtualMachine: 8 }],
    ['no machine', { virtualMachine: null }],
    ['another type', { vmType: 'unknown' }],
    ['no end', { endTime: null }],
    ['another outcome', { status: 'running' }],
  ])('but not with %s', (_what, change) => {
    expect(isUpToDate({ ...stored, ...change }, owned())).toBe(false);
  });
});

describe('the row under another machine', () => {
  const states = [
    { id: 1, virtual_machine: { id: 8 }, proxmox_vm_id: 100 },
    { id: 2, virtual_machine: { id: 9 }, proxmox_vm_id: 200 },
  ];

  it.each<[string, number | null, boolean]>([
    ['is left there when that is a guest with the same VMID', 8, true],
    ['is taken back when that is a guest with another VMID', 9, false],
    ['is taken back when that is no guest', 10, false],
    ['does not exist when it is our own', 7, false],
    ['does not exist when there is no machine', null, false],
  ])('%s', (_what, virtualMachine, expected) => {
    expect(belongsToNamesake({ ...stored, virtualMachine }, owned(), states)).toBe(expected);
  });
});
