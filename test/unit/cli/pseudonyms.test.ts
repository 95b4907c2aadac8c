/** Pseudonyms of guests in a support bundle. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { guestNamesIn, pseudonymsFor } from '../../../src/cli/pseudonyms.js';

describe('guestNamesIn', () => {
  it('finds names beside VMIDs however deep, and no others', () => {
    const value = [
      {
        lab: [
          { vmid: 100, name: 'web' },
          { vmid: '101', name: '' },
          { node: 'pve1', name: 'pve1' },
        ],
      },
    ];

    expect(guestNamesIn(value)).toEqual(['web']);
  });
});

describe('pseudonymsFor', () => {
  const names = pseudonymsFor(['web', 'web-2', 'Db', 'status']);

  it('takes whole words, the longest first, in whatever case', () => {
    expect(names.inText('WEB and web-2, web.example.com, webmail, my-web: db')).toBe(
      'guest-3 and guest-4, guest-3.example.com, webmail, my-web: guest-1',
    );
  });

  it('leaves the names of fields as they are', () => {
    expect(names.inValue({ status: 'status', list: [{ web: 'web' }, 3, null] })).toEqual({
      status: 'guest-2',
      list: [{ web: 'guest-3' }, 3, null],
    });
  });

  it('leaves no name as a word of its own, and texts without names alone', () => {
    const word = fc.stringMatching(/^[a-z][a-z0-9.-]{1,8}[a-z0-9]$/).filter((text) => !/guest|\d$/.test(text));
    fc.assert(
      fc.property(fc.uniqueArray(word, { minLength: 1, maxLength: 5 }), (guests) => {
        const text = pseudonymsFor(guests).inText(`"${guests.join('" "')}"`);
        expect(text.split(' ')).toHaveLength(guests.length);
        expect(text).toMatch(/^("guest-\d+" ?)+$/);
      }),
    );
    expect(pseudonymsFor([]).inText('web')).toBe('web');
  });
});
