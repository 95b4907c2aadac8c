/**
 * Follows NetBox's change log: which rows are new since it was asked last, and whether it is certain that these are all.
 * Rows appear when their transaction ends, so a row may come after others with higher ids. The ids of rows have no holes but
 * those of transactions that are under way or were undone, of rows that the token may not see, and of rows that were
 * deleted: a hole that was not there before is a reason to read everything, and is watched for an hour.
 */
import type { Clock } from '../config/clock.js';
import { ProxboxError, toProxboxError } from '../errors/proxbox-error.js';
import { isObject } from '../values/plain-object.js';
import { changedLater, changesFieldsLater, modelAt, type LoggedChange } from './change-effects.js';
import { recordsIn } from './records-in.js';
import { endsTheRun } from './run-ending.js';
import type { Doubt, NetBoxClient, NetBoxRecord, Query } from './types.js';

export type News =
  /** `changes`: those that are known all the same. */
  | { readonly status: 'unknown'; readonly doubt: Doubt; readonly changes: readonly LoggedChange[] }
  | { readonly status: 'known'; readonly changes: readonly LoggedChange[] };

type Reader = Pick<NetBoxClient, 'get' | 'list'>;

const path = '/api/core/object-changes/';
const fields = 'id,time,changed_object_type,changed_object_id';
/** So many rows are looked through for transactions that were under way when the following began. */
const lookBack = 1000;
/** Reading everything costs less than going through more rows. */
const mostRows = 2000;
/** A transaction takes no longer. */
const watchMs = 3_600_000;
/** So long an answer that was refused is not asked for again. */
const refusedMs = 3_600_000;
/** NetBox's jobs on the values of custom fields take no longer. */
const fieldJobsMs = 3_600_000;

interface Position {
  readonly last: number;
  /** Of the last row: another NetBox may have rows with the same ids. */
  readonly time: unknown;
  /** Ids below that were not seen, and since when. */
  readonly missing: ReadonlyMap<number, number>;
}

const unknown = (doubt: Doubt, changes: readonly LoggedChange[] = []): News => ({ status: 'unknown', doubt, changes });

export class ChangeLog {
  readonly #clock: Clock;
  #position: Position | undefined;
  #refused: { readonly doubt: Doubt; readonly atMs: number } | undefined;
  #fieldsChangedAtMs: number | undefined;
  /** When there were more ids missing than are watched. */
  #unwatchedAtMs: number | undefined;
  /** The last one of each model that we made: the log has to name it. */
  readonly #created = new Map<string, LoggedChange>();
  /** How many objects we made since the log was asked. */
  #made = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Objects that we created. */
  noteCreated(collection: string, ids: readonly number[]): void {
    const model = modelAt(collection);
    const objectId = ids.at(-1);
    this.#made += ids.length;
    if (model !== undefined && objectId !== undefined) this.#created.set(model, { model, objectId });
  }

