/** Every page of the plugin with one estate, after a job for everything. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Estate } from '../simulator/estate/index.js';
import { server } from '../netbox/harness.js';
import { expectCompleted } from '../netbox/plugin-jobs.js';
import { openPluginWorld, type PluginWorld } from '../netbox/plugin-world.js';
import { openBrowser, type TestBrowser } from './browser.js';
import { faultOf } from './faults.js';
import { writeReport } from './report.js';
import { isButton, isPlain, visit, type PageRow } from './visit.js';

/** Where each page is photographed, when somebody wants to look at them. */
const shots = process.env['BROWSER_SHOTS'];

async function photograph(browser: TestBrowser, name: string, row: PageRow): Promise<void> {
  if (shots === undefined) return;
  const folder = join(shots, name);
  await mkdir(folder, { recursive: true });
  const file = `${row.route}${row.object}`.replaceAll(/[^\w-]+/g, '_');
  await browser.page.screenshot({ path: join(folder, `${file}.png`), fullPage: true });
}

/** A row of the table, with whose fault its errors are. */
const explained = (row: PageRow) => ({
  ...row,
  because: [...new Set(row.errors.map((error) => faultOf(row, error)?.because ?? 'not known'))],
});

/** @param name of the estate */
export function describePages(name: 'ordinary' | 'edge', estate: () => Estate): void {
  describe(`the pages of the plugin with the ${name} estate`, () => {
    let world: PluginWorld;
    let browser: TestBrowser;
    const rows: PageRow[] = [];
    const unopened = new Set<string>();
    beforeAll(async () => {
      world = await openPluginWorld(estate());
      expectCompleted(await world.sync(['all']));
      await world.worker.createOperatorRows();
      browser = await openBrowser(server().url);
    });
    afterAll(async () => {
      await browser.close();
      await world.close();
    });

    it('are all opened', async () => {
      const pages = await world.worker.pages();
      expect(pages.length).toBeGreaterThan(300);
      for (const page of pages.filter((one) => !isButton(one))) {
        const { url } = page;
        if (url === null) unopened.add(page.route);
        else {
          const row = await visit(browser, { ...page, url }, () => world.problems());
          rows.push(row);
          if (!isPlain(page)) await photograph(browser, name, row);
        }
      }
      await writeReport(name, { rows: rows.map(explained), unopened: [...unopened] });
    });

    it("show no error but those that are the plugin's own, by name", () => {
      const unexplained = rows.flatMap((row) =>
        row.errors
          .filter((error) => faultOf(row, error) === undefined)
          .map((error) => `${row.route} ${row.object}: ${error}`),
      );
      expect(unexplained).toEqual([]);
    });
  });
}
