/** Queries as NetBox reads them (repeated keys are alternatives) and as the cache compares them. */
import type { Query, QueryValue } from './types.js';

function texts(value: QueryValue | readonly QueryValue[]): readonly string[] {
  const list = Array.isArray(value) ? value : [value];
  return list.filter((item) => item !== null && item !== undefined).map(String);
}

/** `?a=1&a=2&b=true`, or an empty text. Keys with null or undefined are dropped. */
export function encodeQuery(query: Query): string {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    for (const text of texts(value)) params.append(name, text);
  }
  const encoded = params.toString();
  return encoded === '' ? '' : `?${encoded}`;
}

/** JSON with sorted keys; numbers and texts compare equal. Empty text for an empty query. */
export function canonicalQuery(query: Query): string {
  const entries = Object.entries(query)
    .map(([name, value]): [string, readonly string[]] => [name, texts(value)])
    .filter(([, values]) => values.length > 0)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, values]): [string, unknown] => [name, values.length === 1 ? values[0] : values]);
  return entries.length === 0 ? '' : JSON.stringify(Object.fromEntries(entries));
}

/** Bytes of the query on the request line. */
export function queryBytes(query: Query): number {
  return Buffer.byteLength(encodeQuery(query));
}
