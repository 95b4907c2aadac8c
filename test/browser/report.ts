/** What the tests saw, for the page that `run.mjs` makes of it. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { variable } from '../netbox/harness.js';

/** @param name of the part: "ordinary", "edge" or "buttons" */
export async function writeReport(name: string, report: object): Promise<void> {
  await writeFile(join(variable('BROWSER_TEST_REPORTS'), `${name}.json`), JSON.stringify(report, null, 1));
}
