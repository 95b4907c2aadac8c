import { describe, expect, it } from 'vitest';
import { parseTask, taskDescription } from '../../../../src/proxmox/parse/tasks.js';
import { parseUpid } from '../../../../src/proxmox/parse/upid.js';

const upid = 'UPID:pve1:0001E240:00A2F3E1:5F8B2D3C:qmstart:100:root@pam:';

describe('UPIDs', () => {
  it('reads every part', () => {
    expect(parseUpid(upid)).toEqual({
      node: 'pve1',
      pid: 123_456,
      pstart: 10_679_265,
      starttime: 1_602_956_604,
      type: 'qmstart',
      id: '100',
      user: 'root@pam',
    });
  });

  it('reads token users, empty ids and comments', () => {
    expect(parseUpid('UPID:n:1:2:5F8B2D3C:vzdump::a@pve!ci:comment')).toMatchObject({ id: '', user: 'a@pve!ci' });
  });

  it.each(['', 'UPID:', 'UPID:n:x:2:3:t:i:u:', 'VPID:n:1:2:3:t:i:u:', 'UPID::1:2:3:t:i:u:', null, 5, 'UPID:n:1:2:3'])(
    'says that %j is none',
    (text) => expect(parseUpid(text)).toBeNull(),
  );
});

describe('task rows', () => {
  it('takes the row first and the UPID for what is missing', () => {
    expect(parseTask({ upid, endtime: 1_602_956_704, status: 'OK' })).toEqual({
      upid,
      node: 'pve1',
      pid: 123_456,
      pstart: 10_679_265,
      taskId: '100',
      taskType: 'qmstart',
      username: 'root@pam',
      startTime: '2020-10-17T17:43:24Z',
      endTime: '2020-10-17T17:45:04Z',
      status: 'OK',
    });
    expect(parseTask({ upid, node: 'pve9', id: '7', user: 'x@pve', type: 'vzdump' })).toMatchObject({
      node: 'pve9',
      taskId: '7',
      username: 'x@pve',
      taskType: 'vzdump',
      status: 'unknown',
      endTime: null,
    });
  });

  it('takes a row whose UPID it cannot read and drops one without', () => {
    expect(parseTask({ upid: 'odd', vmid: 5 })).toMatchObject({
      node: '',
      taskId: '5',
      taskType: 'unknown',
      username: 'root@pam',
    });
    expect(parseTask({ node: 'pve1' })).toBeNull();
  });

  it('cuts long error texts', () => expect(parseTask({ upid, status: 'x'.repeat(5000) })?.status).toHaveLength(2048));
});

describe('task descriptions', () => {
  it.each([
    ['qmstart', 'qemu', 'QEMU 100 - Start'],
    ['vzdump', 'lxc', 'CT 100 - Backup'],
    ['qmdelsnapshot', 'qemu', 'QEMU 100 - Delete snapshot'],
    ['qmsnapshot', 'qemu', 'QEMU 100 - Snapshot'],
    ['qmdestroy', 'qemu', 'QEMU 100 - Destroy'],
    ['vzdestroy', 'lxc', 'CT 100 - Destroy'],
    ['vztemplate', 'lxc', 'CT 100 - Convert'],
    ['vncproxy', 'qemu', 'QEMU 100 - Console'],
    ['qmshutdown', 'qemu', 'QEMU 100 - Shutdown'],
    ['qmrestore', 'qemu', 'QEMU 100 - Restore'],
    ['qmigrate', 'qemu', 'QEMU 100 - Migrate'],
    ['hamigrate', 'qemu', 'QEMU 100 - Migrate'],
    ['imgdel', 'qemu', 'QEMU 100 - Imgdel'],
    ['', 'qemu', 'QEMU 100 - Unknown'],
  ] as const)('describes %s of a %s guest as %s', (type, guestType, expected) => {
    expect(taskDescription(type, '100', guestType)).toBe(expected);
  });
});
