const macPattern = /^[0-9a-f]{2}([:-][0-9a-f]{2}){5}$/i;

/** The comparison form of a MAC address: lower case with colons; null when the text is none. */
export function parseMac(value: unknown): string | null {
  if (typeof value !== 'string' || value.length > 64) return null;
  const text = value.trim();
  return macPattern.test(text) ? text.toLowerCase().replaceAll('-', ':') : null;
}
