/** Lets one run at a time hold a key; others wait in the order in which they came. */

export interface RunQueue {
  /**
   * Takes every key (in a fixed order, so that two runs cannot wait for each other). Rejects with the signal's reason
   * when it is aborted while waiting. `onWait` is called once if it has to wait. The answer releases the keys.
   */
  acquire(
    keys: readonly string[],
    options: { readonly signal: AbortSignal; readonly onWait: () => void },
  ): Promise<() => void>;
}

export function createRunQueue(): RunQueue {
  const tails = new Map<string, Promise<void>>();

  function takeOne(key: string): { ready: Promise<void>; release: () => void; mustWait: boolean } {
    const before = tails.get(key);
    let release = (): void => undefined;
    const mine = new Promise<void>((resolve) => {
      release = resolve;
    });
    const tail = (before ?? Promise.resolve()).then(() => mine);
    tails.set(key, tail);
    void tail.then(() => {
      if (tails.get(key) === tail) tails.delete(key);
    });
    return { ready: before ?? Promise.resolve(), release, mustWait: before !== undefined };
  }

  return {
    async acquire(keys, { signal, onWait }) {
      const held: (() => void)[] = [];
      const release = (): void => held.splice(0).forEach((free) => free());
      let waited = false;
      try {
        for (const key of [...new Set(keys)].sort()) {
          signal.throwIfAborted();
          const turn = takeOne(key);
          held.push(turn.release);
          if (!turn.mustWait) continue;
          if (!waited) onWait();
          waited = true;
          await untilReady(turn.ready, signal);
        }
      } catch (error) {
        release();
        throw error;
      }
      return release;
    },
  };
}

async function untilReady(ready: Promise<void>, signal: AbortSignal): Promise<void> {
  let stop = (): void => undefined;
  const aborted = new Promise<never>((_resolve, reject) => {
    stop = () => reject(signal.reason instanceof Error ? signal.reason : new Error('aborted'));
    signal.addEventListener('abort', stop, { once: true });
  });
  try {
    await Promise.race([ready, aborted]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
