import { atOnce } from '../../../../support/at-once.js';
import { describe, expect, it } from 'vitest';
import type { RecordOf } from '../../../../../src/netbox/kinds/index.js';
import { parseBackup, type Backup } from '../../../../../src/proxmox/parse/backups.js';
import { PlanBuilder } from '../../../../../src/sync/plan/plan-builder.js';
import { planBackups } from '../../../../../src/sync/stages/backups/diff.js';
import {
  aCluster,
  aVirtualMachine,
  aVirtualMachineState,
  stored,
} from '../../../../support/factories/netbox-records.js';
import { kindOf } from '../../../../support/changes.js';
import { aGuestResource } from '../../../../support/factories/proxmox.js';
import { aClusterView, syncOptions, type OptionChanges } from '../../../../support/factories/sync.js';
import type { Rival } from '../../../../../src/sync/stages/backups/map-shared-places.js';
import type { KnownGuest, Roster } from '../../../../../src/sync/plan/roster.js';
import { cpuMsOf } from '../../../../support/measure.js';

const view = aClusterView();

function aKnownGuest(vmid: number, machineId = vmid): KnownGuest {
  const source = { endpointId: 1, cluster: 'lab', vmid };
  return {
    cluster: { view, sessions: [] },
    resource: aGuestResource({ vmid }),
    key: `1/qemu/${vmid}`,
    virtualMachine: aVirtualMachine(machineId, { name: `vm${vmid}` }),
    state: aVirtualMachineState(machineId, machineId, { proxmox_vm_id: vmid }),
    source,
  };
}

function aRoster(changes: Partial<Roster> = {}): Roster {
  return {
    guests: [aKnownGuest(100)],
    omitted: [],
    clusters: [],
    listedClusters: new Set(['1']),
    states: [],
    virtualMachines: [],
    netboxClusters: new Map([['1', aCluster(1)]]),
    warnings: [],
    ...changes,
  };
}

function backupsOf(rows: readonly object[]): ReadonlyMap<string, Backup> {
  const parsed = rows.flatMap((row) => parseBackup(row as Record<string, unknown>) ?? []);
  return new Map(parsed.map((backup) => [backup.volumeId, backup]));
}

const volid = (vmid: number, n: number) => `pbs:backup/vm/${vmid}/2026-01-01T00:00:${String(n).padStart(2, '0')}Z`;
const content = (vmid: number, n = 0, more: object = {}) => ({
  volid: volid(vmid, n),
  format: 'pbs-vm',
  subtype: 'qemu',
  ctime: 1_700_000_000 + n,
  size: 1024,
  vmid,
  ...more,
});
const aRow = (id: number, machine: number, volume: string, more: object = {}): RecordOf<'backup'> =>
  stored('backup', {
    id,
    virtual_machine: { id: machine },
    proxmox_storage: null,
    storage: 'pbs',
    subtype: { value: 'qemu' },
    format: { value: 'pbs-vm' },
    creation_time: '2023-11-14T22:13:20Z',
    size: 1024,
    used: null,
    notes: '',
    volume_id: volume,
    vmid: machine,
    encrypted: '',
    verification_state: null,
    verification_upid: null,
    ...more,
  });

interface Case {
  readonly found?: readonly object[];
  readonly rows?: readonly RecordOf<'backup'>[];
  readonly roster?: Partial<Roster>;
  readonly options?: OptionChanges;
  readonly provesAbsence?: (storage: string) => boolean;
  readonly isWhole?: (storage: string) => boolean;
  readonly rivals?: readonly Rival[];
}

function plan(given: Case) {
  const { found = [], rows = [], roster = {}, options, provesAbsence = () => true, isWhole = () => true } = given;
  const { rivals = [] } = given;
  const builder = new PlanBuilder();
  const clusters = [{ view, backups: backupsOf(found), provesAbsence, isWhole, rivalsOf: () => rivals }];
  atOnce(
    planBackups(builder, { roster: aRoster(roster), clusters, rows, storages: [], warnings: [] }, syncOptions(options)),
  );
  return builder.build('backups');
}

