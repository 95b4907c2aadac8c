/**
 * Reads one page of a list and checks that the list is moving on. The `next` link is only ever read, never followed:
 * NetBox builds it from the Host header, so it may name a host that exists behind a proxy alone.
 */
import { isObject } from '../values/plain-object.js';
import type { Query } from './types.js';
import { recordsIn } from './records-in.js';
import { canonicalQuery } from './query-string.js';
import type { NetBoxRecord } from './types.js';

/**
 * `moved`: the list changed under the reader, so reading it again from the start can succeed. `no_cursor`: this list
 * does not know `start=`, although the version of NetBox does.
 */
interface PageProblem {
  readonly kind: 'broken' | 'moved' | 'no_cursor';
  readonly text: string;
}

export type PageCheck<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problem: PageProblem };

export interface Page {
  readonly rows: readonly NetBoxRecord[];
  readonly next: URL | undefined;
  /** null in cursor mode. */
  readonly count: number | null;
  /** The whole list came as a bare array. */
  readonly complete: boolean;
}

interface Refusal {
  readonly ok: false;
  readonly problem: PageProblem;
}

export const broken = (text: string): Refusal => ({ ok: false, problem: { kind: 'broken', text } });
export const moved = (text: string): Refusal => ({ ok: false, problem: { kind: 'moved', text } });

function readNext(next: unknown): URL | null | undefined {
  if (next === null || next === undefined) return undefined;
  return typeof next === 'string' && URL.canParse(next) ? new URL(next) : null;
}

export function readPage(body: unknown): PageCheck<Page> {
  const bare = recordsIn(body);
  if (bare !== undefined)
    return { ok: true, value: { rows: bare, next: undefined, count: bare.length, complete: true } };
  if (!isObject(body)) return broken('the answer is neither a page nor a list of objects');
  const rows = recordsIn(body.results);
  if (rows === undefined) return broken('`results` is not a list of objects with an id');
  const next = readNext(body.next);
  if (next === null) return broken('`next` is not a URL');
  if (rows.length === 0 && next !== undefined) return broken('an empty page with a `next` link');
  const { count } = body;
  if (count === null || count === undefined) return { ok: true, value: { rows, next, count: null, complete: false } };
  if (typeof count !== 'number' || !Number.isInteger(count) || count < 0)
    return broken('`count` is not a whole number');
  return { ok: true, value: { rows, next, count, complete: false } };
}

const positions = new Set(['limit', 'offset', 'start', 'ordering']);

/** The filters of a link, without what says where in the list it points. */
function filtersOf(url: URL): string {
  const filters = new Map<string, string[]>();
  for (const [name, value] of url.searchParams) {
    if (!positions.has(name)) filters.set(name, [...(filters.get(name) ?? []), value]);
  }
  return canonicalQuery(Object.fromEntries(filters));
}

function withoutPosition(query: Query): Query {
  return Object.fromEntries(Object.entries(query).filter(([name]) => !positions.has(name)));
}

/** True when the link leads to the same path with the same filters. */
export function staysOnList(next: URL, path: string, query: Query): boolean {
  // A proxy may add a prefix before /api/ that we do not see.
  return next.pathname.endsWith(path) && filtersOf(next) === canonicalQuery(withoutPosition(query));
}
