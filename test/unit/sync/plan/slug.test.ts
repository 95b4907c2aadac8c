import { describe, expect, it } from 'vitest';
import { slugify } from '../../../../src/sync/plan/slug.js';

describe('slugs', () => {
  it.each([
    ['Lab', 'lab'],
    ['  My  Cluster_01 ', 'my-cluster-01'],
    ['--a--', 'a'],
    ['Ünï', 'n'],
    ['***', 'empty'],
    ['', 'empty'],
    ['a'.repeat(120), 'a'.repeat(100)],
    [`${'a'.repeat(99)} b`, 'a'.repeat(99)],
  ])('%j becomes %s', (text, expected) => expect(slugify(text, 'empty')).toBe(expected));
});
