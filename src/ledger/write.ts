/**
 * Takes down runs: one transaction when a run begins, one per stage when that has ended, one at the end. A database that cannot be
 * written costs a line in the log and nothing else: what is due is kept for a while, and written before what comes next.
 */
import { eq } from 'drizzle-orm';
import type { Logger } from 'pino';
import { breathe } from '../config/breathe.js';
import type { Clock } from '../config/clock.js';
import type { Database } from '../db/open.js';
import { runs, runStages } from '../db/schema.js';
import { errorText } from '../errors/proxbox-error.js';
import { sqliteFailure } from '../errors/sqlite-failure.js';
import { DriftCount } from './drift.js';
import { createItemInsert } from './insert-items.js';
import { addTotals, endColumns, endpointColumn, rounded, runColumns, stageColumns, type Totals } from './rows.js';
import type { ItemEntry, RunBeginning, RunEnding, RunFacts, RunRecord, StageEntry } from './types.js';

export interface WriterDeps {
  readonly db: Database;
  readonly clock: Pick<Clock, 'now' | 'monotonicMs'>;
  readonly logger: Pick<Logger, 'error' | 'warn' | 'info'>;
  /** Of this service. */
  readonly version: string;
}

export interface RunWriter {
  begin(beginning: RunBeginning): RunRecord;
  /** Tries again what could not be written. */
  catchUp(): void;
}

/**
 * The event loop stands still while SQLite writes. A stage with more items than this is written in several transactions, the last
 * of which brings the stage itself: a stage that is in the ledger is there with all of its items.
 */
const itemsAtOnce = 1000;
/** Items of all runs that wait for a database which cannot be written. Beyond, those of a stage are given up, not its numbers. */
const mostWaiting = 20_000;

/** What is written in one transaction, along with what is known of the run by then. */
interface Piece {
  readonly items: readonly ItemEntry[];
  /** Of the items, and of what has ended with them. */
  readonly stage?: string;
  readonly ended?: Omit<typeof runStages.$inferInsert, 'runNumber'>;
  readonly ending?: Partial<typeof runs.$inferInsert>;
}

/** Runs whose writing is behind, and what was said about it. */
class Backlog {
  readonly #deps: WriterDeps;
  readonly #behind = new Set<Recorded>();
  #isBroken = false;

  constructor(deps: WriterDeps) {
    this.#deps = deps;
  }

