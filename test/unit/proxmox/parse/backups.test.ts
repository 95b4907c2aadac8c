import { describe, expect, it } from 'vitest';
import { parseBackupJob, parseRetention, parseVmidList } from '../../../../src/proxmox/parse/backup-jobs.js';
import { parseBackup, parseBackupFormat } from '../../../../src/proxmox/parse/backups.js';
import { parseReplicationJob } from '../../../../src/proxmox/parse/replication.js';
import { parseSnapshots } from '../../../../src/proxmox/parse/snapshots.js';

describe('backup rows', () => {
  it.each([
    ['pbs1:backup/vm/100/2026-05-12T18:42:11Z', 'pbs-vm', 'qemu', 'pbs-vm', 'pbs1'],
    ['pbs1:backup/ct/200/2026-05-12T18:42:11Z', 'pbs-ct', 'lxc', 'pbs-ct', 'pbs1'],
    ['local:backup/vzdump-qemu-100-2026_05_12-18_42_11.vma.zst', 'vma.zst', 'qemu', 'tzst', 'local'],
    ['local:backup/vzdump-lxc-200-2026_05_12-18_00_00.tar.zst', 'tar.zst', 'lxc', 'tzst', 'local'],
    ['local:backup/vzdump-lxc-200-2026_05_12-18_00_00.tar.gz', 'tar.gz', 'lxc', 'tgz', 'local'],
    ['local:backup/manual.bin', 'bin', 'undefined', 'undefined', 'local'],
  ])('reads %s', (volid, format, subtype, expected, storage) => {
    expect(parseBackup({ volid, format })).toMatchObject({ volumeId: volid, subtype, format: expected, storage });
  });

  it.each([
    ['qemu', 'qemu'],
    ['vm', 'qemu'],
    ['LXC', 'lxc'],
    ['ct', 'lxc'],
  ])('believes the subtype %s before the volume id', (subtype, expected) => {
    expect(parseBackup({ volid: 'x:y', subtype })).toMatchObject({ subtype: expected });
  });

  it.each([
    ['zst', 'tzst'],
    ['vma.zstd', 'tzst'],
    ['tzst', 'tzst'],
    ['vma.gz', 'tgz'],
    ['tgz', 'tgz'],
    ['tbz', 'tbz'],
    ['tar', 'tar'],
    ['raw', 'raw'],
    ['qcow2', 'qcow2'],
    ['ISO', 'iso'],
    ['vma.lzo', 'undefined'],
    [undefined, 'undefined'],
  ])('knows the format %j as %s', (format, expected) => expect(parseBackupFormat(format)).toBe(expected));

  it('reads times, notes, encryption and verification', () => {
    const row = {
      volid: 'pbs1:backup/vm/100/2026-05-12T18:42:11Z',
      ctime: 1_602_956_604,
      size: '1048576',
      used: 5,
      notes: ' as is ',
      encrypted: 'ab:cd',
      verification: { state: 'ok', upid: 'UPID:x' },
    };
    expect(parseBackup(row)).toMatchObject({
      vmid: 100,
      creationTime: '2020-10-17T17:43:24Z',
      size: 1_048_576,
      used: 5,
      notes: ' as is ',
      encrypted: 'ab:cd',
      verificationState: 'ok',
      verificationUpid: 'UPID:x',
    });
  });

  it.each([
    ['1', '1'],
    [1, '1'],
    [true, '1'],
    [0, null],
    [undefined, null],
  ])('keeps the encryption mark %j as %j', (encrypted, expected) => {
    expect(parseBackup({ volid: 'a:b', encrypted, verification: 'odd' })).toMatchObject({
      encrypted: expected,
      verificationState: null,
    });
  });

  it('takes the VMID from the archive name when the row has none', () => {
    expect(parseBackup({ volid: 'local:backup/vzdump-lxc-200-2026.tar' })).toMatchObject({ vmid: 200 });
    expect(parseBackup({ volid: 'local:backup/vzdump-lxc-200-2026.tar', vmid: '7' })).toMatchObject({ vmid: 7 });
  });

  it('has no use for a row without volume id', () => expect(parseBackup({ vmid: 1 })).toBeNull());
});

