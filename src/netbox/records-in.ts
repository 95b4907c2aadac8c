/** Takes records out of parsed answers without believing more than was checked. */
import { isObject } from '../values/plain-object.js';
import type { NetBoxRecord } from './types.js';

export function isRecord(value: unknown): value is NetBoxRecord {
  return isObject(value) && Number.isInteger(value.id);
}

/** The records of a list of records; undefined when it is anything else. */
export function recordsIn(value: unknown): readonly NetBoxRecord[] | undefined {
  return Array.isArray(value) && value.every(isRecord) ? value : undefined;
}

/** One of each id, the first one. */
export function uniqueById(records: readonly NetBoxRecord[]): readonly NetBoxRecord[] {
  const byId = new Map<number, NetBoxRecord>();
  for (const record of records) {
    if (!byId.has(record.id)) byId.set(record.id, record);
  }
  return [...byId.values()];
}
