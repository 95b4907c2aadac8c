/** What becomes of tags: as Proxmox stores them, and nothing is lost that was not asked for. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { areSameTags, checkedChange, wantedTags } from '../../../src/verbs/tag-change.js';

const style = { isCaseSensitive: false, keepsOrder: false };
const sensitive = { isCaseSensitive: true, keepsOrder: false };
const ordered = { isCaseSensitive: false, keepsOrder: true };

describe('a changed list of tags', () => {
  it.each([
    ['adds behind what is there', { add: ['new'], remove: [] }, ['db', 'web'], style, ['db', 'web', 'new']],
    ['takes one away in any case', { add: [], remove: ['WEB'] }, ['db', 'Web'], style, ['db']],
    [
      'takes only the case that was named',
      { add: [], remove: ['WEB'] },
      ['db', 'web', 'WEB'],
      sensitive,
      ['db', 'web'],
    ],
    ['keeps the spelling that is there', { add: ['web'], remove: [] }, ['Web'], style, ['Web']],
    ['knows two cases apart', { add: ['web'], remove: [] }, ['Web'], sensitive, ['Web', 'web']],
    ['adds once', { add: ['a', 'A', 'a'], remove: [] }, ['b', 'b'], style, ['b', 'a']],
  ] as const)('%s', (_name, change, current, how, wanted) => {
    expect(wantedTags({ kind: 'change', ...change }, current, how)).toEqual(wanted);
  });

  it('loses no tag that is not named, and has every tag that is', () => {
    const tag = fc.constantFrom('a', 'A', 'b', 'B', 'c', 'd', 'e-1', 'E-1');
    const tags = fc.array(tag, { maxLength: 6 });
    const styles = fc.record({ isCaseSensitive: fc.boolean(), keepsOrder: fc.boolean() });
    fc.assert(
      fc.property(tags, tags, tags, styles, (current, add, remove, how) => {
        const key = (text: string): string => (how.isCaseSensitive ? text : text.toLowerCase());
        const keys = wantedTags({ kind: 'change', add, remove }, current, how).map(key);
        const untouched = current.map(key).filter((one) => !remove.map(key).includes(one));

        expect(new Set(keys)).toEqual(new Set([...untouched, ...add.map(key)]));
        expect(keys).toHaveLength(new Set(keys).size);
      }),
    );
  });
});

describe('a replaced list of tags', () => {
  it('has those and no others, in the spelling that is there', () => {
    expect(wantedTags({ kind: 'replace', tags: ['new', 'web', 'NEW'] }, ['Web', 'db'], style)).toEqual(['new', 'Web']);
    expect(wantedTags({ kind: 'replace', tags: [] }, ['Web', 'db'], style)).toEqual([]);
  });
});

describe('equal tags', () => {
  it.each([
    [['a', 'b'], ['b', 'a'], style, true],
    [['a', 'b'], ['b', 'a'], ordered, false],
    [['A'], ['a'], style, true],
    [['A'], ['a'], sensitive, false],
    [['a', 'a'], ['a'], style, true],
    [['a'], [], style, false],
  ] as const)('%j and %j with %j: %s', (left, right, how, isSame) => {
    expect(areSameTags(left, right, how)).toBe(isSame);
  });
});

describe('a change as it was sent', () => {
  it('is without blanks and empty tags', () => {
    expect(checkedChange({ kind: 'replace', tags: [' web ', '', 'a+b.c-d_e', '_x', '9'] })).toEqual({
      kind: 'replace',
      tags: ['web', 'a+b.c-d_e', '_x', '9'],
    });
  });

  it.each(['a;b', 'a b', '-a', '.a', 'ä', 'a/b', 'a,b', "a'b", 'a\nb'])('is refused with the tag %j', (tag) => {
    for (const change of [
      { kind: 'replace', tags: ['ok', tag] },
      { kind: 'change', add: [tag], remove: [] },
      { kind: 'change', add: [], remove: [tag] },
    ] as const)
      expect(() => checkedChange(change)).toThrow(expect.objectContaining({ code: 'invalid_tag' }));
  });

  it('is refused when a tag is to be added and removed', () => {
    expect(() => checkedChange({ kind: 'change', add: ['a'], remove: ['b', 'a'] })).toThrow(
      "'a' stands in 'add' and in 'remove'.",
    );
  });
});
