/** docs/figures.md: every number and time that is written, read from the field that means it. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { kinds } from '../../../src/netbox/kinds/index.js';
import { parseBackupJob } from '../../../src/proxmox/parse/backup-jobs.js';
import { parseBackup } from '../../../src/proxmox/parse/backups.js';
import { parseGuestDisks } from '../../../src/proxmox/parse/disks.js';
import { parseGuestResources } from '../../../src/proxmox/parse/guest-resources.js';
import { parseReplicationJob } from '../../../src/proxmox/parse/replication.js';
import { parseSnapshots } from '../../../src/proxmox/parse/snapshots.js';
import { parseStorage } from '../../../src/proxmox/parse/storages.js';
import { parseTask } from '../../../src/proxmox/parse/tasks.js';
import { newVlanFields } from '../../../src/sync/plan/vlans.js';
import { routineRow } from '../../../src/sync/stages/backup-routines/map.js';
import { backupRow } from '../../../src/sync/stages/backups/map.js';
import { wantedVlan } from '../../../src/sync/stages/node-interfaces/map.js';
import { replicationRow } from '../../../src/sync/stages/replications/map.js';
import { snapshotRow } from '../../../src/sync/stages/snapshots/map.js';
import { storageFields } from '../../../src/sync/stages/storage/map.js';
import { taskHistoryRow } from '../../../src/sync/stages/task-history/map.js';
import { diskFields } from '../../../src/sync/stages/virtual-disks/map.js';
import { stateFields, virtualMachineFields } from '../../../src/sync/stages/virtual-machines/map.js';
import { usableVlan } from '../../../src/sync/stages/vm-interfaces/diff-vlans.js';
import { ref } from '../../../src/sync/types.js';
import { aKnownGuest, aRosterCluster } from '../../support/factories/roster.js';
import { aClusterView, now, syncOptions } from '../../support/factories/sync.js';

const page = readFileSync('docs/figures.md', 'utf8');
const documented = [...page.matchAll(/^\| `([\w-]+\.\w+)` \|/gm)].map(([, name = '']) => name);

/** Numbers that say which object it is, and what is never written. */
const noFigures: ReadonlySet<string> = new Set([
  ...['cluster', 'device', 'vm'].map((kind) => `${kind}-state.proxmox_endpoint_raw_id`),
  'vm-state.proxmox_vm_id',
  'snapshot.vmid',
  'backup.vmid',
  'replication.guest',
  'replication.jobnum',
  'mac-address.assigned_object_id',
  'guest-vm-interface.mtu',
]);

it('the page has a row for every number and time of the table of kinds, and no other', () => {
  const figures = Object.entries(kinds).flatMap(([kind, { fields }]) =>
    Object.entries(fields).flatMap(([field, type]) =>
      typeof type === 'string' && ['number', 'decimal', 'time'].includes(type) ? [`${kind}.${field}`] : [],
    ),
  );

  expect(documented.toSorted()).toEqual(figures.filter((figure) => !noFigures.has(figure)).toSorted());
  expect(new Set(documented).size).toBe(documented.length);
});

const options = {
  options: syncOptions(),
  virtualMachineTypes: true,
  legacyFields: new Set<string>(),
  runId: 'R1',
  now,
  stampEveryRun: false,
};

/** As a real server lists a guest whose host has two processors. */
const row = { type: 'qemu', vmid: 100, node: 'pve1', status: 'running', name: 'web', maxcpu: 2, maxmem: 4_294_967_296 };

function guestOf(config: Readonly<Record<string, unknown>>, changes: Readonly<Record<string, unknown>> = {}) {
  const [resource] = parseGuestResources([{ ...row, ...changes }]);
  if (resource?.isDescribed !== true) throw new Error('The guest is not described.');
  const home = {
    view: aClusterView(),
    cluster: ref('cluster', '1'),
    pluginEndpointId: null,
    current: undefined,
    site: null,
    nodeSite: null,
    devices: new Map(),
  };
  return { view: aClusterView(), resource, config, home, name: 'web', role: {}, platform: null, metadata: {} };
}

const machine = (...[config, changes]: Parameters<typeof guestOf>) =>
  virtualMachineFields(guestOf(config, changes), options);

