/** What NetBox does not take on objects of a kind, and how they are written without it. */
import { describeErrors } from '../../netbox/answer-text.js';
import type { ProxboxError } from '../../errors/proxbox-error.js';
import { kindDefinition, type ObjectKind } from '../../netbox/kinds/index.js';
import { tagIds } from '../../netbox/kinds/values.js';
import type { JsonObject, Mending } from '../../netbox/types.js';
import { isObject } from '../../values/plain-object.js';
import type { Collections } from '../collections.js';
import type { ReasonCode } from '../reasons.js';
import type { Desired, Warning } from '../types.js';

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

/**
 * Custom fields of ours that another tool has made for something else, and tags that may not hang on a kind. NetBox refuses
 * the whole object for one of them, so it is written without. What was refused is remembered (`Collections.leftOut`): a
 * run that tries again what must fail is no quiet run.
 */
export class Unwanted {
  readonly #collections: Collections;
  readonly #told = new Map<string, Warning>();

  constructor(collections: Collections) {
    this.#collections = collections;
  }

  /** For a bulk call: what a refusal teaches changes this batch and those after it. */
  mendingOf(kind: ObjectKind): Mending {
    return { learn: (error) => this.#learn(kind, error), without: (body) => this.without(kind, body) };
  }

  /** A body without what NetBox is known to refuse. */
  without(kind: ObjectKind, body: JsonObject): JsonObject {
    const sentences = [...this.#collections.leftOut()];
    const isRefused = (code: Warning['code'], what: string): boolean => {
      const message = sentences.find((sentence) => sentence.startsWith(what));
      if (message !== undefined) this.#told.set(message, { code, message });
      return message !== undefined;
    };
    const { custom_fields: fields, tags, ...rest } = body;
    const values = Object.entries(isObject(fields) ? fields : {});
    const wanted = values.filter(([name]) => !isRefused('custom_field_refused', fieldWords(kind, name)));
    const ids = tagIds(tags).filter((id) => !isRefused('tag_unusable', tagWords(kind, id)));
    if (wanted.length === values.length && ids.length === tagIds(tags).length) return body;
    return {
      ...rest,
      ...(wanted.length === 0 ? {} : { custom_fields: Object.fromEntries(wanted) }),
      ...(tags === undefined ? {} : { tags: ids }),
    };
  }

  /** Why an object is not even tried, where NetBox did not let the token create it lately. */
  forbidden(desired: Desired): string | undefined {
    return this.#collections.forbidden.why(desired);
  }

  /** NetBox does not let the token create an object. Only what others do without is remembered: the rest keeps the run from being complete. */
  async forbid(desired: Desired, message: string): Promise<void> {
    if (spareCode(desired.kind) !== undefined) await this.#collections.forbidden.remember(desired, message);
  }

  /** Of objects that are left out, the one that is tried to see whether it may be made by now. */
  probe(refused: readonly Desired[]): Desired | undefined {
    return this.#collections.forbidden.probe(refused);
  }

  /**
   * Whether objects that NetBox refused together are to be told apart: it lets the token create some of the kind, and refuses a
   * whole request for one that is not among them. Only of what others do without is that found out: of the rest there may be
   * very many, and a run without them says so.
   */
  async areMixed(kind: ObjectKind, message: string): Promise<boolean> {
    if (spareCode(kind) === undefined) return false;
    await this.#collections.forbidden.learn(kind, message);
    return this.#collections.forbidden.isConditional(kind);
  }

  /** NetBox created an object. */
  allowed(desired: Desired): void {
    this.#collections.forbidden.created(desired);
  }

  /** Once per field and tag, with what NetBox said. */
  warnings(): readonly Warning[] {
    return [...this.#told.values()];
  }

  async #learn(kind: ObjectKind, error: ProxboxError): Promise<void> {
    const said = describeErrors(error.upstream?.body ?? '');
    for (const { what, why } of [...fieldsIn(kind, said), ...(await this.#tagsIn(kind, said))])
      this.#collections.leaveOut(`${what} ${why}`);
  }

  async #tagsIn(kind: ObjectKind, said: string) {
    const names = [...new Set([...said.matchAll(refusedTag)].map(([, name = '']) => name))];
    const rows = await this.#collections.load('tag', {}, { filter: 'name', of: names });
    return rows.map(({ id, name }) => ({
      what: tagWords(kind, id),
      why: `the tag "${name}" is restricted to other object types. Allow this one in the tag, or give the tag another name.`,
    }));
  }
}

/** Whether NetBox is known to refuse a tag on objects of a kind. `leftOut`: of `Collections`. */
export function isTagLeftOut(leftOut: ReadonlySet<string>, kind: ObjectKind, id: number): boolean {
  return [...leftOut].some((sentence) => sentence.startsWith(tagWords(kind, id)));
}

function fieldsIn(kind: ObjectKind, said: string) {
  return [...said.matchAll(refusedField)].map(([, name = '', why = '']) => ({
    what: fieldWords(kind, name),
    why: `NetBox does not take our value (${why.trim().replace(/\.$/, '')}), as the field was made for something else. Rename or delete that field if ours is wanted.`,
  }));
}

/** Ends with its colon: the noun of one kind may begin that of another (device, device type). */
function fieldWords(kind: ObjectKind, name: string): string {
  return `The custom field "${name}" is left out of every ${kindDefinition(kind).noun}:`;
}

/** The same of a tag. */
function tagWords(kind: ObjectKind, id: number): string {
  return `The tag with the id ${id} is left out of every ${kindDefinition(kind).noun}:`;
}
