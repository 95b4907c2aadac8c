import { atOnce } from '../../../../support/at-once.js';
import { describe, expect, it } from 'vitest';
import type { RecordOf } from '../../../../../src/netbox/kinds/index.js';
import type { GuestConfig } from '../../../../../src/proxmox/types.js';
import type { ConfigRead } from '../../../../../src/sync/guests.js';
import { planDisks } from '../../../../../src/sync/stages/virtual-disks/diff.js';
import type { CollectedDisks, DiskMachine } from '../../../../../src/sync/stages/virtual-disks/types.js';
import { ref, type Plan } from '../../../../../src/sync/types.js';
import { kindOf } from '../../../../support/changes.js';
import { aCluster, stored, tagsOf } from '../../../../support/factories/netbox-records.js';
import { aKnownGuest, aRoster, type KnownGuestDraft } from '../../../../support/factories/roster.js';
import { syncOptions, type OptionChanges } from '../../../../support/factories/sync.js';

const gibibyte = 1024;

/** A machine with this configuration, or with none that could be read. */
function aMachine(config: GuestConfig | ConfigRead, draft: KnownGuestDraft = {}): DiskMachine {
  const known = aKnownGuest(draft);
  const isRead = !('status' in config);
  const read = isRead ? { status: 'read' as const, config } : (config as ConfigRead);
  return { ...known, node: known.resource.node, config: read, sizes: new Map(), unasked: new Map() };
}

/** The disk as an earlier run wrote it. */
const row = (id: number, name: string, fields: object = {}): RecordOf<'virtual-disk'> =>
  stored('virtual-disk', {
    id,
    virtual_machine: { id: 100 },
    name,
    size: 8 * gibibyte,
    description: 'Storage: ceph',
    tags: tagsOf([1, 'proxbox']),
    ...fields,
  });

const support = new Map([
  ['tag:proxbox', 1],
  ['tag:bootstrap-only', 9],
] as const);

function plan(
  machines: readonly DiskMachine[],
  found: Partial<CollectedDisks> = {},
  options: OptionChanges = {},
): Plan {
  const netboxClusters = new Map([
    ['1', aCluster(1)],
    ['2', aCluster(2, { name: 'edge' })],
  ]);
  const roster = aRoster(machines, { netboxClusters });
  const nothing = { roster, machines, disks: [], hidden: new Set<number>(), states: [], storages: [], warnings: [] };
  return atOnce(planDisks({ ...nothing, ...found }, { options: syncOptions(options), supportIds: support }));
}

/** `update scsi0 {"size":1}`, `keep scsi0`, `skip scsi0 disk_unsized`: the changes of one kind. */
function told({ changes }: Plan, kind = 'virtual-disk'): readonly string[] {
  return changes
    .filter((change) => kindOf(change) === kind)
    .map((change) => {
      const { label } = 'desired' in change ? change.desired : change;
      const what = `${change.action} ${label.replace(/^vm100\//, '')}`;
      if (change.action === 'update') return `${what} ${JSON.stringify(change.patch)}`;
      return 'reason' in change ? `${what} ${change.reason.code}` : what;
    });
}

const one: GuestConfig = { scsi0: 'ceph:vm-100-disk-0,size=8G' };
const many = (count: number): readonly RecordOf<'virtual-disk'>[] =>
  Array.from({ length: count }, (_, n) => row(n + 1, `scsi${n + 1}`));

