/** docs/promises.md names tests that are there, and every promise names one. */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const rows = readFileSync(`${root}docs/promises.md`, 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('| ') && !/^\| (it never|rule|\*\*)/.test(line));

it('every promise of docs/promises.md names a test', () => {
  expect(rows.length).toBeGreaterThan(10);
  expect(rows.filter((row) => !row.includes('`test/'))).toEqual([]);
});

it('the tests that docs/promises.md names are there', () => {
  const named = rows.flatMap((row) => [...row.matchAll(/`(test\/[^`]+)`/g)].map(([, path = '']) => path));

  expect(named.filter((path) => !existsSync(`${root}${path}`))).toEqual([]);
});

it('the titles that docs/promises.md quotes are titles of those tests', () => {
  const quoted = rows.flatMap((row) => [...row.matchAll(/"(.+)" in `(test\/[^`]+)`/g)]);
  const missing = quoted.filter(([, title = '', path = '']) => !readFileSync(`${root}${path}`, 'utf8').includes(title));

  expect(quoted.length).toBeGreaterThan(40);
  expect(missing.map(([text]) => text)).toEqual([]);
});
