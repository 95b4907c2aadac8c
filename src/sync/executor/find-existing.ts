import { relationId, tagIds, textOf } from '../../netbox/records/compare.js';
import { kindDefinition, type ObjectKind } from '../../netbox/records/kinds.js';
import type { FindExisting, JsonObject, NetBoxRecord, Query } from '../../netbox/types.js';

/** How objects of a kind are found again: which filter is asked for, and which row is really the one. */
interface Finder {
  readonly filter: string;
  readonly value: (body: JsonObject) => string | number | null;
  readonly matches: (body: JsonObject, record: NetBoxRecord) => boolean;
  readonly query?: Query;
}

const sameText = (field: string) => (body: JsonObject, record: NetBoxRecord) =>
  textOf(body[field]) === textOf(record[field]);
const sameName = (body: JsonObject, record: NetBoxRecord) =>
  textOf(body['name']).toLowerCase() === textOf(record['name']).toLowerCase();
const sameRelation = (field: string) => (body: JsonObject, record: NetBoxRecord) =>
  relationId(body[field]) === relationId(record[field]);

const bySlug: Finder = { filter: 'slug', value: (body) => textOf(body['slug']), matches: sameText('slug') };
const byName = (matches: Finder['matches'], query: Query = {}): Finder => ({
  filter: 'name',
  value: (body) => textOf(body['name']),
  matches,
  query,
});
/** Where NetBox keeps names unique without regard to case. */
const byNameInAnyCase = (matches: Finder['matches'], query: Query = {}): Finder => ({
  ...byName(matches, query),
  filter: 'name__ie',
});
const byParent = (parent: string): Finder => ({
  filter: `${parent}_id`,
  value: (body) => relationId(body[parent]),
  matches: sameRelation(parent),
});

/** Only what carries one of the tags that we give to new objects is ours to adopt. */
const sharesTag = (body: JsonObject, record: NetBoxRecord) =>
  tagIds(body['tags']).some((id) => tagIds(record['tags']).includes(id));
/** A device of another cluster that happens to have the node's name is not ours to take. */
const inSameCluster = (body: JsonObject, record: NetBoxRecord) =>
  relationId(record['cluster']) === null || sameRelation('cluster')(body, record);
const both =
  (...tests: readonly Finder['matches'][]) =>
  (body: JsonObject, record: NetBoxRecord) =>
    tests.every((test) => test(body, record));

const finders: Partial<Record<ObjectKind, Finder>> = {
  tag: bySlug,
  'cluster-type': bySlug,
  manufacturer: bySlug,
  'device-type': bySlug,
  'device-role': bySlug,
  'vm-type': bySlug,
  site: bySlug,
  cluster: byName(both(sameText('name'), sameRelation('scope_id'))),
  'cluster-state': byParent('cluster'),
  device: byNameInAnyCase(both(sameName, sameRelation('site'), inSameCluster), { exclude: 'config_context' }),
  'device-state': byParent('device'),
  storage: byName(both(sameText('name'), sameRelation('cluster'))),
  'virtual-machine': byNameInAnyCase(both(sameName, sameRelation('cluster'), sharesTag), { exclude: 'config_context' }),
  'vm-state': byParent('virtual_machine'),
};

/** The look-up for a kind; undefined for kinds that are never created. NetBox ignores unknown filters: rows are verified. */
export function finderOf(kind: ObjectKind): FindExisting | undefined {
  const finder = finders[kind];
  if (finder === undefined) return undefined;
  return async (bodies, client) => {
    const values = [
      ...new Set(bodies.map(finder.value).filter((value): value is string | number => value !== null && value !== '')),
    ];
    const rows = await client.listByValues(kindDefinition(kind).path, finder.filter, values, finder.query ?? {}, {
      cache: 'bypass',
    });
    return bodies.map((body) => rows.find((row) => finder.matches(body, row)));
  };
}
