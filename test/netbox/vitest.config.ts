import { defineConfig } from 'vitest/config';
import { hasOlderPlugin } from './python.mjs';
import { loadLimitMs, testLimitMs } from '../support/limits.js';

/** Long ones have commands of their own (package.json). */
const byCommand = [
  ...(hasOlderPlugin ? [] : ['test/netbox/older-plugin.test.ts']),
  ...(process.env['NETBOX_TEST_QUICK_START'] === '1' ? [] : ['test/netbox/with-the-plugin.test.ts']),
];

/** Run through `npm run test:netbox`, which starts a NetBox for each of the workers and says how many. */
export default defineConfig({
  test: {
    include: ['test/netbox/**/*.test.ts'],
    exclude: byCommand,
    globalSetup: ['test/support/build-once.ts'],
    testTimeout: loadLimitMs,
    // The first reset starts NetBox.
    hookTimeout: loadLimitMs,
    teardownTimeout: testLimitMs,
  },
});
