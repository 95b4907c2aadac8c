import { ProxboxError } from '../../../src/errors/proxbox-error.js';
import { typeOf, type FieldSpec, type FieldType } from '../../../src/netbox/kinds/fields.js';
import { kinds } from '../../../src/netbox/kinds/index.js';
import type { KindDefinition } from '../../../src/netbox/kinds/kind.js';
import { relationId, tagIds, textOf } from '../../../src/netbox/kinds/values.js';
import { endsTheRun } from '../../../src/netbox/run-ending.js';
import type {
  BulkCreateOptions,
  CreateOutcome,
  JsonObject,
  NetBoxClient,
  NetBoxRecord,
  PatchItem,
  PatchOutcome,
  Query,
} from '../../../src/netbox/types.js';
import { refusalOf, type Tables } from './netbox-rules.js';

export interface SentWrite {
  readonly method: 'POST' | 'PATCH';
  readonly path: string;
  readonly body: JsonObject;
  readonly id?: number;
}

export type Verdict = ProxboxError | undefined;

export interface InMemoryNetBox {
  readonly client: NetBoxClient;
  /** Objects that were written or refused, in order, one entry each. */
  readonly writes: SentWrite[];
  /** Paths of list requests, in order. */
  readonly reads: string[];
  /** Answers of a failing NetBox: asked before each object is written. */
  verdict: (write: SentWrite) => Verdict;
  /** Stores an object as somebody else would; the answer is what NetBox renders. */
  put(path: string, body: JsonObject): NetBoxRecord;
  change(path: string, id: number, body: JsonObject): void;
  remove(path: string, id: number): void;
  rows(path: string): readonly NetBoxRecord[];
}

const definitions: readonly KindDefinition[] = Object.values(kinds);

/**
 * A NetBox without HTTP: it renders relations and choices as NetBox does, ignores filters it does not know, and enforces
 * the uniqueness and coherence rules that shape the order of writes.
 */
export function createInMemoryNetBox(options: { readonly version?: '4.5' | '4.6'; readonly plugin?: boolean } = {}) {
  const tables: Tables = new Map();
  const writes: SentWrite[] = [];
  const reads: string[] = [];
  const table = (path: string): Map<number, NetBoxRecord> => {
    const known = tables.get(path) ?? new Map<number, NetBoxRecord>();
    tables.set(path, known);
    return known;
  };
  let nextId = 1;

  const insert = (path: string, body: JsonObject): NetBoxRecord => {
    const record = { ...emptyRecord(path), ...renderAll(tables, path, body), id: nextId++ };
    table(path).set(record.id, record);
    return record;
  };
  const update = (path: string, id: number, body: JsonObject): NetBoxRecord => {
    const record = { ...table(path).get(id), ...renderAll(tables, path, body), id };
    table(path).set(id, record);
    return record;
  };
  const judge = (write: SentWrite): Verdict =>
    netbox.verdict(write) ??
    refusalOf(tables, write.path, { ...table(write.path).get(write.id ?? 0), ...write.body }, write.id);

  const createOne = async (path: string, body: JsonObject, find: BulkCreateOptions['find']): Promise<CreateOutcome> => {
    const write: SentWrite = { method: 'POST', path, body };
    writes.push(write);
    const error = judge(write);
    if (error === undefined) return { status: 'created', record: insert(path, body) };
    if (error.upstream?.status !== 400 || find === undefined) return { status: 'failed', error };
    const [record] = /unique/i.test(JSON.stringify(error.upstream.body)) ? await find([body], client) : [];
    return record === undefined ? { status: 'failed', error } : { status: 'exists', record };
  };
  const patchOne = ({ id, body }: PatchItem, path: string): PatchOutcome => {
    const write: SentWrite = { method: 'PATCH', path, body, id };
    writes.push(write);
    if (!table(path).has(id)) return { status: 'gone' };
    const error = judge(write);
    return error === undefined ? { status: 'updated', record: update(path, id, body) } : { status: 'failed', error };
  };
  const list = (path: string, query: Query = {}): readonly NetBoxRecord[] => {
    reads.push(path);
    return [...table(path).values()].filter((record) => matches(record, query));
  };

  const client: NetBoxClient = {
    atOnce: () => 1,
    endpointId: 1,
    baseUrl: 'http://netbox.test',
    scoped: () => client,
    status: async () => ({ version: { text: '4.6.8', major: 4, minor: 6, patch: 8 }, plugins: new Map() }),
    capabilities: async () => ({
      cursorPaging: true,
      virtualMachineTypes: options.version !== '4.5',
      tagChanges: false,
      writableInterfaceMac: false,
      branching: false,
      proxboxPlugin: options.plugin ?? true,
    }),
    get: async () => null,
    list: async (path, query) => list(path, query),
    openWindow: () => ({ opened: 0, since: 0, maxAgeMs: 0 }),
    catchUp: async () => ({ status: 'unknown', doubt: 'off' }),
    listByValues: async (path, filter, values, query) => list(path, { ...query, [filter]: values }),
    may: async () => undefined,
    ask: async () => ({ body: null, date: undefined }),
    create: async (path, body) => unwrap(await createOne(path, body, undefined)),
    patch: async (path, id, body) => unwrap(patchOne({ id, body }, path)),
    delete: async (path, id) => table(path).delete(id),
    async bulkCreate(path, bodies, { find, keyOf, onBatch }) {
      const seen = new Set<string>();
      const outcomes: CreateOutcome[] = [];
      let stop: ProxboxError | undefined;
      for (const body of bodies) {
        const key = keyOf?.(body);
        const twice = key !== undefined && seen.has(key) ? sameTwice(key) : stop;
        if (key !== undefined) seen.add(key);
        const outcome = twice === undefined ? await createOne(path, body, find) : failed(twice);
        if (outcome.status === 'failed') stop ??= endOfCall(outcome.error);
        outcomes.push(outcome);
      }
      onBatch?.({ done: bodies.length, total: bodies.length });
      return outcomes;
    },
    async bulkPatch(path, items, { onBatch }) {
      const merged = new Map<number, JsonObject>();
      for (const { id, body } of items) merged.set(id, { ...merged.get(id), ...body });
      const outcomes = new Map<number, PatchOutcome>();
      let stop: ProxboxError | undefined;
      for (const [id, body] of merged) {
        const outcome = stop === undefined ? patchOne({ id, body }, path) : failed(stop);
        if (outcome.status === 'failed') stop ??= endOfCall(outcome.error);
        outcomes.set(id, outcome);
      }
      onBatch?.({ done: items.length, total: items.length });
      return items.map(({ id }) => outcomes.get(id) ?? { status: 'gone' });
    },
    bulkDelete: async () => [],
    counters: () => ({ requests: 0, writes: writes.length, retries: 0, overwhelmed: 0, cacheHits: 0 }),
  };

  const netbox: InMemoryNetBox = {
    client,
    writes,
    reads,
    verdict: () => undefined,
    put: insert,
    change: update,
    remove: (path, id) => {
      table(path).delete(id);
    },
    rows: (path) => [...table(path).values()],
  };
  return netbox;
}