const deleting: OptionChanges = { more: { deleteNonexistentBackups: true } };
const told = (built: ReturnType<typeof plan>) =>
  built.changes.map((change) => {
    return `${change.action} ${kindOf(change)}${'reason' in change ? ` ${change.reason.code}` : ''}`;
  });

const rival = (name: string): Rival => ({ cluster: 'north', name, guestName: name });

describe('backups of machines', () => {
  it.each<[string, Case, string[]]>([
    ['a new one is created and told', { found: [content(100)] }, ['create backup', 'create backup-journal']],
    ['a stored one is kept', { found: [content(100)], rows: [aRow(1, 100, volid(100, 0))] }, ['keep backup']],
    [
      'a verification is written and told',
      { found: [content(100, 0, { verification: { state: 'ok' } })], rows: [aRow(1, 100, volid(100, 0))] },
      ['update backup', 'create backup-journal'],
    ],
    [
      'another change is written and not told',
      { found: [content(100, 0, { used: 5 })], rows: [aRow(1, 100, volid(100, 0))] },
      ['update backup'],
    ],
    ['one without a machine is skipped', { found: [content(200)] }, ['skip backup vm_missing']],
    ['one without a VMID is skipped', { found: [{ volid: 'pbs:x' }] }, ['skip backup vm_missing']],
    [
      'one of an earlier container is skipped',
      { found: [content(100, 0, { subtype: 'lxc' })] },
      ['skip backup type_changed'],
    ],
    [
      'one that another cluster may have made is skipped',
      { found: [content(100)], rivals: [rival('other')] },
      ['skip backup backup_ambiguous'],
    ],
    [
      'also where it is stored: the row stays as it is',
      {
        found: [content(100, 0, { used: 5 })],
        rows: [aRow(1, 100, volid(100, 0))],
        rivals: [rival('other')],
        options: deleting,
      },
      ['skip backup backup_ambiguous'],
    ],
    [
      'also where both machines have the name in its notes',
      { found: [content(100, 0, { notes: 'vm100' })], rivals: [rival('vm100')] },
      ['skip backup backup_ambiguous'],
    ],
    [
      'one whose notes name this machine is created',
      { found: [content(100, 0, { notes: 'vm100' })], rivals: [rival('other')] },
      ['create backup', 'create backup-journal'],
    ],
    [
      'one whose notes name the machine of the other cluster is skipped',
      { found: [content(100, 0, { notes: 'other' })], rivals: [rival('other')] },
      ['skip backup backup_of_another'],
    ],
    ['a vanished one stays unless asked for', { rows: [aRow(1, 100, volid(100, 0))] }, []],
    [
      'a vanished one goes when asked for',
      { rows: [aRow(1, 100, volid(100, 0))], options: deleting },
      ['delete backup gone_from_proxmox'],
    ],
    [
      'a vanished one stays where absence proves nothing',
      { rows: [aRow(1, 100, volid(100, 0))], options: deleting, provesAbsence: (storage) => storage !== 'pbs' },
      [],
    ],
    [
      'a stored one is not written from another copy while a node of its storage is unread',
      {
        found: [content(100, 0, { size: 7, notes: 'copy' }), content(100, 1)],
        rows: [aRow(1, 100, volid(100, 0))],
        isWhole: (storage) => storage !== 'pbs',
      },
      ['keep backup', 'create backup', 'create backup-journal'],
    ],
    ['a row of an unknown machine stays', { rows: [aRow(1, 7, volid(7, 0))], options: deleting }, []],
    ['a row without a volume stays', { rows: [aRow(1, 100, '')], options: deleting }, []],
    [
      'a skipped one is not gone',
      {
        found: [content(100, 0, { subtype: 'lxc' })],
        rows: [aRow(1, 100, volid(100, 0))],
        options: deleting,
      },
      ['skip backup type_changed'],
    ],
  ])('%s', (_, given, expected) => {
    expect(told(plan(given))).toEqual(expected);
  });

  it.each([
    ['the tag "mine"', { tags: [{ id: 9, name: 'Mine', slug: 'mine', color: '00ff00' }] }],
    ['the custom field "owner"', { custom_fields: { owner: 'Ann' } }],
  ])('a vanished one on which an operator put %s stays, and says why', (what, more) => {
    const rows = [aRow(1, 100, volid(100, 0), more), aRow(2, 100, volid(100, 1))];
    const built = plan({ rows, options: deleting });

    expect(built.changes).toMatchObject([{ action: 'delete', current: { id: 2 } }]);
    expect(built.notes).toMatchObject([{ message: expect.stringContaining(`its row stays, because it has ${what}.`) }]);
  });

  it('of two rows of one backup the lowest id is kept true, and the other is told', () => {
    const rows = [aRow(9, 100, volid(100, 0)), aRow(4, 100, volid(100, 0), { size: 5 })];
    const built = plan({ found: [content(100)], rows, options: deleting });

    expect(built.changes[0]).toMatchObject({ action: 'update', current: { id: 4 } });
    expect(told(built)).not.toContain('delete backup gone_from_proxmox');
    expect(built.warnings).toMatchObject([{ code: 'duplicate', message: expect.stringContaining('4, 9') }]);
  });

  it('of two rows of one backup the one that has its unique key is kept true, whatever its id', () => {
    const rows = [aRow(4, 100, volid(100, 0), { storage: '' }), aRow(9, 100, volid(100, 0), { size: 5 })];

    const built = plan({ found: [content(100)], rows, options: deleting });

    expect(built.changes[0]).toMatchObject({ action: 'update', current: { id: 9 } });
    expect(told(built)).not.toContain('delete backup gone_from_proxmox');
  });

  it('of two rows of one backup that is gone both go at once', () => {
    const rows = [aRow(4, 100, volid(100, 0), { storage: '' }), aRow(9, 100, volid(100, 0))];

    expect(plan({ rows, options: deleting }).changes).toMatchObject([
      { action: 'delete', current: { id: 4 } },
      { action: 'delete', current: { id: 9 } },
    ]);
  });

  it.each([
    ['one sync-state row names it', 1, ['create backup', 'create backup-journal']],
    ['two do', 2, ['skip backup vm_missing']],
  ])('of a guest that is gone belong to its machine when %s', (_, count, expected) => {
    const ids = Array.from({ length: count }, (__, n) => 300 + n);
    const states = ids.map((id) => aVirtualMachineState(id, id, { proxmox_vm_id: 300 }));
    const virtualMachines = ids.map((id) => aVirtualMachine(id, { name: 'gone' }));

    expect(told(plan({ found: [content(300)], roster: { states, virtualMachines } }))).toEqual(expected);
  });

  it('of a guest that is left out are left out for the same reason', () => {
    const omitted = {
      key: '1/qemu/200',
      label: 'x',
      reason: { code: 'mode_disabled' as const, message: 'Off.' },
      source: { endpointId: 1, cluster: 'lab', vmid: 200 },
      outcome: 'skip' as const,
    };
    expect(told(plan({ found: [content(200)], roster: { omitted: [omitted] } }))).toEqual([
      'skip backup mode_disabled',
    ]);
  });

  it('20,000 of them are planned in seconds', async () => {
    const guests = Array.from({ length: 200 }, (_, n) => aKnownGuest(100 + n));
    const volumes = guests.flatMap(({ resource }) =>
      Array.from({ length: 100 }, (_, n) => content(resource.vmid, n, { ctime: 1_700_000_000 })),
    );
    const rows = volumes.map((one, n) => aRow(n + 1, one.vmid, one.volid));
    let built = plan({});

    const cpuMs = await cpuMsOf(() => {
      built = plan({ found: volumes, rows, roster: { guests }, options: deleting });
    });

    expect(cpuMs).toBeLessThan(10_000);
    expect(built.changes).toHaveLength(20_000);
    expect(new Set(built.changes.map(({ action }) => action))).toEqual(new Set(['keep']));
  });
});
