import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { loadLimitMs, testLimitMs } from '../support/limits.js';

/** Run with `npm run test:property`: many more seeds than in the ordinary run. */
export default defineConfig({
  test: {
    include: ['test/property/**/*.test.ts'],
    globalSetup: ['temporary-folder', 'build-once'].map((name) =>
      fileURLToPath(new URL(`../support/${name}.ts`, import.meta.url)),
    ),
    env: { PROPERTY_SEEDS: process.env['PROPERTY_SEEDS'] ?? '1000' },
    // One for each half of the seeds.
    maxWorkers: 2,
    testTimeout: testLimitMs,
    hookTimeout: loadLimitMs,
    teardownTimeout: testLimitMs,
  },
});
