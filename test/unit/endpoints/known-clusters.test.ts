import path from 'node:path';
import BetterSqlite3 from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { createKnownClusters, type KnownCluster } from '../../../src/endpoints/known-clusters.js';
import { cleanUpDatabases, logProbe, openTestDatabase, temporaryFolder, testClock } from '../db/database-kit.js';

cleanUpDatabases();

const lab: KnownCluster = {
  endpointId: 1,
  identity: '824a259b-eeef-460b-9898-7099c1e8aa1a',
  mode: 'cluster',
  name: 'lab',
  nodes: [{ name: 'pve1', ip: '10.0.0.1' }],
  netboxCluster: null,
};

function aStore() {
  const { logger, lines } = logProbe();
  const db = openTestDatabase(path.join(temporaryFolder(), 'database.db'), testClock(), logger);
  const opened = lines().length;
  return { db, lines: () => lines().slice(opened), store: createKnownClusters({ db }) };
}

describe('what is known of clusters', () => {
  it('is kept per NetBox, and the last word counts', () => {
    const { store } = aStore();

    expect(store.remember(1, lab)).toBe(true);
    store.remember(1, { ...lab, netboxCluster: { id: 7, name: 'Paris', created: '2026-01-01T00:00:00.000001Z' } });
    store.remember(2, { ...lab, identity: null });

    expect([...store.all(1).values()]).toEqual([
      { ...lab, netboxCluster: { id: 7, name: 'Paris', created: '2026-01-01T00:00:00.000001Z' } },
    ]);
    expect(store.all(2).get(1)).toEqual({ ...lab, identity: null });
  });

  it('is forgotten when a NetBox endpoint becomes another', () => {
    const { store } = aStore();
    for (const endpointId of [1, 2]) for (const netbox of [1, 2]) store.remember(netbox, { ...lab, endpointId });

    store.forget(2);

    expect([[...store.all(1).keys()], [...store.all(2).keys()]]).toEqual([[1, 2], []]);
  });

  it('says whether rows of NetBox with the id are its own', () => {
    const { store } = aStore();
    store.remember(1, { ...lab, isConfirmed: true });

    expect(store.all(1).get(1)?.isConfirmed).toBe(true);
    store.remember(1, lab);
    expect(store.all(1).get(1)).toEqual(lab);
  });

  it('is not waited for: a locked file is a line in the log', () => {
    const { db, store, lines } = aStore();
    const other = new BetterSqlite3(db.path);
    other.exec('BEGIN IMMEDIATE');

    expect(store.remember(1, lab)).toBe(false);

    expect(lines()).toMatchObject([{ msg: expect.stringContaining('database is locked') }]);
    other.close();
    expect(store.remember(1, lab)).toBe(true);
  });

  it('fails nobody when the table is gone or a row was edited', () => {
    const { db, store } = aStore();
    store.remember(1, lab);
    db.sqlite.prepare("UPDATE known_cluster SET nodes = 'x'").run();
    expect(store.all(1).size).toBe(0);

    db.sqlite.exec('DROP TABLE known_cluster');

    expect([store.all(1).size, store.remember(1, lab)]).toEqual([0, false]);
  });
});
