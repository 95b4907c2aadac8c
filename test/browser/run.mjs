/**
 * `npm run test:browser`: every page and button of the real plugin on a real NetBox, in Chromium, which it installs when it is
 * missing. Needs what `npm run test:netbox` needs and shares what that has prepared. Arguments go to vitest; `-u` writes
 * docs/plugin-pages.md again. With the variable BROWSER_SHOTS each page is photographed into that folder. The last line is
 * `N passed, N failed[, N skipped]`.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runTests } from '../netbox/tests.mjs';
import { ensureChromium } from './chromium.mjs';
import { checkPage } from './plugin-pages.mjs';

const reports = await mkdtemp(join(tmpdir(), 'proxbox-browser-'));
const page = fileURLToPath(new URL('../../docs/plugin-pages.md', import.meta.url));

/** The page of the documentation is what was seen; a run of some of the tests says nothing about it. */
async function afterwards({ log, failed }) {
  const isUpdate = process.argv.includes('-u');
  const isTrue = failed > 0 && !isUpdate ? undefined : await checkPage(reports, page, { write: isUpdate });
  await rm(reports, { recursive: true, force: true });
  if (isTrue === undefined) return { passed: 0, failed: 0 };
  if (!isTrue)
    log(
      'docs/plugin-pages.md does not say what was seen: run `npm run test:browser -- -u`, and look at what has changed.',
    );
  // How many rows some lists have depends on when the plugin's jobs ended: on a machine that only checks, that is told and no more.
  if (!isTrue && process.env.CI) return { passed: 0, failed: 0 };
  return isTrue ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 };
}

await runTests({
  name: 'browser',
  config: fileURLToPath(new URL('./vitest.config.ts', import.meta.url)),
  wsgi: 'wsgi_with_static:application',
  variables: async () => ({
    BROWSER_TEST_CHROMIUM: await ensureChromium((text) => console.log(`[browser] ${text}`)),
    BROWSER_TEST_REPORTS: reports,
  }),
  afterwards,
});
