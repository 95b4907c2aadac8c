import { describe, expect, it } from 'vitest';
import { exceedsLimit, planDeletes, type AbsentRow } from '../../../../src/sync/plan/absence.js';
import { PlanBuilder } from '../../../../src/sync/plan/plan-builder.js';
import type { SyncMode } from '../../../../src/sync/plan/options.js';
import { stored, tagsOf } from '../../../support/factories/netbox-records.js';

const row = (id: number, tags: readonly number[] = []): AbsentRow<'backup'> => ({
  key: `backup-${id}`,
  label: `backup-${id}`,
  current: stored('backup', { id, tags: tagsOf(...tags) }),
});

function plan(
  rows: readonly AbsentRow<'backup'>[],
  changes: { stored?: number; force?: boolean; mode?: SyncMode } = {},
) {
  const builder = new PlanBuilder({ bootstrapOnlyTag: 9 });
  const { stored = 100, force = false, mode = 'always' } = changes;
  const absence = {
    kind: 'backup' as const,
    noun: 'backup',
    endpointId: 1,
    cluster: 'lab',
    limit: { percent: 30, force },
  };
  planDeletes(builder, { ...absence, stored, rows, mode }, () => ({ code: 'gone_from_proxmox', message: 'Gone.' }));
  const { changes: planned, warnings } = builder.build('backups');
  return {
    deleted: planned.map((change) => (change.action === 'delete' ? change.current.id : change.action)),
    warnings: warnings.map(({ code }) => code),
  };
}

const rows = (count: number): readonly AbsentRow<'backup'>[] =>
  Array.from({ length: count }, (_, index) => row(index + 1));

describe('rows that are gone from Proxmox', () => {
  it.each([
    [0, 0, false],
    [10, 10, false],
    [11, 11, true],
    [11, 40, false],
    [30, 100, false],
    [31, 100, true],
  ])('%i of %i: too many at once is %s', (absent, stored, expected) => {
    expect(exceedsLimit(absent, stored, { percent: 30, force: false })).toBe(expected);
  });

  it('go without a limit when the caller says so, or when the limit is 100 %', () => {
    expect(exceedsLimit(50, 50, { percent: 30, force: true })).toBe(false);
    expect(exceedsLimit(50, 50, { percent: 100, force: false })).toBe(false);
    expect(exceedsLimit(50, 50, { percent: 0, force: false })).toBe(true);
  });

  it('are deleted when they are few', () => {
    expect(plan(rows(2))).toEqual({ deleted: [1, 2], warnings: [] });
  });

  it('all stay, with a warning, when they are too many', () => {
    expect(plan(rows(40))).toEqual({ deleted: [], warnings: ['delete_limit'] });
    expect(plan(rows(40), { force: true }).deleted).toHaveLength(40);
  });

  it('stay when they carry the bootstrap-only tag in that mode', () => {
    const tagged = [row(1, [9]), row(2)];
    expect(plan(tagged, { mode: 'bootstrap_only' })).toEqual({ deleted: [2], warnings: [] });
    expect(plan(tagged).deleted).toEqual([1, 2]);
  });
});
