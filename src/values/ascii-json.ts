/**
 * JSON on one line, in printable ASCII only. Clients of our streams split lines at every Unicode line break (U+0085,
 * U+2028, U+2029) and guess the character set; a split `complete` frame would be read as a success. What JSON.stringify
 * leaves unescaped above U+007E is therefore written as \uXXXX, characters outside the BMP as two of them.
 */
export function asciiJson(value: object): string {
  return JSON.stringify(value).replace(
    /[^\u0020-\u007e]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
