import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const page = readFileSync('docs/reliability.md', 'utf8');
const rows = page.split('\n').filter((line) => /^\| [FLS]\d+ \|/.test(line));

describe('docs/reliability.md', () => {
  it('has a row for every fault, load and control', () => {
    const named = new Set(rows.map((row) => row.split('|')[1]?.trim()));
    const all = [
      ...Array.from({ length: 30 }, (_, n) => `F${n + 1}`),
      ...Array.from({ length: 8 }, (_, n) => `L${n + 1}`),
      ...Array.from({ length: 18 }, (_, n) => `S${n + 1}`),
    ];
    expect([...named]).toEqual(all);
  });

  it('names tests that exist, and says so where there is none', () => {
    const paths = [...page.matchAll(/`(test\/[^`]+)`/g)].map(([, path]) => path ?? '');
    expect(paths.length).toBeGreaterThan(60);
    expect(paths.filter((path) => !existsSync(path))).toEqual([]);
    const untested = rows.filter((row) => !row.includes('`test/'));
    expect(untested.filter((row) => !/not tried|by configuration|see crashes below/.test(row))).toEqual([]);
  });
});
