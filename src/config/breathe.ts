/**
 * Long work in turns: a stall of the event loop is a stall of every request and stream of the process. Work that grows with the
 * estate says where it may be interrupted; here is decided when it is, and what else there is to do goes on meanwhile.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';

/** Work that may be interrupted wherever it yields. It does not need to know that it is. */
export type Steps<T> = Generator<undefined, T, undefined>;

/** Far below what somebody notices who waits; turns that are longer only because the machine is busy cost next to nothing. */
const turnMs = 10;
let turnBeganMs = performance.now();

function isLong(): boolean {
  return performance.now() - turnBeganMs >= turnMs;
}

let upcoming: Promise<void> | undefined;

/** One for all who wait for it: whoever goes on after others had their share of the turn looks again whether it is long. */
function upcomingTurn(): Promise<void> {
  upcoming ??= nextTurn().then(() => {
    upcoming = undefined;
    turnBeganMs = performance.now();
  });
  return upcoming;
}

/** To be awaited between two pieces of long work: goes on at once while the turn is short, else in a later one. */
export async function breathe(): Promise<void> {
  while (isLong()) await upcomingTurn();
}

/** What the work comes to, done in as many turns as it takes. @throws the reason of the signal, when it is aborted between two */
export async function inTurns<T>(steps: Steps<T>, signal?: AbortSignal): Promise<T> {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
    if (isLong()) await breathe();
    signal?.throwIfAborted();
  }
}

/** `Promise.all(items.map(work))` in turns; what is asynchronous of the work overlaps. After the first failure no more is begun. */
export async function mapInTurns<Item, T>(
  items: readonly Item[],
  work: (item: Item, index: number) => T | Promise<T>,
): Promise<T[]> {
  const begun: (T | Promise<T>)[] = [];
  const failed = new AbortController();
  for (const [index, item] of items.entries()) {
    const one = work(item, index);
    begun.push(one);
    if (one instanceof Promise) one.catch(() => failed.abort());
    // Always awaited: what is ready of those begun goes on first, and is a part of the turn.
    await breathe();
    if (failed.signal.aborted) break;
  }
  return Promise.all(begun);
}
