/** How long `/health` takes beside a run: what others see of a stall. */
import { setTimeout as delay } from 'node:timers/promises';

const everyMs = 20;

/** Asks every 20 ms, one request at a time, until it is stopped: the longest answer in ms. */
export function askHealth(url: string): { stop(): Promise<number> } {
  const over = new AbortController();
  const ask = async (): Promise<number> => {
    let longestMs = 0;
    while (!over.signal.aborted) {
      const startedMs = performance.now();
      const response = await fetch(`${url}/health`, { headers: { connection: 'close' } });
      await response.arrayBuffer();
      longestMs = Math.max(longestMs, performance.now() - startedMs);
      await delay(everyMs);
    }
    return longestMs;
  };
  const asking = ask();
  // Whoever stops it is told.
  asking.catch(() => undefined);
  return {
    stop: () => {
      over.abort();
      return asking;
    },
  };
}
