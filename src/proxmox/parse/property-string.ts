/**
 * Proxmox property strings: `value,key=value,...`. Pieces are split on the first `=`; a piece without `=` belongs to the
 * default key of that property. The first occurrence of a key wins.
 */
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
