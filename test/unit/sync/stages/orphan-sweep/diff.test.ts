import { atOnce } from '../../../../support/at-once.js';
import { describe, expect, it } from 'vitest';
import type { RecordOf } from '../../../../../src/netbox/kinds/index.js';
import { hasTag } from '../../../../../src/netbox/kinds/values.js';
import { planSweep, unlistedVmids } from '../../../../../src/sync/stages/orphan-sweep/diff.js';
import type { CollectedOrphans, SweptCluster } from '../../../../../src/sync/stages/orphan-sweep/types.js';
import { aVirtualMachine, aVirtualMachineState, stored, tagsOf } from '../../../../support/factories/netbox-records.js';
import { aGuestResource, anUndescribedGuest } from '../../../../support/factories/proxmox.js';
import { aClusterView, syncOptions, type OptionChanges } from '../../../../support/factories/sync.js';

const supportIds = new Map([
  ['tag:proxbox', 1],
  ['tag:proxbox-discovered-qemu', 2],
  ['tag:proxbox-discovered-lxc', 3],
  ['tag:bootstrap-only', 9],
  ['tag:proxbox-soft-deleted', 8],
] as const);

/** Whatever is not listed counts as proven to be gone, unless a case says what is. */
type Listed = Omit<SweptCluster, 'gone'> & Partial<Pick<SweptCluster, 'gone'>>;
const proven = (clusters: readonly Listed[], states: readonly RecordOf<'vm-state'>[]): readonly SweptCluster[] =>
  clusters.map((cluster) => ({ gone: new Set(unlistedVmids(cluster, states)), ...cluster }));

/** Cluster `lab` of endpoint 1 with guest 101; the machine of guest 100 is the one in question. */
const lab: Listed = { view: aClusterView(), guests: [aGuestResource({ vmid: 101 })] };
const other: Listed = { view: aClusterView({ endpointId: 2, name: 'other' }), guests: lab.guests };
const machine = (...tags: readonly number[]): RecordOf<'virtual-machine'> =>
  aVirtualMachine(7, { tags: tagsOf(1, ...tags) });

interface Case {
  readonly clusters?: readonly Listed[];
  readonly state?: Readonly<Record<string, unknown>>;
  readonly machines?: readonly RecordOf<'virtual-machine'>[];
  readonly guards?: CollectedOrphans['guards'];
  readonly missedRuns?: number;
  readonly options?: OptionChanges;
}

const belongings: NonNullable<CollectedOrphans['belongings']> = {
  interfaces: [],
  addresses: [],
  macs: [],
  disks: [],
  snapshots: [],
  vlans: new Set(),
  notSeenWhole: new Set(),
  backups: [],
  ofServices: new Set(),
  remembered: new Map(),
};
const found = {
  guards: new Map(),
  untagged: new Set<number>(),
  belongings,
  guestTags: new Set([55]),
  missedRuns: new Map(),
  skippedReason: null,
  warnings: [],
};

function plan({ clusters = [lab], state = {}, machines = [machine(2)], guards = new Map(), ...more }: Case) {
  const states = [aVirtualMachineState(70, 7, state)];
  const missedRuns = new Map([[7, more.missedRuns ?? 1]]);
  const known = { clusters: proven(clusters, states), states, virtualMachines: machines, guards, missedRuns };
  return atOnce(planSweep({ ...found, ...known }, { options: syncOptions(more.options), supportIds }));
}

/** What is done, by kind and NetBox id. */
const done = (what: Case): string[] =>
  plan(what).changes.map((change) => {
    if (change.action === 'delete') return `delete ${change.kind} ${change.current.id}`;
    if (change.action === 'update') return `${change.desired.kind} ${change.current.id}`;
    return change.action === 'create' ? `${change.action} ${change.desired.kind}` : change.action;
  });
const deleting = (more: OptionChanges['more'] = {}): OptionChanges => ({ more: { orphanAction: 'delete', ...more } });
const deleted = (what: Case): string[] =>
  done({ ...what, options: { ...what.options, more: { orphanAction: 'delete', ...what.options?.more } } });

const isMarked = ['machine-mark 7', 'create machine-journal'];

const goes = ['delete virtual-machine 7'];

