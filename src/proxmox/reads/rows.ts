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
/** What each row means; rows that mean nothing (no name, no id) are left out. */
export function present<T>(rows: readonly Row[], parse: (row: Row) => T | null): readonly T[] {
  return rows.flatMap((row) => parse(row) ?? []);
}
/** HTTP status that Proxmox answered with; null for other failures. */
export function statusOf(error: unknown): number | null {
  return error instanceof ProxboxError ? (error.upstream?.status ?? null) : null;
}
