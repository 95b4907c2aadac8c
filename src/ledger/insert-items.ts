/** The statement that inserts items: made once per database, as making it takes far longer than running it. */
import { sql } from 'drizzle-orm';
import type { Database } from '../db/open.js';
import { runItems } from '../db/schema.js';
import { itemColumns } from './rows.js';
import type { ItemEntry } from './types.js';

export interface PlacedItem {
  readonly item: ItemEntry;
  readonly stage: string;
  readonly runNumber: number;
  readonly position: number;
}

const given = (name: keyof typeof runItems.$inferInsert) => sql.placeholder(name);

const prepare = (db: Database) =>
  db.orm
    .insert(runItems)
    .values({
      runNumber: given('runNumber'),
      position: given('position'),
      stage: given('stage'),
      kind: given('kind'),
      key: given('key'),
      label: given('label'),
      outcome: given('outcome'),
      reason: given('reason'),
      message: given('message'),
      netboxId: given('netboxId'),
      netboxUrl: given('netboxUrl'),
      endpointId: given('endpointId'),
      cluster: given('cluster'),
      node: given('node'),
      vmid: given('vmid'),
      changes: given('changes'),
    })
    .prepare();

const prepared = new WeakMap<Database, ReturnType<typeof prepare>>();

/** Throws what SQLite throws. */
export function createItemInsert(db: Database): (placed: PlacedItem) => void {
  const statement = prepared.get(db) ?? prepare(db);
  prepared.set(db, statement);
  return ({ item, ...place }) => void statement.run({ ...place, ...itemColumns(item) });
}
