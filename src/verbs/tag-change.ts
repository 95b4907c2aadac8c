/** What becomes of the tags of a guest, by the rules with which Proxmox stores them. Pure. */
import { ProxboxError } from '../errors/proxbox-error.js';
import { isTag, type TagStyle } from '../proxmox/parse/tags.js';

/** A request as it was asked for: what `checkedChange` answers is known to be possible. */
export type TagChange =
  | { readonly kind: 'replace'; readonly tags: readonly string[] }
  | { readonly kind: 'change'; readonly add: readonly string[]; readonly remove: readonly string[] };

type Tags = readonly string[];

const keyIn =
  ({ isCaseSensitive }: TagStyle) =>
  (tag: string): string =>
    isCaseSensitive ? tag : tag.toLowerCase();

/** Without blanks around tags and without empty ones; throws `invalid_tag` for what Proxmox would not take. */
function checkedTags(tags: Tags, field: string): Tags {
  const named = tags.map((tag) => tag.trim()).filter((tag) => tag !== '');
  const wrong = named.find((tag) => !isTag(tag));
  if (wrong === undefined) return named;
  throw new ProxboxError('invalid_tag', `'${field}' has a tag that Proxmox does not take.`, {
    detail:
      `'${field}' has the tag ${JSON.stringify(wrong.slice(0, 100))}. Tags have letters, digits, '_', '-', '+' and '.', ` +
      "and begin with a letter, a digit or '_'.",
  });
}

/** Throws `invalid_tag`, and `invalid_parameter` for a tag that is to be added and removed. */
export function checkedChange(change: TagChange): TagChange {
  if (change.kind === 'replace') return { kind: 'replace', tags: checkedTags(change.tags, 'tags') };
  const add = checkedTags(change.add, 'add');
  const remove = checkedTags(change.remove, 'remove');
  const both = add.find((tag) => remove.includes(tag));
  if (both === undefined) return { kind: 'change', add, remove };
  throw new ProxboxError(
    'invalid_parameter',
    `'${both}' stands in 'add' and in 'remove'. Leave it out of one of them.`,
  );
}

/** The first of those that are one tag to the cluster. */
function unique(tags: Tags, style: TagStyle): Tags {
  const keyOf = keyIn(style);
  const seen = new Set<string>();
  return tags.filter((tag) => !seen.has(keyOf(tag)) && seen.add(keyOf(tag)));
}

/**
 * The tags to send. Those that the guest has keep their spelling: Proxmox asks for a privilege for every tag that is
 * written otherwise, and decides itself how it is stored.
 */
export function wantedTags(change: TagChange, current: Tags, style: TagStyle): Tags {
  const keyOf = keyIn(style);
  if (change.kind === 'replace') {
    const known = new Map(current.map((tag) => [keyOf(tag), tag]));
    return unique(
      change.tags.map((tag) => known.get(keyOf(tag)) ?? tag),
      style,
    );
  }
  const gone = new Set(change.remove.map(keyOf));
  return unique([...current.filter((tag) => !gone.has(keyOf(tag))), ...change.add], style);
}

/** Whether two lists are the same tags to the cluster. */
export function areSameTags(left: Tags, right: Tags, style: TagStyle): boolean {
  const keysOf = (tags: Tags): Tags => {
    const keys = unique(tags, style).map(keyIn(style));
    return style.keepsOrder ? keys : keys.toSorted();
  };
  return JSON.stringify(keysOf(left)) === JSON.stringify(keysOf(right));
}
