import { FilterProblem, type AppliedFilter, type FilterInput } from './filter.js';
import { relationFilter, singleRelationFilter, tagFilter } from './relations.js';
import { choiceFilter, datetimeFilter, flagFilter, numberFilter, textFilter } from './scalars.js';
import { specialFilters } from './special.js';
import { ApiFailure } from '../failures.js';
import { customFieldsOf } from '../input/custom-fields.js';
import { atLeast } from '../release.js';
import type { FilterTable, KindSpec, Row } from '../types.js';
import { asText, isRecord, pythonText } from '../values.js';
import type { World } from '../world.js';

type Make = (input: FilterInput) => AppliedFilter | undefined;

interface Known {
  readonly path: readonly string[];
  readonly make: Make;
}

/** Query keys that are no filters. */
const reserved = new Set(['limit', 'offset', 'start', 'ordering', 'fields', 'omit', 'brief', 'exclude', 'format']);

const groups = {
  number: numberFilter,
  flag: flagFilter,
  choice: choiceFilter,
  objectType: (input: FilterInput) => textFilter(input, ''),
  datetime: datetimeFilter,
  relation: relationFilter,
  single: singleRelationFilter,
} satisfies Record<Exclude<keyof FilterTable, 'special' | 'text'>, Make>;

const groupNames = ['number', 'flag', 'choice', 'objectType', 'datetime', 'relation', 'single'] as const;

const textMaker = (word: string): Make => {
  if (word.endsWith('~i')) return (input) => textFilter(input, 'ie');
  return word.endsWith('~c') ? (input) => textFilter(input, 'ic') : (input) => textFilter(input, '');
};

const add = (known: Map<string, Known>, word: string, make: Make): void => {
  const [name = '', path = name] = word.replace(/~.$/, '').split('=');
  known.set(name, { path: path.split('.'), make });
};

const addWords = (
  known: Map<string, Known>,
  words: string | undefined,
  make: (word: string) => Make | undefined,
): void => {
  for (const word of words === undefined ? [] : words.split(' ')) {
    const maker = make(word);
    if (maker !== undefined) add(known, word, maker);
  }
};

const compile = (kind: KindSpec): ReadonlyMap<string, Known> => {
  const known = new Map<string, Known>();
  const { text, special, ...others } = kind.filters;
  addWords(known, text, textMaker);
  addWords(known, special, (word) => specialFilters[`${kind.model}.${word}`] ?? specialFilters[word]);
  for (const group of groupNames) addWords(known, others[group], () => groups[group]);
  if ('last_updated' in kind.fields) addWords(known, 'created last_updated', () => datetimeFilter);
  if ('tags' in kind.fields) {
    add(known, 'tag=tags', (input) => tagFilter(input, 'slug'));
    add(known, 'tag_id=tags', (input) => tagFilter(input, 'id'));
  }
  return known;
};

const compiled = new WeakMap<KindSpec, ReadonlyMap<string, Known>>();

const knownFilters = (kind: KindSpec): ReadonlyMap<string, Known> => {
  const known = compiled.get(kind) ?? compile(kind);
  compiled.set(kind, known);
  return known;
};

const searched = ['name', 'slug', 'description', 'address', 'dns_name', 'model', 'comments'];

const searchFilter = (values: readonly string[]): AppliedFilter => {
  const wanted = (values.at(-1) ?? '').trim().toLowerCase();
  return { test: (row) => searched.some((field) => asText(row[field]).toLowerCase().includes(wanted)) };
};

const actions: Readonly<Record<string, readonly string[]>> = {
  created_by_request: ['create'],
  updated_by_request: ['update'],
  modified_by_request: ['create', 'update'],
};

const requestFilter = (input: FilterInput, wanted: readonly string[]): AppliedFilter => {
  const ids = new Set(
    input.world.store
      .need('core.objectchange')
      .where('request_id', input.values.at(-1))
      .filter((row) => row['changed_object_type'] === input.kind.model && wanted.includes(asText(row['action'])))
      .map((row) => row['changed_object_id']),
  );
  return { test: (row) => ids.has(row.id) };
};

