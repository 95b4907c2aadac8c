/**
 * NetBox as a preview sees it: what is read of it, and above that, in memory, what the run would have written. It is made from
 * what can only read, so that there is no way for it to send a write.
 */
import { sameTwice } from '../bulk-create.js';
import { byAge, isImagined } from '../kinds/values.js';
import { grouped } from '../../values/grouped.js';
import { ProxboxError } from '../../errors/proxbox-error.js';
import type {
  BulkCreateOptions,
  BulkOptions,
  ClientScope,
  CreateOutcome,
  DeleteOutcome,
  JsonObject,
  ListOptions,
  NetBoxBulkClient,
  NetBoxReader,
  NetBoxRecord,
  PatchItem,
  PatchOutcome,
  Query,
} from '../types.js';
import { applyEffects, type EffectPort, type Written } from './effects.js';
import { checkFilters, fitting, withoutImagined } from './filters.js';
import { emptyRow, nestedFields, pointedAt, written, type Pointed } from './imagine.js';
import { Layer } from './layer.js';
import { tableAt, type Table } from './tables.js';

/** New objects get ids from -2 downwards, which are never sent. */
export function createOverlay(reader: NetBoxReader): NetBoxBulkClient {
  return new Overlay(reader, { layer: new Layer(), names: new Map() });
}

/** What all scopes of one preview share. */
interface Imagination {
  readonly layer: Layer;
  /** Rows of NetBox as far as others show them, by path and id; undefined: NetBox does not tell. */
  readonly names: Map<string, Promise<NetBoxRecord | undefined>>;
}

class Overlay implements NetBoxBulkClient {
  readonly endpointId: number;
  readonly baseUrl: string;
  readonly #reader: NetBoxReader;
  readonly #shared: Imagination;

  constructor(reader: NetBoxReader, shared: Imagination) {
    this.endpointId = reader.endpointId;
    this.baseUrl = reader.baseUrl;
    this.#reader = reader;
    this.#shared = shared;
  }

  readonly atOnce = (): number => this.#reader.atOnce();
  readonly openWindow: NetBoxReader['openWindow'] = (...asked) => this.#reader.openWindow(...asked);
  readonly catchUp: NetBoxReader['catchUp'] = (fullReadMs) => this.#reader.catchUp(fullReadMs);
  readonly status: NetBoxReader['status'] = () => this.#reader.status();
  readonly capabilities: NetBoxReader['capabilities'] = () => this.#reader.capabilities();
  readonly counters: NetBoxReader['counters'] = () => this.#reader.counters();
  readonly get: NetBoxReader['get'] = (...asked) => this.#reader.get(...asked);

