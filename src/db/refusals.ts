/**
 * What a NetBox refused because of another object there, from run to run and over the end of the process. It may be lost at any
 * time: then what was refused is tried once more.
 */
import { and, eq, lt } from 'drizzle-orm';
import type { Clock } from '../config/clock.js';
import type { Database } from './open.js';
import { refusals } from './schema.js';

export interface RefusalScope {
  readonly netboxEndpointId: number;
  /** Schema id of a branch; empty = main. */
  readonly branch: string;
}

export interface RefusalStore {
  /** Sentences that name both sides. Throws what SQLite throws. */
  recall(scope: RefusalScope): ReadonlySet<string>;
  /** Throws what SQLite throws. */
  remember(scope: RefusalScope, sentence: string): void;
  /** Of every NetBox. Throws what SQLite throws. */
  forget(): void;
}

/** What changes neither side, as another rule of NetBox about duplicates, is found out by trying again after so long. */
const keptMs = 30 * 86_400_000;

export function createRefusalStore(db: Database, clock: Pick<Clock, 'now'>): RefusalStore {
  const within = ({ netboxEndpointId, branch }: RefusalScope) =>
    and(eq(refusals.netboxEndpointId, netboxEndpointId), eq(refusals.branch, branch));
  return {
    recall(scope) {
      const oldest = new Date(clock.now().getTime() - keptMs).toISOString();
      db.orm.delete(refusals).where(lt(refusals.refusedAt, oldest)).run();
      const rows = db.orm.select({ sentence: refusals.sentence }).from(refusals).where(within(scope)).all();
      return new Set(rows.map(({ sentence }) => sentence));
    },
    remember(scope, sentence) {
      const row = { ...scope, sentence, refusedAt: clock.now().toISOString() };
      db.unsynced(() => db.orm.insert(refusals).values(row).onConflictDoNothing().run());
    },
    forget: () => void db.orm.delete(refusals).run(),
  };
}
