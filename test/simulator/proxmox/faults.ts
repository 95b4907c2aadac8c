import type { Random } from '../estate/index.js';
import type { Fault, FaultAction } from './types.js';

/** The faults in force. The first matching one acts; an exhausted one lets the next have its turn. */
export interface FaultBook {
  add(fault: Fault): void;
  clear(): void;
  next(method: string, path: string): FaultAction | undefined;
}

export function createFaultBook(random: Random): FaultBook {
  let entries: { readonly fault: Fault; left: number }[] = [];

  function acts(entry: (typeof entries)[number], method: string, path: string): boolean {
    const { match } = entry.fault;
    if (entry.left <= 0) return false;
    if (match.method !== undefined && match.method !== method) return false;
    // A regular expression with the g flag remembers where it stopped.
    if (match.path !== undefined && path.search(match.path) === -1) return false;
    return match.probability === undefined || random.chance(match.probability);
  }

  return {
    add: (fault) => void entries.push({ fault, left: fault.match.times ?? Number.POSITIVE_INFINITY }),
    clear: () => void (entries = []),
    next(method, path) {
      const entry = entries.find((candidate) => acts(candidate, method, path));
      if (entry === undefined) return undefined;
      entry.left -= 1;
      return entry.fault.action;
    },
  };
}
