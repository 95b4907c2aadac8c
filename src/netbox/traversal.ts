/**
 * Reads a whole list, or nothing: a list that loops, shrinks, repeats itself or leads elsewhere is an error, because
 * half a list would make existing objects look deleted.
 */
import { breathe } from '../config/breathe.js';
import type { ProxboxError } from '../errors/proxbox-error.js';
import { deepFreeze } from './deep-freeze.js';
import { protocolError } from './error-mapping.js';
import { moved, broken, readPage, staysOnList, type Page, type PageCheck } from './page.js';
import { exceptionName } from './answer-text.js';
import { bodyOf, type NetBoxResult, type Pipeline } from './pipeline.js';
import type { ClientScope, Keep, NetBoxRecord, Query } from './types.js';

/** NetBox cuts `limit` to its MAX_PAGE_SIZE (1000 by default) without a word. */
const cursorPageSize = 1000;
const offsetPageSize = 500;
const smallestPageSize = 25;
const maxPages = 10_000;
const maxRecordsEver = 1_000_000;

export interface TraversalDeps {
  readonly endpointId: number;
  readonly pipeline: Pipeline;
  /** Paths of lists that were found not to know `start=`, and so are not asked for it again. */
  readonly withoutCursor: Set<string>;
}

export interface Traversal {
  readonly path: string;
  readonly query: Query;
  readonly scope: ClientScope;
  /** `start=` paging: NetBox 4.6 and later, and only without an ordering of the caller's own. */
  readonly cursor: boolean;
  readonly maxRecords?: number | undefined;
  /** What of each record is answered; absent: all of it. */
  readonly keep?: Keep | undefined;
}

export interface ListRead {
  readonly records: readonly NetBoxRecord[];
  /** Characters of JSON received. */
  readonly bytes: number;
}

interface Walk {
  readonly traversal: Traversal;
  readonly byId: Map<number, NetBoxRecord>;
  pageSize: number;
  /** Next id in cursor mode, offset otherwise. */
  position: number;
  count: number | null;
  pages: number;
  bytes: number;
}

function pageQuery(walk: Walk): Query {
  const { query, cursor } = walk.traversal;
  if (cursor) return { ...query, start: walk.position, limit: walk.pageSize };
  return { ...query, ordering: query.ordering ?? 'id', offset: walk.position, limit: walk.pageSize };
}

function checkCursor(walk: Walk, page: Page): PageCheck<number> {
  if (page.count !== null && page.next !== undefined) {
    return { ok: false, problem: { kind: 'no_cursor', text: 'the list does not support start=' } };
  }
  let last = walk.position - 1;
  for (const { id } of page.rows) {
    if (id <= last) return broken('the ids of the list do not increase');
    last = id;
  }
  return { ok: true, value: last + 1 };
}

function checkOffset(walk: Walk, page: Page): PageCheck<number> {
  if (page.count === null) return broken('`count` is missing');
  if (walk.count !== null && page.count !== walk.count)
    return moved(`the number of objects changed from ${walk.count} to ${page.count} while reading`);
  if (page.rows.some(({ id }) => walk.byId.has(id))) return moved('the same object came twice');
  if (new Set(page.rows.map(({ id }) => id)).size < page.rows.length)
    return moved('the same object came twice on one page');
  const received = walk.position + page.rows.length;
  if (received > page.count) return broken(`more objects than the announced ${page.count}`);
  if (page.next === undefined)
    return received === page.count
      ? { ok: true, value: received }
      : moved(`only ${received} of ${page.count} objects came`);
  if (page.next.searchParams.get('offset') !== String(received))
    return broken('`next` does not lead to the next object');
  return { ok: true, value: received };
}

function checkBounds(walk: Walk, total: number): PageCheck<void> {
  const { maxRecords } = walk.traversal;
  if (maxRecords !== undefined && total > maxRecords)
    return broken(`more than the ${maxRecords} objects that were expected`);
  if (total > maxRecordsEver) return broken(`more than ${maxRecordsEver} objects`);
  return walk.pages > maxPages ? broken(`more than ${maxPages} pages`) : { ok: true, value: undefined };
}

