/** What the ledger knows of runs. Every list is read page by page, and a page costs the same however long the list is. */
import { and, asc, desc, eq, gt, gte, like, lt, lte, ne, or, sql, type SQL } from 'drizzle-orm';
import type { Database } from '../db/open.js';
import { runItems, runs, runStages } from '../db/schema.js';
import { endpointIdsIn, storedItem, storedRun, storedStage } from './rows.js';
import type {
  ItemFilter,
  ObjectIds,
  ObjectItem,
  PageOf,
  RunFilter,
  StoredItem,
  StoredRun,
  StoredStage,
  Success,
} from './types.js';

export interface RunReader {
  /** The newest first. `before`: the `next` of the page before. */
  runs(filter: RunFilter, page: { readonly before?: number | undefined; readonly limit: number }): PageOf<StoredRun>;
  run(id: string): StoredRun | undefined;
  /** The newest complete run of each kind and scope, the oldest first. */
  successes(): readonly Success[];
  /** Runs, and objects that they list, now. */
  size(): { readonly runs: number; readonly items: number };
  /** What runs did to a machine and to what hangs on it, or to a device, the newest first. Plans are none. */
  itemsOfObject(object: ObjectIds, limit: number): readonly ObjectItem[];
  /** In the order in which they ended. */
  stages(id: string): readonly StoredStage[];
  /**
   * In the order in which they were written. `after`: the `next` of the page before. Where more than one thing is looked for, a
   * stage or a text, a page looks at no more than 20,000 items: it may hold fewer than asked for, also none, and still have a next one.
   */
  items(
    id: string,
    filter: ItemFilter,
    page: { readonly after?: number | undefined; readonly limit: number },
  ): PageOf<StoredItem>;
}

/** So many items are looked at in some milliseconds, whichever match. */
const itemsPerLook = 20_000;

/** Throws what SQLite throws. */
export function createRunReader(db: Database): RunReader {
  const numberOf = (id: string): number =>
    db.orm.select({ number: runs.number }).from(runs).where(eq(runs.id, id)).get()?.number ?? 0;

  return {
    runs(filter, { before, limit }) {
      const wanted = and(runCondition(filter), before === undefined ? undefined : lt(runs.number, before));
      const rows = db.orm
        .select()
        .from(runs)
        .where(wanted)
        .orderBy(desc(runs.number))
        .limit(limit + 1)
        .all();
      const shown = rows.slice(0, limit);
      return { rows: shown.map(storedRun), next: rows.length > limit ? (shown.at(-1)?.number ?? null) : null };
    },
    run(id) {
      const row = db.orm.select().from(runs).where(eq(runs.id, id)).get();
      return row === undefined ? undefined : storedRun(row);
    },
    itemsOfObject: (object, limit) => itemsOfObject(db, object, limit),
    successes: () => successes(db),
    size: () => size(db),
    stages(id) {
      const ofRun = eq(runStages.runNumber, numberOf(id));
      return db.orm.select().from(runStages).where(ofRun).orderBy(asc(runStages.position)).all().map(storedStage);
    },
    items(id, filter, { after = -1, limit }) {
      const number = numberOf(id);
      const ofRun = eq(runItems.runNumber, number);
      const { conditions, isLooking } = itemConditions(filter);
      const last = isLooking ? after + itemsPerLook : undefined;
      const within = [gt(runItems.position, after), last === undefined ? undefined : lte(runItems.position, last)];
      const rows = db.orm
        .select()
        .from(runItems)
        .where(and(ofRun, ...conditions, ...within))
        .orderBy(asc(runItems.position))
        .limit(limit + 1)
        .all();
      const shown = rows.slice(0, limit).map(storedItem);
      if (rows.length > limit) return { rows: shown, next: shown.at(-1)?.position ?? null };
      const hasMore = last !== undefined && isThere(and(ofRun, gt(runItems.position, last)));
      return { rows: shown, next: hasMore ? last : null };
    },
  };

  function isThere(condition: SQL | undefined): boolean {
    return (
      db.orm
        .select({ one: sql`1` })
        .from(runItems)
        .where(condition)
        .limit(1)
        .get() !== undefined
    );
  }
}

