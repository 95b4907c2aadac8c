import BetterSqlite3 from 'better-sqlite3';
import { getTableColumns, getTableName } from 'drizzle-orm';
import { afterAll, describe, expect, it } from 'vitest';
import { netboxColumns, partsOf, proxmoxColumns, type EndpointColumns } from '../../../src/db/endpoint-columns.js';
import { readColumns, repairColumns } from '../../../src/db/repairs.js';
import { netboxEndpoints, proxmoxEndpoints } from '../../../src/db/schema.js';
import { listSealedValues } from '../../../src/db/sealed-values.js';
import {
  NetBoxEndpointCreate,
  NetBoxEndpointRecord,
  NetBoxEndpointUpdate,
  ProxmoxEndpointCreate,
  ProxmoxEndpointRecord,
  ProxmoxEndpointUpdate,
} from '../../../src/endpoints/bodies.js';
import { createRevisionMaker } from '../../../src/endpoints/revision.js';
import { cleanUpDatabases, newDatabase } from './database-kit.js';

cleanUpDatabases();

const kinds = [
  {
    kind: 'NetBox',
    columns: netboxColumns as EndpointColumns,
    table: netboxEndpoints,
    bodies: [NetBoxEndpointCreate, NetBoxEndpointUpdate],
    record: NetBoxEndpointRecord,
  },
  {
    kind: 'Proxmox',
    columns: proxmoxColumns as EndpointColumns,
    table: proxmoxEndpoints,
    bodies: [ProxmoxEndpointCreate, ProxmoxEndpointUpdate],
    record: ProxmoxEndpointRecord,
  },
];
const memory = new BetterSqlite3(':memory:');
afterAll(() => memory.close());

describe.each(kinds)('a column of a $kind endpoint', ({ columns, table, bodies, record }) => {
  const names = Object.keys(columns);
  const having = (part: Parameters<typeof partsOf>[1]): string[] => Object.keys(partsOf(columns, part));

  it('is in the schema and in a new file, and nothing else is', () => {
    const stored = Object.entries(getTableColumns(table)).map(([property, { name }]) => [property, name]);
    expect(stored).toEqual(['id', ...names].map((name) => [name, name]));

    const inFile = readColumns(newDatabase().sqlite, getTableName(table)).map(({ name }) => name);
    expect(inFile.sort()).toEqual(['id', ...names].sort());
  });

  it('may be sent and is shown when the table says so, and not otherwise', () => {
    for (const body of bodies) expect(Object.keys(body.shape)).toEqual(having('body'));
    expect(Object.keys(record.shape)).toEqual(['id', ...having('view')]);
    expect(having('view').filter((name) => having('isSealed').includes(name))).toEqual([]);
  });

  it('has to be sent exactly when nothing stands in for it', () => {
    const [create, update] = bodies;
    const missing = create?.safeParse({}).error?.issues.map(({ path }) => path[0]);
    expect(missing).toEqual(having('body').filter((name) => !having('initial').includes(name)));
    expect(update?.parse({})).toEqual({});
  });

  it('is added to files that lack it, where it is younger than the table', () => {
    const name = getTableName(table);
    memory.exec(`CREATE TABLE ${name} (id INTEGER NOT NULL PRIMARY KEY)`);

    repairColumns(memory);

    expect(readColumns(memory, name).map((column) => column.name)).toEqual(['id', ...having('repair')]);
  });

  it('is found among the sealed values when it is sealed', () => {
    const db = newDatabase();
    const name = getTableName(table);
    const required = readColumns(db.sqlite, name).filter(({ isRequired }) => isRequired);
    const row = new Map<string, string>([...required.map((column) => [column.name, '1'] as const)]);
    for (const column of having('isSealed')) row.set(column, `enc:${column}`);
    const marks = [...row].map(() => '?').join(', ');
    db.sqlite.prepare(`INSERT INTO ${name} (${[...row.keys()].join(', ')}) VALUES (${marks})`).run([...row.values()]);

    expect(listSealedValues(db).map(({ column }) => column)).toEqual(having('isSealed'));
  });

  it('makes another revision when it is one of the connection, and none otherwise', () => {
    const revisionOf = createRevisionMaker(columns, (stored) => stored);
    const row = { id: 1, ...Object.fromEntries(names.map((name) => [name, 'a'])) };
    const decisive = names.filter((name) => revisionOf({ ...row, [name]: 'b' }) !== revisionOf(row));

    expect(decisive).toEqual(having('isConnection'));
    expect(having('isConnection')).toEqual(expect.arrayContaining(having('isSealed')));
    expect(revisionOf({ ...row, id: 2 })).not.toBe(revisionOf(row));
  });
});