describe('the machine of a guest that its cluster does not list', () => {
  it.each<[string, Case, readonly string[]]>([
    ['goes', {}, goes],
    ['goes when a container was discovered', { machines: [machine(3)] }, goes],
    ['stays when the guest is listed', { state: { proxmox_vm_id: 101 } }, []],
    [
      'stays when a guest of another type has the VMID',
      { clusters: [{ ...lab, guests: [aGuestResource({ vmid: 100, type: 'lxc' })] }] },
      [],
    ],
    [
      'stays when the guest is listed without being described',
      { clusters: [{ ...lab, guests: [anUndescribedGuest()] }] },
      [],
    ],
    ['stays when that is not proven', { clusters: [{ ...lab, gone: new Set<number>() }] }, []],
    ['stays when only that of another is proven', { clusters: [{ ...lab, gone: new Set([102]) }] }, []],
    ['stays when no sync has discovered it', { machines: [machine()] }, []],
    ['stays when only another tag is on it', { machines: [machine(44)] }, []],
    ['stays when its endpoint is not in the run', { state: { proxmox_endpoint_raw_id: 2 } }, []],
    ['stays when its row names no endpoint', { state: { proxmox_endpoint_raw_id: null } }, []],
    ['stays when its row names no VMID', { state: { proxmox_vm_id: null } }, []],
    ['stays when the cluster lists no guest at all', { clusters: [{ ...lab, guests: [] }] }, []],
    ['stays when the list is not known', { clusters: [] }, []],
    [
      'stays when the account may see but a part',
      { clusters: [{ ...lab, view: aClusterView({ mode: 'restricted' }) }] },
      [],
    ],
    ['stays when NetBox does not have it any more', { machines: [] }, []],
    ['goes when another cluster lists the VMID', { clusters: [lab, { ...other, guests: [aGuestResource()] }] }, goes],
    [
      'is known through every endpoint of the cluster',
      { clusters: [{ ...lab, view: { ...lab.view, endpointIds: [1, 2] } }], state: { proxmox_endpoint_raw_id: 2 } },
      goes,
    ],
    ['stays with bootstrap-only on it, whatever the mode', { machines: [machine(2, 9)] }, []],
    ['goes without it in that mode', { options: { modes: { vm: 'bootstrap_only' } } }, goes],
    ['goes though it was marked before', { machines: [machine(2, 8)] }, goes],
    ['stays in the first of two runs of grace', { options: { more: { orphanGraceRuns: 2 } } }, []],
    ['goes in the second one', { missedRuns: 2, options: { more: { orphanGraceRuns: 2 } } }, goes],
    ['stays in a rehearsal', { options: { more: { dryRun: true } } }, []],
    [
      'goes after the rows that protect it',
      { guards: new Map([[7, [31, 32].map((id) => stored('guest-vm-interface-address', { id }))]]) },
      ['delete guest-vm-interface-address 31', 'delete guest-vm-interface-address 32', ...goes],
    ],
  ])('%s, where machines are deleted', (_behaviour, what, expected) => {
    expect(deleted(what)).toEqual(expected);
    // A mark falls where deletion would, but that one is enough.
    const wouldBeMarked = expected.length > 0 && !what.machines?.some((one) => hasTag(one, 8));
    expect(done(what)).toEqual(wouldBeMarked ? isMarked : []);
  });

  it.each<[string, Readonly<Record<string, unknown>>, string]>([
    ['a tenant', { tenant: { id: 3 } }, 'a tenant'],
    ['a role that no sync gave', { role: { id: 4 } }, 'a role'],
    ['comments', { comments: 'Billing, ask Ann' }, 'comments'],
    ['a tag of their own', { tags: tagsOf(1, 2, [77, 'prod']) }, 'the tag "prod"'],
  ])('is marked and not deleted when people have put %s on it, which is said', (_what, fields, word) => {
    const what = { machines: [aVirtualMachine(7, { tags: tagsOf(1, 2, 55), ...fields })] };
    expect(deleted(what)).toEqual(isMarked);
    const { notes } = plan({ ...what, options: deleting() });
    expect(notes).toMatchObject([{ code: 'operator_data', message: expect.stringContaining(word) }]);
  });

  it('is left as it is when it was marked before and people have put something on it, which is said', () => {
    const what = { machines: [aVirtualMachine(7, { tags: tagsOf(1, 2, 8), comments: 'mine' })] };
    expect(deleted(what)).toEqual([]);
    expect(plan({ ...what, options: deleting() }).notes).toMatchObject([
      { code: 'operator_data', message: expect.stringContaining('comments') },
    ]);
  });

  it('is marked with the status and the tag, and keeps its own tags', () => {
    const { changes } = plan({ machines: [aVirtualMachine(7, { tags: tagsOf(1, 2, 55) })] });
    expect(changes).toMatchObject([
      { action: 'update', patch: { status: 'decommissioning', tags: [1, 2, 8, 55] } },
      {
        desired: {
          fields: {
            kind: 'warning',
            assigned_object_type: 'virtualization.virtualmachine',
            comments:
              'Marked as gone by Proxbox: the guest (VMID 100, qemu) is no longer listed by cluster "lab" of endpoint "lab". Run R1.',
          },
        },
      },
    ]);
  });

  it('is not marked where NetBox has no such tag, which is said', () => {
    const states = [aVirtualMachineState(70, 7)];
    const known = { clusters: proven([lab], states), states, virtualMachines: [machine(2)] };
    const without = new Map([...supportIds].filter(([key]) => key !== 'tag:proxbox-soft-deleted'));
    const { changes, warnings } = atOnce(
      planSweep({ ...found, ...known, missedRuns: new Map([[7, 1]]) }, { options: syncOptions(), supportIds: without }),
    );
    expect(changes).toEqual([]);
    expect(warnings).toMatchObject([{ code: 'forbidden', message: expect.stringContaining('proxbox-soft-deleted') }]);
  });

  it('is named in a rehearsal, with its cluster and VMID', () => {
    const { notes } = plan({ options: deleting({ dryRun: true }) });
    expect(plan({ options: { more: { dryRun: true } } }).notes).toEqual(notes);
    expect(notes).toMatchObject([
      {
        code: 'gone_from_proxmox',
        operation: 'would_delete',
        label: 'vm100',
        source: { endpointId: 1, cluster: 'lab', vmid: 100 },
      },
    ]);
  });
});

