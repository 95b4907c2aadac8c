/** Reads what NetBox says in a body, whatever form it has: JSON of several shapes, or the page of a proxy. */
import { z } from 'zod';
import { isObject } from '../values/plain-object.js';

const maxTextLength = 500;
const maxDepth = 6;

const spoken = z.looseObject({ detail: z.string().optional(), message: z.string().optional() });
/** NetBox's answer to an exception it did not expect (HTTP 500). */
const unhandled = z.looseObject({ exception: z.string(), error: z.string() });

/** The parsed body, or undefined when it is not JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // A page of a proxy or a login form: the caller tells it from an answer by undefined.
    return undefined;
  }
}

function shorten(text: string): string {
  const plain = text
    .replaceAll(/<[^>]*>/g, ' ')
    .replaceAll(/\s+/g, ' ')
    .trim();
  return plain.length > maxTextLength ? `${plain.slice(0, maxTextLength)}...` : plain;
}

/** Under these Django puts what belongs to no field. */
const nameless: ReadonlySet<string> = new Set(['__all__', 'non_field_errors', 'detail']);

function textsOf(said: unknown, depth: number): string {
  if (typeof said === 'string') return said;
  if (said === null || typeof said !== 'object') return String(said);
  if (depth >= maxDepth) return '...';
  if (Array.isArray(said)) {
    const texts = said.map((item: unknown) => textsOf(item, depth + 1));
    return texts.filter((text) => text !== '').join(' ');
  }
  const fields = Object.entries(said).map(([name, about]) => {
    const text = textsOf(about, depth + 1);
    return nameless.has(name) || text === '' ? text : `${name}: ${text}`;
  });
  return fields.filter((text) => text !== '').join('; ');
}

/** Field errors of one object as people read them, e.g. `name: This field is required.`; at most 500 characters. */
export function describeErrors(said: unknown): string {
  return shorten(textsOf(said, 0));
}

/** What is said about the objects of a bulk request, those that are named, each with its place or id in front. */
function describeObjects(errors: readonly unknown[]): string {
  const texts = errors.map((entry, position) => {
    const { index, id, errors: about } = isObject(entry) && 'errors' in entry ? entry : { errors: entry };
    const name = typeof id === 'number' ? `id ${id}` : `item[${typeof index === 'number' ? index : position}]`;
    const text = textsOf(about, 0);
    return text === '' ? '' : `${name}: ${text}`;
  });
  return texts.filter((text) => text !== '').join('; ');
}

/** One line for people, at most 500 characters and without markup. */
export function answerText(text: string): string {
  const body = parseJson(text);
  if (body === undefined) return shorten(text);
  if (Array.isArray(body)) return shorten(describeObjects(body));
  const failure = unhandled.safeParse(body);
  if (failure.success) return shorten(`${failure.data.exception}: ${failure.data.error}`);
  const said = spoken.safeParse(body);
  const sentence = said.success ? (said.data.detail ?? said.data.message) : undefined;
  if (sentence === undefined) return describeErrors(body);
  const errors = isObject(body) ? body.errors : undefined;
  return shorten(Array.isArray(errors) ? `${sentence} ${describeObjects(errors)}` : sentence);
}

/** The name of the Python exception in NetBox's answer to an unexpected failure, e.g. `IntegrityError`. */
export function exceptionName(body: unknown): string | undefined {
  const failure = unhandled.safeParse(body);
  return failure.success ? failure.data.exception : undefined;
}

/** A text about a refusal without the number of the request: the same refusal is told once. */
export function withoutRequest(text: string): string {
  return text.replaceAll(/ \(NetBox request [^)]*\)/g, '');
}
