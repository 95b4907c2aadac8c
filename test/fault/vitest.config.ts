import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { loadLimitMs, testLimitMs } from '../support/limits.js';

/** Run with `npm run test:fault`: all faults, those that take rounds with many more of them than in the ordinary run. */
export default defineConfig({
  test: {
    include: ['test/fault/**/*.test.ts'],
    globalSetup: ['temporary-folder', 'build-once'].map((name) =>
      fileURLToPath(new URL(`../support/${name}.ts`, import.meta.url)),
    ),
    env: { FAULT_ROUNDS: process.env['FAULT_ROUNDS'] ?? '10' },
    maxWorkers: 2,
    testTimeout: loadLimitMs,
    hookTimeout: loadLimitMs,
    teardownTimeout: testLimitMs,
  },
});
