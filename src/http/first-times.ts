/** What is told once of each address, and not of more than so many: anybody can bring it about. */

/** Whether this is the first time, for the first `most` keys. */
export function createFirstTimes(most = 100): (key: string) => boolean {
  const seen = new Set<string>();
  return (key) => {
    if (seen.has(key) || seen.size >= most) return false;
    seen.add(key);
    return true;
  };
}