function failed(error: ProxboxError): { readonly status: 'failed'; readonly error: ProxboxError } {
  return { status: 'failed', error };
}

/** As the client does: what every further object would meet is not tried again, and is the outcome of all the others. */
function endOfCall(error: ProxboxError): ProxboxError | undefined {
  const status = error.upstream?.status;
  return endsTheRun(error) || status === 403 || status === 404 || status === 501 ? error : undefined;
}

function sameTwice(key: string): ProxboxError {
  return new ProxboxError('conflict', `Two objects of one bulk create are the same: ${key}`);
}

function unwrap(outcome: CreateOutcome | PatchOutcome): NetBoxRecord {
  if (outcome.status === 'failed') throw outcome.error;
  if (outcome.status === 'gone' || outcome.status === 'unchanged')
    throw new ProxboxError('netbox_rejected', 'Not found.', { upstream: { status: 404 } });
  return outcome.record;
}

function definitionOf(path: string): KindDefinition | undefined {
  return definitions.find((definition) => definition.path === path);
}

const emptyValues: Partial<Record<FieldType, unknown>> = { text: '', tags: [], relations: [], 'custom-fields': {} };

function emptyRecord(path: string): Readonly<Record<string, unknown>> {
  const { fields = {}, reads = {} } = definitionOf(path) ?? {};
  const empty = Object.entries({ ...reads, ...fields }).map(([field, spec]) => [
    field,
    emptyValues[typeOf(spec)] ?? null,
  ]);
  return Object.fromEntries(empty);
}

function renderAll(tables: Tables, path: string, body: JsonObject): JsonObject {
  const { fields = {} } = definitionOf(path) ?? {};
  return Object.fromEntries(
    Object.entries(body).map(([field, value]) => [field, render(tables, { field, spec: fields[field] }, value)]),
  );
}

interface Declared {
  readonly field: string;
  readonly spec: FieldSpec | undefined;
}

/** Relations are nested, but for those whose field holds the bare id (`scope_id`, `assigned_object_id`). */
function render(tables: Tables, { field, spec }: Declared, value: unknown): unknown {
  if (value === null || spec === undefined) return value;
  const type = typeOf(spec);
  if (type === 'relation') return field.endsWith('_id') ? relationId(value) : { id: relationId(value) };
  if (type === 'relations') return tagIds(value).map((id) => ({ id }));
  if (type === 'choice') return { value, label: textOf(value) };
  if (type === 'time') return textOf(value).replace('Z', '+00:00');
  if (type === 'text' && typeof value === 'string') return value.trim();
  if (type !== 'tags') return value;
  return tagIds(value).map((id) => tables.get('/api/extras/tags/')?.get(id) ?? { id, slug: `tag-${id}` });
}

const paging: ReadonlySet<string> = new Set(['fields', 'exclude', 'limit', 'offset', 'ordering', 'brief']);

function matches(record: NetBoxRecord, query: Query): boolean {
  return Object.entries(query).every(([filter, wanted]) => {
    if (wanted === undefined || wanted === null || paging.has(filter)) return true;
    const values = (Array.isArray(wanted) ? wanted : [wanted]).map(String);
    if (filter.endsWith('__ie')) {
      const stored = String(record[filter.slice(0, -4)]).toLowerCase();
      return values.some((value) => value.toLowerCase() === stored);
    }
    const field = filter in record ? filter : filter.replace(/_id$/, '');
    if (!(field in record)) return true;
    const stored = record[field];
    return values.includes(
      String(relationId(stored) !== null && typeof stored === 'object' ? relationId(stored) : stored),
    );
  });
}
