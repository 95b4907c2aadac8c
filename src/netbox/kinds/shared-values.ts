/**
 * Equal values of very many rows, kept once: the name of a node in the descriptions of its machines, the tags of every interface.
 * At a hundred thousand rows that is most of their memory.
 */
import type { FieldType, StoredTag } from './fields.js';

/** A field of more different values (names, addresses) gains nothing, and is left alone. */
const most = 1000;
/** Characters: comments of people are seldom alike. */
const longest = 100;

type Share = (value: unknown) => unknown;

function asItIs(value: unknown): unknown {
  return value;
}

function shareTexts(): Share {
  const kept = new Map<string, string>();
  return (value) => {
    if (typeof value !== 'string' || value.length > longest) return value;
    const known = kept.get(value);
    if (known === undefined && kept.size < most) kept.set(value, value);
    return known ?? value;
  };
}

function isTags(value: unknown): value is readonly StoredTag[] {
  return Array.isArray(value);
}

function shareTags(): Share {
  const kept = new Map<string, readonly StoredTag[]>();
  return (value) => {
    if (!isTags(value)) return value;
    const key = value.map(({ id, slug }) => `${id} ${slug}`).join();
    const known = kept.get(key);
    if (known === undefined && kept.size < most) kept.set(key, Object.freeze(value));
    return known ?? value;
  };
}

const makers: { readonly [Type in FieldType]?: () => Share } = {
  text: shareTexts,
  choice: shareTexts,
  'content-type': shareTexts,
  tags: shareTags,
};

/** For the values of one field of a kind: answers an equal one that it was asked about before, where it knows any. */
export function createSharing(type: FieldType): Share {
  return makers[type]?.() ?? asItIs;
}
