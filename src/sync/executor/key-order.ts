/** The order of updates that take what is unique: a key is freed before it is taken. Pure. */
import { typeOf } from '../../netbox/kinds/fields.js';
import { fieldSpec, kindDefinition, storedKind, type AnyRecord, type ObjectKind } from '../../netbox/kinds/index.js';
import type { UniqueKey } from '../../netbox/kinds/kind.js';
import { normalise, textOf } from '../../netbox/kinds/values.js';
import type { JsonObject, PatchItem } from '../../netbox/types.js';
import { temporaryName } from '../plan/names.js';

export interface Update {
  readonly item: PatchItem;
  readonly current: AnyRecord;
}

interface Waiting {
  readonly item: PatchItem;
  /** The object as it is at this moment. */
  readonly now: JsonObject;
}

/**
 * Splits updates into passes so that a key is freed before it is taken: NetBox checks what is unique object by object, in its
 * own order, even inside one bulk PATCH. Objects that swap their keys are untangled by parking one of them under another
 * value for one pass (a text of its own; a relation is emptied).
 */
export function orderByKeys(kind: ObjectKind, updates: readonly Update[]): readonly (readonly PatchItem[])[] {
  const { unique = [] } = kindDefinition(storedKind(kind));
  const changes = unique.flatMap(({ fields }) => fields);
  if (!updates.some(({ item }) => changes.some((field) => field in item.body)))
    return updates.length === 0 ? [] : [updates.map(({ item }) => item)];
  return passesOf(
    unique.map((key) => new Places(kind, key)),
    updates.map(({ item, current }) => ({ item, now: { ...current } })),
  );
}

function passesOf(keys: readonly Places[], updates: readonly Waiting[]): readonly (readonly PatchItem[])[] {
  const passes: PatchItem[][] = [];
  let waiting = updates;
  while (waiting.length > 0) {
    const held = keys.map((key) => new Set(waiting.map((one) => key.held(one))));
    const isFree = (one: Waiting): boolean =>
      keys.every((key, index) => {
        const target = key.target(one);
        return target === undefined || held[index]?.has(target) !== true;
      });
    const ready = waiting.filter(isFree);
    const parked = ready.length > 0 ? undefined : park(keys, waiting);
    if (parked === undefined) {
      // What nothing can untangle is NetBox's to refuse.
      const sent = new Set(ready.length > 0 ? ready : waiting);
      passes.push([...sent].map(({ item }) => item));
      waiting = waiting.filter((one) => !sent.has(one));
    } else {
      passes.push([parked.pass]);
      waiting = [...waiting.filter(({ item }) => item.id !== parked.pass.id), parked.after];
    }
  }
  return passes;
}

/** One that others wait for makes room. */
function park(
  keys: readonly Places[],
  waiting: readonly Waiting[],
): { readonly pass: PatchItem; readonly after: Waiting } | undefined {
  for (const key of keys) {
    const wanted = new Set(waiting.map((one) => key.target(one)));
    const blocking = waiting.find((one) => key.target(one) !== undefined && wanted.has(key.held(one)));
    const parked = blocking === undefined ? undefined : key.parked(blocking);
    if (parked !== undefined) return parked;
  }
  return undefined;
}

/** Where objects are and where they are going, by one unique key of their kind. */
class Places {
  readonly #kind: ObjectKind;
  readonly #key: UniqueKey;

  constructor(kind: ObjectKind, key: UniqueKey) {
    this.#kind = storedKind(kind);
    this.#key = key;
  }

  /** undefined: it holds none. */
  held({ now }: Waiting): string | undefined {
    return this.#placeOf(now);
  }

  /** undefined: it takes none that it does not hold. */
  target({ item, now }: Waiting): string | undefined {
    const place = this.#placeOf({ ...now, ...item.body });
    return place === this.#placeOf(now) ? undefined : place;
  }

  /** The update that lets go of the key for now, and what is left to do; undefined where the key cannot be parked. */
  parked({ item, now }: Waiting): { readonly pass: PatchItem; readonly after: Waiting } | undefined {
    const field = this.#key.parks;
    if (field === undefined) return undefined;
    const isText = this.#typeOf(field) === 'text';
    const aside = { [field]: isText ? temporaryName(textOf(now[field]), item.id) : null };
    // What the update says nothing of has to come back.
    const back = { ...item, body: { [field]: now[field], ...item.body } };
    return { pass: { id: item.id, body: aside }, after: { item: back, now: { ...now, ...aside } } };
  }

  #placeOf(values: JsonObject): string | undefined {
    const { fields, anyCase, mayBeEmpty } = this.#key;
    const parts = fields.map((field) => {
      const value = normalise(this.#typeOf(field), values[field]);
      return field === anyCase && typeof value === 'string' ? value.toLowerCase() : value;
    });
    const isWhole = parts.every((value, index) => (value !== null && value !== '') || fields[index] === mayBeEmpty);
    return isWhole ? JSON.stringify(parts) : undefined;
  }

  /** Of what is only read, relations are in a key. */
  #typeOf(field: string) {
    const spec = fieldSpec(this.#kind, field);
    return spec === undefined ? 'relation' : typeOf(spec);
  }
}
