/**
 * Keeps the frames of a run small: clients keep many of them and show one line of each. Nothing is lost for good, because
 * the `complete` frame, which is never touched, and the JSON form of a run carry everything. Pure.
 */
import { isObject } from '../../values/plain-object.js';
import { shortText, textLength } from '../../values/short-text.js';
import { asciiJson } from '../../values/ascii-json.js';
import type { SseFrame } from './sse.js';

/** Characters of JSON, all of them ASCII. */
export const maxFrameLength = 560;

type Data = Readonly<Record<string, unknown>>;

const textFields = ['message', 'detail', 'error', 'warning', 'suggestion'] as const;
/** In characters of JSON: some words, or a few emoji. */
const shortestText = 60;

const lengthOf = (value: object): number => asciiJson(value).length;
const tooMuch = (data: Data): number => lengthOf(data) - maxFrameLength;

/** Takes `over` characters of JSON off a text. */
function cut(text: string, over: number): string {
  const length = textLength(text);
  return over <= 0 || length <= shortestText ? text : shortText(text, Math.max(shortestText, length - over));
}

/** As many leading entries of every list as fit; counts beside the lists stay true. */
function fewerEntries(value: unknown, room: number): unknown {
  if (!Array.isArray(value)) return isObject(value) ? mapValues(value, (inner) => fewerEntries(inner, room)) : value;
  const entries: readonly unknown[] = value;
  let left = room - 1;
  const end = entries.findIndex((entry) => {
    left -= lengthOf([entry]) - 1;
    return left < 0;
  });
  return end === -1 ? entries : entries.slice(0, end);
}

function mapValues(data: Data, change: (value: unknown, key: string) => unknown): Data {
  return Object.fromEntries(Object.entries(data).map(([key, value]) => [key, change(value, key)]));
}

function allLists(value: unknown): readonly (readonly unknown[])[] {
  if (Array.isArray(value)) return [value];
  return isObject(value) ? Object.values(value).flatMap(allLists) : [];
}

function withFewerEntries(data: Data): Data {
  const lists = allLists(data);
  const listed = lists.reduce((sum, list) => sum + lengthOf(list), 0);
  const room = Math.max(0, maxFrameLength - (lengthOf(data) - listed));
  const shortened = fewerEntries(data, Math.floor(room / Math.max(1, lists.length)));
  return isObject(shortened) ? shortened : data;
}

/** The longest text first. */
function withShorterTexts(data: Data): Data {
  const byLength = textFields
    .flatMap((field) => {
      const text = data[field];
      return typeof text === 'string' ? [{ field, text }] : [];
    })
    .sort((a, b) => b.text.length - a.text.length);
  return byLength.reduce<Data>((sofar, { field, text }) => ({ ...sofar, [field]: cut(text, tooMuch(sofar)) }), data);
}

/** Without objects inside objects, and links, which are worthless in part. */
function withoutExtras(data: Data): Data {
  return mapValues(data, (value) =>
    isObject(value)
      ? Object.fromEntries(Object.entries(value).filter(([key, inner]) => !isObject(inner) && key !== 'netbox_url'))
      : value,
  );
}

function withShorterNames(data: Data): Data {
  let over = tooMuch(data);
  const shorter = (value: unknown, key: string): unknown => {
    if (isObject(value)) return mapValues(value, shorter);
    if (typeof value !== 'string' || !key.endsWith('name')) return value;
    const name = cut(value, over);
    over -= textLength(value) - textLength(name);
    return name;
  };
  return mapValues(data, shorter);
}

/** The frame itself when it is small enough or `complete`; else with fewer list entries, then with shorter texts. */
export function shortenFrame(frame: SseFrame): SseFrame {
  let data: Data = { ...frame.data };
  if (frame.event === 'complete' || tooMuch(data) <= 0) return frame;
  for (const shorten of [withFewerEntries, withShorterTexts, withoutExtras, withShorterNames]) {
    data = shorten(data);
    if (tooMuch(data) <= 0) break;
  }
  return { ...frame, data };
}