  scoped(scope: ClientScope): NetBoxBulkClient {
    return new Overlay(this.#reader.scoped(scope), this.#shared);
  }

  /** Asked with another method than GET. */
  async may(): Promise<undefined> {
    return undefined;
  }

  async list(path: string, query: Query = {}, options: ListOptions = {}): Promise<readonly NetBoxRecord[]> {
    const table = tableAt(path);
    if (table === undefined) return this.#reader.list(path, query, options);
    checkFilters(table, query);
    const asked = withoutImagined(query);
    const answer =
      asked === undefined ? await this.#askForNothing(path) : await this.#reader.list(path, asked, options);
    return this.#merge(table, answer, { query, options });
  }

  async listByValues(
    path: string,
    filter: string,
    values: readonly (string | number)[],
    ...[query = {}, options = {}]: [query?: Query, options?: ListOptions]
  ): Promise<readonly NetBoxRecord[]> {
    const table = tableAt(path);
    if (table === undefined || values.length === 0)
      return this.#reader.listByValues(path, filter, values, query, options);
    const whole = { ...query, [filter]: values };
    checkFilters(table, whole);
    const given = values.filter((value) => typeof value === 'string' || !isImagined(value));
    const answer =
      given.length === 0
        ? await this.#askForNothing(path)
        : await this.#reader.listByValues(path, filter, given, query, options);
    return this.#merge(table, answer, { query: whole, options });
  }

  async bulkCreate(
    path: string,
    bodies: readonly JsonObject[],
    { keyOf, keep, onBatch }: BulkCreateOptions,
  ): Promise<readonly CreateOutcome[]> {
    const table = this.#table(path);
    const { layer } = this.#shared;
    const firsts = new Map<string, JsonObject>();
    for (const body of bodies) {
      const key = keyOf?.(body) ?? '';
      if (!firsts.has(key)) firsts.set(key, body);
    }
    const isFirst = (body: JsonObject): boolean => keyOf === undefined || firsts.get(keyOf(body)) === body;
    const drafts = new Map(
      bodies.filter(isFirst).map((body) => [body, { body, stored: emptyRow(table, layer.nextId()) }]),
    );
    const rows = await this.#write(table, [...drafts.values()]);
    onBatch?.({ done: bodies.length, total: bodies.length });
    return bodies.map((body): CreateOutcome => {
      const row = rows.get(drafts.get(body)?.stored.id ?? -1);
      if (row === undefined) return { status: 'failed', error: sameTwice(path, keyOf?.(body) ?? '') };
      return { status: 'created', record: keep?.(row) ?? row };
    });
  }

  async bulkPatch(
    path: string,
    items: readonly PatchItem[],
    { keep, onBatch }: BulkOptions,
  ): Promise<readonly PatchOutcome[]> {
    const table = this.#table(path);
    const taken = await this.#take(
      path,
      items.map(({ id }) => id),
    );
    const stored = new Map(taken.map((row) => [row.id, row]));
    const bodies = new Map<number, JsonObject>();
    for (const { id, body } of items) bodies.set(id, { ...bodies.get(id), ...body });
    const drafts = [...bodies].flatMap(([id, body]) => {
      const before = stored.get(id);
      return before === undefined ? [] : [{ body, stored: before, before }];
    });
    const rows = await this.#write(table, drafts);
    onBatch?.({ done: items.length, total: items.length });
    return items.map(({ id }): PatchOutcome => {
      const row = rows.get(id);
      return row === undefined ? { status: 'gone' } : { status: 'updated', record: keep?.(row) ?? row };
    });
  }

  async bulkDelete(path: string, ids: readonly number[], { onBatch }: BulkOptions): Promise<readonly DeleteOutcome[]> {
    this.#table(path);
    const { layer } = this.#shared;
    const gone = new Set(ids.filter((id) => layer.isGone(path, id)));
    const rows = await this.#take(path, ids);
    layer.remove(path, ids);
    await applyEffects(
      path,
      rows.map((before) => ({ before, body: {} })),
      this.#port,
    );
    onBatch?.({ done: ids.length, total: ids.length });
    return ids.map((id) => ({ status: gone.has(id) ? 'gone' : 'deleted' }));
  }

