/** Sentences about several objects name them all, at most twenty, then a count: they go through `nameList` and `counted`. */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { counted, nameList, quotedList } from '../../src/values/short-text.js';

const folder = 'src/sync';
const files = readdirSync(folder, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map(({ parentPath, name }) => `${parentPath}/${name}`)
  .sort();

/** Names put into a text by hand. */
const byHand = /\.join\((?:'[^']* [^']*'|"[^"]* [^"]*"|`[^`]* [^`]*`)\)/;
/** A number of things in a text. */
const number = /\$\{[^}]*\.(?:length|size)\b/;

/** What is no sentence about objects: file, and what stands in such lines. */
const others: readonly (readonly [string, RegExp])[] = [
  // How far a run is.
  ['stages/backups/collect.ts', /Read \$\{done\} of/],
  ['stages/snapshots/collect.ts', /Read the snapshots of \$\{done\} of/],
  ['stages/task-history/archives.ts', /Read \$\{done\} of/],
  ['stages/ip-addresses/collect.ts', /Asked \$\{done\} of/],
  ['collect/guest-config.ts', /Read \$\{done\} of/],
  ['step-frames.ts', /Discovered/],
  ['runner.ts', /VM\(s\)|sync_mode_/],
  // The numbers of a stage or run, whose objects were told one by one.
  ['stage-frames.ts', /parts\.join|field/],
  ['run-end.ts', /parts|problems\.length/],
  ['run-finish.ts', /numbers/],
  ['problem-frames.ts', /names each of them|group\.problems|part !== ''|further reasons/],
  // Summaries of groups, each of which counts and names its objects.
  ['problems.ts', /texts\.join/],
  // Values that a request may have.
  ['request.ts', /choices|syncModes/],
  // No text for people.
  ['plan/names.ts', /maxLength/],
  ['executor/outcome-book.ts', /outcomes\.size/],
];

const isOther = (file: string, line: string): boolean =>
  others.some(([name, pattern]) => file === `${folder}/${name}` && pattern.test(line));

describe('a sentence about several objects', () => {
  it('has neither a list nor a number of them that was put in by hand', () => {
    const found = files.flatMap((file) =>
      readFileSync(file, 'utf8')
        .split('\n')
        .map((line, index) => ({ line: line.trim(), place: `${file}:${index + 1}` }))
        .filter(({ line }) => byHand.test(line) || number.test(line))
        .filter(({ line }) => !isOther(file, line) && !/nameList\(|counted\(/.test(line))
        .map(({ line, place }) => `${place} ${line}`),
    );

    expect(found).toEqual([]);
  });

  it.each(others)('is none in %s: the exception is still one', (name, pattern) => {
    const lines = readFileSync(`${folder}/${name}`, 'utf8').split('\n');

    expect(lines.filter((line) => (byHand.test(line) || number.test(line)) && pattern.test(line))).not.toEqual([]);
  });

  it.each([
    ["names.join(', ')", '`${rows.length} rows are gone`'],
    ['guests.map(nameOf).join(" and ")', '`They are ${all.size}.`'],
  ])('would be found: %s, %s', (list, count) => {
    expect([byHand.test(list), number.test(count)]).toEqual([true, true]);
  });

  it('names twenty and counts the rest, in one way', () => {
    const names = Array.from({ length: 22 }, (_, n) => `vm${n}`);
    const twenty = names.slice(0, 20).join(', ');

    expect(nameList(names)).toBe(`${twenty} and 2 more`);
    expect(counted('virtual machine', names)).toBe(`22 virtual machines (${twenty} and 2 more)`);
    expect(counted('backup', ['a'])).toBe('1 backup (a)');
    expect(counted('backup', [])).toBe('0 backups');
    expect(quotedList(['a', 'b'])).toBe('"a", "b"');
    expect(nameList(['a, b', 'c'], { separator: '; ' })).toBe('a, b; c');
  });
});
