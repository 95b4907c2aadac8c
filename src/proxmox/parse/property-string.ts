/**
 * Proxmox property strings: `value,key=value,...`. Pieces are split on the first `=`; a piece without `=` belongs to the
 * default key of that property. The first occurrence of a key wins.
 */
import { isRow, toText } from './coerce.js';

export function parsePropertyString(text: string, defaultKey: string): ReadonlyMap<string, string> {
  const properties = new Map<string, string>();
  for (const piece of text.split(',')) {
    const equals = piece.indexOf('=');
    const key = equals < 0 ? defaultKey : piece.slice(0, equals).trim();
    const value = (equals < 0 ? piece : piece.slice(equals + 1)).trim();
    if (key === '' || (equals < 0 && value === '') || properties.has(key)) continue;
    properties.set(key, value);
  }
  return properties;
}

/** The text form of a property that newer Proxmox releases return as an object: `{a:1,b:"x"}` -> `a=1,b=x`. */
export function propertyText(value: unknown): string | null {
  if (!isRow(value)) return toText(value);
  const pieces: string[] = [];
  for (const [key, item] of Object.entries(value)) {
    const text = toText(item);
    if (text !== null) pieces.push(`${key}=${text}`);
  }
  return pieces.length === 0 ? null : pieces.join(',');
}
