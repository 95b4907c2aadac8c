/** A run that may do only what a plan has shown, and what of a plan is compared. */
import { describe, expect, it } from 'vitest';
import { Approved, comparedChanges, differences, type ShownChange } from '../../../src/sync/approved.js';
import { ChangeBook } from '../../../src/sync/change-book.js';
import { PlanBuilder } from '../../../src/sync/plan/plan-builder.js';
import { ref, type Desired, type Plan } from '../../../src/sync/types.js';
import { aCluster, aVirtualMachine } from '../../support/factories/netbox-records.js';

const machine = (memory: number, key = '1/qemu/100'): Desired<'virtual-machine'> => ({
  kind: 'virtual-machine',
  key,
  label: 'web',
  fields: { name: 'vm100', memory },
  rules: {},
});

function planOf(fill: (builder: PlanBuilder) => void): Plan {
  const builder = new PlanBuilder();
  fill(builder);
  return builder.build('virtual-machines');
}

const updated = (to: number): ShownChange => ({
  ...{ kind: 'virtual-machine', key: '1/qemu/100', label: 'web', outcome: 'updated' },
  changes: [{ field: 'memory', from: 2048, to }],
});
const keep = <T>(change: T): T => change;
const only = (shown: readonly ShownChange[], plan: Plan, book = new ChangeBook('R1')): Plan =>
  new Approved(shown, keep).only(plan, book);
const actions = ({ changes }: Plan) => changes.map(({ action }) => action);

describe('a run that a plan has shown', () => {
  const update = planOf((builder) => builder.add(machine(4096), aVirtualMachine(7)));

  it('does what was shown, and leaves out what was not, or was shown otherwise', () => {
    expect(only([updated(4096)], update)).toEqual(update);
    for (const shown of [[], [updated(8192)], [{ ...updated(4096), outcome: 'created' }]])
      expect(only(shown, update).changes).toMatchObject([{ action: 'skip', reason: { code: 'not_in_plan' } }]);
  });

  it('leaves a row that nobody saw go where it is, with a warning, as it is nobody`s outcome', () => {
    const current = aCluster(3);
    const removal = planOf((builder) =>
      builder.remove({ kind: 'cluster', key: '1', label: 'lab', current }, { code: 'gone_from_proxmox', message: '' }),
    );
    const left = only([], removal);
    expect([left.changes, left.warnings.map(({ code }) => code)]).toEqual([[], ['not_in_plan']]);
    const shown = { kind: 'cluster', key: '1', label: 'lab', outcome: 'deleted', changes: [] };
    expect(actions(only([shown], removal))).toEqual(['delete']);
  });

  it('keeps what is kept, and writes tasks, backups and snapshots that came since', () => {
    const plan = planOf((builder) => {
      builder.add(machine(2048), aVirtualMachine(7));
      builder.add({ kind: 'backup', key: 'b', label: 'b', fields: { volume_id: 'b' }, rules: {} }, undefined);
    });
    expect(actions(only([], plan))).toEqual(['keep', 'create']);
  });

  it('knows new objects by their keys, whatever ids they got, and texts that name the run', () => {
    const book = new ChangeBook('R9');
    book.note([{ kind: 'cluster', key: '1', label: 'lab', status: 'created', id: 31 }]);
    const plan = planOf((builder) =>
      builder.add({ ...machine(1), fields: { name: 'a', cluster: 31, description: 'by R9' } }, undefined),
    );
    const told = book.fieldsOf(plan.changes[0]!);
    expect(told).toEqual([
      { field: 'name', from: null, to: 'a' },
      { field: 'cluster', from: null, to: 'cluster:1' },
      { field: 'description', from: null, to: 'by (the run)' },
    ]);
    const shown = { kind: 'virtual-machine', key: '1/qemu/100', label: 'web', outcome: 'created', changes: told };
    expect(only([shown], plan, book)).toEqual(plan);
  });
});

describe('what changes are called', () => {
  it('is the same before and after there are ids', () => {
    const book = new ChangeBook('R1');
    book.note([{ kind: 'cluster', key: '1', label: 'lab', status: 'created', id: -5 }]);
    expect(book.keyOf({ kind: 'storage', key: '-5/ceph' })).toBe('cluster:1/ceph');
    expect(book.keyOf({ kind: 'storage', key: '7/ceph' })).toBe('7/ceph');
    expect(book.keyOf({ kind: 'cluster', key: 'netbox--5' })).toBe('1');
    expect(book.keyOf({ kind: 'virtual-machine', key: '-5/x' })).toBe('-5/x');
  });

  it('is without stamps and without what is empty', () => {
    const plan = planOf((builder) =>
      builder.add(
        {
          ...{ kind: 'vm-state', key: 'k', label: 'web' },
          fields: { virtual_machine: ref('virtual-machine', 'k'), last_run_id: 'R1', proxmox_link: '' },
          rules: { last_run_id: 'stamp' },
        },
        undefined,
      ),
    );
    expect(new ChangeBook('R1').fieldsOf(plan.changes[0]!)).toEqual([
      { field: 'virtual_machine', from: null, to: 'virtual-machine:k' },
    ]);
  });
});

describe('differences', () => {
  const compare = (shown: readonly ShownChange[], now: readonly ShownChange[]) =>
    differences(comparedChanges(shown), comparedChanges(now));

  it('are what is new, what is no more, and what has another value', () => {
    expect(compare([updated(1)], [updated(1)])).toEqual([]);
    expect(compare([updated(1)], [])).toMatchObject([{ shown: 'updated', now: null, fields: [] }]);
    expect(compare([], [updated(1)])).toMatchObject([{ shown: null, now: 'updated' }]);
    expect(compare([updated(1)], [updated(2)])).toMatchObject([{ fields: [{ field: 'memory', shown: 1, now: 2 }] }]);
  });

  it('are no new tasks, and nothing that is only left out', () => {
    const task = { ...updated(1), kind: 'task-history', outcome: 'created' };
    expect(compare([], [task, { ...updated(1), outcome: 'skipped' }])).toEqual([]);
  });

  it('tell a row that goes from one of the same key that comes', () => {
    const [gone, made] = ['deleted', 'created'].map((outcome) => ({ ...updated(1), outcome }));
    expect(compare([gone!, made!], [made!])).toMatchObject([{ shown: 'deleted', now: null }]);
  });
});
