/** Bodies of requests: what a plan wants, with the ids that exist by now. */
import type { AnyRecord } from '../../netbox/kinds/index.js';
import { equalValues, tagIds } from '../../netbox/kinds/values.js';
import type { JsonObject } from '../../netbox/types.js';
import { mergeTags } from '../plan/diff-object.js';
import { proxboxTag } from '../plan/support-objects.js';
import {
  fieldEntries,
  isRef,
  type Desired,
  type Fields,
  type FieldValue,
  type ObjectKey,
  type Ref,
  type TagRef,
} from '../types.js';

/** A request body without the fields that can be done without, or the object it waits for in vain. */
export type ResolvedBody =
  { readonly body: JsonObject; readonly leftOut: readonly Ref[] } | { readonly missing: ObjectKey };

/**
 * Replaces references by ids. A relation that does not exist blocks the object, unless it can do without; a tag, or one of several
 * objects, is left out, but for the one by which we know what is ours: nothing is made without it.
 * `isWritten` decides among choices: that an object is known does not say that it is as it was planned.
 */
export function resolveBody(
  fields: Fields,
  ids: ReadonlyMap<ObjectKey, number>,
  isWritten: (key: ObjectKey) => boolean = () => true,
): ResolvedBody {
  const body: Record<string, unknown> = {};
  const leftOut: Ref[] = [];
  for (const [field, value] of Object.entries(fields)) {
    if (isRef(value) && value.or !== undefined) {
      const chosen = [value.ref, ...value.or].find((key) => ids.has(key) && isWritten(key));
      if (chosen !== undefined) body[field] = ids.get(chosen);
    } else if (isRef(value)) {
      const id = ids.get(value.ref);
      if (id !== undefined) body[field] = id;
      else if (value.otherwise !== undefined) leftOut.push(value);
      else return { missing: value.ref };
    } else if (isTagRefs(field, value)) {
      if (value.some(isOurMark) && !ids.has(proxboxTag.ref)) return { missing: proxboxTag.ref };
      body[field] = knownIds(value, ids);
    } else body[field] = withIds(value, ids);
  }
  return { body, leftOut };
}

/** What to change about the tags, in place of all of them: a tag that somebody gives or takes meanwhile is not undone. */
export function withTagChanges({ tags, ...rest }: JsonObject, current: AnyRecord): JsonObject {
  if (tags === undefined || !('tags' in current)) return tags === undefined ? rest : { ...rest, tags };
  const stored = tagIds(current.tags);
  const wanted = tagIds(tags);
  const added = wanted.filter((id) => !stored.includes(id));
  const removed = stored.filter((id) => !wanted.includes(id));
  return {
    ...rest,
    ...(added.length === 0 ? {} : { add_tags: added }),
    ...(removed.length === 0 ? {} : { remove_tags: removed }),
  };
}

/** A body without tags that are those the object has: the one that was missing could not be had. */
export function withoutStored(body: JsonObject, current: AnyRecord): JsonObject {
  const { tags, ...rest } = body;
  const isSame = tags !== undefined && 'tags' in current && equalValues('tags', current.tags, tags);
  return isSame ? rest : body;
}

/** The payload of a creation: every field, with the tags that only new objects get. */
export function creationFields(desired: Desired): Fields {
  const fields = Object.fromEntries(fieldEntries(desired.fields));
  const { tags = [] } = fields;
  if (desired.createTags === undefined || !isTagRefs('tags', tags)) return fields;
  return { ...fields, tags: mergeTags([...tags, ...desired.createTags]) };
}

function isTagRefs(field: string, value: FieldValue | undefined): value is readonly TagRef[] {
  return field === 'tags' && Array.isArray(value);
}

function isOurMark(tag: TagRef): boolean {
  return typeof tag !== 'number' && tag.ref === proxboxTag.ref;
}

function withIds(value: FieldValue, ids: ReadonlyMap<ObjectKey, number>): FieldValue {
  return isRefs(value) ? knownIds(value, ids) : value;
}

/** Objects of which one has many. */
function isRefs(value: FieldValue): value is readonly (number | Ref)[] {
  return Array.isArray(value) && value.some(isRef);
}

function knownIds(refs: readonly (number | Ref)[], ids: ReadonlyMap<ObjectKey, number>): readonly number[] {
  return tagIds(refs.map((one) => (isRef(one) ? ids.get(one.ref) : one)));
}

/** What tells of the run alone is not worth a request. */
export function isNews({ rules }: Desired, body: JsonObject): boolean {
  const ruleOf: Readonly<Record<string, unknown>> = rules;
  return Object.keys(body).some((field) => ruleOf[field] !== 'stamp');
}
