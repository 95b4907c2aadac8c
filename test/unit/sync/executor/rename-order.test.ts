import { describe, expect, it } from 'vitest';
import { textOf } from '../../../../src/netbox/kinds/values.js';
import { orderRenames, type Rename } from '../../../../src/sync/executor/rename-order.js';
import { stored } from '../../../support/factories/netbox-records.js';

function aRename(id: number, from: string, to: string | undefined, cluster = 1): Rename {
  return {
    item: { id, body: to === undefined ? { memory: 1 } : { name: to } },
    current: stored('virtual-machine', { id, name: from, cluster: { id: cluster } }),
  };
}

function passes(...renames: readonly Rename[]): readonly (readonly string[])[] {
  return orderRenames(renames).map((pass) => pass.map(({ id, body }) => `${id}:${textOf(body.name ?? '-')}`));
}

describe('passes of renames', () => {
  it.each<[string, readonly Rename[], readonly (readonly string[])[]]>([
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
    const [[parked] = []] = orderRenames([aRename(1, 'a'.repeat(64), 'b'), aRename(2, 'b', 'a'.repeat(64))]);
    expect(textOf(parked?.body.name).length).toBeLessThanOrEqual(64);
  });

  it('are one pass across machines: interfaces are named within theirs', () => {
    const ofMachine = (id: number, from: string, to: string): Rename => ({
      item: { id, body: { name: to } },
      current: stored('vm-interface', { id, name: from, virtual_machine: { id } }),
    });
    expect(passes(ofMachine(1, 'net0', 'net1'), ofMachine(2, 'net1', 'net0'))).toEqual([['1:net1', '2:net0']]);
  });

  it('see the cluster that the object moves to', () => {
    const mover: Rename = {
      item: { id: 1, body: { name: 'b', cluster: 2 } },
      current: stored('virtual-machine', { id: 1, name: 'a', cluster: { id: 1 } }),
    };
    expect(passes(mover, aRename(2, 'b', 'c', 2))).toEqual([['2:c'], ['1:b']]);
  });
});
