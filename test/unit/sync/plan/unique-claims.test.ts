import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { refusedClaims, type Claim } from '../../../../src/sync/plan/unique-claims.js';

const claim = (owner: string, has: string | undefined, wants: string): Claim<string> => ({ owner, has, wants });
const refused = (claims: readonly Claim<string>[], held: Readonly<Record<string, string>> = {}): readonly string[] =>
  [...refusedClaims(claims, new Map(Object.entries(held)))].map(([{ owner }, other]) => `${owner} by ${other}`);

describe('claims on unique keys', () => {
  it.each<[string, readonly Claim<string>[], Readonly<Record<string, string>>, readonly string[]]>([
    ['of rows that stay are granted', [claim('a', '1', '1'), claim('b', '2', '2')], {}, []],
    ['on what another row leaves are granted, in any order', [claim('a', '1', '2'), claim('b', '2', '3')], {}, []],
    ['of a new row on what another one leaves are granted', [claim('a', undefined, '1'), claim('b', '1', '2')], {}, []],
    ['that swap are granted', [claim('a', '1', '2'), claim('b', '2', '1')], {}, []],
    ['on what a row keeps are refused', [claim('a', '1', '2'), claim('b', '2', '2')], {}, ['a by b']],
    ['on what a row beyond them has are refused', [claim('a', undefined, '1')], { 1: 'other' }, ['a by other']],
    ['of two on one key: the first counts', [claim('a', undefined, '1'), claim('b', undefined, '1')], {}, ['b by a']],
    [
      'on what a refused one keeps after all are refused as well',
      [claim('c', undefined, '1'), claim('a', '1', '2')],
      { 2: 'other' },
      ['a by other', 'c by a'],
    ],
  ])('%s', (_what, claims, held, expected) => expect(refused(claims, held)).toEqual(expected));

  it('leave every key with one row, whatever is claimed', () => {
    const key = fc.nat({ max: 4 }).map(String);
    const rows = fc.uniqueArray(fc.record({ has: fc.option(key, { nil: undefined }), wants: key }), {
      selector: ({ has }) => has ?? {},
      maxLength: 6,
    });
    fc.assert(
      fc.property(rows, (wishes) => {
        const claims = wishes.map(({ has, wants }, n) => claim(`row${n}`, has, wants));
        const no = refusedClaims(claims, new Map());
        const ends = claims.flatMap((one) => (no.has(one) ? (one.has ?? []) : one.wants));
        expect(new Set(ends).size).toBe(ends.length);
      }),
    );
  });
});
