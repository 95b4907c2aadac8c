import { describe, expect, it, vi } from 'vitest';
import { createSharedReads } from '../../../src/proxmox/shared-reads.js';
import { fakeClock } from './fakes.js';

const never = (signal: AbortSignal) =>
  new Promise<string>((_, reject) => signal.addEventListener('abort', () => reject(new Error('aborted'))));

describe('shared reads', () => {
  it('are made once for all who ask at the same time', async () => {
    const reads = createSharedReads<string>(fakeClock(), 0);
    const load = vi.fn(async () => 'value');
    expect(await Promise.all([1, 2, 3].map(() => reads.read('a', load, undefined)))).toEqual([
      'value',
      'value',
      'value',
    ]);
    expect(load).toHaveBeenCalledTimes(1);
    await reads.read('a', load, undefined);
    expect(load).toHaveBeenCalledTimes(2);
  });

  it('keep an answer for its time and per key', async () => {
    const clock = fakeClock();
    const reads = createSharedReads<string>(clock, 5000);
    const load = vi.fn(async () => 'value');
    await reads.read('a', load, undefined);
    clock.advance(4999);
    await reads.read('a', load, undefined);
    await reads.read('b', load, undefined);
    expect(load).toHaveBeenCalledTimes(2);
    clock.advance(1);
    await reads.read('a', load, undefined);
    expect(load).toHaveBeenCalledTimes(3);
  });

  it('tell a failure to all and keep it for nobody', async () => {
    const reads = createSharedReads<string>(fakeClock(), 5000);
    const load = vi.fn().mockRejectedValueOnce(new Error('down')).mockResolvedValue('up');
    const both = await Promise.allSettled([reads.read('a', load, undefined), reads.read('a', load, undefined)]);
    expect(both.map((result) => result.status)).toEqual(['rejected', 'rejected']);
    expect(await reads.read('a', load, undefined)).toBe('up');
  });

  it('go on for the others when one of them leaves, and end when the last one leaves', async () => {
    const reads = createSharedReads<string>(fakeClock(), 0);
    const [first, second] = [new AbortController(), new AbortController()];
    const seen: AbortSignal[] = [];
    const load = (signal: AbortSignal) => {
      seen.push(signal);
      return never(signal);
    };
    const one = reads.read('a', load, first.signal).catch((error: unknown) => error);
    const two = reads.read('a', load, second.signal).catch((error: unknown) => error);
    await Promise.resolve();
    first.abort();
    expect(await one).toMatchObject({ code: 'cancelled' });
    expect(seen[0]?.aborted).toBe(false);
    second.abort();
    expect(await two).toMatchObject({ code: 'cancelled' });
    expect(seen[0]?.aborted).toBe(true);
    expect(seen).toHaveLength(1);
    expect(await reads.read('a', async () => 'fresh', undefined)).toBe('fresh');
  });

  it('are not begun by somebody who has gone already', async () => {
    const load = vi.fn(async () => 'value');
    const read = createSharedReads<string>(fakeClock(), 0).read('a', load, AbortSignal.abort());
    await expect(read).rejects.toMatchObject({ code: 'cancelled' });
    expect(load).not.toHaveBeenCalled();
  });
});
