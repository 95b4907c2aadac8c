import { describe, expect, it } from 'vitest';
import { createIdempotencyStore, type Performed } from '../../../src/verbs/idempotency.js';
import { createFakeClock } from '../../support/fake-clock.js';

const performed = (n: number, more: Partial<Performed> = {}): Performed => ({
  answer: { status: 200, body: { n } },
  isFinal: true,
  ...more,
});

/** Counts how often it performed. */
function aStore() {
  const clock = createFakeClock();
  const store = createIdempotencyStore(clock);
  let count = 0;
  const once = async (key = 'k', fingerprint = 'f', more: Partial<Performed> = {}) => {
    const answer = await store.once(key, fingerprint, async () => performed((count += 1), more));
    return answer.body['n'];
  };
  return { clock, store, once, count: () => count };
}

describe('the memory for Idempotency-Keys', () => {
  it('answers as before for 60 s from the first answer, by a clock that never jumps', async () => {
    const { clock, once } = aStore();

    const first = await once();
    clock.advance(59_999);
    const second = await once();
    clock.advance(1);
    const third = await once();

    expect([first, second, third]).toEqual([1, 1, 2]);
  });

  it('forgets what is not final and what was thrown', async () => {
    const { store, once } = aStore();

    await expect(store.once('k', 'f', () => Promise.reject(new Error('away')))).rejects.toThrow('away');
    expect([await once('k', 'f', { isFinal: false }), await once(), await once()]).toEqual([1, 2, 2]);
  });

  it('keeps the ten thousand newest', async () => {
    const { once, count } = aStore();
    for (let n = 0; n <= 10_000; n += 1) await once(`key ${n}`);

    await once('key 10000');
    await once('key 1');
    expect(count()).toBe(10_001);
    await once('key 0');
    expect(count()).toBe(10_002);
  });

  it('finishes what was left unfinished in place of performing again, until it is finished', async () => {
    const { store } = aStore();
    const finished = performed(3);
    const stillNot = performed(2, { finish: async () => finished });
    const perform = async () => performed(1, { finish: async () => stillNot });
    const ask = async () => (await store.once('k', 'f', perform)).body['n'];

    expect([await ask(), await ask(), await ask(), await ask()]).toEqual([1, 2, 3, 3]);
  });

  it('refuses another request under the same key', async () => {
    const { once } = aStore();
    await once('k', 'one');

    await expect(once('k', 'two')).rejects.toMatchObject({ code: 'idempotency_key_reused', status: 422 });
  });
});
