import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { loadLimitMs, testLimitMs } from '../support/limits.js';

/** Run with `npm run test:load`. One after another: each wants the machine for itself. */
export default defineConfig({
  test: {
    include: ['test/load/**/*.test.ts'],
    globalSetup: [fileURLToPath(new URL('../support/build-once.ts', import.meta.url))],
    fileParallelism: false,
    testTimeout: loadLimitMs,
    hookTimeout: loadLimitMs,
    teardownTimeout: testLimitMs,
  },
});
