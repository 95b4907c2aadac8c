/** Reads what NetBox says in a body, whatever form it has: JSON of several shapes, or the page of a proxy. */
import { z } from 'zod';

const maxTextLength = 500;

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

function isEmpty(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0;
}

/** One line for people, at most 500 characters and without markup. */
export function answerText(text: string): string {
  const body = parseJson(text);
  if (Array.isArray(body)) {
    const items = body.map((item: unknown, index) => (isEmpty(item) ? '' : `item[${index}]: ${JSON.stringify(item)}`));
    return shorten(items.filter((item) => item !== '').join('; '));
  }
  const failure = unhandled.safeParse(body);
  if (failure.success) return shorten(`${failure.data.exception}: ${failure.data.error}`);
  const said = spoken.safeParse(body);
  return shorten((said.success ? (said.data.detail ?? said.data.message) : undefined) ?? text);
}

/** The name of the Python exception in NetBox's answer to an unexpected failure, e.g. `IntegrityError`. */
export function exceptionName(body: unknown): string | undefined {
  const failure = unhandled.safeParse(body);
  return failure.success ? failure.data.exception : undefined;
}
