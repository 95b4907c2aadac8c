/** What a run left undone beside the run before it: what is new among it, and what has been mended since. */
import { and, asc, desc, eq, inArray, lt } from 'drizzle-orm';
import type { Database } from '../db/open.js';
import { runItems, runs } from '../db/schema.js';
import { storedItem, storedRun } from './rows.js';
import type { StoredItem, StoredRun } from './types.js';

export interface RunComparison {
  /** The newest before it that reached its end and was asked for the same; null: none is recorded. */
  readonly before: StoredRun | null;
  /** Left undone by this run and not by the one before. */
  readonly appeared: readonly StoredItem[];
  /** Left undone by the one before and not by this run. */
  readonly ended: readonly StoredItem[];
  /** How many objects both left undone, for the same reason. */
  readonly remaining: number;
  /** False where either run left so much undone that only the first of it was compared. */
  readonly isWhole: boolean;
}

export interface RunComparer {
  /** `mostItems`: so many objects of each run are compared. Throws what SQLite throws. */
  compare(id: string, mostItems: number): RunComparison | undefined;
}

export function createRunComparer(db: Database): RunComparer {
  return {
    compare(id, mostItems) {
      const run = db.orm.select().from(runs).where(eq(runs.id, id)).get();
      if (run === undefined) return undefined;
      const before = runBefore(db, run);
      if (before === undefined) return { before: null, appeared: [], ended: [], remaining: 0, isWhole: true };
      const now = undone(db, run.number, mostItems + 1);
      const then = undone(db, before.number, mostItems + 1);
      const isWhole = Math.max(now.length, then.length) <= mostItems;
      return { before: storedRun(before), ...compareUndone(now, then), isWhole };
    },
  };
}

/** One that failed or was cancelled did not look at everything. */
function runBefore({ orm }: Database, run: typeof runs.$inferSelect): typeof runs.$inferSelect | undefined {
  const asked = and(eq(runs.kind, run.kind), eq(runs.branch, run.branch), eq(runs.scope, run.scope));
  const reached = inArray(runs.status, ['completed', 'partial']);
  return orm
    .select()
    .from(runs)
    .where(and(lt(runs.number, run.number), asked, eq(runs.endpointIds, run.endpointIds), reached))
    .orderBy(desc(runs.number))
    .limit(1)
    .get();
}

function undone({ orm }: Database, runNumber: number, limit: number): readonly StoredItem[] {
  return orm
    .select()
    .from(runItems)
    .where(and(eq(runItems.runNumber, runNumber), inArray(runItems.outcome, ['skipped', 'failed'])))
    .orderBy(asc(runItems.position))
    .limit(limit)
    .all()
    .map(storedItem);
}

/** The same object for another reason is news: what mends it is another thing. Pure. */
function compareUndone(
  now: readonly StoredItem[],
  before: readonly StoredItem[],
): Pick<RunComparison, 'appeared' | 'ended' | 'remaining'> {
  const nameOf = ({ kind, key, reason }: StoredItem): string => JSON.stringify([kind, key, reason]);
  const these = new Set(now.map(nameOf));
  const those = new Set(before.map(nameOf));
  const appeared = now.filter((item) => !those.has(nameOf(item)));
  const ended = before.filter((item) => !these.has(nameOf(item)));
  return { appeared, ended, remaining: now.length - appeared.length };
}
