/** What is remembered of objects that NetBox did not let the token create. */
import { expect, it } from 'vitest';
import { createForbiddenStore } from '../../../src/sync/forbidden.js';

it('what is learned about two objects of a kind at once is remembered of both', async () => {
  const forbidden = createForbiddenStore().open('token', { mayCreate: () => Promise.resolve(true) });
  const one = { kind: 'tag', key: 'one' } as const;
  const other = { kind: 'tag', key: 'other' } as const;

  await Promise.all([forbidden.remember(one, 'not this'), forbidden.remember(other, 'not that')]);

  expect([one, other].map((object) => forbidden.why(object))).toEqual(['not this', 'not this']);
  expect(forbidden.probe([one, other])).toEqual(one);
});

it('NetBox is asked about a kind once, however many are refused one after another', async () => {
  let asked = 0;
  const mayCreate = () => Promise.resolve((asked += 1) === 0);
  const forbidden = createForbiddenStore().open('token', { mayCreate });
  for (const key of ['one', 'two', 'three']) await forbidden.remember({ kind: 'tag', key }, 'none');

  expect(asked).toBe(1);
  expect(forbidden.why({ kind: 'tag', key: 'four' })).toBe('none');
});
