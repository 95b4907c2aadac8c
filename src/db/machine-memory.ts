/** What this service remembers of the machines of a NetBox from run to run. It may be lost at any time. */
import { and, eq, getTableColumns, sql } from 'drizzle-orm';
import type { Database } from './open.js';
import { machineMemory } from './schema.js';

/** Ids of machines are those of one NetBox, and of a branch of it; empty = main. */
export interface MemoryScope {
  readonly netboxEndpointId: number;
  readonly branch: string;
}

export interface RememberedMachine {
  /** Of the guest as it was read last; empty: unknown. */
  readonly smbiosUuid: string;
  readonly createdAt: string;
  /** How many runs in a row found the guest gone. */
  readonly missedRuns: number;
  /** In Proxmox, when the guest told its host name last. */
  readonly guestName?: string;
  /** That its addresses got, the oldest first. */
  readonly hostNames?: readonly string[];
  /** A sync made the machine when it could not put the discovery tag on it: no operator has taken it off. */
  readonly lacksDiscoveryTag?: true;
}

export interface MachineMemory {
  /** By machine id. Throws what SQLite throws. */
  recall(scope: MemoryScope): ReadonlyMap<number, RememberedMachine>;
  /** Replaces what is remembered of these machines; null forgets one. Throws what SQLite throws. */
  remember(scope: MemoryScope, machines: ReadonlyMap<number, RememberedMachine | null>): void;
  /** The endpoint leads to another NetBox, or is gone. */
  forget(netboxEndpointId: number): void;
}

export function createMachineMemory(db: Database): MachineMemory {
  const within = ({ netboxEndpointId, branch }: MemoryScope) =>
    and(eq(machineMemory.netboxEndpointId, netboxEndpointId), eq(machineMemory.branch, branch));
  const { virtualMachineId } = machineMemory;
  return {
    recall(scope) {
      const rows = db.orm.select().from(machineMemory).where(within(scope)).all();
      return new Map(
        rows.map(({ virtualMachineId: id, smbiosUuid, createdAt, missedRuns, guestName, hostNames, ...row }) => [
          id,
          {
            smbiosUuid,
            createdAt,
            missedRuns,
            ...(guestName === null ? {} : { guestName }),
            ...(hostNames === null ? {} : { hostNames: hostNames.split('\n') }),
            ...(row.lacksDiscoveryTag === true ? { lacksDiscoveryTag: true } : {}),
          },
        ]),
      );
    },
    remember(scope, machines) {
      if (machines.size === 0) return;
      db.unsynced(() => {
        const upsert = upsertStatement(db);
        for (const [id, remembered] of machines) {
          const one = and(within(scope), eq(virtualMachineId, id));
          if (remembered === null) db.orm.delete(machineMemory).where(one).run();
          else upsert.run({ ...scope, virtualMachineId: id, ...toColumns(remembered) });
        }
      });
    },
    forget: (netboxEndpointId) =>
      db.attempt(undefined, 'What is remembered of machines cannot be forgotten', () => {
        db.orm.delete(machineMemory).where(eq(machineMemory.netboxEndpointId, netboxEndpointId)).run();
      }),
  };
}

function toColumns({ guestName, hostNames, lacksDiscoveryTag, ...more }: RememberedMachine) {
  return {
    ...more,
    guestName: guestName ?? null,
    hostNames: hostNames?.join('\n') ?? null,
    lacksDiscoveryTag: lacksDiscoveryTag ?? null,
  };
}

/** Made once for all machines of a call: making it takes far longer than running it. */
function upsertStatement(db: Database) {
  const { netboxEndpointId, branch, virtualMachineId } = machineMemory;
  const given = (name: keyof typeof machineMemory.$inferInsert) => sql.placeholder(name);
  const taken = Object.entries(getTableColumns(machineMemory)).map(
    ([name, column]) => [name, sql`excluded.${sql.identifier(column.name)}`] as const,
  );
  return db.orm
    .insert(machineMemory)
    .values({
      netboxEndpointId: given('netboxEndpointId'),
      branch: given('branch'),
      virtualMachineId: given('virtualMachineId'),
      smbiosUuid: given('smbiosUuid'),
      createdAt: given('createdAt'),
      missedRuns: given('missedRuns'),
      guestName: given('guestName'),
      hostNames: given('hostNames'),
      lacksDiscoveryTag: given('lacksDiscoveryTag'),
    })
    .onConflictDoUpdate({ target: [netboxEndpointId, branch, virtualMachineId], set: Object.fromEntries(taken) })
    .prepare();
}
