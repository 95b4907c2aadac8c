import { beforeEach, describe, expect, it } from 'vitest';
import type { Database } from '../../../src/db/open.js';
import { createRefusalStore, type RefusalStore } from '../../../src/db/refusals.js';
import { forgetRefusals, openRefusals } from '../../../src/sync/refusals.js';
import { silentLogger } from '../../support/factories/run.js';
import { createSteppedClock, type SteppedClock } from '../../support/stepped-clock.js';
import { cleanUpDatabases, newDatabase } from './database-kit.js';

cleanUpDatabases();

const main = { netboxEndpointId: 1, branch: '' };
const dayMs = 86_400_000;

describe('what a NetBox refused', () => {
  let clock: SteppedClock;
  let db: Database;
  let store: RefusalStore;
  beforeEach(() => {
    clock = createSteppedClock();
    db = newDatabase(clock);
    store = createRefusalStore(db, clock);
  });

  it('is known to every later run of this NetBox and branch, and to no other', () => {
    openRefusals(store, main, silentLogger).remember('a has what b has');

    expect(openRefusals(store, main, silentLogger).has('a has what b has')).toBe(true);
    expect([...store.recall({ ...main, branch: 'b1' }), ...store.recall({ ...main, netboxEndpointId: 2 })]).toEqual([]);
  });

  it('is forgotten after 30 days, however often it was met meanwhile, and when all of it is', () => {
    store.remember(main, 'old');
    clock.step(29 * dayMs);
    for (const sentence of ['old', 'new']) store.remember(main, sentence);
    expect([...store.recall(main)].sort()).toEqual(['new', 'old']);

    clock.step(2 * dayMs);
    expect([...store.recall(main)]).toEqual(['new']);
    forgetRefusals(store, silentLogger);
    expect([...store.recall(main)]).toEqual([]);
  });

  it('is known to the run that met it also where the database does not take it, which ends nothing', () => {
    db.sqlite.exec('DROP TABLE refusal');
    const refusals = openRefusals(store, main, silentLogger);

    refusals.remember('a has what b has');

    expect(refusals.has('a has what b has')).toBe(true);
    expect(() => forgetRefusals(store, silentLogger)).not.toThrow();
  });
});