/** The position of the next page. */
function advance(walk: Walk, page: Page): PageCheck<number> {
  const { path, query, cursor } = walk.traversal;
  if (page.complete)
    return walk.pages > 1 ? broken('a later page has another form than the first') : { ok: true, value: 0 };
  if (page.next !== undefined && !staysOnList(page.next, path, query))
    return broken('`next` leads to another path or other filters');
  return cursor ? checkCursor(walk, page) : checkOffset(walk, page);
}

/** Takes one page in; true when it was the last. */
function takePage(walk: Walk, body: unknown): PageCheck<boolean> {
  const read = readPage(body);
  if (!read.ok) return read;
  const page = read.value;
  const advanced = advance(walk, page);
  if (!advanced.ok) return advanced;
  // Here, page by page: a whole list at once would be long work.
  const { keep } = walk.traversal;
  const rows = keep === undefined ? page.rows : page.rows.map(keep);
  deepFreeze(rows);
  for (const row of rows) walk.byId.set(row.id, row);
  walk.count = page.count;
  walk.position = advanced.value;
  // Fewer rows than asked for, and more to come: that is the server's own limit.
  if (page.next !== undefined) walk.pageSize = Math.max(smallestPageSize, Math.min(walk.pageSize, page.rows.length));
  const bounds = checkBounds(walk, walk.byId.size);
  return bounds.ok ? { ok: true, value: page.next === undefined } : bounds;
}

/**
 * Some lists have no order of their own (guest addresses of netbox-proxbox up to 0.0.24), and NetBox 4.6 and later refuses to
 * page those with 500. `start=` forbids to name an order, so they can only be read by offset.
 */
function lacksOrder(result: NetBoxResult): boolean {
  return !result.ok && exceptionName(result.error.upstream?.body) === 'QuerySetNotOrdered';
}

async function walkOnce(traversal: Traversal, deps: TraversalDeps): Promise<PageCheck<ListRead>> {
  const { path, scope, cursor } = traversal;
  const walk: Walk = {
    traversal,
    byId: new Map(),
    pageSize: cursor ? cursorPageSize : offsetPageSize,
    position: 0,
    count: null,
    pages: 0,
    bytes: 0,
  };
  for (;;) {
    const result = await deps.pipeline({
      method: 'GET',
      path,
      query: () => pageQuery(walk),
      kind: 'read',
      operation: `list ${path}`,
      scope,
      onSlow: () => {
        walk.pageSize = Math.max(smallestPageSize, Math.floor(walk.pageSize / 2));
      },
    });
    if (cursor && lacksOrder(result))
      return { ok: false, problem: { kind: 'no_cursor', text: 'the list has no order' } };
    const body = bodyOf(result);
    walk.pages += 1;
    walk.bytes += result.ok ? result.bytes : 0;
    await breathe();
    const taken = takePage(walk, body);
    if (!taken.ok) return taken;
    if (taken.value) return { ok: true, value: { records: [...walk.byId.values()], bytes: walk.bytes } };
  }
}

function failure(traversal: Traversal, deps: TraversalDeps, text: string): ProxboxError {
  const context = { operation: `list ${traversal.path}`, path: traversal.path, endpointId: deps.endpointId };
  return protocolError(context, `NetBox returned invalid pagination data for ${traversal.path}: ${text}`, text);
}

/** Every record of a list. A list that others change while it is read is read once more. Throws `netbox_*`, `remote_protocol`. */
export async function traverse(traversal: Traversal, deps: TraversalDeps): Promise<ListRead> {
  let current = traversal;
  let read = await walkOnce(current, deps);
  if (!read.ok && read.problem.kind === 'no_cursor') {
    deps.withoutCursor.add(traversal.path);
    current = { ...traversal, cursor: false };
    read = await walkOnce(current, deps);
  }
  if (!read.ok && read.problem.kind === 'moved') read = await walkOnce(current, deps);
  if (!read.ok) throw failure(traversal, deps, read.problem.text);
  return read.value;
}
