/** What NetBox does not take on objects of a kind, and how they are written without it. */
import { describeErrors } from '../../netbox/answer-text.js';
import type { ProxboxError } from '../../errors/proxbox-error.js';
import { kindDefinition, storedKind, type AnyRecord, type ObjectKind } from '../../netbox/kinds/index.js';
import { tagIds } from '../../netbox/kinds/values.js';
import type { WriteAction } from '../../netbox/actions.js';
import type { JsonObject, Mending } from '../../netbox/types.js';
import { isObject } from '../../values/plain-object.js';
import type { Collections, RefusedPart } from '../collections.js';
import type { ReasonCode } from '../reasons.js';
import type { Desired, Reason, Warning } from '../types.js';

/** NetBox 4.6 and 4.7: `Invalid value for custom field 'x': ...`, `Custom field 'x' does not exist for this object type.` */
const refusedField = /custom field '(proxmox_\w+)'(?:: | )([^;"\]}]*)/gi;
/** A tag that is restricted to other object types. */
const refusedTag = /Tag (.+?) cannot be assigned to \w+ objects/g;

const spareCodes: { readonly [K in ObjectKind]?: ReasonCode } = {
  tag: 'tag_unusable',
  vlan: 'vlan_unavailable',
  platform: 'platform_unavailable',
};

/** How it is told that an object of a kind cannot be had which others do without; undefined: they need it. */
export function spareCode(kind: ObjectKind): ReasonCode | undefined {
  return spareCodes[kind];
}

/** One custom field or tag of a body that NetBox is known to refuse. */
interface Part extends RefusedPart {
  readonly field: 'custom_fields' | 'tags';
  /** Of a tag. */
  readonly id?: number;
}

/** A body, and which parts of it were taken out. */
interface Shortened {
  readonly body: JsonObject;
  readonly parts: readonly Part[];
}

/**
 * Custom fields of ours that another tool has made for something else, and tags that may not hang on a kind. NetBox refuses
 * the whole object for one of them, so it is written without, unless it would say something else then. What was refused is
 * remembered (`Collections.leftOut`): a run that tries again what must fail is no quiet run.
 */
export class Unwanted {
  readonly #collections: Collections;
  readonly #keepsAway: () => number | undefined;
  readonly #told = new Map<string, Warning>();

  /** `keepsAway`: the id of the tag without which later syncs would not leave an object alone. */
  constructor(collections: Collections, keepsAway: () => number | undefined) {
    this.#collections = collections;
    this.#keepsAway = keepsAway;
  }

  /** For a bulk call: what a refusal teaches changes this batch and those after it. `storedOf`: by id, what objects are now. */
  mendingOf(kind: ObjectKind, storedOf: (id: unknown) => AnyRecord | undefined): Mending {
    return {
      learn: (error) => this.#learn(kind, error),
      without: (body) => this.without(kind, body, storedOf(body['id'])),
    };
  }

  /** A body without what NetBox is known to refuse. Tags that the object has already are not refused, and stay. */
  without(kind: ObjectKind, body: JsonObject, current?: AnyRecord): JsonObject {
    const shortened = this.#shorten(kind, body, current);
    if (shortened.parts.length === 0 || this.#isNeeded(kind, shortened.parts) !== undefined) return body;
    for (const { words, why, field } of shortened.parts) {
      const message = `${capital(words)} is left out of every ${nounOf(kind)}: ${why}`;
      this.#told.set(message, { code: field === 'tags' ? 'tag_unusable' : 'custom_field_refused', message });
    }
    return shortened.body;
  }

  /** Why an object is not written at all, where it would say something else without what NetBox is known to refuse of it. */
  spoiled({ kind, label }: Desired, body: JsonObject, current?: AnyRecord): Reason | undefined {
    const part = this.#isNeeded(kind, this.#shorten(kind, body, current).parts);
    if (part === undefined) return undefined;
    const message = `The ${kindDefinition(kind).noun} "${label}" needs ${part.words} and was not written: ${part.why}`;
    return { code: part.field === 'tags' ? 'tag_unusable' : 'custom_field_refused', message };
  }

  /** Why an object is not even tried, where NetBox did not let the token write it lately. */
  forbidden(action: WriteAction, desired: Desired): string | undefined {
    return this.#collections.forbidden.why(action, desired);
  }

  /** NetBox does not let the token write an object. */
  async forbid(action: WriteAction, desired: Desired, message: string): Promise<void> {
    await this.#collections.forbidden.remember(action, desired, message);
  }

  /** Of objects that are left out, the one that is tried to see whether it may be written by now. */
  probe(action: WriteAction, refused: readonly Desired[]): Desired | undefined {
    return this.#collections.forbidden.probe(action, refused);
  }

  /**
   * Whether objects that NetBox refused together are to be told apart: it lets the token create some of the kind, and refuses a
   * whole request for one that is not among them. Only of what others do without is that found out: of the rest there may be
   * very many, and a run without them says so.
   */
  async areMixed(kind: ObjectKind, message: string): Promise<boolean> {
    if (spareCode(kind) === undefined) return false;
    await this.#collections.forbidden.learn('add', kind, message);
    return this.#collections.forbidden.isConditional('add', kind);
  }

  /** NetBox wrote an object. */
  allowed(action: WriteAction, desired: Desired): void {
    this.#collections.forbidden.allowed(action, desired);
  }

  /** Once per field and tag, with what NetBox said. */
  warnings(): readonly Warning[] {
    return [...this.#told.values()];
  }

  #shorten(kind: ObjectKind, body: JsonObject, current: AnyRecord | undefined): Shortened {
    const refused = this.#collections.leftOut();
    const { custom_fields: fields, tags, add_tags: added, ...rest } = body;
    const parts: Part[] = [];
    const isTaken = (key: string, part: Omit<Part, keyof RefusedPart>): boolean => {
      const told = refused.get(key);
      if (told !== undefined) parts.push({ ...told, ...part });
      return told === undefined;
    };
    const stored = current !== undefined && 'tags' in current ? tagIds(current.tags) : [];
    const usable = (ids: unknown): readonly number[] =>
      tagIds(ids).filter((id) => stored.includes(id) || isTaken(tagKey(kind, id), { field: 'tags', id }));
    const values = Object.entries(isObject(fields) ? fields : {}).filter(([name]) =>
      isTaken(fieldKey(kind, name), { field: 'custom_fields' }),
    );
    const shorter: JsonObject = {
      ...rest,
      ...(values.length === 0 ? {} : { custom_fields: Object.fromEntries(values) }),
      ...(tags === undefined ? {} : { tags: usable(tags) }),
      ...(added === undefined ? {} : { add_tags: usable(added) }),
    };
    return { body: parts.length === 0 ? body : shorter, parts };
  }

  /** The first of the parts that an object cannot do without. */
  #isNeeded(kind: ObjectKind, parts: readonly Part[]): Part | undefined {
    const { together = [] } = kindDefinition(kind);
    return parts.find(({ field, id }) => together.includes(field) || (id !== undefined && id === this.#keepsAway()));
  }

  async #learn(kind: ObjectKind, error: ProxboxError): Promise<void> {
    const said = describeErrors(error.upstream?.body ?? '');
    for (const [key, part] of [...fieldsIn(kind, said), ...(await this.#tagsIn(kind, said))])
      this.#collections.leaveOut(key, part);
  }

  async #tagsIn(kind: ObjectKind, said: string): Promise<readonly (readonly [string, RefusedPart])[]> {
    const names = [...new Set([...said.matchAll(refusedTag)].map(([, name = '']) => name))];
    const rows = await this.#collections.load('tag', {}, { filter: 'name', of: names });
    return rows.map(({ id, name }) => {
      const why = `it is restricted to other object types. Allow every ${nounOf(kind)} in the tag, or rename it.`;
      return [tagKey(kind, id), { words: `the tag "${name}"`, why }] as const;
    });
  }
}

/** Whether NetBox is known to refuse a tag on objects of a kind. `leftOut`: of `Collections`. */
export function isTagLeftOut(leftOut: ReadonlyMap<string, unknown>, kind: ObjectKind, id: number): boolean {
  return leftOut.has(tagKey(kind, id));
}

function fieldsIn(kind: ObjectKind, said: string): readonly (readonly [string, RefusedPart])[] {
  return [...said.matchAll(refusedField)].map(([, name = '', what = '']) => {
    const why = `NetBox does not take our value (${what.trim().replace(/\.$/, '')}), as the field was made for something else. Rename or delete that field if ours is wanted.`;
    return [fieldKey(kind, name), { words: `the custom field "${name}"`, why }] as const;
  });
}

/** NetBox refuses by its own objects, of which a kind may be a part. */
function fieldKey(kind: ObjectKind, name: string): string {
  return `field ${name} ${storedKind(kind)}`;
}

function tagKey(kind: ObjectKind, id: number): string {
  return `tag ${id} ${storedKind(kind)}`;
}

function nounOf(kind: ObjectKind): string {
  return kindDefinition(storedKind(kind)).noun;
}

function capital(words: string): string {
  return `${words.slice(0, 1).toUpperCase()}${words.slice(1)}`;
}
