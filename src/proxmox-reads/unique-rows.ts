/** Several endpoints may be nodes of one cluster: what one of them told is not repeated by the next. Pure. */
import type { Row } from '../proxmox/parse/coerce.js';

/** The first row of each cluster and key; rows without key are kept. */
export function uniqueRows<T extends Row>(rows: readonly T[], ...keys: readonly (keyof T & string)[]): readonly T[] {
  const seen = new Set<string>();
  return rows.filter((row) => {
    const key = keys.map((name) => row[name]).find((value) => value !== null && value !== undefined);
    if (key === undefined) return true;
    const identity = JSON.stringify([row.cluster_name, key]);
    if (seen.has(identity)) return false;
    seen.add(identity);
    return true;
  });
}
