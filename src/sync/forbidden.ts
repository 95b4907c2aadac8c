/** What NetBox did not let the token do lately, so that no run tries in vain. */
import { kindDefinition, type ObjectKind } from '../netbox/kinds/index.js';
import { writeActions, type WriteAction } from '../netbox/actions.js';
import type { NetBoxReader } from '../netbox/types.js';
import type { Desired } from './types.js';

type Refused = Pick<Desired, 'kind' | 'key'>;

/** As one run sees it. A permission is about an action, and about all kinds that are stored at one path. */
export interface Forbidden {
  /** Why this was refused of such an object; undefined: it may be tried. */
  why(action: WriteAction, object: Refused): string | undefined;
  /** NetBox refused a request with objects of a kind: it is asked whether all of the kind is forbidden, unless that is known. */
  learn(action: WriteAction, kind: ObjectKind, message: string): Promise<void>;
  /** The same about one object. */
  remember(action: WriteAction, object: Refused, message: string): Promise<void>;
  /** NetBox lets the token do it to some of the kind, and does not say which. */
  isConditional(action: WriteAction, kind: ObjectKind): boolean;
  /**
   * Of refused objects of such a kind the one to try all the same, as NetBox does not say when its conditions change: the one
   * that was tried longest ago. One of a kind in a run.
   */
  probe<Object extends Refused>(action: WriteAction, objects: readonly Object[]): Object | undefined;
  /** NetBox did it to one. Where it was refused before, or all of its kind, whatever forbade the kind is forgotten. */
  allowed(action: WriteAction, object: Refused): void;
  /** Asks NetBox again about each kind that is forbidden as a whole: one request each, none where nothing is. */
  review(): Promise<void>;
  /** The next run is to try again. */
  forget(kind: ObjectKind): void;
}

export interface ForbiddenStore {
  /** @param key whose memory it is: a permission is of a token */
  open(key: string, client: Pick<NetBoxReader, 'may'>): Forbidden;
  clear(): void;
}

interface Refusal {
  readonly action: WriteAction;
  readonly path: string;
  readonly message: string;
  /** NetBox says itself that the token may do it to none of the kind, and so will say when it may. It tells nothing of deletions. */
  readonly isWhole: boolean;
  /** Otherwise the permission has conditions, and only these were refused; the one that was tried last is the last. */
  readonly keys: Set<string>;
}

/** By action and path. */
type Memory = Map<string, Refusal>;

export function createForbiddenStore(): ForbiddenStore {
  const all = new Map<string, Memory>();
  const forget = ({ action, path }: Pick<Refusal, 'action' | 'path'>): void => {
    for (const memory of all.values()) memory.delete(`${action} ${path}`);
  };
  const open = (key: string, client: Pick<NetBoxReader, 'may'>): Forbidden => {
    const memory: Memory = all.get(key) ?? new Map<string, Refusal>();
    all.set(key, memory);
    return forbiddenIn(memory, client, forget);
  };
  return { open, clear: () => all.clear() };
}

function forbiddenIn(
  memory: Memory,
  client: Pick<NetBoxReader, 'may'>,
  forget: (of: Pick<Refusal, 'action' | 'path'>) => void,
): Forbidden {
  const probed = new Set<string>();
  const of = (action: WriteAction, kind: ObjectKind): Refusal | undefined => memory.get(`${action} ${pathOf(kind)}`);
  const covers = (refusal: Refusal | undefined, object: Refused): boolean =>
    refusal?.isWhole === true || refusal?.keys.has(keyOf(object)) === true;

  async function learn(action: WriteAction, kind: ObjectKind, message: string): Promise<Refusal> {
    const known = of(action, kind);
    if (known !== undefined) return known;
    const path = pathOf(kind);
    const isWhole = (await client.may(action, path)) === false;
    // Another request of the kind may have been refused meanwhile: what it remembers is not forgotten.
    const refusal = of(action, kind) ?? { action, path, message, isWhole, keys: new Set<string>() };
    memory.set(`${action} ${path}`, refusal);
    return refusal;
  }

  return {
    why(action, object) {
      const refusal = of(action, object.kind);
      return covers(refusal, object) ? refusal?.message : undefined;
    },
    async learn(...told) {
      await learn(...told);
    },
    async remember(action, object, message) {
      const { keys } = await learn(action, object.kind, message);
      keys.delete(keyOf(object));
      keys.add(keyOf(object));
    },
    isConditional: (action, kind) => of(action, kind)?.isWhole === false,
    probe(action, objects) {
      const byKey = new Map(objects.map((object) => [keyOf(object), object]));
      const [first] = objects;
      const refusal = first === undefined ? undefined : of(action, first.kind);
      const turn = `${action} ${first?.kind ?? ''}`;
      if (refusal === undefined || refusal.isWhole || probed.has(turn)) return undefined;
      const due = [...refusal.keys].find((one) => byKey.has(one));
      if (due === undefined) return undefined;
      probed.add(turn);
      // Whether or not it comes to a request: another one has its turn in the next run.
      refusal.keys.delete(due);
      refusal.keys.add(due);
      return byKey.get(due);
    },
    allowed(action, object) {
      const refusal = of(action, object.kind);
      if (refusal !== undefined && covers(refusal, object)) forget(refusal);
    },
    async review() {
      for (const refusal of [...memory.values()])
        if (refusal.isWhole && (await client.may(refusal.action, refusal.path)) === true) forget(refusal);
    },
    forget(kind) {
      for (const action of writeActions) forget({ action, path: pathOf(kind) });
    },
  };
}

function pathOf(kind: ObjectKind): string {
  return kindDefinition(kind).path;
}

function keyOf({ kind, key }: Refused): string {
  return `${kind}:${key}`;
}
