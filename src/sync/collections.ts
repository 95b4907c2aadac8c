/** What a run sees of NetBox: whole collections of a kind, read once and shared by the stage calls of one job. */
import { decode, decodeShown, kept, readFields } from '../netbox/kinds/decode.js';
import { mapInTurns } from '../config/breathe.js';
import { readPage } from '../netbox/page.js';
import { kindDefinition, type ObjectKind, type RecordOf } from '../netbox/kinds/index.js';
import type { Keep, ListOptions, NetBoxReader, NetBoxRecord, Query, ReadWindow } from '../netbox/types.js';
import type { Clock } from '../config/clock.js';
import { createForbiddenStore, type Forbidden } from './forbidden.js';
import type { Refusals } from './refusals.js';
import { RequiredFields } from './required-fields.js';
import { UnseenRows } from './unseen-rows.js';

/** The calls of one job: NetBox endpoint revision, branch, Proxmox endpoints. */
export interface CollectionScope {
  readonly key: string;
  /** Revision of the NetBox endpoint: what it refuses is refused whichever Proxmox endpoints a call is about. */
  readonly netbox: string;
  /** Schema id of the branch that the client reads; empty = main. */
  readonly branch: string;
  /** Whether what NetBox rendered is kept as long as the record; see `renderedOf`. */
  readonly showsObjects: boolean;
  readonly refusals: Refusals;
}

/** The answers are in the cache of the client, which its own writes keep true (netbox/get-cache.ts). */
export interface Collections {
  /** Objects of a kind that match a filter. With `values` the filter is a list and is chunked to fit a request line. */
  load<K extends ObjectKind>(
    kind: K,
    query: Query,
    values?: { readonly filter: string; readonly of: readonly (string | number)[] },
    options?: LoadOptions,
  ): Promise<readonly RecordOf<K>[]>;
  /** How many objects of a kind NetBox has now; Infinity where it does not tell. */
  count(kind: ObjectKind): Promise<number>;
  /** Objects that NetBox refused because of another one: not tried again until either changes. */
  readonly refusals: Refusals;
  /** What `leaveOut` was told in the last hour, by its key. */
  leftOut(): ReadonlyMap<string, RefusedPart>;
  /** NetBox does not take a part of objects, which are written without; that it does again it tells only who tries. */
  leaveOut(key: string, part: RefusedPart): void;
  /** What the token may not add, change or delete. */
  readonly forbidden: Forbidden;
  readonly unseen: UnseenRows;
  readonly requiredFields: RequiredFields;
  /** The same, where what only the change log confirmed is read again. */
  readonly readingAgain: () => Collections;
}

/** A part of objects that NetBox does not take. */
export interface RefusedPart {
  /** For a sentence: `the tag "Proxbox"`. */
  readonly words: string;
  /** Why not, and what to do. */
  readonly why: string;
}

export interface LoadOptions {
  /** Not what an earlier call read: for everything that decides a delete. What this run has read itself is used. */
  readonly fresh?: boolean;
  /** Read now, whatever was read before, and not kept for later: for who is about to delete. */
  readonly past?: 'cache';
}

export interface CollectionStore {
  /**
   * For the reads of a call. The first call of a job uses nothing that was read before it, and neither do the later ones.
   * @param maxAgeMs of what other calls read; the settings may allow less
   */
  window(
    scopeKey: string,
    client: Pick<NetBoxReader, 'openWindow'>,
    options: { readonly beginsJob: boolean; readonly maxAgeMs?: number | undefined },
  ): ReadWindow;
  open(scope: CollectionScope, client: NetBoxReader): Collections;
  forgetLeftOut(): void;
  forgetForbidden(): void;
}

const leftOutMs = 3_600_000;

