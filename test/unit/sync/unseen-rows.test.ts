/** How long it is remembered that NetBox has a row which the token may not view. */
import { expect, it } from 'vitest';
import { UnseenRows } from '../../../src/sync/unseen-rows.js';
import type { Reason } from '../../../src/sync/types.js';

const reason: Reason = { code: 'row_hidden', message: 'NetBox has it.' };
const dayMs = 86_400_000;

it('a row that may not be viewed is tried again after a day, as nobody tells when it is deleted', () => {
  let nowMs = 0;
  const rows = new UnseenRows({ monotonicMs: () => nowMs });
  rows.remember('manufacturer', 'proxmox', reason);

  nowMs = dayMs - 1;
  expect(rows.why('manufacturer', 'proxmox')).toBe(reason);
  expect(rows.why('manufacturer', 'other')).toBeUndefined();
  nowMs = dayMs;
  expect(rows.why('manufacturer', 'proxmox')).toBeUndefined();
});

it('what a kind has is forgotten, and of no other kind', () => {
  const rows = new UnseenRows({ monotonicMs: () => 0 });
  rows.remember('tag', 'one', reason);
  rows.remember('storage', 'one', reason);

  rows.forget('tag');

  expect(rows.why('tag', 'one')).toBeUndefined();
  expect(rows.why('storage', 'one')).toBe(reason);
});
