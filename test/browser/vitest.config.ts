import { defineConfig } from 'vitest/config';
import { loadLimitMs, testLimitMs } from '../support/limits.js';

/** Run through `npm run test:browser`, which starts a NetBox for each of the workers and finds the browser. */
export default defineConfig({
  test: {
    include: ['test/browser/**/*.test.ts'],
    globalSetup: ['test/support/build-once.ts'],
    testTimeout: loadLimitMs,
    hookTimeout: loadLimitMs,
    teardownTimeout: testLimitMs,
  },
});
