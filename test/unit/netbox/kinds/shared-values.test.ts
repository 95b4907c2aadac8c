/** Equal values of very many rows, kept once. */
import { describe, expect, it } from 'vitest';
import { createSharing } from '../../../../src/netbox/kinds/shared-values.js';

const tags = () => [
  { id: 1, slug: 'proxbox' },
  { id: 2, slug: 'prod' },
];

describe('sharing the values of a field', () => {
  it('answers the first of equal lists of tags', () => {
    const share = createSharing('tags');
    const first = tags();

    expect(share(first)).toBe(first);
    expect(share(tags())).toBe(first);
  });

  it('tells a renamed tag, another order and another number of tags apart', () => {
    const share = createSharing('tags');
    share(tags());
    const others = [[{ id: 1, slug: 'renamed' }, tags()[1]], tags().reverse(), tags().slice(1), []];

    for (const other of others) expect(share(other)).toBe(other);
  });

  it.each(['text', 'choice', 'content-type', 'number', 'json'] as const)(
    'leaves every value of %s as it is',
    (type) => {
      const share = createSharing(type);
      const values = ['', 'active', 'x'.repeat(1000), null, 7, { a: 1 }, 'active'];

      expect(values.map(share)).toEqual(values);
    },
  );

  it('goes on where a field has more different values than it keeps', () => {
    const share = createSharing('text');

    for (let n = 0; n < 3000; n += 1) expect(share(`host${n}`)).toBe(`host${n}`);
    expect(share('host0')).toBe('host0');
  });

  it('keeps what is shared from being changed', () => {
    const shared = createSharing('tags')(tags());

    expect(Object.isFrozen(shared)).toBe(true);
  });
});
