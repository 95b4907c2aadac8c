import type { KindCall } from './context.js';
import type { SimulatedAnswer, SimulatedRequest } from '../../http/types.js';
import { jsonAnswer } from '../../http/types.js';
import { ApiFailure } from '../failures.js';
import { select } from '../filters/select.js';
import { createRenderer, fieldsAskedFor } from '../output/render.js';
import { atLeast } from '../release.js';
import type { KindSpec, Row } from '../types.js';

const defaultPage = 50;

interface Page {
  readonly rows: readonly Row[];
  readonly count: number | null;
  readonly next: string | null;
  readonly previous: string | null;
}

const wholeNumber = (text: string | null): number | undefined =>
  text !== null && /^\d+$/.test(text) ? Number(text) : undefined;

/** `limit` silently cut to MAX_PAGE_SIZE; 0 asks for the most there is. 0 as the answer means everything. */
const pageSize = (query: URLSearchParams, most: number): number => {
  const asked = wholeNumber(query.get('limit'));
  if (asked === undefined) return most === 0 ? defaultPage : Math.min(defaultPage, most);
  if (most === 0) return asked;
  return asked === 0 ? most : Math.min(asked, most);
};

/** The request's own URL with some parameters replaced or removed; parameters come out sorted, as from DRF. */
const sameWith = (request: SimulatedRequest, changes: Readonly<Record<string, number | undefined>>): string => {
  const query = new URLSearchParams(request.query);
  for (const [name, value] of Object.entries(changes))
    if (value === undefined) query.delete(name);
    else query.set(name, String(value));
  query.sort();
  const text = query.toString();
  return `${request.origin}${request.path}${text === '' ? '' : `?${text}`}`;
};

const badStart = "Invalid 'start' parameter: must be a non-negative integer.";

const cursorPage = (request: SimulatedRequest, rows: readonly Row[], limit: number): Page => {
  const { query } = request;
  if (query.has('offset')) throw new ApiFailure(400, ["'start' and 'offset' are mutually exclusive."]);
  if (query.has('ordering'))
    throw new ApiFailure(400, ['Ordering cannot be specified in conjunction with cursor-based pagination.']);
  const start = wholeNumber(query.get('start'));
  if (start === undefined) throw new ApiFailure(400, [badStart]);
  const from = rows.filter((row) => row.id >= start);
  const page = limit === 0 ? from : from.slice(0, limit);
  const last = page.at(-1);
  const isFull = limit > 0 && page.length >= limit && last !== undefined;
  const next = isFull ? sameWith(request, { start: last.id + 1, limit, offset: undefined }) : null;
  return { rows: page, count: null, next, previous: null };
};

const offsetPage = (request: SimulatedRequest, rows: readonly Row[], limit: number): Page => {
  const offset = wholeNumber(request.query.get('offset')) ?? 0;
  const count = rows.length;
  const page = limit === 0 ? rows.slice(offset) : rows.slice(offset, offset + limit);
  const hasNext = limit > 0 && offset + limit < count;
  const before = offset - limit;
  return {
    rows: page,
    count,
    next: hasNext ? sameWith(request, { limit, offset: offset + limit }) : null,
    previous: limit > 0 && offset > 0 ? sameWith(request, { limit, offset: before > 0 ? before : undefined }) : null,
  };
};

/** Orderings by fields the kind has; anything else in `ordering` is dropped. */
const orderingOf = (kind: KindSpec, query: URLSearchParams): readonly string[] => {
  const asked = (query.get('ordering') ?? '').split(',').map((name) => name.trim());
  const valid = asked.filter((name) => Object.hasOwn(kind.fields, name.replace(/^-/, '')));
  return valid.length > 0 ? valid : kind.ordering;
};

const selectRows = (call: KindCall, usesCursor: boolean): readonly Row[] => {
  const { kind, world, request } = call;
  const table = world.store.need(kind.model);
  const ordering = usesCursor ? ['id'] : orderingOf(kind, request.query);
  const compare = world.store.compare(kind.model, ordering);
  const all = (): readonly Row[] => {
    if (ordering === kind.ordering) return world.store.ordered(kind.model);
    return ordering.length === 1 && ordering[0] === 'id' ? table.byId() : [...table.byId()].sort(compare);
  };
  const isVisible = call.token.mayViewOnly.get(kind.path) ?? (() => true);
  return select(world, kind, request.query, { all, compare }).filter(isVisible);
};

/** GET of a list: filters, ordering, offset or cursor paging, chosen fields. */
export const answerList = (call: KindCall): SimulatedAnswer => {
  const { kind, world, request } = call;
  const usesCursor = request.query.has('start') && atLeast(world.release, '4.6');
  const rows = selectRows(call, usesCursor);
  const limit = pageSize(request.query, call.maxPageSize);
  const page = usesCursor ? cursorPage(request, rows, limit) : offsetPage(request, rows, limit);
  const renderer = createRenderer(world);
  const fields = fieldsAskedFor(kind, request.query, world.release);
  return jsonAnswer(200, {
    count: page.count,
    next: page.next,
    previous: page.previous,
    results: page.rows.map((row) => renderer.object(kind, row, fields)),
  });
};