describe('many machines without a guest', () => {
  function many(gone: number, of: number, { more, marked = 0 }: { more?: OptionChanges; marked?: number } = {}) {
    const states = Array.from({ length: of + marked }, (_, n) =>
      aVirtualMachineState(1000 + n, n + 1, { proxmox_vm_id: 500 + n }),
    );
    const virtualMachines = states.map((_, n) => aVirtualMachine(n + 1, { tags: n < of ? tagsOf(2) : tagsOf(2, 8) }));
    const guests = states.slice(gone, of).map((state) => aGuestResource({ vmid: Number(state.proxmox_vm_id) }));
    const clusters = proven([{ ...lab, guests }, other], states);
    const missedRuns = new Map(states.map((_, n) => [n + 1, 1]));
    const { changes, warnings, notes } = atOnce(
      planSweep(
        { ...found, clusters, states, virtualMachines, missedRuns },
        { options: syncOptions(more), supportIds },
      ),
    );
    const marks = changes.filter((change) => change.action === 'update').length;
    const named = notes.filter(({ operation }) => operation === 'would_delete').length;
    return { marked: marks + named, warned: warnings.map(({ code }) => code) };
  }

  it.each([
    [4, 0, ['delete_limit']],
    [3, 3, []],
  ])('a rehearsal names what would go: of %s of ten, %s', (gone, named, warned) => {
    expect(many(gone, 10, { more: { more: { dryRun: true } } })).toEqual({ marked: named, warned });
  });

  it.each<[string, number, number, Parameters<typeof many>[2], number, readonly string[]]>([
    ['one of two may go', 1, 2, {}, 1, []],
    ['two of three are too many', 2, 3, {}, 0, ['delete_limit']],
    ['three of ten may go', 3, 10, {}, 3, []],
    ['four of ten are too many', 4, 10, {}, 0, ['delete_limit']],
    ['nine of twelve are too many', 9, 12, {}, 0, ['delete_limit']],
    ['those that are marked already are no part of the share', 4, 10, { marked: 30 }, 0, ['delete_limit']],
    [
      'a lower limit counts',
      11,
      40,
      { more: { more: { deleteLimit: { percent: 20, force: false } } } },
      0,
      ['delete_limit'],
    ],
    [
      'they go when the caller says so',
      11,
      12,
      { more: { more: { deleteLimit: { percent: 30, force: true } } } },
      11,
      [],
    ],
  ])('%s', (_what, gone, of, more, expected, warned) => {
    expect(many(gone, of, more)).toEqual({ marked: expected, warned });
  });
});