describe('virtual-machine', () => {
  it.each([
    ['sockets × cores, though the host has two', { sockets: 2, cores: 4 }, {}, 8],
    ['what is plugged in', { cores: 4, vcpus: 1 }, {}, 1],
    ['cores alone, as text', { cores: '4' }, {}, 4],
    ['nothing: what the row says', {}, { maxcpu: 1 }, 1],
    ['cores of a container', { cores: 3, cpulimit: 1 }, { type: 'lxc' }, 3],
    ['the limit of a container', { cpulimit: '0.5' }, { type: 'lxc' }, 0.5],
    ['no limit of a container: all of its host', {}, { type: 'lxc' }, 2],
  ])('vcpus: %s', (_what, config, changes, expected) => {
    expect(machine(config, changes)).toMatchObject({ vcpus: expected });
  });

  it.each([
    ['what the guest is given, not the target of its balloon', { memory: '4096', balloon: 2048 }, {}, 4096],
    ['as a property', { memory: 'current=512' }, { maxmem: 536_870_912 }, 512],
    ['of a guest that sets none: the default', {}, { maxmem: '536870912' }, 512],
    ['not what is in use', { memory: 4096 }, { mem: 123_456_789 }, 4096],
  ])('memory: %s', (_what, config, changes, expected) => {
    expect(machine(config, changes)).toMatchObject({ memory: expected });
  });

  it('disk: the sum of the volumes, and not the boot disk; left alone when one is not known', () => {
    const config = {
      scsi0: 'local:100/vm-100-disk-0.qcow2,size=32G',
      efidisk0: 'local:100/vm-100-disk-1.qcow2,size=528K',
    };

    expect(
      machine({ ...config, scsi1: 'fast:100/vm-100-disk-0.qcow2,size=100G' }, { maxdisk: 34_359_738_368 }),
    ).toMatchObject({ disk: 32 * 1024 + 100 * 1024 + 1 });
    expect(machine({ ...config, scsi1: 'fast:100/vm-100-disk-0.qcow2' })).not.toHaveProperty('disk');
    expect(machine({ ide2: 'none,media=cdrom' }, { maxdisk: 5 })).toMatchObject({ disk: 0 });
  });
});

describe('virtual-disk', () => {
  it.each([
    ['528K', 1],
    ['512M', 512],
    ['1.5G', 1536],
    ['1T', 1_048_576],
    ['10737418240', 10_240],
    ['1', 1],
  ])('size=%s is %i MiB', (size, expected) => {
    const [disk] = parseGuestDisks({ scsi0: `local:vm-100-disk-0,size=${size}` }).disks;
    expect(diskFields(disk!, ref('virtual-machine', '1'))).toMatchObject({ size: expected });
  });

  it('size without size=: that of the volume, not what it takes on the storage; a CD-ROM has none', () => {
    const sizes = new Map([['local:vm-100-disk-0', 32_768]]);
    const { disks } = parseGuestDisks(
      { scsi0: 'local:vm-100-disk-0', ide2: 'local:iso/a.iso,media=cdrom,size=4K' },
      sizes,
    );
    expect(disks.map((disk) => [disk.name, diskFields(disk, ref('virtual-machine', '1')).size])).toEqual([
      ['ide2', 0],
      ['scsi0', 32_768],
    ]);
  });
});

it.each([
  [1, 1],
  [4094, 4094],
  [0, undefined],
  [4095, undefined],
  [null, undefined],
])('vlan: the tag %s is the number %s', (tag, expected) => {
  expect(usableVlan(tag)).toBe(expected);
  const ofNode = { name: 'vmbr0.1', netboxType: 'virtual', vlanId: tag } as Parameters<typeof wantedVlan>[0];
  expect(wantedVlan(ofNode) ?? undefined).toBe(expected);
  if (expected !== undefined)
    expect(newVlanFields({ vid: expected, site: null, tenant: null })).toMatchObject({ vid: expected });
});

