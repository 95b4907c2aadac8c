import { beforeEach, describe, expect, it } from 'vitest';
import { createMachineMemory, type MachineMemory } from '../../../src/db/machine-memory.js';
import type { Database } from '../../../src/db/open.js';
import { openMemory } from '../../../src/sync/machine-memory.js';
import { silentLogger } from '../../support/factories/run.js';
import { cleanUpDatabases, newDatabase, testClock } from './database-kit.js';

cleanUpDatabases();

const main = { netboxEndpointId: 1, branch: '' };
const row = (missedRuns: number) => ({ smbiosUuid: 'a-b', createdAt: '1700000000', missedRuns });

describe('what is remembered of machines', () => {
  let db: Database;
  let memory: MachineMemory;
  beforeEach(() => {
    db = newDatabase(testClock());
    memory = createMachineMemory(db);
  });

  it('is replaced machine by machine, and forgotten where that is asked for', () => {
    memory.remember(
      main,
      new Map([
        [7, row(1)],
        [8, row(2)],
      ]),
    );
    memory.remember(
      main,
      new Map([
        [7, row(3)],
        [8, null],
      ]),
    );

    expect([...memory.recall(main)]).toEqual([[7, row(3)]]);
  });

  it('has the names of the guest, where they are known', () => {
    const named = { ...row(0), guestName: 'web', hostNames: ['web.example.org', 'www.example.org'] };
    memory.remember(main, new Map([[7, named]]));
    expect([...memory.recall(main)]).toEqual([[7, named]]);

    memory.remember(main, new Map([[7, row(0)]]));
    expect([...memory.recall(main)]).toStrictEqual([[7, row(0)]]);
  });

  it('has which machines lack their discovery tag, until they have it', () => {
    memory.remember(main, new Map([[7, { ...row(0), lacksDiscoveryTag: true }]]));
    expect([...memory.recall(main)]).toEqual([[7, { ...row(0), lacksDiscoveryTag: true }]]);

    memory.remember(main, new Map([[7, row(0)]]));
    expect([...memory.recall(main)]).toStrictEqual([[7, row(0)]]);
  });

  it('belongs to one NetBox and one branch', () => {
    memory.remember(main, new Map([[7, row(1)]]));
    memory.remember({ ...main, branch: 'td5smq0f' }, new Map([[7, row(2)]]));
    memory.remember({ ...main, netboxEndpointId: 2 }, new Map([[7, row(3)]]));

    expect([...memory.recall(main)]).toEqual([[7, row(1)]]);
  });

  it('that cannot be read or kept ends no run', async () => {
    const run = openMemory(memory, main, silentLogger);
    db.sqlite.exec('DROP TABLE machine_memory');

    expect(run.recall()).toBeUndefined();
    expect(await run.remember(new Map([[7, row(1)]]))).toBe(false);
  });
});
