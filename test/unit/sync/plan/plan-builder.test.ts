import { describe, expect, it } from 'vitest';
import { PlanBuilder } from '../../../../src/sync/plan/plan-builder.js';
import { ref } from '../../../../src/sync/types.js';
import { aCluster, aVirtualMachine, tagsOf } from '../../../support/factories/netbox-records.js';
import { aDesired } from '../../../support/factories/sync.js';

describe('building a plan', () => {
  const desired = aDesired({ fields: { memory: 5 } });

  it('creates what is not there, updates what differs, keeps what is equal', () => {
    const builder = new PlanBuilder();
    expect(builder.add(aDesired({ key: 'a' }), undefined)).toBe('create');
    expect(builder.add({ ...desired, key: 'b' }, aVirtualMachine(2, { memory: 4 }))).toBe('update');
    expect(builder.add({ ...desired, key: 'c' }, aVirtualMachine(3, { memory: 5 }))).toBe('keep');
  });

  it('knows what exists, so that later objects compare their relations by id', () => {
    const builder = new PlanBuilder({ known: new Map([['tag:proxbox', 1]]) });
    builder.add(aDesired({ kind: 'cluster', key: '1' }), aCluster(7));
    expect(builder.known.get('cluster:1')).toBe(7);
    const vm = aDesired({ fields: { cluster: ref('cluster', '1') } });
    expect(builder.add(vm, aVirtualMachine(2, { cluster: { id: 7 } }))).toBe('keep');
    expect([builder.has('tag', 'proxbox'), builder.has('cluster', '1'), builder.has('cluster', '2')]).toEqual([
      true,
      true,
      false,
    ]);
  });

  it('skips the second object of one key and says so', () => {
    const builder = new PlanBuilder();
    builder.add(desired, undefined);
    expect(builder.add(desired, undefined)).toBe('skip');
    expect(builder.build('virtual-machines').changes[1]).toMatchObject({
      action: 'skip',
      reason: { code: 'duplicate' },
    });
  });

  it('refuses a second change of one NetBox object, so that two sources do not overwrite each other', () => {
    const builder = new PlanBuilder();
    builder.add({ ...desired, key: 'a', label: 'a' }, aVirtualMachine(2, { memory: 4 }));
    expect(builder.add({ ...desired, key: 'b', label: 'b' }, aVirtualMachine(2, { memory: 4 }))).toBe('refuse');
    expect(builder.build('virtual-machines').changes[1]).toMatchObject({
      action: 'refuse',
      reason: { code: 'duplicate' },
    });
  });

  it('lets two sources share a NetBox object that neither changes', () => {
    const builder = new PlanBuilder();
    builder.add({ ...desired, key: 'a' }, aVirtualMachine(2, { memory: 5 }));
    expect(builder.add({ ...desired, key: 'b' }, aVirtualMachine(2, { memory: 5 }))).toBe('keep');
  });

  it.each([
    ['bootstrap_only', [9], 'skip'],
    ['bootstrap_only', [1], 'update'],
    ['always', [9], 'update'],
  ] as const)('in mode %s with the tags %j it decides %s', (mode, tags, expected) => {
    const builder = new PlanBuilder({ bootstrapOnlyTag: 9 });
    expect(builder.add(desired, aVirtualMachine(2, { memory: 4, tags: tagsOf(...tags) }), { mode })).toBe(expected);
    expect(builder.known.get('virtual-machine:web01')).toBe(2);
  });

  it('updates in mode bootstrap_only when NetBox has no such tag', () => {
    const current = aVirtualMachine(2, { memory: 4, tags: tagsOf(9) });
    expect(new PlanBuilder().add(desired, current, { mode: 'bootstrap_only' })).toBe('update');
  });

  it('keeps an object of which nothing but the id was read, and knows it', () => {
    const builder = new PlanBuilder();
    builder.keep({ kind: 'task-history', key: 'UPID:1', label: 'start' }, 7);
    expect(builder.build('task-history').changes).toEqual([
      { action: 'keep', desired: { kind: 'task-history', key: 'UPID:1', label: 'start', fields: {}, rules: {} } },
    ]);
    expect(builder.known.get('task-history:UPID:1')).toBe(7);
    expect(builder.has('task-history', 'UPID:1')).toBe(true);
  });

  it('adds up what was discovered, per kind', () => {
    const builder = new PlanBuilder();
    builder.discovered('device', 2);
    builder.discovered('device', 3);
    builder.discovered('cluster', 1);
    expect([...builder.build('devices').discovered]).toEqual([
      ['device', 5],
      ['cluster', 1],
    ]);
  });
});
