/** What NetBox did not let the token create lately, so that no run tries in vain. */
import { kindDefinition, type ObjectKind } from '../netbox/kinds/index.js';
import type { NetBoxReader } from '../netbox/types.js';
import type { Desired } from './types.js';

type Refused = Pick<Desired, 'kind' | 'key'>;

/** As one run sees it. */
export interface Forbidden {
  /** Why such an object was refused; undefined: it may be tried. */
  why(object: Refused): string | undefined;
  /** NetBox refused a request with objects of a kind: it is asked whether all of the kind is forbidden, unless that is known. */
  learn(kind: ObjectKind, message: string): Promise<void>;
  /** The same about one object. */
  remember(object: Refused, message: string): Promise<void>;
  /** NetBox lets the token create some of the kind, and does not say which. */
  isConditional(kind: ObjectKind): boolean;
  /**
   * Of refused objects of such a kind the one to try all the same, as NetBox does not say when its conditions change: the one
   * that was tried longest ago.
   */
  probe<Object extends Refused>(objects: readonly Object[]): Object | undefined;
  /** NetBox created one. Where it was refused before, or all of its kind, whatever forbade the kind is forgotten. */
  created(object: Refused): void;
  /** Asks NetBox again about each kind that is forbidden as a whole: one request each, none where nothing is. */
  review(): Promise<void>;
  /** The next run is to try again. */
  forget(kind: ObjectKind): void;
}

export interface ForbiddenStore {
  /** @param key whose memory it is: a permission is of a token */
  open(key: string, client: Pick<NetBoxReader, 'mayCreate'>): Forbidden;
  clear(): void;
}

interface Refusal {
  readonly message: string;
  /** NetBox says itself that the token may create none of the kind, and so will say when it may. */
  readonly isWhole: boolean;
  /** Otherwise the permission has conditions, and only these were refused; the one that was tried last is the last. */
  readonly keys: Set<string>;
}

export function createForbiddenStore(): ForbiddenStore {
  const all = new Map<string, Map<ObjectKind, Refusal>>();

  function forget(kind: ObjectKind): void {
    for (const kinds of all.values()) kinds.delete(kind);
  }

  function open(key: string, client: Pick<NetBoxReader, 'mayCreate'>): Forbidden {
    const kinds = all.get(key) ?? new Map<ObjectKind, Refusal>();
    all.set(key, kinds);
    const mayCreate = (kind: ObjectKind) => client.mayCreate(kindDefinition(kind).path);
    const learn = async (kind: ObjectKind, message: string): Promise<Refusal> => {
      const known = kinds.get(kind);
      if (known !== undefined) return known;
      const isWhole = (await mayCreate(kind)) === false;
      // Another request of the kind may have been refused meanwhile: what it remembers is not forgotten.
      const refusal = kinds.get(kind) ?? { message, isWhole, keys: new Set<string>() };
      kinds.set(kind, refusal);
      return refusal;
    };
    return {
      why({ kind, key: object }) {
        const refusal = kinds.get(kind);
        return refusal?.isWhole === true || refusal?.keys.has(object) === true ? refusal.message : undefined;
      },
      async learn(kind, message) {
        await learn(kind, message);
      },
      async remember({ kind, key: object }, message) {
        const { keys } = await learn(kind, message);
        keys.delete(object);
        keys.add(object);
      },
      isConditional: (kind) => kinds.get(kind)?.isWhole === false,
      probe(objects) {
        const byKey = new Map(objects.map((object) => [object.key, object]));
        const [first] = objects;
        const refusal = first === undefined ? undefined : kinds.get(first.kind);
        if (refusal === undefined || refusal.isWhole) return undefined;
        const due = [...refusal.keys].find((one) => byKey.has(one));
        return due === undefined ? undefined : byKey.get(due);
      },
      created({ kind, key: object }) {
        const refusal = kinds.get(kind);
        if (refusal?.isWhole === true || refusal?.keys.has(object) === true) forget(kind);
      },
      async review() {
        for (const [kind, { isWhole }] of kinds) if (isWhole && (await mayCreate(kind)) === true) forget(kind);
      },
      forget,
    };
  }

  return { open, clear: () => all.clear() };
}
