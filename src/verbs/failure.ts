/** How the failures of others are told in the answer of a verb. */
import type { ErrorCode } from '../errors/catalog.js';
import { errorText, ProxboxError, toProxboxError } from '../errors/proxbox-error.js';

const maxLength = 1_000;

/** One line: what comes from outside must neither forge lines of a journal entry nor fill it. */
export function oneLine(text: string, length = maxLength): string {
  const line = text.replace(/[\s\u0000-\u001f\u007f\u2028\u2029]+/g, ' ').trim();
  return line.length > length ? `${line.slice(0, length)}...` : line;
}

/** What went wrong at the other side: its message names the answer, or else the detail does. */
export function causeText(error: unknown): string {
  const known = toProxboxError(error);
  return oneLine(known.upstream === undefined ? errorText(known) : known.message);
}

/** A failure of the verb under its own name, with what the other side said. */
export function verbFailure(
  code: ErrorCode,
  text: string,
  { cause, where = {} }: { readonly cause?: unknown; readonly where?: Readonly<Record<string, string | number>> } = {},
): ProxboxError {
  const detail = cause === undefined ? text : `${text} ${causeText(cause)}`;
  return new ProxboxError(code, text, { detail, where, ...(cause === undefined ? {} : { cause }) });
}
