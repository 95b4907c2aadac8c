/** Old runs are forgotten beside everything else: step by step, again and again, until the service stops. */
import { expect, it } from 'vitest';
import { keepHistory } from '../../../src/compose/background.js';
import type { Retention } from '../../../src/ledger/prune.js';
import { someSettings } from '../../support/factories/run.js';
import { createSteppedClock } from '../../support/stepped-clock.js';
import { turns } from '../../support/eventually.js';
import { logProbe } from '../db/database-kit.js';

it('goes on after a step that failed, with the settings of the moment, and ends with the service', async () => {
  const clock = createSteppedClock();
  const log = logProbe();
  const stopping = new AbortController();
  const asked: Retention[] = [];
  let days = 30;
  let work = (): boolean => asked.length < 3;
  const ended = keepHistory({
    clock,
    stopping,
    logger: log.logger,
    settings: { current: () => someSettings({ runHistoryDays: days, runHistoryMaxItems: 9 }) } as never,
    ledger: {
      catchUp: () => undefined,
      prune: (retention: Retention) => {
        asked.push(retention);
        return work();
      },
    } as never,
  });
  const pass = async (ms: number): Promise<void> => {
    await turns(5);
    clock.step(ms);
    await turns(5);
  };

  for (let n = 0; n < 3; n += 1) await pass(50);
  expect(asked).toEqual(Array.from({ length: 3 }, () => ({ days: 30, maxItems: 9 })));
  work = () => {
    throw new Error('database is locked');
  };
  await pass(600_000);
  expect([asked.length, log.lines().length]).toEqual([4, 1]);
  work = () => false;
  days = 7;
  await pass(600_000);
  expect(asked.at(-1)).toEqual({ days: 7, maxItems: 9 });
  stopping.abort(new Error('stop'));
  await expect(ended).rejects.toThrow('stop');
});
