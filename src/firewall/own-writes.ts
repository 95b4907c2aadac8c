/**
 * What this service itself has done to lists of rules, as far as the plugin cannot know it before its next job: which digest
 * became which, and which rule was made for which position.
 */
import { LRUCache } from 'lru-cache';
import type { Row } from '../proxmox/parse/coerce.js';
import type { Values } from './objects.js';
import { isAsWanted } from './plan.js';

/** `list` names endpoint and list. */
export interface OwnWrites {
  /** Our change of a rule, which moved none: the digest is that of the whole list, so the next one pushed carries the old one. */
  changed(list: string, from: string, to: string): void;
  /** Whether the one digest became the other by such changes alone. */
  leadsTo(list: string, from: string, to: string): boolean;
  /** A rule was made for the position, or changed there: the plugin pushes it as new until its next job. */
  made(list: string, pos: string, values: Values): void;
  /** Whether the row is the rule that was made for the position, still as it was made. */
  isMade(list: string, pos: string, row: Row): boolean;
}

const keptMs = 24 * 3_600_000;
const keptSteps = 10_000;

export function createOwnWrites(): OwnWrites {
  const digests = new LRUCache<string, string>({ max: keptSteps, ttl: keptMs });
  const rules = new LRUCache<string, Values>({ max: keptSteps, ttl: keptMs });
  const key = (list: string, of: string): string => `${list} ${of}`;
  return {
    changed: (list, from, to) => {
      if (from !== to) digests.set(key(list, from), to);
    },
    leadsTo: (list, from, to) => {
      const seen = new Set<string>();
      let digest: string | undefined = from;
      while (digest !== undefined && digest !== to && !seen.has(digest)) {
        seen.add(digest);
        digest = digests.get(key(list, digest));
      }
      return digest === to;
    },
    made: (list, pos, values) => void rules.set(key(list, pos), values),
    isMade: (list, pos, row) => {
      const values = rules.get(key(list, pos));
      return values !== undefined && isAsWanted('rules', row, values);
    },
  };
}
