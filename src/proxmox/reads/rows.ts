/** Lists of Proxmox as checked rows: what the reads of this folder are made of. */
import { z } from 'zod';
import { ProxboxError } from '../../errors/proxbox-error.js';
import { isObject } from '../../values/plain-object.js';
import { shapeError } from '../failures.js';
import type { Row } from '../parse/coerce.js';
import type { ProxmoxSession, ReadOptions } from '../types.js';

/** What these reads need of a session. */
export type Reader = Pick<ProxmoxSession, 'get' | 'endpointName'>;

/** A list of objects with any keys; entries that are no objects are left out rather than losing the list. */
const rowsSchema = z.array(z.unknown()).transform((items) => items.filter(isObject));
/** Throws `remote_protocol` when the answer is no list: "none" is an empty list, never null. */
export function rowsOrThrow(data: unknown, endpointName: string, below: string): readonly Row[] {
  const rows = rowsSchema.safeParse(data);
  if (rows.success) return rows.data;
  throw shapeError(endpointName, below, 'a list');
}
/** A list that Proxmox serves below `/api2/json/`; throws like rowsOrThrow and like the session. */
export async function listRows(session: Reader, below: string, options?: ReadOptions): Promise<readonly Row[]> {
  return rowsOrThrow(await session.get(below, options), session.endpointName, below);
}
/**
 * What each entry of a list means, where things that a list lacks count as gone. Throws like rowsOrThrow, and where an entry is no
 * object or means nothing (no name, no id): it could be any of them.
 */
export function everyEntry<T>(
  data: unknown,
  { endpointName, below }: { readonly endpointName: string; readonly below: string },
  parse: (row: Row) => T | null,
): readonly T[] {
  const entries = present(rowsOrThrow(data, endpointName, below), parse);
  if (Array.isArray(data) && entries.length === data.length) return entries;
  throw shapeError(endpointName, below, 'a name or id in every entry');
}
/** Such a list that Proxmox serves below `/api2/json/`. */
export async function listEvery<T>(
  session: Reader,
  below: string,
  ...[parse, options]: [parse: (row: Row) => T | null, options: ReadOptions | undefined]
): Promise<readonly T[]> {
  return everyEntry(await session.get(below, options), { endpointName: session.endpointName, below }, parse);
}
/** What each row means, where nothing is judged by what is missing; rows that mean nothing (no name, no id) are left out. */
export function present<T>(rows: readonly Row[], parse: (row: Row) => T | null): readonly T[] {
  return rows.flatMap((row) => parse(row) ?? []);
}
/** HTTP status that Proxmox answered with; null for other failures. */
export function statusOf(error: unknown): number | null {
  return error instanceof ProxboxError ? (error.upstream?.status ?? null) : null;
}