  /** Nothing that NetBox has can fit; whether it has the table, and lets the token see it, the run is told all the same. */
  #askForNothing(path: string): Promise<readonly NetBoxRecord[]> {
    return this.#reader.list(path, { id: 0, fields: 'id' });
  }

  /** What NetBox answered, with what is written since. */
  #merge(
    table: Table,
    answer: readonly NetBoxRecord[],
    { query, options: { keep } }: { readonly query: Query; readonly options: ListOptions },
  ): readonly NetBoxRecord[] {
    const { layer } = this.#shared;
    const rows = layer.rows(table.path);
    if (rows.size === 0 && layer.isWithoutRemovals) return answer;
    const answered = new Set(answer.map(({ id }) => id));
    const fits = fitting(table, query);
    const shown = (row: NetBoxRecord): readonly NetBoxRecord[] => {
      if (!fits(row, answered.has(row.id))) return [];
      const listed = asListed(row, query);
      return [keep?.(listed) ?? listed];
    };
    const known = answer.flatMap((row) => {
      const own = rows.get(row.id);
      return own === undefined ? (layer.withoutGone(table, row) ?? []) : shown(own);
    });
    const others = [...rows.values()].filter(({ id }) => !answered.has(id)).flatMap(shown);
    return others.length === 0 ? known : [...known, ...others].sort(byAge);
  }

  /** The rows that came of it, by id. */
  async #write(
    table: Table,
    drafts: readonly (Omit<Written, 'after'> & { readonly stored: NetBoxRecord })[],
  ): Promise<ReadonlyMap<number, NetBoxRecord>> {
    const { layer } = this.#shared;
    const nameOf = await this.#learnNames(drafts.flatMap(({ body, stored }) => pointedAt(table, body, stored)));
    const writes = drafts.map(({ before, body, stored }) => ({
      before,
      body,
      after: layer.put(table.path, written(table, body, stored, nameOf)),
    }));
    await applyEffects(table.path, writes, this.#port);
    return layer.rows(table.path);
  }

  readonly #port: EffectPort = {
    rowsOf: async (path, filter, values) => (values.length === 0 ? [] : this.listByValues(path, filter, values)),
    take: (path, ids) => this.#take(path, ids),
    put: (path, row) => this.#shared.layer.put(path, row),
    make: (path, body) => {
      const { layer } = this.#shared;
      const table = this.#table(path);
      const named = (pointed: Pointed) => layer.rows(pointed.path).get(pointed.id);
      return layer.put(path, written(table, body, emptyRow(table, layer.nextId()), named));
    },
  };

  /** Whole rows, which are in the layer from now on. Those that are not there are left out. */
  async #take(path: string, ids: readonly number[]): Promise<readonly NetBoxRecord[]> {
    const { layer } = this.#shared;
    const table = this.#table(path);
    const wanted = [...new Set(ids)];
    const unread = wanted.filter((id) => !isImagined(id) && !layer.rows(path).has(id) && !layer.isGone(path, id));
    const read =
      unread.length === 0 ? [] : await this.#reader.listByValues(path, 'id', unread, {}, { cache: 'bypass' });
    for (const row of read) {
      const left = layer.rows(path).has(row.id) ? undefined : layer.withoutGone(table, row);
      if (left !== undefined) layer.put(path, left);
    }
    return wanted.flatMap((id) => layer.rows(path).get(id) ?? []);
  }

  async #learnNames(pointed: readonly Pointed[]) {
    const { layer, names } = this.#shared;
    const unknown = pointed.filter(
      ({ path, id }) => !isImagined(id) && !layer.rows(path).has(id) && !names.has(nameKey({ path, id })),
    );
    for (const [path, those] of grouped(unknown, (one) => one.path)) {
      const ids = [...new Set(those.map(({ id }) => id))];
      const reading = this.#readNames(path, ids);
      for (const id of ids)
        names.set(
          nameKey({ path, id }),
          reading.then((rows) => rows.find((row) => row.id === id)),
        );
    }
    const known = new Map<string, NetBoxRecord | undefined>();
    for (const one of pointed) known.set(nameKey(one), await names.get(nameKey(one)));
    return (one: Pointed) => layer.rows(one.path).get(one.id) ?? known.get(nameKey(one));
  }

  /** Names are no reason for a preview to fail: what may not be seen is not shown by NetBox either. */
  async #readNames(path: string, ids: readonly number[]): Promise<readonly NetBoxRecord[]> {
    try {
      const fields = ['id', ...nestedFields].join(',');
      return await this.#reader.listByValues(path, 'id', ids, { fields }, { cache: 'bypass' });
    } catch (error) {
      if (error instanceof ProxboxError && error.code === 'netbox_forbidden') return [];
      throw error;
    }
  }

  #table(path: string): Table {
    const table = tableAt(path);
    if (table === undefined) throw new ProxboxError('internal', `No kind of objects is kept at ${path}.`);
    return table;
  }
}

function nameKey({ path, id }: Pointed): string {
  return `${path}${id}`;
}

function asListed(row: NetBoxRecord, { fields }: Query): NetBoxRecord {
  if (typeof fields !== 'string') return row;
  const named = fields.split(',').filter((field) => row[field] !== undefined);
  return { ...Object.fromEntries(named.map((field) => [field, row[field]])), id: row.id };
}
