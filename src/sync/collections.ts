import { kindDefinition, readFields, storedKind, type ObjectKind } from '../netbox/records/kinds.js';
import type { NetBoxClient, NetBoxRecord, Query } from '../netbox/types.js';
import { canonicalJson } from '../netbox/records/compare.js';
import type { Clock } from '../config/clock.js';

interface Entry {
  readonly kind: ObjectKind;
  readonly readAtMs: number;
  readonly records: Map<number, NetBoxRecord>;
}

/** Which stored collections belong together: NetBox endpoint revision, branch, Proxmox endpoints. */
export interface CollectionScope {
  readonly key: string;
  /** Milliseconds; 0 = never shared with an earlier call. */
  readonly ttlMs: number;
  /** Schema id of the branch that the client reads; empty = main. */
  readonly branch: string;
}

/** What a run sees of NetBox: whole collections, read once, and kept true by the run's own writes. */
export interface Collections {
  /** Objects of a kind that match a filter. With `values` the filter is a list and is chunked to fit a request line. */
  load(
    kind: ObjectKind,
    query: Query,
    values?: { readonly filter: string; readonly of: readonly (string | number)[] },
    options?: LoadOptions,
  ): Promise<readonly NetBoxRecord[]>;
  /** After a write: puts the object into every loaded collection of its kind that already holds it, or could. */
  remember(kind: ObjectKind, record: NetBoxRecord): void;
  forget(kind: ObjectKind, id: number): void;
  /** Sentences of `rememberRefusal`, of the last hour: what they are about need not be tried again. */
  refusals(): ReadonlySet<string>;
  /** NetBox refused an object because of another one; the sentence names both, and so ends with either. */
  rememberRefusal(sentence: string): void;
}

export interface LoadOptions {
  /** Not what an earlier call read: for everything that decides a delete. What this run has read itself is used. */
  readonly fresh?: boolean;
}

export interface CollectionStore {
  open(scope: CollectionScope, client: NetBoxClient): Collections;
  /** Forgets one scope (devices stage, full update), or everything (`/clear-cache`). */
  drop(scopeKey?: string): void;
}

const refusalMs = 3_600_000;
const deviceLike: ReadonlySet<ObjectKind> = new Set(['device', 'virtual-machine']);

/**
 * Shares NetBox collections between the stage calls of one job, which arrive as separate requests minutes apart. It is
 * an optimisation with a short life: whatever decides a delete is read again.
 */
export function createCollectionStore(clock: Clock): CollectionStore {
  const scopes = new Map<string, Map<string, Entry>>();
  /** By scope: sentence and when it was told. Kept when a job begins: an attempt that must fail is a write all the same. */
  const refused = new Map<string, Map<string, number>>();

  function open(scope: CollectionScope, client: NetBoxClient): Collections {
    const entries = scopes.get(scope.key) ?? new Map<string, Entry>();
    scopes.set(scope.key, entries);
    const openedAtMs = clock.monotonicMs();
    for (const [key, entry] of entries) if (openedAtMs - entry.readAtMs > scope.ttlMs) entries.delete(key);
    const sentences = refused.get(scope.key) ?? new Map<string, number>();
    refused.set(scope.key, sentences);
    for (const [sentence, atMs] of sentences) if (openedAtMs - atMs > refusalMs) sentences.delete(sentence);

    return {
      async load(kind, query, ...[values, options = {}]) {
        if (values?.of.length === 0) return [];
        const key = `${kind} ${canonicalJson({ query, values: values ?? null })}`;
        const known = entries.get(key);
        const isUsable = known !== undefined && (options.fresh !== true || known.readAtMs >= openedAtMs);
        if (isUsable) return [...known.records.values()];
        const records = await read(client, scope.branch, { kind, query, values });
        entries.set(key, {
          kind,
          readAtMs: clock.monotonicMs(),
          records: new Map(records.map((record) => [record.id, record])),
        });
        return records;
      },
      remember(kind, record) {
        const stored = storedKind(kind);
        for (const entry of entries.values()) if (entry.kind === stored) entry.records.set(record.id, record);
      },
      forget(kind, id) {
        const stored = storedKind(kind);
        for (const entry of entries.values()) if (entry.kind === stored) entry.records.delete(id);
      },
      refusals: () => new Set(sentences.keys()),
      rememberRefusal: (sentence) => void sentences.set(sentence, clock.monotonicMs()),
    };
  }

  return {
    open,
    drop(scopeKey) {
      if (scopeKey !== undefined) {
        scopes.delete(scopeKey);
        return;
      }
      scopes.clear();
      refused.clear();
    },
  };
}

interface Selection {
  readonly kind: ObjectKind;
  readonly query: Query;
  readonly values?: { readonly filter: string; readonly of: readonly (string | number)[] } | undefined;
}

/** In a branch without the rows of the plugin that main does not have. */
async function read(client: NetBoxClient, branch: string, selection: Selection): Promise<readonly NetBoxRecord[]> {
  const records = await readAll(client, selection, readFields(selection.kind));
  if (branch === '' || records.length === 0 || kindDefinition(selection.kind).madeByPlugin !== true) return records;
  const inMain = await readAll(client.scoped({ branch: '' }), selection, 'id');
  const ids = new Set(inMain.map(({ id }) => id));
  return records.filter(({ id }) => ids.has(id));
}

async function readAll(
  client: NetBoxClient,
  { kind, query, values }: Selection,
  fields: string,
): Promise<readonly NetBoxRecord[]> {
  const { path } = kindDefinition(kind);
  const full: Query = { ...query, fields, ...(deviceLike.has(kind) ? { exclude: 'config_context' } : {}) };
  if (values === undefined) return client.list(path, full, { cache: 'bypass' });
  return client.listByValues(path, values.filter, values.of, full, { cache: 'bypass' });
}