function successes(db: Database): readonly Success[] {
  const endedAt = sql<string>`max(${runs.endedAt})`;
  const { kind, endpointIds } = runs;
  const complete = and(eq(runs.status, 'completed'), ne(runs.kind, 'plan'));
  const rows = db.orm
    .select({ kind, endpointIds, endedAt })
    .from(runs)
    .where(complete)
    .groupBy(kind, endpointIds)
    .all();
  return rows
    .map((row) => ({ ...row, endpointIds: endpointIdsIn(row.endpointIds) }))
    .sort((one, other) => (one.endedAt < other.endedAt ? -1 : 1));
}

function size(db: Database): ReturnType<RunReader['size']> {
  const counts = { runs: sql<number>`count(*)`, items: sql<number>`coalesce(sum(${runs.items}), 0)` };
  return db.orm.select(counts).from(runs).get() ?? { runs: 0, items: 0 };
}

function runCondition({ status, kind, trigger, jobId, endpoint, since, until }: RunFilter): SQL | undefined {
  return and(
    status === undefined ? undefined : eq(runs.status, status),
    kind === undefined ? ne(runs.kind, 'plan') : eq(runs.kind, kind),
    trigger === undefined ? undefined : eq(runs.begunBy, trigger),
    jobId === undefined ? undefined : eq(runs.jobId, jobId),
    endpoint === undefined ? undefined : like(runs.endpointIds, `%,${endpoint},%`),
    since === undefined ? undefined : gte(runs.startedAt, since),
    until === undefined ? undefined : lt(runs.startedAt, until),
  );
}

/** One of the filters is answered by its index; what else is looked for is compared row by row. */
function itemConditions({ reason, outcome, kind, stage, text }: ItemFilter) {
  const byIndex = [
    ...(reason === undefined ? [] : [{ column: runItems.reason, value: reason }]),
    ...(outcome === undefined ? [] : [{ column: runItems.outcome, value: outcome }]),
    ...(kind === undefined ? [] : [{ column: runItems.kind, value: kind }]),
  ];
  const [first, ...others] = byIndex;
  return {
    isLooking: others.length > 0 || stage !== undefined || text !== undefined,
    conditions: [
      first === undefined ? undefined : sql`${first.column} = ${first.value}`,
      // The plus sign keeps SQLite from choosing the index of this column instead (https://sqlite.org/optoverview.html, 6).
      ...others.map(({ column, value }) => sql`+${column} = ${value}`),
      stage === undefined ? undefined : sql`${runItems.stage} = ${stage}`,
      text === undefined ? undefined : holdsText(text),
    ],
  };
}

function holdsText(text: string): SQL | undefined {
  const pattern = `%${text.replace(/[\\%_]/g, (sign) => `\\${sign}`)}%`;
  const holds = (column: typeof runItems.label | typeof runItems.key | typeof runItems.message) =>
    sql`${column} LIKE ${pattern} ESCAPE '\\'`;
  return or(holds(runItems.label), holds(runItems.key), holds(runItems.message));
}

/** By the guest, and by the machine where runs knew of no guest. */
function itemsOfObject(
  { orm }: Database,
  { kind, netboxId, vmid, endpointId }: ObjectIds,
  limit: number,
): ObjectItem[] {
  const ofGuest =
    vmid === null || endpointId === null
      ? undefined
      : and(eq(runItems.vmid, vmid), eq(runItems.endpointId, endpointId));
  const ofMachine = and(eq(runItems.kind, kind), eq(runItems.netboxId, netboxId));
  const rows = [ofGuest, ofMachine].flatMap((wanted) =>
    wanted === undefined
      ? []
      : orm
          .select({ item: runItems, runId: runs.id, at: runs.startedAt })
          .from(runItems)
          .innerJoin(runs, eq(runs.number, runItems.runNumber))
          .where(and(wanted, ne(runs.kind, 'plan')))
          .orderBy(desc(runItems.runNumber), asc(runItems.position))
          .limit(limit)
          .all(),
  );
  const unique = new Map(rows.map((row) => [`${row.item.runNumber}/${row.item.position}`, row]));
  return [...unique.values()]
    .sort((one, other) => other.item.runNumber - one.item.runNumber || one.item.position - other.item.position)
    .slice(0, limit)
    .map(({ item, runId, at }) => ({ runId, at, item: storedItem(item) }));
}
