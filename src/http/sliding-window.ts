/**
 * Counts events per key in a sliding window. Refused events are not counted. Bounded: the key that was quiet the longest is
 * forgotten first.
 */
import { LRUCache } from 'lru-cache';
import type { Clock } from '../config/clock.js';

export interface SlidingWindow {
  /** Counts one event of `key` and returns 0; or, when `limit` are in the window, the seconds until one leaves it (1..). */
  take(key: string, limit: number): number;
}

export function createSlidingWindow(clock: Clock, windowMs: number, maxKeys = 10_000): SlidingWindow {
  const timesByKey = new LRUCache<string, number[]>({ max: maxKeys });
  return {
    take(key, limit) {
      const now = clock.monotonicMs();
      const times = timesByKey.get(key) ?? [];
      const expired = times.findIndex((time) => now - time < windowMs);
      times.splice(0, expired === -1 ? times.length : expired);
      timesByKey.set(key, times);
      const blocking = times.at(-limit);
      if (times.length >= limit && blocking !== undefined) {
        return Math.max(1, Math.ceil((windowMs - (now - blocking)) / 1000));
      }
      times.push(now);
      return 0;
    },
  };
}
