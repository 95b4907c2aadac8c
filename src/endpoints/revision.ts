/** Whether two rows of an endpoint lead to the same connection. */
import { createHmac, randomBytes } from 'node:crypto';
import { partsOf, type EndpointColumns } from '../db/endpoint-columns.js';

/** Tells whether two rows lead to the same connection: equal texts, equal connections. */
export type RevisionOf = (row: { readonly id: number }) => string;

/**
 * Revisions are equal within this process for equal connections, and nothing can be read back from them, although stored
 * secrets are among what they are made of. A secret that is only sealed with another key is the same secret.
 * @param contentOf what a stored text holds
 */
export function createRevisionMaker(columns: EndpointColumns, contentOf: (stored: string) => string): RevisionOf {
  const processSecret = randomBytes(32);
  const names = ['id', ...Object.keys(partsOf(columns, 'isConnection'))];
  return (row) => {
    const values = new Map<string, unknown>(Object.entries(row));
    const parts = names.map((name) => {
      const value = values.get(name);
      return typeof value === 'string' ? contentOf(value) : value;
    });
    return createHmac('sha256', processSecret).update(JSON.stringify(parts)).digest('base64url').slice(0, 22);
  };
}
