/** In which order what NetBox may refuse is tried. */

interface Turns<T> {
  /** Why it is known to be refused; undefined: it may be tried. */
  readonly whyNot: (one: T) => string | undefined;
  /** Of those that are refused, the one to try all the same. */
  readonly probe: (refused: readonly T[]) => T | undefined;
  /** It is not tried. */
  readonly refuse: (one: T, message: string) => void;
}

/**
 * All of them in their order, without those that are known to be refused. One of these comes first, by itself: when the next part
 * is asked for, what is known of the others is looked at again, as it shows whether they may be written by now.
 */
export function* inTurn<T>(all: readonly T[], { whyNot, probe, refuse }: Turns<T>): Generator<readonly T[]> {
  const first = probe(all.filter((one) => whyNot(one) !== undefined));
  if (first !== undefined) yield [first];
  const allowed: T[] = [];
  for (const one of all) {
    if (one === first) continue;
    const message = whyNot(one);
    if (message === undefined) allowed.push(one);
    else refuse(one, message);
  }
  yield allowed;
}
