import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { testLimitMs } from '../support/limits.js';

/** Run through `npm run test:page`: the page in Chromium, which is installed when it is missing, on simulators. */
export default defineConfig({
  test: {
    include: ['test/page/**/*.test.ts'],
    globalSetup: ['../support/temporary-folder', '../support/build-once', './find-chromium'].map((name) =>
      fileURLToPath(new URL(`${name}.ts`, import.meta.url)),
    ),
    testTimeout: testLimitMs,
    hookTimeout: testLimitMs,
    teardownTimeout: testLimitMs,
    maxWorkers: 2,
  },
});
