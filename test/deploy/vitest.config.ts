import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { testLimitMs } from '../support/limits.js';

/** Run through `npm run test:deploy`: the files of docs/deploy with the programs that they are for, which are installed when missing. */
export default defineConfig({
  test: {
    include: ['test/deploy/**/*.test.ts'],
    globalSetup: ['../support/temporary-folder', '../support/build-once', './find-programs'].map((name) =>
      fileURLToPath(new URL(`${name}.ts`, import.meta.url)),
    ),
    testTimeout: testLimitMs,
    hookTimeout: testLimitMs,
    teardownTimeout: testLimitMs,
    maxWorkers: 2,
  },
});