/** `cf_<name>`: loose text contains, everything else is equal. */
const customFieldFilter = (input: FilterInput, name: string): AppliedFilter | undefined => {
  const field = customFieldsOf(input.world.store, input.kind.model).find((row) => row['name'] === name);
  if (field === undefined || field['filter_logic'] === 'disabled') return undefined;
  const isLooseText = field['filter_logic'] === 'loose' && ['text', 'longtext', 'url'].includes(asText(field['type']));
  const matches = (stored: unknown, wanted: string): boolean =>
    isLooseText
      ? pythonText(stored).toLowerCase().includes(wanted.toLowerCase())
      : pythonText(stored).toLowerCase() === wanted.toLowerCase();
  return {
    test: (row) => {
      const data = row['custom_fields'];
      const stored = isRecord(data) ? (data[name] ?? null) : null;
      return stored !== null && input.values.some((value) => matches(stored, value));
    },
  };
};

/** Splits `name__lookup`; names that hold `__` themselves (`cluster__name`) stay whole when the kind knows them. */
const splitKey = (known: ReadonlyMap<string, Known>, key: string): readonly [name: string, lookup: string] => {
  const cut = key.lastIndexOf('__');
  return known.has(key) || cut <= 0 ? [key, ''] : [key.slice(0, cut), key.slice(cut + 2)];
};

/** Filters every kind has beside its own. Anything else is a name NetBox does not know, and ignores. */
const commonFilter = (input: FilterInput, name: string): AppliedFilter | undefined => {
  if (input.lookup !== '') return undefined;
  if (name === 'q') return searchFilter(input.values);
  const wanted = actions[name];
  if (wanted !== undefined) return requestFilter(input, wanted);
  return name.startsWith('cf_') ? customFieldFilter(input, name.slice(3)) : undefined;
};

const makeFilter = (
  world: World,
  kind: KindSpec,
  key: string,
  values: readonly string[],
): AppliedFilter | undefined => {
  const [name, lookup] = splitKey(knownFilters(kind), key);
  if (lookup === 'any' && !atLeast(world.release, '4.6')) return undefined;
  const filter = knownFilters(kind).get(name);
  const input: FilterInput = { world, kind, path: filter?.path ?? [], lookup, values };
  return filter === undefined ? commonFilter(input, name) : filter.make(input);
};

const filtersOf = (world: World, kind: KindSpec, query: URLSearchParams): readonly AppliedFilter[] => {
  const filters: AppliedFilter[] = [];
  const errors: Record<string, readonly string[]> = {};
  for (const key of new Set(query.keys())) {
    const values = query.getAll(key).filter((value) => value !== '');
    if (reserved.has(key) || values.length === 0) continue;
    try {
      const filter = makeFilter(world, kind, key, values);
      if (filter !== undefined) filters.push(filter);
    } catch (error) {
      if (!(error instanceof FilterProblem)) throw error;
      errors[key] = error.messages;
    }
  }
  if (Object.keys(errors).length > 0) throw new ApiFailure(400, errors);
  return filters;
};

const smallest = (filters: readonly AppliedFilter[]): readonly Row[] | undefined =>
  filters
    .flatMap((filter) => (filter.candidates === undefined ? [] : [filter.candidates]))
    .reduce<readonly Row[] | undefined>(
      (best, candidates) => (best === undefined || candidates.length < best.length ? candidates : best),
      undefined,
    );

/**
 * Rows of a list request. `inOrder` gives all rows in the wanted order, `sort` orders a few. Unknown filters are
 * ignored; known ones with values that do not exist throw a 400.
 */
export const select = (
  world: World,
  kind: KindSpec,
  query: URLSearchParams,
  order: { readonly all: () => readonly Row[]; readonly compare: (left: Row, right: Row) => number },
): readonly Row[] => {
  const filters = filtersOf(world, kind, query);
  if (filters.length === 0) return order.all();
  const candidates = smallest(filters);
  const pass = (row: Row): boolean => filters.every((filter) => filter.test(row));
  if (candidates === undefined) return order.all().filter(pass);
  return [...new Set(candidates)].filter(pass).sort(order.compare);
};
