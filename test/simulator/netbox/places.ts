/** Where things are: trees of regions and site groups, and which groups of VLANs a site is in. */
import type { Store } from './store/store.js';
import type { Row } from './types.js';
import { asIds } from './values.js';

/** This place and those above it, by id; the tree ends at a place without `parent`. Empty for no place. */
export const ancestors = (store: Store, model: string, id: unknown): readonly number[] => {
  const row = store.get(model, id);
  return row === undefined ? [] : [row.id, ...ancestors(store, model, row['parent'])];
};

/** First and last number of each range of a VLAN group. */
export const rangesIn = (value: unknown): readonly (readonly [low: number, high: number])[] =>
  Array.isArray(value)
    ? value.map((range): readonly [number, number] => {
        const [low = 0, high = 0] = asIds(range);
        return [low, high];
      })
    : [];

/** Whether VLANs of this group may be used in the site: it has no scope, or its scope is the site or above it. */
export const coversSite = (store: Store, group: Row, site: Row): boolean => {
  const scope = Number(group['scope_id']);
  switch (group['scope_type']) {
    case null:
      return true;
    case 'dcim.site':
      return scope === site.id;
    case 'dcim.region':
      return ancestors(store, 'dcim.region', site['region']).includes(scope);
    case 'dcim.sitegroup':
      return ancestors(store, 'dcim.sitegroup', site['group']).includes(scope);
    default:
      return false;
  }
};
