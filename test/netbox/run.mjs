/**
 * `npm run test:netbox`: the tests of this folder on a real NetBox with the real plugin. Needs PostgreSQL and Redis; installs
 * the rest outside the repository. With `--prepare` it does only that. Other arguments go to vitest. The last line is
 * `N passed, N failed[, N skipped]`.
 */
import { fileURLToPath } from 'node:url';
import { ensureChromium } from '../browser/chromium.mjs';
import { runTests } from './tests.mjs';

await runTests({
  name: 'netbox',
  config: fileURLToPath(new URL('./vitest.config.ts', import.meta.url)),
  variables: async () => ({
    BROWSER_TEST_CHROMIUM: await ensureChromium((text) => console.log(`[netbox] ${text}`)),
  }),
});
