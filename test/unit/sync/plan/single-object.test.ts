import { describe, expect, it } from 'vitest';
import { findChanges, objectOf, onlyObjects } from '../../../../src/sync/plan/single-object.js';
import { ref } from '../../../../src/sync/plan/support-objects.js';
import type { Change, Desired } from '../../../../src/sync/types.js';
import type { ObjectKind } from '../../../../src/netbox/records/kinds.js';
import { aDesired, aPlan } from '../../../support/factories/sync.js';

const create = (
  kind: ObjectKind,
  key: string,
  fields: Desired['fields'] = {},
  more: Partial<Desired> = {},
): Change => ({
  action: 'create',
  desired: aDesired({ kind, key, label: key, fields, ...more }),
});

/** Two machines on two nodes of one cluster, with what belongs to them. */
const changes: readonly Change[] = [
  create('site', 's'),
  create('cluster', 'lab', { scope_id: ref('site', 's') }),
  create('cluster-state', 'lab', { cluster: ref('cluster', 'lab') }),
  ...['a', 'b'].flatMap((name) => [
    create('device', `node-${name}`, { cluster: ref('cluster', 'lab') }),
    create('device-state', `node-${name}`, { device: ref('device', `node-${name}`) }),
    create('tag', `tag-${name}`),
    create('virtual-machine', name, {
      device: ref('device', `node-${name}`),
      cluster: ref('cluster', 'lab'),
      tags: [1, ref('tag', `tag-${name}`)],
    }),
    create('vm-state', name, { virtual_machine: ref('virtual-machine', name) }),
  ]),
];
const names = (kept: readonly Change[]): string[] =>
  kept.map((change) => `${objectOf(change).kind} ${objectOf(change).key}`);
const only = (kind: ObjectKind, key: string, also: readonly ObjectKind[] = []): string[] => {
  const plan = aPlan(changes);
  return names(
    onlyObjects(
      plan,
      findChanges(plan, (object) => object.kind === kind && object.key === key),
      also,
    ).changes,
  );
};

describe('a plan reduced to one object', () => {
  it('keeps what the object refers to, and the rows about all of these', () => {
    expect(only('virtual-machine', 'a')).toEqual([
      'site s',
      'cluster lab',
      'cluster-state lab',
      'device node-a',
      'device-state node-a',
      'tag tag-a',
      'virtual-machine a',
      'vm-state a',
    ]);
  });

  it('does not keep what refers to the object without being a row about it', () => {
    expect(only('cluster', 'lab')).toEqual(['site s', 'cluster lab', 'cluster-state lab']);
  });

  it('keeps kinds whole that nothing refers to, when told so', () => {
    expect(only('site', 's', ['tag'])).toEqual(['site s', 'tag tag-a', 'tag tag-b']);
  });

  it('never keeps a deletion, not even of the object itself', () => {
    const reason = { code: 'gone_from_proxmox', message: 'gone' } as const;
    const plan = aPlan([{ action: 'delete', kind: 'backup', key: 'x', label: 'x', current: { id: 1 }, reason }]);
    expect(findChanges(plan, () => true)).toEqual([]);
    expect(onlyObjects(plan, [], ['backup']).changes).toEqual([]);
  });

  it('ends where objects refer to each other', () => {
    const plan = aPlan([
      create('device', 'x', { cluster: ref('cluster', 'y') }),
      create('cluster', 'y', { site: ref('device', 'x') }),
    ]);
    expect(names(onlyObjects(plan, plan.changes.slice(0, 1)).changes)).toEqual(['device x', 'cluster y']);
  });
});
