/** Other names for guests, so that a support bundle tells what happened and not to whom. Pure. */
import { isObject } from '../values/plain-object.js';

/** Of anything that has a VMID and a name beside it, however deep. */
export function guestNamesIn(value: unknown): readonly string[] {
  if (Array.isArray(value)) return value.flatMap((one: unknown) => guestNamesIn(one));
  if (!isObject(value)) return [];
  const { vmid, name } = value;
  const own = vmid !== undefined && typeof name === 'string' && name !== '' ? [name] : [];
  return [...own, ...Object.values(value).flatMap(guestNamesIn)];
}

export interface Pseudonyms {
  /** Every name in it, as a word of its own, in whatever case. */
  inText(text: string): string;
  /** In every text of it; the names of its fields stay. */
  inValue(value: unknown): unknown;
}

/** `guest-1` and so on, by the order of the alphabet: the same name is the same pseudonym everywhere in a bundle. */
export function pseudonymsFor(names: Iterable<string>): Pseudonyms {
  const known = [...new Set([...names].map((name) => name.toLowerCase()))].sort();
  const pseudonyms = new Map(known.map((name, index) => [name, `guest-${index + 1}`]));
  // The longest first, so that no name is taken for a part of another one.
  const longestFirst = known.toSorted((left, right) => right.length - left.length);
  const escaped = longestFirst.map((name) => name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  const pattern = new RegExp(`(?<![\\p{L}\\p{N}_-])(?:${escaped.join('|')})(?![\\p{L}\\p{N}_-])`, 'giu');

  const inText = (text: string): string =>
    known.length === 0 ? text : text.replace(pattern, (name) => pseudonyms.get(name.toLowerCase()) ?? name);
  const inValue = (value: unknown): unknown => {
    if (typeof value === 'string') return inText(value);
    if (Array.isArray(value)) return value.map((one: unknown) => inValue(one));
    if (!isObject(value)) return value;
    return Object.fromEntries(Object.entries(value).map(([field, one]) => [field, inValue(one)]));
  };
  return { inText, inValue };
}
