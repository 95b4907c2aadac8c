/** A run that touched 100,000 objects: the page goes to the end of it without a stall, and holds no more of it than is seen. */
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { createLedger } from '../../src/ledger/ledger.js';
import type { ItemEntry } from '../../src/ledger/types.js';
import { createEstate } from '../simulator/estate/index.js';
import { aBeginning, anItem } from '../support/factories/ledger.js';
import { eventually } from '../support/eventually.js';
import { slowness } from '../support/measure.js';
import { logProbe, openTestDatabase, temporaryFolder, testClock } from '../unit/db/database-kit.js';
import { onStage, readAll } from './support.js';

const all = 100_000;
const perPage = 1000;
/**
 * Milliseconds of one task of the page, on the machine of `slowness`: some 150 were seen there. Others use the processor as well, so
 * the limit is far above; drawing all rows at once takes many times as long.
 */
const stallMs = 1000;

const item = (n: number): ItemEntry =>
  n % 3 === 0
    ? anItem(n, { outcome: 'failed', reason: 'rejected', message: `NetBox refused "web-${n}".` })
    : anItem(n, { outcome: 'updated', changes: [{ field: 'memory', from: 1024, to: 2048 }] });

async function writeRun(file: string): Promise<void> {
  // What is old is forgotten in the background.
  const clock = testClock(new Date().toISOString());
  const db = openTestDatabase(file, clock);
  const ledger = createLedger({ db, clock, logger: logProbe().logger, version: '1.2.3' });
  const run = ledger.begin(aBeginning('long'));
  const items = Array.from({ length: all }, (_, n) => item(n));
  await run.stage({
    ...{ stage: 'virtual-machines', title: 'Virtual machines', status: 'partial', message: null, seconds: 1 },
    ...{ counts: {}, kinds: { 'virtual-machine': { updated: 66_666, failed: 33_334 } }, reasons: { rejected: 33_334 } },
    ...{ warnings: [], items, itemsLeftOut: 0 },
  });
  await run.end({ status: 'partial', message: null, errors: [] });
  db.close();
}

describe('100,000 objects of a run', () => {
  const file = path.join(temporaryFolder(), 'database.db');
  const stage = onStage(
    { estate: createEstate({ vms: 1, clusters: 1, seed: 5 }), variables: { PROXBOX_DATABASE_PATH: file } },
    () => writeRun(file),
  );

  it('are gone through to the last one, page by page, with a few dozen rows in the document', async () => {
    const { world, operator } = stage;
    const { page, signIn } = operator;
    const asked: string[] = [];
    page.on('request', (request) => {
      if (request.url().includes('/items?')) asked.push(request.url());
    });
    await page.addInitScript(
      'window.stalls = []; new PerformanceObserver((list) => window.stalls.push(...list.getEntries().map(({ duration }) => duration))).observe({ type: "longtask" });',
    );
    await signIn(world.apiKey, '#/runs/long');
    const rows = page.getByRole('list', { name: 'Objects' }).getByRole('listitem');
    await rows.first().waitFor();
    const counts = new Set<number>();

    await readAll(rows, all, (count) => counts.add(count));
    await page.keyboard.press('End');
    await rows.filter({ hasText: `web-${all - 1} ` }).waitFor();
    expect(await rows.last().getAttribute('aria-posinset')).toBe(`${all}`);
    await page.keyboard.press('Home');
    await rows.filter({ hasText: 'web-0 ' }).waitFor();
    for (const part of [0.5, 0.25, 0.9]) {
      await page.evaluate(`scrollTo(0, document.documentElement.scrollHeight * ${part})`);
      await eventually(async () => {
        const position = Number(await rows.first().getAttribute('aria-posinset'));
        expect(Math.abs(position / all - part)).toBeLessThan(0.01);
      });
      counts.add(await rows.count());
    }

    expect(Math.max(...counts)).toBeLessThan(50);
    // One for each page, and none again for what was there.
    expect([asked.length, new Set(asked).size]).toEqual([all / perPage, all / perPage]);
    const stalls = await page.evaluate<number[]>('window.stalls');
    const longest = Math.max(0, ...stalls);
    const slow = await slowness();
    console.log(
      `longest task ${longest} ms of ${stalls.length} over 50 ms; the machine is ${slow.toFixed(1)} times slower`,
    );
    expect(longest).toBeLessThan(stallMs * slow);
  });
});
