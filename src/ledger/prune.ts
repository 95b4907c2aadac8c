/** What is too old or too much goes, in steps so small that nobody who is served meanwhile notices. */
import { and, asc, desc, eq, gt, inArray, lt, lte, ne, or, sql, type SQL } from 'drizzle-orm';
import type { Clock } from '../config/clock.js';
import type { Database } from '../db/open.js';
import { runItems, runs, runStages } from '../db/schema.js';

export interface Retention {
  readonly days: number;
  /** Of all runs together. */
  readonly maxItems: number;
}

export interface Pruner {
  /** One step; true: there is more to do. Throws what SQLite throws. */
  readonly prune: (retention: Retention) => boolean;
}

const dayMs = 86_400_000;
/** Syncs of single objects are runs too, and may be very many. */
const mostRuns = 20_000;
const itemsPerStep = 500;
const runsPerStep = 50;
/** Free pages that stay for what comes next; the file is made smaller by the others. */
const freePages = 256;
const pagesPerStep = 128;

/** @param maxRuns kept, the newest ones */
export function createPruner(db: Database, clock: Pick<Clock, 'now'>, maxRuns = mostRuns): Pruner {
  return {
    prune({ days, maxItems }) {
      const oldest = new Date(clock.now().getTime() - days * dayMs).toISOString();
      const isOld = and(
        ne(runs.status, 'running'),
        or(lt(runs.startedAt, oldest), lte(runs.number, surplus(db, maxRuns))),
      );
      return forgetItems(db, isOld, maxItems) || forgetRuns(db, isOld) || shrink(db);
    },
  };
}

/** The number of the newest run that is one too many; 0: none is. */
function surplus(db: Database, maxRuns: number): number {
  const { number } = runs;
  return db.orm.select({ number }).from(runs).orderBy(desc(number)).limit(1).offset(maxRuns).get()?.number ?? 0;
}

/** The items of the oldest run that is too old, or whose items are more than may stay. */
function forgetItems(db: Database, isOld: SQL | undefined, maxItems: number): boolean {
  const ended = and(ne(runs.status, 'running'), gt(runs.items, 0));
  const choose = (condition: typeof ended) =>
    db.orm
      .select({ number: runs.number, items: runs.items })
      .from(runs)
      .where(condition)
      .orderBy(asc(runs.number))
      .limit(1)
      .get();
  const { all } = db.orm
    .select({ all: sql<number>`coalesce(sum(${runs.items}), 0)` })
    .from(runs)
    .get() ?? { all: 0 };
  const chosen = choose(and(ended, isOld)) ?? (all > maxItems ? choose(ended) : undefined);
  if (chosen === undefined) return false;
  const first = db.orm
    .select({ position: sql<number | null>`min(${runItems.position})` })
    .from(runItems)
    .where(eq(runItems.runNumber, chosen.number))
    .get()?.position;
  db.unsynced(() => {
    const until = (first ?? 0) + itemsPerStep - 1;
    const gone = and(eq(runItems.runNumber, chosen.number), lte(runItems.position, until));
    const { changes } = db.orm.delete(runItems).where(gone).run();
    const left = first === null || first === undefined ? 0 : Math.max(0, chosen.items - changes);
    db.orm.update(runs).set({ items: left }).where(eq(runs.number, chosen.number)).run();
  });
  return true;
}

/** Runs that are too old; their items are gone by then. */
function forgetRuns(db: Database, isOld: SQL | undefined): boolean {
  const old = db.orm
    .select({ number: runs.number })
    .from(runs)
    .where(isOld)
    .orderBy(asc(runs.number))
    .limit(runsPerStep)
    .all();
  if (old.length === 0) return false;
  const numbers = old.map(({ number }) => number);
  db.unsynced(() => {
    db.orm.delete(runStages).where(inArray(runStages.runNumber, numbers)).run();
    db.orm.delete(runs).where(inArray(runs.number, numbers)).run();
  });
  return true;
}

/** Gives free pages back to the disk, where the file keeps them apart (https://sqlite.org/pragma.html#pragma_incremental_vacuum). */
function shrink(db: Database): boolean {
  const number = (pragma: string): number => Number(db.sqlite.pragma(pragma, { simple: true }));
  if (number('auto_vacuum') !== 2 || number('freelist_count') <= freePages) return false;
  db.sqlite.pragma(`incremental_vacuum(${pagesPerStep})`);
  return number('freelist_count') > freePages;
}