describe('the disks of a machine', () => {
  it('are created with what Proxmox says of them, each under its machine', () => {
    const config = { ...one, ide2: 'local:iso/debian.iso,media=cdrom', scsi1: 'local-lvm:b,format=raw,size=512M' };

    const built = plan([aMachine(config)]);

    const created = built.changes.flatMap((change) => (change.action === 'create' ? [change.desired.fields] : []));
    const common = { virtual_machine: ref('virtual-machine', '1/qemu/100'), tags: [ref('tag', 'proxbox')] };
    expect(created).toEqual([
      { ...common, name: 'ide2', size: 0, description: 'CD-ROM drive | ISO: local:iso/debian.iso' },
      { ...common, name: 'scsi0', size: 8 * gibibyte, description: 'Storage: ceph' },
      { ...common, name: 'scsi1', size: 512, description: 'Storage: local-lvm | Format: raw' },
    ]);
    expect(built.discovered.get('virtual-disk')).toBe(3);
  });

  it.each<[string, GuestConfig, readonly RecordOf<'virtual-disk'>[], OptionChanges, readonly string[]]>([
    ['nothing differs', one, [row(1, 'scsi0')], {}, ['keep scsi0']],
    ['one has grown', { scsi0: 'ceph:a,size=16G' }, [row(1, 'scsi0')], {}, ['update scsi0 {"size":16384}']],
    [
      'one has moved to another storage',
      { scsi0: 'local:a,size=8G' },
      [row(1, 'scsi0')],
      {},
      ['update scsi0 {"description":"Storage: local"}'],
    ],
    ['an operator described it', one, [row(1, 'scsi0', { description: 'the database' })], {}, ['keep scsi0']],
    [
      'an operator tagged it',
      one,
      [row(1, 'scsi0', { tags: tagsOf([1, 'proxbox'], [5, 'gold']) })],
      {},
      ['keep scsi0'],
    ],
    [
      'somebody else made it: it is adopted, and not marked as ours',
      one,
      [row(1, 'scsi0', { tags: [] })],
      {},
      ['keep scsi0'],
    ],
    [
      'two rows have the name: the one with the right size is it, the other one goes',
      one,
      [row(1, 'scsi0', { size: 1 }), row(2, 'scsi0')],
      {},
      ['keep scsi0', 'delete scsi0 gone_from_proxmox'],
    ],
    ['one is gone', one, [row(1, 'scsi0'), row(2, 'scsi1')], {}, ['keep scsi0', 'delete scsi1 gone_from_proxmox']],
    ['one that is gone was of an operator', one, [row(1, 'scsi0'), row(2, 'data', { tags: [] })], {}, ['keep scsi0']],
    ['one is passed through', { scsi0: '/dev/sdb' }, [], {}, ['skip scsi0 disk_passed_through']],
    [
      'they were made once and for all',
      {},
      [row(1, 'scsi0', { tags: tagsOf([1, 'proxbox'], [9, 'bootstrap-only']) })],
      { modes: { vm: 'bootstrap_only' } },
      [],
    ],
    [
      'more than a tenth of one machine is gone',
      one,
      [row(20, 'scsi0'), ...many(10)],
      {},
      ['keep scsi0', ...many(10).map(({ name }) => `delete ${name} gone_from_proxmox`)],
    ],
    [
      'very many are gone: the configuration has proven it of each',
      one,
      [row(20, 'scsi0'), ...many(11)],
      {},
      ['keep scsi0', ...many(11).map(({ name }) => `delete ${name} gone_from_proxmox`)],
    ],
  ])('when %s', (_text, config, disks, options, expected) => {
    expect(told(plan([aMachine(config)], { disks }, options))).toEqual(expected);
  });

  it.each([
    ['an operator put something on', { tags: tagsOf([1, 'proxbox'], [7, 'mine']) }, [], 'it has the tag "mine"'],
    ['were described by an operator', { description: 'journal' }, [], 'it has a description'],
    ['were there before', { tags: [] }, [{ id: 5, virtual_disk: { id: 2 }, tags: [] }], 'it was there before'],
  ])('that are gone from Proxmox stay, with the reason, when they %s', (_what, fields, sidecars, why) => {
    const states = sidecars.map((sidecar) => stored('virtual-disk-state', sidecar));
    const built = plan([aMachine(one)], { disks: [row(1, 'scsi0'), row(2, 'sata0', fields)], states });

    expect(built.changes.filter(({ action }) => action === 'delete')).toEqual([]);
    expect(built.notes).toMatchObject([{ message: expect.stringContaining(why) }]);
  });

  it('of an operator that nothing in Proxmox is are not talked about', () => {
    const built = plan([aMachine(one)], { disks: [row(1, 'scsi0'), row(2, 'sata0', { tags: [] })] });
    expect([built.notes, built.changes.map(({ action }) => action)]).toEqual([[], ['keep']]);
  });

  it('whose size is not known stay as they are, and get it from their storage', () => {
    const disks = [row(1, 'scsi0')];
    const machine = aMachine({ scsi0: 'ceph:vm-100-disk-0' });
    const unknown = plan([{ ...machine, unasked: new Map([['ceph', 'No route to host']]) }], { disks });
    expect(unknown.changes).toMatchObject([
      { action: 'skip', reason: { code: 'disk_unsized', message: expect.stringContaining('No route to host') } },
    ]);
    const known = plan([{ ...machine, sizes: new Map([['ceph:vm-100-disk-0', 512]]) }], { disks });
    expect(told(known)).toEqual(['update scsi0 {"size":512}']);
  });

  it.each<[string, ConfigRead, string]>([
    ['could not be read', { status: 'failed', reason: { code: 'config_unreadable', message: 'No.' } }, 'refuse'],
    ['was on a node that is offline', { status: 'skip', reason: { code: 'node_offline', message: 'Off.' } }, 'skip'],
  ])('stay as they are when its configuration %s', (_text, config, action) => {
    const built = plan([aMachine(config)], { disks: [row(1, 'scsi0'), row(2, 'scsi1')] });

    expect(built.changes).toMatchObject([{ action, kind: 'virtual-disk', label: 'vm100' }]);
    expect(built.discovered.get('virtual-disk')).toBe(1);
  });

  it('are those of the machine, whatever another machine calls its own', () => {
    const other = aMachine(one, { resource: { vmid: 101 } });

    const built = plan([aMachine(one), other], { disks: [row(1, 'scsi0', { virtual_machine: { id: 101 } })] });

    expect(told(built)).toEqual(['create scsi0', 'keep vm101/scsi0']);
  });
});