  get items(): number {
    return [...this.#behind].reduce((sum, record) => sum + record.waiting, 0);
  }

  /**
   * What the work comes to. `later`: the database cannot be written now, which is told once until it can be again. `never`: it does
   * not take this, whenever it is tried.
   */
  attempt(work: () => number): number | 'later' | 'never' {
    const { db, logger } = this.#deps;
    if (!db.sqlite.open) return 'later';
    try {
      const done = db.unsynced(work);
      if (this.#isBroken) logger.info({ path: db.path }, 'What runs do is recorded again.');
      this.#isBroken = false;
      return done;
    } catch (error) {
      if (sqliteFailure(error) === undefined) {
        logger.error({ err: error }, 'A part of what a run did is not recorded. Please report this.');
        return 'never';
      }
      if (!this.#isBroken)
        logger.warn(
          { path: db.path },
          `What runs do cannot be recorded: ${errorText(error)}. Runs go on as they do; the list of runs lacks them.`,
        );
      this.#isBroken = true;
      return 'later';
    }
  }

  late(record: Recorded): void {
    this.#behind.add(record);
  }

  caughtUp(record: Recorded): void {
    this.#behind.delete(record);
    this.catchUp();
  }

  catchUp(): void {
    const [next] = this.#behind;
    if (next !== undefined) void next.write();
  }
}

class Recorded implements RunRecord {
  readonly #deps: WriterDeps;
  readonly #backlog: Backlog;
  readonly #beginning: RunBeginning;
  readonly #startedAt: string;
  readonly #startedMs: number;
  readonly #queue: Piece[] = [{ items: [] }];
  #isWriting = false;
  #number: number | undefined;
  #facts: RunFacts | undefined;
  #stages = 0;
  #items = 0;
  #totals: Totals = {};
  readonly #drift = new DriftCount();

  constructor(beginning: RunBeginning, deps: WriterDeps, backlog: Backlog) {
    this.#beginning = beginning;
    this.#deps = deps;
    this.#backlog = backlog;
    this.#startedAt = deps.clock.now().toISOString();
    this.#startedMs = deps.clock.monotonicMs();
    void this.write();
  }

  get waiting(): number {
    return this.#queue.reduce((sum, { items }) => sum + items.length, 0);
  }

  about(facts: RunFacts): void {
    this.#facts = facts;
  }

  async stage(entry: StageEntry): Promise<void> {
    this.#drift.add(entry);
    const isTooMuch = this.#backlog.items + entry.items.length > mostWaiting && this.#queue.length > 0;
    const items = isTooMuch ? [] : entry.items;
    const { stage } = entry;
    const ended = {
      ...stageColumns({ ...entry, items, itemsLeftOut: entry.itemsLeftOut + entry.items.length - items.length }),
      position: this.#stages,
      endedAt: this.#deps.clock.now().toISOString(),
    };
    this.#stages += 1;
    this.#totals = addTotals(this.#totals, entry.kinds);
    const last = Math.max(0, Math.ceil(items.length / itemsAtOnce) - 1) * itemsAtOnce;
    for (let from = 0; from < last; from += itemsAtOnce)
      this.#queue.push({ stage, items: items.slice(from, from + itemsAtOnce) });
    this.#queue.push({ stage, items: items.slice(last), ended });
    await this.write();
  }

  async end(ending: RunEnding): Promise<void> {
    const drift =
      this.#beginning.isOfEverything && ending.status === 'completed' ? this.#drift.of(this.#facts?.endpointIds) : null;
    this.#queue.push({ items: [], ending: { ...endColumns(ending, this.#deps.clock.now().toISOString()), drift } });
    await this.write();
  }

  /** Everything that is due, in its order. Never rejects. */
  async write(): Promise<void> {
    if (this.#isWriting) return;
    this.#isWriting = true;
    try {
      for (let piece = this.#queue[0]; piece !== undefined; piece = this.#queue[0]) {
        const due = piece;
        const number = this.#backlog.attempt(() => this.#writePiece(due));
        if (number === 'later') return this.#backlog.late(this);
        if (number !== 'never') {
          this.#number = number;
          this.#items += due.items.length;
        }
        this.#queue.shift();
        if (this.#queue.length > 0) await breathe();
      }
    } finally {
      this.#isWriting = false;
    }
    this.#backlog.caughtUp(this);
  }

  #writePiece({ items, stage = '', ended, ending }: Piece): number {
    const { db } = this.#deps;
    const number = this.#writeRun({ ...this.#sofar(items.length), ...ending });
    if (items.length > 0) {
      const insert = createItemInsert(db);
      items.forEach((item, index) => insert({ item, stage, runNumber: number, position: this.#items + index }));
    }
    if (ended !== undefined)
      db.orm
        .insert(runStages)
        .values({ runNumber: number, ...ended })
        .run();
    return number;
  }

  #writeRun(changes: Partial<typeof runs.$inferInsert>): number {
    const { orm } = this.#deps.db;
    if (this.#number !== undefined) {
      orm.update(runs).set(changes).where(eq(runs.number, this.#number)).run();
      return this.#number;
    }
    const begun = { beginning: this.#beginning, startedAt: this.#startedAt, version: this.#deps.version };
    const values = { ...runColumns(begun), ...changes };
    return orm.insert(runs).values(values).returning({ number: runs.number }).get().number;
  }

  /** What is known of the run by now. */
  #sofar(more: number): Partial<typeof runs.$inferInsert> {
    const seconds = rounded((this.#deps.clock.monotonicMs() - this.#startedMs) / 1000);
    const known = { items: this.#items + more, totals: JSON.stringify(this.#totals), seconds };
    if (this.#facts === undefined) return known;
    const { netboxEndpointId, endpointIds, traffic } = this.#facts;
    return { ...known, netboxEndpointId, endpointIds: endpointColumn(endpointIds), ...traffic() };
  }
}

export function createRunWriter(deps: WriterDeps): RunWriter {
  const backlog = new Backlog(deps);
  return {
    begin: (beginning) => new Recorded(beginning, deps, backlog),
    catchUp: () => backlog.catchUp(),
  };
}

/** To be called before this process begins one. Throws what SQLite throws. @returns how many there were */
export function endInterrupted(db: Database): number {
  return db.orm.update(runs).set({ status: 'interrupted' }).where(eq(runs.status, 'running')).run().changes;
}
