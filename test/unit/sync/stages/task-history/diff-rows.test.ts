import { describe, expect, it } from 'vitest';
import type { Task } from '../../../../../src/proxmox/parse/tasks.js';
import { nodeKey } from '../../../../../src/sync/plan/cluster-views.js';
import {
  belongsToNamesake,
  inPortions,
  isCopyOfUnread,
  isUpToDate,
  latestOfEach,
} from '../../../../../src/sync/stages/task-history/diff-rows.js';
import { taskHistoryRow } from '../../../../../src/sync/stages/task-history/map.js';
import type { GuestTask, StoredTask } from '../../../../../src/sync/stages/task-history/types.js';
import { aVirtualMachineState } from '../../../../support/factories/netbox-records.js';
import { aClusterView } from '../../../../support/factories/sync.js';

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
function owned(changes: Partial<Task> = {}, key = '1/qemu/100', id = 7, listedBy = 'pve1'): GuestTask {
  const cluster = { view: aClusterView() };
  const guest = { key, cluster, virtualMachine: { id }, resource: { type: 'qemu', vmid: 100 } };
  return { guest: guest as unknown as GuestTask['guest'], task: { ...task, ...changes }, listedBy };
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

  it('that several nodes list is as its own node tells it', () => {
    const own = owned({ status: 'OK' });
    const copy = owned({ status: 'unexpected status', endTime: '2026-05-01T00:00:09Z' }, '1/qemu/100', 7, 'pve2');

    expect(latestOfEach([own, copy])).toEqual([own]);
    expect(latestOfEach([copy, own])).toEqual([own]);
  });

  it('of which only a copy is seen while its own node is unread is no news', () => {
    const copy = owned({}, '1/qemu/100', 7, 'pve2');
    const unread = new Set([nodeKey(aClusterView(), 'pve1')]);

    expect(isCopyOfUnread(copy, unread)).toBe(true);
    expect(isCopyOfUnread(copy, new Set())).toBe(false);
    expect(isCopyOfUnread(owned(), unread)).toBe(false);
  });

  it('of two machines with one UPID stays two', () => {
    expect(latestOfEach([owned(), owned({}, '2/qemu/100', 8)])).toHaveLength(2);
  });
});

describe('portions of tasks', () => {
  const at = (second: number | null): GuestTask =>
    owned({ upid: `task ${second}`, startTime: second === null ? null : `2026-05-01T00:00:0${second}Z` });

  it('hold every task once, the oldest first, and meet at their borders', () => {
    const tasks = [3, null, 1, 4, 2].map(at);

    expect(inPortions(tasks, 2)).toEqual([
      { tasks: [at(1), at(2)], from: at(1).task.startTime, to: at(3).task.startTime },
      { tasks: [at(3), at(4)], from: at(3).task.startTime, to: null },
      { tasks: [at(null)], from: null, to: null },
    ]);
  });

  it('are one where there is no task', () => {
    expect(inPortions([])).toEqual([{ tasks: [], from: null, to: null }]);
  });
});

describe('a stored row is true', () => {
  it('when nothing differs, in whatever form NetBox writes the time', () => {
    expect(isUpToDate(stored, owned())).toBe(true);
    expect(isUpToDate({ ...stored, endTime: '2026-05-01T02:00:05+02:00' }, owned())).toBe(true);
  });

  it('also where its row of the archive does not tell how it ended, which takes nothing away', () => {
    const untold = owned({ endTime: null, status: 'unknown' });

    expect(isUpToDate(stored, untold)).toBe(true);
    expect(taskHistoryRow(untold, '').rules).toMatchObject({
      end_time: 'create-only',
      status: 'create-only',
      exitstatus: 'create-only',
    });
    expect(Object.keys(taskHistoryRow(owned(), '').rules)).not.toContain('status');
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
    aVirtualMachineState(1, 8, { proxmox_vm_id: 100 }),
    aVirtualMachineState(2, 9, { proxmox_vm_id: 200 }),
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
