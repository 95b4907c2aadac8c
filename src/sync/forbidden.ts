/** What NetBox did not let the token create lately, so that no run tries in vain. */
import type { Clock } from '../config/clock.js';
import { kindDefinition, type ObjectKind } from '../netbox/kinds/index.js';
import type { NetBoxClient } from '../netbox/types.js';
import type { Desired } from './types.js';

/** As one run sees it. */
export interface Forbidden {
  /** Why such an object was refused; undefined: it may be tried. */
  why(object: Pick<Desired, 'kind' | 'key'>): string | undefined;
  remember(object: Pick<Desired, 'kind' | 'key'>, message: string): Promise<void>;
  /** Asks NetBox again about each kind that is forbidden as a whole: one request each, none where nothing is. */
  review(): Promise<void>;
  /** NetBox created one, or the next run is to try again: whatever forbade the kind before is forgotten. */
  forget(kind: ObjectKind): void;
}

export interface ForbiddenStore {
  /** @param key whose memory it is: a permission is of a token */
  open(key: string, client: Pick<NetBoxClient, 'mayCreate'>): Forbidden;
  clear(): void;
}

interface Refusal {
  readonly message: string;
  readonly atMs: number;
  /** NetBox says itself that the token may create none of the kind, and so will say when it may. */
  readonly isWhole: boolean;
  /** Otherwise the permission has conditions, and only these were refused. */
  readonly keys: Set<string>;
}

/** So long one is remembered of which NetBox does not say when it is allowed. */
const memoryMs = 3_600_000;

export function createForbiddenStore(clock: Clock): ForbiddenStore {
  const all = new Map<string, Map<ObjectKind, Refusal>>();

  function forget(kind: ObjectKind): void {
    for (const kinds of all.values()) kinds.delete(kind);
  }

  function open(key: string, client: Pick<NetBoxClient, 'mayCreate'>): Forbidden {
    const kinds = all.get(key) ?? new Map<ObjectKind, Refusal>();
    all.set(key, kinds);
    const now = clock.monotonicMs();
    for (const [kind, { atMs }] of kinds) if (now - atMs > memoryMs) kinds.delete(kind);
    const mayCreate = (kind: ObjectKind) => client.mayCreate(kindDefinition(kind).path);
    return {
      why({ kind, key: object }) {
        const refusal = kinds.get(kind);
        return refusal?.isWhole === true || refusal?.keys.has(object) === true ? refusal.message : undefined;
      },
      async remember({ kind, key: object }, message) {
        const known = kinds.get(kind);
        if (known !== undefined) known.keys.add(object);
        else {
          // Set first: the next object of the same answer does not ask again.
          const refusal = { message, atMs: now, keys: new Set([object]) };
          kinds.set(kind, { ...refusal, isWhole: false });
          if ((await mayCreate(kind)) === false) kinds.set(kind, { ...refusal, isWhole: true });
        }
      },
      async review() {
        for (const [kind, { isWhole }] of kinds) if (isWhole && (await mayCreate(kind)) === true) forget(kind);
      },
      forget,
    };
  }

  return { open, clear: () => all.clear() };
}
