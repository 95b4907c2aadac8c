/** The comparison form of MAC addresses: lower case with colons. Pure. */

const macPattern = /^[0-9a-f]{2}([:-][0-9a-f]{2}){5}$/i;

/** null when the text is no MAC address. */
export function parseMac(value: unknown): string | null {
  if (typeof value !== 'string' || value.length > 64) return null;
  const text = value.trim();
  return macPattern.test(text) ? text.toLowerCase().replaceAll('-', ':') : null;
}
