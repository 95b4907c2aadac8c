import { describe, expect, it } from 'vitest';
import { findChanges, objectOf, onlyObjects } from '../../../../src/sync/plan/single-object.js';
import { type Change, type Desired, ref } from '../../../../src/sync/types.js';
import type { ObjectKind } from '../../../../src/netbox/kinds/index.js';
import { stored } from '../../../support/factories/netbox-records.js';
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
  create('cluster', 'lab', { scope_type: 'dcim.site', scope_id: ref('site', 's') }),
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
    const plan = aPlan([
      { action: 'delete', kind: 'backup', key: 'x', label: 'x', current: stored('backup', { id: 1 }), reason },
    ]);
    expect(findChanges(plan, () => true)).toEqual([]);
    expect(onlyObjects(plan, [], ['backup']).changes).toEqual([]);
  });

  it('ends where an object and a row about it bring each other along', () => {
    const plan = aPlan([
      create('cluster', 'y'),
      create('cluster-state', 'y', { cluster: ref('cluster', 'y') }),
      create('device', 'x', { cluster: ref('cluster', 'y') }),
    ]);
    expect(names(onlyObjects(plan, plan.changes.slice(1, 2)).changes)).toEqual(['cluster y', 'cluster-state y']);
  });
});
