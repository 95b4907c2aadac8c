/** What is remembered of objects that NetBox did not let the token add, change or delete. */
import { expect, it } from 'vitest';
import type { WriteAction } from '../../../src/netbox/actions.js';
import { createForbiddenStore } from '../../../src/sync/forbidden.js';

const aTag = (key: string) => ({ kind: 'tag', key }) as const;

it('what is learned about two objects of a kind at once is remembered of both', async () => {
  const forbidden = createForbiddenStore().open('token', { may: () => Promise.resolve(true) });
  const [one, other] = [aTag('one'), aTag('other')];

  await Promise.all([forbidden.remember('add', one, 'not this'), forbidden.remember('add', other, 'not that')]);

  expect([one, other].map((object) => forbidden.why('add', object))).toEqual(['not this', 'not this']);
  expect(forbidden.probe('add', [one, other])).toEqual(one);
});

it('NetBox is asked about a kind once, however many are refused one after another', async () => {
  let asked = 0;
  const may = () => Promise.resolve((asked += 1) === 0);
  const forbidden = createForbiddenStore().open('token', { may });
  for (const key of ['one', 'two', 'three']) await forbidden.remember('add', aTag(key), 'none');

  expect(asked).toBe(1);
  expect(forbidden.why('add', aTag('four'))).toBe('none');
});

it('what is forbidden of one action says nothing of the others', async () => {
  const forbidden = createForbiddenStore().open('token', { may: () => Promise.resolve(false) });

  await forbidden.remember('change', aTag('one'), 'no');

  const actions = ['add', 'change', 'delete'] as const;
  expect(actions.map((action) => forbidden.why(action, aTag('one')))).toEqual([undefined, 'no', undefined]);
});

it('a permission is about all kinds that are stored at one path, and NetBox is asked about it once', async () => {
  const asked: (readonly [WriteAction, string])[] = [];
  const granted = new Set<string>();
  const may = (action: WriteAction, path: string) => {
    asked.push([action, path]);
    return Promise.resolve(granted.has(action));
  };
  const store = createForbiddenStore();
  await store.open('token', { may }).remember('change', { kind: 'machine-mark', key: '7' }, 'no');

  const next = store.open('token', { may });
  await next.review();
  expect(next.why('change', { kind: 'virtual-machine', key: '8' })).toBe('no');

  granted.add('change');
  await next.review();
  expect(next.why('change', { kind: 'virtual-machine', key: '8' })).toBeUndefined();
  const machines = ['change', '/api/virtualization/virtual-machines/'] as const;
  expect(asked).toEqual([machines, machines, machines]);
  await next.review();
  expect(asked).toHaveLength(3);
});

it('NetBox tells nothing of deletions: each row is remembered, and one is tried in a run, in turn', async () => {
  const store = createForbiddenStore();
  const client = { may: () => Promise.resolve(undefined) };
  const rows = ['1', '2'].map((key) => ({ kind: 'snapshot', key }) as const);
  const first = store.open('token', client);
  for (const row of rows) await first.remember('delete', row, 'no');

  const probes = [1, 2, 3].map(() => {
    const run = store.open('token', client);
    const due = run.probe('delete', rows);
    expect(run.probe('delete', rows)).toBeUndefined();
    return due?.key;
  });
  expect(probes).toEqual(['1', '2', '1']);
  expect(first.why('delete', { kind: 'snapshot', key: '3' })).toBeUndefined();

  first.allowed('delete', { kind: 'snapshot', key: '1' });
  expect(rows.map((row) => first.why('delete', row))).toEqual([undefined, undefined]);
});

it('another token is another memory, and what one may is forgotten of all', async () => {
  const store = createForbiddenStore();
  const client = { may: () => Promise.resolve(true) };
  const [one, other] = [store.open('one', client), store.open('other', client)];
  await one.remember('add', aTag('a'), 'no');
  expect(other.why('add', aTag('a'))).toBeUndefined();

  await other.remember('add', aTag('a'), 'no');
  other.allowed('add', aTag('a'));
  expect(one.why('add', aTag('a'))).toBeUndefined();
});