export function createCollectionStore(clock: Clock): CollectionStore {
  /** By scope: where its job began in the order of all reads. */
  const jobs = new Map<string, number>();
  /** By NetBox and branch: what was refused, and when that was told. Kept when a job begins: an attempt that must fail is a write all the same. */
  const leftOut = new Map<string, Map<string, RefusedPart & { readonly atMs: number }>>();

  const forbidden = createForbiddenStore();
  const unseen = new Map<string, UnseenRows>();
  const requiredFields = new Map<string, RequiredFields>();

  function window(...[key, client, options]: Parameters<CollectionStore['window']>): ReadWindow {
    const opened = client.openWindow(options.beginsJob ? 'now' : (jobs.get(key) ?? 0), options.maxAgeMs ?? Infinity);
    if (options.beginsJob) jobs.set(key, opened.opened);
    return opened;
  }

  function open({ netbox, branch, refusals, showsObjects }: CollectionScope, client: NetBoxReader): Collections {
    const openedAtMs = clock.monotonicMs();
    const key = `${netbox}|${branch}`;
    const refused = leftOut.get(key) ?? new Map<string, RefusedPart & { readonly atMs: number }>();
    leftOut.set(key, refused);
    const fields = requiredFields.get(key) ?? new RequiredFields();
    requiredFields.set(key, fields);
    const unseenRows = unseen.get(key) ?? new UnseenRows(clock);
    unseen.set(key, unseenRows);
    for (const [part, { atMs }] of refused) if (openedAtMs - atMs > leftOutMs) refused.delete(part);
    const rememberedOf = forbidden.open(key, client);
    const through = (reader: NetBoxReader): Collections => ({
      async load(kind, query, ...[values, options = {}]) {
        if (values?.of.length === 0) return [];
        const cache = options.past === 'cache' ? 'bypass' : options.fresh === true ? 'fresh' : 'use';
        const keep: Keep | undefined = showsObjects ? undefined : (row) => decode(kind, row);
        const rows = await readRows(reader, branch, { kind, query, values, cache, keep });
        return showsObjects ? mapInTurns(rows, (row) => decodeShown(kind, row)) : rows.map((row) => kept(kind, row));
      },
      async count(kind) {
        const { path, query = {} } = kindDefinition(kind);
        const page = readPage(await reader.get(path, { fields: 'id', ...query, limit: 1 }, { cache: 'bypass' }));
        return page.ok ? (page.value.count ?? Infinity) : Infinity;
      },
      refusals,
      leftOut: () => new Map(refused),
      leaveOut: (part, told) => void refused.set(part, { ...told, atMs: clock.monotonicMs() }),
      forbidden: rememberedOf,
      unseen: unseenRows,
      requiredFields: fields,
      readingAgain: () => through(reader.scoped({ readsAgain: true })),
    });
    return through(client);
  }

  return {
    window,
    open,
    forgetLeftOut: () => leftOut.clear(),
    forgetForbidden: () => {
      forbidden.clear();
      unseen.clear();
    },
  };
}

interface Selection {
  readonly kind: ObjectKind;
  readonly query: Query;
  readonly values?: { readonly filter: string; readonly of: readonly (string | number)[] } | undefined;
  readonly cache: NonNullable<ListOptions['cache']>;
  readonly keep?: ListOptions['keep'];
}

/** In a branch without the rows of the plugin that main does not have. */
async function readRows(client: NetBoxReader, branch: string, selection: Selection): Promise<readonly NetBoxRecord[]> {
  const records = await readAll(client, selection, readFields(selection.kind));
  if (branch === '' || records.length === 0 || kindDefinition(selection.kind).madeByPlugin !== true) return records;
  const inMain = await readAll(client.scoped({ branch: '' }), { ...selection, keep: undefined }, 'id');
  const ids = new Set(inMain.map(({ id }) => id));
  return records.filter(({ id }) => ids.has(id));
}

async function readAll(
  client: NetBoxReader,
  { kind, query, values, cache, keep }: Selection,
  fields: string,
): Promise<readonly NetBoxRecord[]> {
  const { path, query: always } = kindDefinition(kind);
  const full: Query = { ...query, fields, ...always };
  if (values === undefined) return client.list(path, full, { cache, keep });
  return client.listByValues(path, values.filter, values.of, full, { cache, keep });
}
