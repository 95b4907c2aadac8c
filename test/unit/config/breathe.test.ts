import { describe, expect, it } from 'vitest';
import { breathe, inTurns, mapInTurns, type Steps } from '../../../src/config/breathe.js';
import { atOnce } from '../../support/at-once.js';

/** Work that takes far more than a millisecond on any machine. */
function work(): void {
  let sum = 0;
  for (let n = 0; n < 3_000_000; n += 1) sum += n % 7;
  expect(sum).toBeGreaterThan(0);
}

function* counting(times: number): Steps<number> {
  for (let n = 0; n < times; n += 1) {
    work();
    yield;
  }
  return times;
}

/** How often something else got its turn while the work was done. */
async function turnsBeside(long: () => Promise<unknown>): Promise<number> {
  let turns = 0;
  let isOver = false;
  const look = (): void => {
    turns += 1;
    if (!isOver) setImmediate(look);
  };
  setImmediate(look);
  await long();
  isOver = true;
  return turns;
}

describe('long work', () => {
  it('in steps comes to what it comes to at once', async () => {
    expect(await inTurns(counting(5))).toBe(5);
    expect(atOnce(counting(5))).toBe(5);
  });

  it('in steps ends between two of them when its signal is aborted', async () => {
    const stop = new AbortController();
    let done = 0;
    function* work(): Steps<void> {
      for (;;) {
        done += 1;
        if (done === 3) stop.abort(new Error('cancelled'));
        yield;
      }
    }

    await expect(inTurns(work(), stop.signal)).rejects.toThrow('cancelled');
    expect(done).toBe(3);
  });

  it.each<[string, () => Promise<unknown>]>([
    ['steps', () => inTurns(counting(50))],
    ['a list', () => mapInTurns(Array.from({ length: 50 }), work)],
    [
      'a loop',
      async () => {
        for (let n = 0; n < 50; n += 1) {
          work();
          await breathe();
        }
      },
    ],
    [
      'a list whose items go on at once when they have begun',
      () =>
        mapInTurns(Array.from({ length: 50 }), async () => {
          await Promise.resolve();
          await Promise.resolve();
          work();
        }),
    ],
  ])('of %s lets others have their turn meanwhile', async (_what, long) => {
    expect(await turnsBeside(long)).toBeGreaterThanOrEqual(5);
  });

  it('of a list keeps the order of its items, whichever is ready first', async () => {
    const answers = await mapInTurns([3, 1, 2], async (n) => {
      for (let left = n; left > 0; left -= 1) await Promise.resolve();
      return n * 10;
    });

    expect(answers).toEqual([30, 10, 20]);
  });

  it('of a list ends with the first failure: it is thrown, and no more is begun', async () => {
    const begun: number[] = [];
    const failing = mapInTurns(
      Array.from({ length: 1000 }, (_, n) => n),
      async (n) => {
        begun.push(n);
        work();
        await Promise.resolve();
        if (n === 2) throw new Error('no');
      },
    );

    await expect(failing).rejects.toThrow('no');
    expect(begun.length).toBeLessThan(1000);
  });
});
