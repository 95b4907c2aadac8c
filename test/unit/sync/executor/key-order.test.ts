import { describe, expect, it } from 'vitest';
import type { ObjectKind } from '../../../../src/netbox/kinds/index.js';
import { textOf } from '../../../../src/netbox/kinds/values.js';
import { orderByKeys, type Update } from '../../../../src/sync/executor/key-order.js';
import { stored } from '../../../support/factories/netbox-records.js';

function aRename(id: number, from: string, to: string | undefined, cluster = 1): Update {
  return {
    item: { id, body: to === undefined ? { memory: 1 } : { name: to } },
    current: stored('virtual-machine', { id, name: from, cluster: { id: cluster } }),
  };
}

function passes(...renames: readonly Update[]): readonly (readonly string[])[] {
  return passesOf('virtual-machine', ...renames);
}

function passesOf(kind: ObjectKind, ...renames: readonly Update[]): readonly (readonly string[])[] {
  return orderByKeys(kind, renames).map((pass) => pass.map(({ id, body }) => `${id}:${textOf(body.name ?? '-')}`));
}

describe('passes of renames', () => {
  it.each<[string, readonly Update[], readonly (readonly string[])[]]>([
    ['none without updates', [], []],
    ['one where no name is in the way', [aRename(1, 'a', 'x'), aRename(2, 'b', undefined)], [['1:x', '2:-']]],
    ['two for a chain', [aRename(1, 'a', 'b'), aRename(2, 'b', 'c')], [['2:c'], ['1:b']]],
    ['three for a swap', [aRename(1, 'a', 'b'), aRename(2, 'b', 'a')], [['1:a (renaming 1)'], ['2:a'], ['1:b']]],
    ['one for a change of case', [aRename(1, 'a', 'A')], [['1:A']]],
    ['one across clusters', [aRename(1, 'a', 'b', 1), aRename(2, 'b', 'a', 2)], [['1:b', '2:a']]],
    [
      'one parking place for a ring of three',
      [aRename(1, 'a', 'b'), aRename(2, 'b', 'c'), aRename(3, 'c', 'a')],
      [['1:a (renaming 1)'], ['3:a'], ['2:c'], ['1:b']],
    ],
  ])('%s', (_what, renames, expected) => expect(passes(...renames)).toEqual(expected));

  it('park long names within the limit of NetBox', () => {
    const [[parked] = []] = orderByKeys('virtual-machine', [
      aRename(1, 'a'.repeat(64), 'b'),
      aRename(2, 'b', 'a'.repeat(64)),
    ]);
    expect(textOf(parked?.body.name).length).toBeLessThanOrEqual(64);
  });

  it('are one pass across machines: interfaces are named within theirs', () => {
    const ofMachine = (id: number, from: string, to: string): Update => ({
      item: { id, body: { name: to } },
      current: stored('vm-interface', { id, name: from, virtual_machine: { id } }),
    });
    expect(passesOf('vm-interface', ofMachine(1, 'net0', 'net1'), ofMachine(2, 'net1', 'net0'))).toEqual([
      ['1:net1', '2:net0'],
    ]);
  });

  it('see the cluster that the object moves to', () => {
    const mover: Update = {
      item: { id: 1, body: { name: 'b', cluster: 2 } },
      current: stored('virtual-machine', { id: 1, name: 'a', cluster: { id: 1 } }),
    };
    expect(passes(mover, aRename(2, 'b', 'c', 2))).toEqual([['2:c'], ['1:b']]);
  });

  it('see the site and tenant of devices, not their cluster', () => {
    const device = (id: number, name: string, to: string, more: object = {}): Update => ({
      item: { id, body: { name: to } },
      current: stored('device', { id, name, site: { id: 1 }, cluster: { id }, ...more }),
    });
    expect(passesOf('device', device(1, 'a', 'b'), device(2, 'b', 'c'))).toEqual([['2:c'], ['1:b']]);
    expect(passesOf('device', device(1, 'a', 'b'), device(2, 'b', 'c', { tenant: { id: 7 } }))).toEqual([
      ['1:b', '2:c'],
    ]);
  });
});

describe('passes of what else is unique', () => {
  const bodies = (kind: ObjectKind, ...updates: readonly Update[]) =>
    orderByKeys(kind, updates).map((pass) => pass.map(({ id, body }) => ({ id, ...body })));

  it('empty a relation while two rows swap theirs, and take no empty one for taken', () => {
    const row = (id: number, from: number | null, to: number | null): Update => ({
      item: { id, body: { vm_interface: to } },
      current: stored('guest-vm-interface', {
        id,
        name: `ens${id}`,
        virtual_machine: { id: 1 },
        vm_interface: from === null ? null : { id: from },
      }),
    });
    expect(bodies('guest-vm-interface', row(1, 8, 9), row(2, 9, 8))).toEqual([
      [{ id: 1, vm_interface: null }],
      [{ id: 2, vm_interface: 8 }],
      [{ id: 1, vm_interface: 9 }],
    ]);
    expect(bodies('guest-vm-interface', row(1, 8, null), row(2, 9, null), row(3, null, 8))).toEqual([
      [
        { id: 1, vm_interface: null },
        { id: 2, vm_interface: null },
      ],
      [{ id: 3, vm_interface: 8 }],
    ]);
  });

  it('bring back what was parked where the update says nothing of it', () => {
    const row = (id: number, from: number, to: number): Update => ({
      item: { id, body: { endpoint: to } },
      current: stored('replication', { id, replication_id: '100-0', endpoint: { id: from } }),
    });
    expect(bodies('replication', row(1, 1, 2), row(2, 2, 1))).toEqual([
      [{ id: 1, replication_id: '100-0 (renaming 1)' }],
      [{ id: 2, endpoint: 1 }],
      [{ id: 1, replication_id: '100-0', endpoint: 2 }],
    ]);
  });

  it('are one where nothing of a key is written, and where nothing can be parked', () => {
    const link = (id: number, body: object): Update => ({
      item: { id, body: { ...body } },
      current: stored('guest-vm-interface-address', { id, guest_interface: { id: 1 }, ip_address: { id } }),
    });
    expect(bodies('guest-vm-interface-address', link(1, {}), link(2, {}))).toHaveLength(1);
    expect(bodies('guest-vm-interface-address', link(1, { ip_address: 2 }), link(2, { ip_address: 1 }))).toHaveLength(
      1,
    );
  });
});
