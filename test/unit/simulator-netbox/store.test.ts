import { describe, expect, it } from 'vitest';
import { kindsFor } from '../../simulator/netbox/kinds/index.js';
import { createStore } from '../../simulator/netbox/store/store.js';

const tag = 'extras.tag';
const row = (id: number, slug: string) => ({ id, created: '', last_updated: '', name: slug, slug, weight: 1000 });
const slugs = (rows: readonly { readonly [field: string]: unknown }[]) => rows.map((one) => one['slug']);

describe('the store of the NetBox simulator', () => {
  it('takes back everything a failing transaction wrote, in indexes too', () => {
    const store = createStore(kindsFor('4.7.3', false));
    store.put(tag, 1, row(1, 'a'));
    store.need(tag).where('slug', 'a');
    const work = () =>
      store.transaction(() => {
        store.put(tag, 1, row(1, 'b'));
        store.put(tag, 2, row(2, 'c'));
        throw new Error('no');
      });

    expect(work).toThrow('no');
    expect(slugs(store.need(tag).byId())).toEqual(['a']);
    expect(slugs(store.need(tag).where('slug', 'a'))).toEqual(['a']);
    expect(store.need(tag).where('slug', 'b')).toEqual([]);
  });

  it('takes back only the inner transaction when its failure is caught', () => {
    const store = createStore(kindsFor('4.7.3', false));
    store.transaction(() => {
      store.put(tag, 1, row(1, 'kept'));
      expect(() =>
        store.transaction(() => {
          store.put(tag, 2, row(2, 'lost'));
          throw new Error('no');
        }),
      ).toThrow();
    });

    expect(slugs(store.need(tag).byId())).toEqual(['kept']);
  });

  it('orders names naturally and copies without sharing', () => {
    const store = createStore(kindsFor('4.7.3', false));
    for (const [id, slug] of [[1, 'vm10'], [2, 'vm2'], [3, 'vm1']] as const) store.put(tag, id, row(id, slug)); // prettier-ignore
    const copy = store.copy();
    copy.put(tag, 4, row(4, 'other'));

    expect(slugs(store.ordered(tag))).toEqual(['vm1', 'vm2', 'vm10']);
    expect(copy.need(tag).size).toBe(4);
    expect(store.need(tag).size).toBe(3);
  });

  it('has every kind once, and the plugin only where it is installed', () => {
    const paths = kindsFor('4.7.3', true).map((kind) => kind.path);

    expect(new Set(paths).size).toBe(paths.length);
    expect(kindsFor('4.7.3', false).some((kind) => kind.path.startsWith('plugins/'))).toBe(false);
    expect(kindsFor('4.5.9', true).some((kind) => kind.path.endsWith('virtual-machine-types'))).toBe(false);
  });
});
