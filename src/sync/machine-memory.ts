/** What a run knows of machines from the runs before it, and leaves for those after it. That it fails ends nothing. */
import type { Logger } from 'pino';
import { breathe } from '../config/breathe.js';

/** As src/db/machine-memory.ts keeps it. */
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

interface MemoryScope {
  readonly netboxEndpointId: number;
  readonly branch: string;
}

export interface MachineMemoryPort {
  recall(scope: MemoryScope): ReadonlyMap<number, RememberedMachine>;
  remember(scope: MemoryScope, machines: ReadonlyMap<number, RememberedMachine | null>): void;
}

export interface RunMemory {
  /** By machine id; undefined, with a line in the log, where the database does not answer. */
  recall(): ReadonlyMap<number, RememberedMachine> | undefined;
  /** False, with a line in the log, when not all could be kept. */
  remember(machines: ReadonlyMap<number, RememberedMachine | null>): Promise<boolean>;
}

/** A memory that is not written before it is released; until then it shows what it held before. */
export function holdMemory(memory: RunMemory): RunMemory & { release(): Promise<void> } {
  let held: ReadonlyMap<number, RememberedMachine | null>[] | undefined = [];
  return {
    recall: () => memory.recall(),
    remember: async (machines) => {
      if (held === undefined) return memory.remember(machines);
      held.push(machines);
      return true;
    },
    release: async () => {
      const all = held ?? [];
      held = undefined;
      for (const machines of all) await memory.remember(machines);
    },
  };
}

/** Machines that are written in one go: the database is written by the thread that answers requests. */
const portion = 500;

/** The memory for the machines of one NetBox (or of a branch of it). */
export function openMemory(port: MachineMemoryPort, scope: MemoryScope, logger: Logger): RunMemory {
  const attempt = <T>(what: string, act: () => T): T | undefined => {
    try {
      return act();
    } catch (error) {
      logger.warn({ err: error }, `What is remembered of machines cannot be ${what}; the run goes on without it.`);
      return undefined;
    }
  };
  return {
    recall: () => attempt('read', () => port.recall(scope)),
    remember: async (machines) => {
      const all = [...machines];
      for (let from = 0; from < all.length; from += portion) {
        const kept = attempt('kept', () => {
          port.remember(scope, new Map(all.slice(from, from + portion)));
          return true;
        });
        if (kept === undefined) return false;
        await breathe();
      }
      return true;
    },
  };
}