describe('snapshot rows', () => {
  it('drops "current" and nameless rows and writes times in UTC', () => {
    const rows = [
      { name: 'before-upgrade', description: 'text\n', snaptime: 1_602_956_604, parent: 'base' },
      { name: 'base', snaptime: '0' },
      { name: 'current', parent: 'before-upgrade', running: 1 },
      { description: 'nameless' },
    ];
    expect(parseSnapshots(rows, { vmid: 100, node: 'pve1', type: 'qemu' })).toEqual([
      expect.objectContaining({ name: 'base', description: '', snaptime: null, parent: null }),
      {
        name: 'before-upgrade',
        description: 'text\n',
        vmid: 100,
        node: 'pve1',
        subtype: 'qemu',
        snaptime: '2020-10-17T17:43:24Z',
        parent: 'base',
      },
    ]);
  });

  it.each([[[0, 1, 2, 3]], [[3, 2, 1, 0]], [[2, 0, 3, 1]]])(
    'come from the oldest to the newest, in whatever order Proxmox lists them: %j',
    (order) => {
      const rows = [
        { name: 'zero', snaptime: 1_764_000_000 },
        { name: 'also-of-one', snaptime: 1_764_100_000, parent: 'zero' },
        { name: 'of-one', snaptime: 1_764_100_000, parent: 'zero' },
        { name: 'current', parent: 'of-one' },
      ];
      const read = parseSnapshots(
        order.map((n) => rows[n]!),
        { vmid: 104, node: 'pve1', type: 'qemu' },
      );
      expect(read?.map(({ name }) => name)).toEqual(['zero', 'also-of-one', 'of-one']);
    },
  );
});

describe('backup jobs', () => {
  it.each([
    ['keep-last=3,keep-daily=7', { keepLast: 3, keepDaily: 7, keepAll: false }],
    [
      { 'keep-last': '3', 'keep-yearly': 1 },
      { keepLast: 3, keepYearly: 1, keepAll: false },
    ],
    [
      { keep_weekly: 2, 'keep-hourly': 5 },
      { keepWeekly: 2, keepAll: false },
    ],
    ['keep-all', { keepAll: true }],
    ['keep-all=1', { keepAll: true }],
    ['keep-all=0', { keepAll: false }],
    [{ 'keep-all': 1 }, { keepAll: true }],
    ['', { keepAll: false }],
    [undefined, { keepLast: null, keepAll: false }],
  ])('reads the retention %j', (value, expected) => expect(parseRetention(value)).toMatchObject(expected));

  it.each([
    ['100,101', [100, 101]],
    ['100; x 101,100', [100, 101]],
    [100, [100]],
    ['', []],
    [undefined, []],
  ])('reads the selection %j', (value, expected) => expect(parseVmidList(value)).toEqual(expected));

  it('reads both spellings, coerces flags and hides secrets', () => {
    const row = {
      id: 'backup-1',
      enabled: '0',
      schedule: '*-*-* 02:00',
      'notes-template': '{{guestname}}',
      vmid: '100',
      fleecing: { enabled: 1, storage: 'local' },
      'repeat-missed': 1,
      pbs_change_detection_mode: 'data',
      storage: 'pbs1',
      bwlimit: '100',
      password: 'hidden',
    };
    expect(parseBackupJob(row)).toMatchObject({
      jobId: 'backup-1',
      enabled: false,
      schedule: '*-*-* 02:00',
      comment: '',
      notesTemplate: '{{guestname}}',
      selection: [100],
      fleecing: 'enabled=1,storage=local',
      repeatMissed: true,
      pbsChangeDetectionMode: 'data',
      storage: 'pbs1',
      node: null,
      bwlimit: 100,
      zstd: null,
    });
    expect(parseBackupJob(row)?.rawConfig).not.toHaveProperty('password');
  });

  it('is enabled unless Proxmox says otherwise, and needs an id', () => {
    expect(parseBackupJob({ id: 'x' })).toMatchObject({ enabled: true, selection: [] });
    expect(parseBackupJob({ schedule: 'x' })).toBeNull();
  });
});

describe('replication jobs', () => {
  it('reads a row and leaves absent values null', () => {
    expect(
      parseReplicationJob({ id: '100-0', type: 'local', target: 'pve2', schedule: '*/15', disable: '0' }),
    ).toMatchObject({
      id: '100-0',
      guest: 100,
      jobnum: 0,
      target: 'pve2',
      source: null,
      disable: false,
      rate: null,
      comment: null,
      removeJob: null,
    });
    expect(parseReplicationJob({ id: '100-1', guest: '7', jobnum: 2, rate: '1.5' })).toMatchObject({
      guest: 7,
      jobnum: 2,
      rate: 1.5,
    });
    expect(parseReplicationJob({ guest: 1 })).toBeNull();
  });
});
