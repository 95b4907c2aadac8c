import { describe, expect, it } from 'vitest';
import { asciiJson } from '../../../src/values/ascii-json.js';
import { nameList, shortText, textLength } from '../../../src/values/short-text.js';
import { closingSummaries } from '../../../src/sync/problem-frames.js';
import { errorGroup, groupProblems, type Problem } from '../../../src/sync/problems.js';
import { reasonCodes, type ReasonCode } from '../../../src/sync/reasons.js';

const codes = Object.keys(reasonCodes) as ReasonCode[];

function problem(code: ReasonCode, label: string, changes: Partial<Problem> = {}): Problem {
  const subject = { kind: 'virtual-machine' as const, label };
  return { code, message: `${label}: why.`, phase: 'virtual-machines', subject, hasFailed: false, ...changes };
}

describe('groups of problems', () => {
  it('tell failures before what was not read, however often that was', () => {
    const groups = groupProblems([
      ...['a', 'b', 'c'].map((name) => problem('node_offline', name)),
      problem('rejected', 'd', { hasFailed: true }),
      ...['e', 'f'].map((name) => problem('name_conflict', name, { hasFailed: true })),
    ]);
    expect(groups.map(({ code, problems }) => [code, problems.length])).toEqual([
      ['name_conflict', 2],
      ['rejected', 1],
      ['node_offline', 3],
    ]);
  });

  it('tell the cause before what only followed from it, however much that was', () => {
    const groups = groupProblems([
      problem('node_offline', 'a'),
      ...['b', 'c'].map((name) => problem('dependency_failed', name, { hasFailed: true })),
      problem('forbidden', 'd', { hasFailed: true }),
    ]);
    expect(groups.map(({ code }) => code)).toEqual(['forbidden', 'dependency_failed', 'node_offline']);
  });

  it('stay within a frame of 560 characters, whatever the names and sentences are', () => {
    const odd = ['x'.repeat(300), '🦄'.repeat(200), 'äöü\u2028\u0000"\\'.repeat(60)];
    for (const code of codes) {
      const problems = odd.map((name) => problem(code, name));
      const [group] = groupProblems(problems);
      expect(asciiJson(errorGroup(group!)).length, code).toBeLessThanOrEqual(560);
      for (const { data } of closingSummaries('virtual-machines', [], problems))
        expect(asciiJson(data).length, code).toBeLessThanOrEqual(560);
    }
  });

  it('give three sentences to the end of a run, and no more', () => {
    const problems = codes.slice(0, 8).map((code) => problem(code, code));
    expect(closingSummaries('x', [], problems)).toHaveLength(3);
    expect(closingSummaries('x', [], [])).toEqual([]);
  });

  it('leave out no reason: the third names what is left, and a third one alone has its own sentence', () => {
    const failed = { hasFailed: true };
    const problems = [
      ...['a', 'b'].map((name) => problem('rejected', name, failed)),
      problem('custom_field_required', 'c', failed),
      ...['d', 'e', 'f', 'g'].map((name) => problem('guest_undescribed', name)),
    ];
    const messages = (all: readonly Problem[]) =>
      closingSummaries('x', [], all).map(({ data }) => ('message' in data ? data.message : ''));
    const first = ['rejected (2): a, b. a: why.', 'custom_field_required (1): c. c: why.'];

    expect(messages(problems)).toEqual([...first, 'guest_undescribed (4): d, e, f and 1 more. d: why.']);
    expect(messages([...problems, problem('node_offline', 'h')])).toEqual([
      ...first,
      'guest_undescribed (4): d, e, f and 1 more. node_offline (1): h.',
    ]);
  });
});

describe('lists of names', () => {
  it('name all of them up to twenty, and count the rest', () => {
    const names = Array.from({ length: 23 }, (_, index) => `vm${index}`);
    expect(nameList(names.slice(0, 20))).toBe(names.slice(0, 20).join(', '));
    expect(nameList(names)).toBe(`${names.slice(0, 20).join(', ')} and 3 more`);
    expect(nameList(['one'], { most: 3 })).toBe('one');
  });
});

describe('a short text', () => {
  it.each(['short', 'x'.repeat(99), '🏳️‍🌈'.repeat(30), '\u0000\u2028'.repeat(40)])(
    '%# has no more than its length',
    (text) => {
      const cut = shortText(text, 50);
      expect(textLength(cut)).toBeLessThanOrEqual(50);
      expect(text.length <= 50 && text.startsWith('short') ? cut : cut.endsWith('…')).toBeTruthy();
    },
  );
});