describe('the sidecar of a disk', () => {
  const storages = [
    stored('storage', { id: 3, name: 'ceph', cluster: { id: 1 } }),
    stored('storage', { id: 4, name: 'ceph', cluster: { id: 2 } }),
    stored('storage', { id: 5, name: 'tank', cluster: { id: 2 } }),
  ];
  const state = (storage: number): RecordOf<'virtual-disk-state'> =>
    stored('virtual-disk-state', { id: 50, virtual_disk: { id: 1 }, proxbox_storage: { id: storage } });
  const on = (storage: string): GuestConfig => ({ scsi0: `${storage}:a,size=8G` });

  it.each<[string, GuestConfig, readonly RecordOf<'virtual-disk-state'>[] | undefined, readonly string[]]>([
    ['names the storage of its own cluster', on('ceph'), [state(3)], ['keep scsi0']],
    ['is put right', on('ceph'), [state(4)], ['update scsi0 {"proxbox_storage":3}']],
    ['is made where there is none', on('ceph'), [], ['create scsi0']],
    ['names no storage of another cluster', on('tank'), [state(5)], ['update scsi0 {"proxbox_storage":null}']],
    ['gets none of another cluster', on('tank'), [], []],
    ['is not made for a storage that NetBox does not have', on('nfs'), [], []],
    ['forgets the storage that NetBox does not have', on('nfs'), [state(3)], ['update scsi0 {"proxbox_storage":null}']],
    ['is not written where sidecars cannot be', on('ceph'), undefined, []],
  ])('%s', (_text, config, states, expected) => {
    const built = plan([aMachine(config)], { disks: [row(1, 'scsi0')], states, storages });

    expect(told(built, 'virtual-disk-state')).toEqual(expected);
  });

  it('keeps its storage with overwrite_vm_custom_fields off', () => {
    const options = { overwrite: { overwrite_vm_custom_fields: false } };
    const found = { disks: [row(1, 'scsi0')], states: [state(4)], storages };

    expect(told(plan([aMachine(on('ceph'))], found, options), 'virtual-disk-state')).toEqual(['keep scsi0']);
  });
});

describe('the size of a machine', () => {
  const sized = (disk: number | null): KnownGuestDraft => ({ machine: { disk } });

  it.each<[string, GuestConfig, KnownGuestDraft, readonly RecordOf<'virtual-disk'>[], readonly string[]]>([
    ['is the sum that NetBox keeps while there are disks', one, sized(1), [row(1, 'scsi0')], []],
    ['is none without disks', {}, sized(8), [], ['update vm100 {"disk":0}']],
    ['stays none', {}, sized(0), [], ['keep vm100']],
    ['is none after the last disk, which NetBox empties', {}, sized(8), [row(1, 'scsi0')], ['update vm100 {"disk":0}']],
    ['is that of the disk that an operator made', {}, sized(8), [row(1, 'data', { tags: [] })], []],
  ])('%s', (_text, config, draft, disks, expected) => {
    expect(told(plan([aMachine(config, draft)], { disks }), 'machine-disk')).toEqual(expected);
  });

  it('is left alone in the mode bootstrap_only', () => {
    const tags = tagsOf([9, 'bootstrap-only']);

    const built = plan([aMachine({}, { machine: { disk: 8, tags } })], {}, { modes: { vm: 'bootstrap_only' } });

    expect(told(built, 'machine-disk')).toEqual([]);
  });
});
