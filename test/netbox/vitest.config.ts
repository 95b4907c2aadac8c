import { defineConfig } from 'vitest/config';
import { hasOlderPlugin } from './python.mjs';
import { loadLimitMs, testLimitMs } from '../support/limits.js';

/** Run through `npm run test:netbox`, which starts a NetBox for each of the workers and says how many. */
export default defineConfig({
  test: {
    include: ['test/netbox/**/*.test.ts'],
    exclude: hasOlderPlugin ? [] : ['test/netbox/older-plugin.test.ts'],
    globalSetup: ['test/support/build-once.ts'],
    testTimeout: loadLimitMs,
    // The first reset starts NetBox.
    hookTimeout: loadLimitMs,
    teardownTimeout: testLimitMs,
  },
});