describe('what is listed by its time', () => {
  const guest = aKnownGuest();

  it('snapshot: snaptime', () => {
    const rows = [
      { name: 'initial', snaptime: 1_710_000_000, vmstate: 0 },
      { name: 'current', running: 0 },
    ];
    const listed = parseSnapshots(rows, { vmid: 100, node: 'pve1', type: 'qemu' }) ?? [];
    const listing = { status: 'read' as const, snapshots: listed, storage: null };
    expect(listed.map((one) => snapshotRow({ ...guest, listing }, one, null).fields.snaptime)).toEqual([
      '2024-03-09T16:00:00Z',
    ]);
  });

  it('backup: ctime, size and used of the volume', () => {
    const volid = 'local:backup/vzdump-qemu-100-2024_07_03-09_46_40.vma.zst';
    const fieldsOf = (more: object) =>
      backupRow(
        parseBackup({ volid, ctime: 1_720_000_000, size: 7_516_192_768, vmid: 100, ...more })!,
        'b',
        guest,
        null,
      ).fields;

    expect(fieldsOf({})).toMatchObject({ creation_time: '2024-07-03T09:46:40Z', size: 7_516_192_768, used: null });
    expect(fieldsOf({ size: '7516192768', used: 4096 })).toMatchObject({ size: 7_516_192_768, used: 4096 });
  });

  it('task-history: times, pid and pstart of the row, else of the UPID', () => {
    const upid = 'UPID:pve1:00001DAE:0005AE77:6B09756E:qmstart:100:netbox@pve!sync:';
    const listed = { upid, pid: 7598, pstart: 372_343, starttime: 1_795_781_998, endtime: 1_795_781_999, status: 'OK' };
    const times = { start_time: '2026-11-27T12:19:58Z', end_time: '2026-11-27T12:19:59Z', pid: 7598, pstart: 372_343 };
    const fieldsOf = (task: object) =>
      taskHistoryRow({ guest, task: parseTask({ ...task })!, listedBy: 'pve1' }, now).fields;

    expect(fieldsOf(listed)).toMatchObject(times);
    expect(fieldsOf({ upid, endtime: 1_795_781_999, status: 'OK' })).toMatchObject(times);
  });
});

describe('jobs and storages', () => {
  const cluster = aRosterCluster();

  it.each([
    [10, 10],
    ['0.5', 0.5],
    [undefined, null],
  ])('replication: the rate %s is %s MB/s', (rate, expected) => {
    const job = parseReplicationJob({ id: '100-0', guest: 100, ...(rate === undefined ? {} : { rate }) })!;
    const list = { cluster, jobs: [job], guests: new Map(), omitted: new Map(), gone: new Set<number>() };
    const parts = { list, pluginEndpointId: 1, guest: aKnownGuest(), nodes: [] } as unknown as Parameters<
      typeof replicationRow
    >[1];
    expect(replicationRow(job, parts).fields).toMatchObject({ rate: expected });
  });

  it('storage: port, and how many protected backups', () => {
    const fields = (more: object) => storageFields(parseStorage({ storage: 'pbs1', type: 'pbs', ...more })!, '1');
    expect(fields({ port: '8007', 'max-protected-backups': -1 })).toMatchObject({
      port: 8007,
      max_protected_backups: -1,
    });
    expect(fields({})).toMatchObject({ port: null, max_protected_backups: null });
  });

  const routine = (more: object) => {
    const job = parseBackupJob({ id: 'backup-daily', ...more })!;
    const list = { cluster, jobs: [job], guests: [], storages: [] } as unknown as Parameters<
      typeof routineRow
    >[1]['list'];
    return routineRow(job, { list, pluginEndpointId: 1, selection: [100], nodes: [] }).fields;
  };
  const kept = { 'keep-last': '3', 'keep-daily': '7', 'keep-weekly': '0', 'keep-monthly': 2, 'keep-yearly': '1' };

  it.each([
    ['an object', kept],
    ['text', 'keep-daily=7,keep-last=3,keep-monthly=2,keep-weekly=0,keep-yearly=1'],
  ])('backup-routine: what is kept, as %s', (_form, value) => {
    const expected = { keep_last: 3, keep_daily: 7, keep_weekly: 0, keep_monthly: 2, keep_yearly: 1 };
    expect(routine({ 'prune-backups': value })).toMatchObject(expected);
    expect(routine({})).toMatchObject({ keep_last: null, keep_daily: null, keep_weekly: null });
  });

  it.each([
    ['an object', { 'max-workers': 4, 'pbs-entries-max': 1 }],
    ['text', 'max-workers=4,pbs-entries-max=1'],
  ])('backup-routine: limits, with the workers of performance as %s', (_form, performance) => {
    expect(routine({ bwlimit: '5120', zstd: 0, performance })).toMatchObject({ bwlimit: 5120, zstd: 0, io_workers: 4 });
    expect(routine({})).toMatchObject({ bwlimit: null, zstd: null, io_workers: null });
  });
});

it('sidecars: the time of the run, and not of the moment', () => {
  expect(stateFields(guestOf({}), ref('virtual-machine', '1'), options)).toMatchObject({ proxmox_last_updated: now });
});
