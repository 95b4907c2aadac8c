/** Texts and lists of names for places that have room for little: frames, sentences about many objects. Pure. */
import { asciiJson } from './ascii-json.js';

const ellipsis = '…';
const characters = new Intl.Segmenter('en', { granularity: 'grapheme' });
const mostNames = 20;

/** Characters of JSON that a text takes, all of them ASCII, without its quotes. */
export const textLength = (text: string): number => asciiJson([text]).length - 4;

/** At most `length` characters of JSON. Whole characters as people see them stay: half an emoji is no text. */
export function shortText(text: string, length: number): string {
  if (textLength(text) <= length) return text;
  const kept: string[] = [];
  let left = length - textLength(ellipsis);
  for (const { segment } of characters.segment(text)) {
    left -= textLength(segment);
    if (left < 0) break;
    kept.push(segment);
  }
  return kept.join('') + ellipsis;
}

/** With a full stop, where others have ended their words without one. */
export const asSentence = (text: string): string => (/[.!?]\)?$/.test(text) ? text : `${text}.`);

interface ListOptions {
  /** Names that are shown. */
  readonly most?: number;
  /** Between names that hold commas themselves. */
  readonly separator?: string;
}

/** `a, b and 3 more`: all of them, up to `most`, and how many others there are. Every sentence about several names them so. */
export function nameList(names: readonly string[], { most = mostNames, separator = ', ' }: ListOptions = {}): string {
  const shown = names.slice(0, most).join(separator);
  return names.length > most ? `${shown} and ${names.length - most} more` : shown;
}

/** The same with every name in quotes. */
export function quotedList(names: readonly string[]): string {
  return nameList(names.map((name) => `"${name}"`));
}

/** `2 backups (a, b)`: how many, and which. A sentence never says the one without the other. */
export function counted(noun: string, names: readonly string[]): string {
  const number = `${names.length} ${plural(noun, names.length)}`;
  return names.length === 0 ? number : `${number} (${nameList(names)})`;
}

/** The noun for so many of them. */
export function plural(noun: string, count: number): string {
  if (count === 1) return noun;
  return /(?:s|x|ch|sh)$/.test(noun) ? `${noun}es` : /[^aeiou]y$/.test(noun) ? `${noun.slice(0, -1)}ies` : `${noun}s`;
}
