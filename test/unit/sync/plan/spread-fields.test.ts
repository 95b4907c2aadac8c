/** What the compiler does not look at: a name that stands in an object only under a condition. */
import { expect, it } from 'vitest';
import { openSource } from '../../../support/source.js';

it('a field that is written only under a condition is one that its object has', () => {
  expect(openSource().strayInSpreads('src/sync/')).toEqual([]);
});
