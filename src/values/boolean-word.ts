/** The words that clients of this API know for true and false: those of the Python service, in any case. */
const words: ReadonlyMap<string, boolean> = new Map([
  ...['1', 'true', 't', 'yes', 'y', 'on'].map((word) => [word, true] as const),
  ...['0', 'false', 'f', 'no', 'n', 'off'].map((word) => [word, false] as const),
]);

/** undefined for any other word. */
export function booleanOf(text: string): boolean | undefined {
  return words.get(text.trim().toLowerCase());
}
