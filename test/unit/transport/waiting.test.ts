import { describe, expect, it } from 'vitest';
import { createHostPause } from '../../../src/transport/host-pause.js';
import { retryAfterMs } from '../../../src/transport/retry-after.js';
import { createFakeClock } from '../../support/fake-clock.js';

describe('Retry-After', () => {
  const clock = createFakeClock('2026-01-01T00:00:00Z');
  it.each([
    [undefined, 0],
    ['7', 7_000],
    ['0', 0],
    ['3600', 30_000],
    ['Thu, 01 Jan 2026 00:00:12 GMT', 12_000],
    ['Thu, 01 Jan 2026 01:00:00 GMT', 30_000],
    ['Wed, 31 Dec 2025 00:00:00 GMT', 0],
    ['soon', 0],
  ])('%s means %i ms', (header, expected) => {
    expect(retryAfterMs(header, clock)).toBe(expected);
  });
});

describe('the pause of a host', () => {
  it('is lengthened but never shortened', async () => {
    const clock = createFakeClock();
    const pause = createHostPause(clock);
    pause.pauseFor(7_000);
    pause.pauseFor(1_000);
    expect(pause.remainingMs()).toBe(7_000);
    await pause.wait();
    expect(clock.sleeps).toEqual([7_000]);
    expect(pause.remainingMs()).toBe(0);
  });

  it('does not hold those whose signal fires', async () => {
    const clock = createFakeClock();
    clock.hold();
    const pause = createHostPause(clock);
    pause.pauseFor(7_000);
    const abort = new AbortController();
    const waiting = pause.wait(abort.signal);
    abort.abort();
    await expect(waiting).rejects.toMatchObject({ code: 'cancelled' });
  });
});