  /** What is new since the last call, which has ended. The client reads main. Throws `cancelled`. */
  async follow(client: Reader): Promise<News> {
    if (this.#refused !== undefined && this.#isRecent(this.#refused.atMs, refusedMs))
      return unknown(this.#refused.doubt);
    try {
      return this.#position === undefined
        ? await this.#begin(client, 'first')
        : await this.#goOn(client, this.#position);
    } catch (thrown) {
      const error = toProxboxError(thrown);
      if (error.code === 'cancelled') throw error;
      // Whether NetBox is gone the next request tells, which has more patience.
      if (endsTheRun(error)) return unknown('unreadable');
      this.#position = undefined;
      const doubt = error.code === 'netbox_forbidden' ? 'forbidden' : 'unreadable';
      this.#refused = { doubt, atMs: this.#clock.monotonicMs() };
      return unknown(doubt);
    }
  }

  async #begin(client: Reader, doubt: Doubt): Promise<News> {
    const before = [...this.#created.values()];
    this.#made = 0;
    const rows = await readEnd(client);
    // What was changed among the rows that are gone nobody can tell any more.
    if (doubt === 'pruned' || (await changedFieldsLately(rows, client)))
      this.#fieldsChangedAtMs = this.#clock.monotonicMs();
    const ids = rows.map(({ id }) => id).sort((a, b) => a - b);
    const last = ids.at(-1) ?? 0;
    const missing = this.#watch(ids, holesIn(ids, ids[0] ?? last, last));
    this.#position = { last, time: timeOf(last, rows), missing };
    this.#settle(before);
    return unknown(doubt);
  }

  async #goOn(client: Reader, { last, time, missing }: Position): Promise<News> {
    const expected = [...this.#created.values()];
    const from = Math.min(last, ...missing.keys());
    const rows = this.#made > mostRows ? undefined : await readFrom(from, client);
    if (rows === undefined) return this.#begin(client, 'much');
    if (timeOf(last, rows) !== time) return this.#begin(client, 'pruned');
    this.#made = 0;
    const ids = rows.map(({ id }) => id).sort((a, b) => a - b);
    const highest = ids.at(-1) ?? last;
    const holes = holesIn(ids, last, highest);
    this.#position = { last: highest, time: timeOf(highest, rows), missing: this.#watch(ids, holes) };
    const fresh = rows.filter(({ id }) => id > last || missing.has(id)).map(changeOf);
    return this.#judge(fresh, holes.length > 0, expected);
  }

  #judge(changes: readonly LoggedChange[], hasHoles: boolean, expected: readonly LoggedChange[]): News {
    if (changesFieldsLater(changes)) this.#fieldsChangedAtMs = this.#clock.monotonicMs();
    const named = new Set(changes.map(({ model, objectId }) => `${model}:${objectId}`));
    const isUnnamed = expected.some(({ model, objectId }) => !named.has(`${model}:${objectId}`));
    this.#settle(expected);
    if (isUnnamed) return unknown('own writes', changes);
    if (hasHoles || this.#isRecent(this.#unwatchedAtMs, watchMs)) return unknown('incomplete', changes);
    if (this.#isRecent(this.#fieldsChangedAtMs, fieldJobsMs)) return unknown('fields', changes);
    return { status: 'known', changes };
  }

  /** These need not be named any more. */
  #settle(all: readonly LoggedChange[]): void {
    for (const one of all) if (this.#created.get(one.model) === one) this.#created.delete(one.model);
  }

  /** The holes, and what was watched before and is missing still. */
  #watch(ids: readonly number[], holes: readonly number[]): Position['missing'] {
    const nowMs = this.#clock.monotonicMs();
    if (holes.length > lookBack) this.#unwatchedAtMs = nowMs;
    const seen = new Set(ids);
    const before = [...(this.#position?.missing ?? [])];
    const open = before.filter(([id, sinceMs]) => !seen.has(id) && this.#isRecent(sinceMs, watchMs));
    return new Map([...holes.slice(-lookBack).map((id) => [id, nowMs] as const), ...open]);
  }

  #isRecent(atMs: number | undefined, ms: number): boolean {
    return atMs !== undefined && this.#clock.monotonicMs() - atMs < ms;
  }
}

/** The last rows, the newest first. */
async function readLast(client: Reader, limit: number, filter: Query = {}) {
  const body = await client.get(path, { ...filter, fields, ordering: '-id', limit }, { cache: 'bypass' });
  const rows = recordsIn(isObject(body) ? body.results : undefined);
  if (rows === undefined) throw new ProxboxError('remote_protocol', 'NetBox answered its change log without rows.');
  return { rows, isAll: isObject(body) && body['count'] === rows.length };
}

/** As many of the last rows as are looked through, also from a NetBox with smaller pages (MAX_PAGE_SIZE). */
async function readEnd(client: Reader): Promise<readonly NetBoxRecord[]> {
  const { rows, isAll } = await readLast(client, lookBack);
  if (isAll || rows.length >= lookBack) return rows;
  return (await readFrom((rows[0]?.id ?? 0) - lookBack + 1, client)) ?? rows;
}

/**
 * Whether a custom field was changed so lately that NetBox's jobs may be at it still. By NetBox's own clock, which the newest
 * row tells; where the rows at hand do not reach so far back, NetBox is asked.
 */
async function changedFieldsLately(rows: readonly NetBoxRecord[], client: Reader): Promise<boolean> {
  const newestMs = Math.max(...rows.map(({ time }) => msOf(time)));
  const isLate = ({ time }: NetBoxRecord): boolean => !(newestMs - msOf(time) >= fieldJobsMs);
  if (rows.some((row) => isLate(row) && changesFieldsLater([changeOf(row)]))) return true;
  if (rows.length < lookBack || !rows.every(isLate)) return false;
  for (const model of changedLater) {
    const [last] = (await readLast(client, 1, { changed_object_type: model })).rows;
    if (last !== undefined && isLate(last)) return true;
  }
  return false;
}

function msOf(time: unknown): number {
  return Date.parse(typeof time === 'string' ? time : '');
}

/** undefined: more rows than are worth it. */
async function readFrom(from: number, client: Reader): Promise<readonly NetBoxRecord[] | undefined> {
  try {
    return await client.list(path, { id__gte: from, fields }, { cache: 'bypass', maxRecords: mostRows });
  } catch (error) {
    if (error instanceof ProxboxError && error.code === 'remote_protocol') return undefined;
    throw error;
  }
}

/** undefined: there is no such row. */
function timeOf(wanted: number, rows: readonly NetBoxRecord[]): unknown {
  return rows.find(({ id }) => id === wanted)?.['time'];
}

function changeOf(row: NetBoxRecord): LoggedChange {
  const { changed_object_type: model, changed_object_id: objectId } = row;
  return {
    model: typeof model === 'string' ? model : '',
    objectId: typeof objectId === 'number' ? objectId : 0,
  };
}

/** Ids between `after` and `last` that are not among the sorted ones. At most so many as are watched, and one more. */
function holesIn(ids: readonly number[], after: number, last: number): readonly number[] {
  const there = new Set(ids);
  const holes: number[] = [];
  for (let id = last - 1; id > after && holes.length <= lookBack; id -= 1) if (!there.has(id)) holes.push(id);
  return holes.reverse();
}
