/** A filter with many values, in chunks that fit the request line a default gunicorn accepts (4,094 bytes). */
import pLimit from 'p-limit';
import { ProxboxError } from '../errors/proxbox-error.js';
import { describeErrors } from './answer-text.js';
import { refusedFilters } from './lists.js';
import { queryBytes } from './query-string.js';
import { uniqueById } from './records-in.js';
import type { NetBoxRecord, Query } from './types.js';

const maxLineBytes = 3_500;
const maxValues = 100;
/** `start`, `limit`, `ordering`, `offset`, `exclude` and `omit`, which are added per page. */
const reservedBytes = 110;

type Value = string | number;

export interface ByValues {
  readonly path: string;
  readonly filter: string;
  readonly values: readonly Value[];
  readonly query: Query;
  /** Chunks to ask for at the same time, at least 1. */
  readonly atOnce: number;
}

/** Each value once, at most 100 per chunk, within the byte budget. */
function chunkValues({ path, filter, values, query }: ByValues): readonly (readonly Value[])[] {
  const fixed = path.length + queryBytes(query) + reservedBytes;
  const chunks: Value[][] = [];
  let current: Value[] = [];
  let used = fixed;
  for (const value of new Map(values.map((item) => [String(item), item])).values()) {
    const size = queryBytes({ [filter]: value });
    if (current.length > 0 && (current.length >= maxValues || used + size > maxLineBytes)) {
      chunks.push(current);
      current = [];
      used = fixed;
    }
    current.push(value);
    used += size;
  }
  if (current.length > 0) chunks.push(current);
  return chunks;
}

/** The value that NetBox names as not existing, if it is one of ours. */
function namedValue(error: ProxboxError, values: readonly Value[]): string | undefined {
  const named = /Select a valid choice\. (.+?) is not one of the available/.exec(
    describeErrors(error.upstream?.body),
  )?.[1];
  return values.some((value) => String(value) === named) ? named : undefined;
}

/** What remains to be asked when one value of a chunk does not exist: without it, or in halves. */
function withoutRefused(error: ProxboxError, values: readonly Value[]): readonly (readonly Value[])[] {
  if (values.length === 1) return [];
  const named = namedValue(error, values);
  if (named !== undefined) return [values.filter((value) => String(value) !== named)];
  const middle = Math.ceil(values.length / 2);
  return [values.slice(0, middle), values.slice(middle)];
}

/** Rows of all chunks, one of each id. `list` reads one chunk and throws what NetBox refuses; then no further one is begun. */
export async function listByValues(
  request: ByValues,
  list: (query: Query) => Promise<readonly NetBoxRecord[]>,
): Promise<readonly NetBoxRecord[]> {
  const limit = pLimit(request.atOnce);
  const readAll = async (chunks: readonly (readonly Value[])[]): Promise<readonly NetBoxRecord[]> =>
    (await Promise.all(chunks.map(readChunk))).flat();
  async function readChunk(chunk: readonly Value[]): Promise<readonly NetBoxRecord[]> {
    try {
      return await limit(() => list({ ...request.query, [request.filter]: chunk }));
    } catch (error) {
      if (error instanceof ProxboxError && refusedFilters(error).includes(request.filter))
        return readAll(withoutRefused(error, chunk));
      limit.clearQueue();
      throw error;
    }
  }
  return uniqueById(await readAll(chunkValues(request)));
}
