import { defineConfig } from 'vitest/config';
import { testLimitMs } from './test/support/limits.js';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/netbox/**', 'test/browser/**', 'test/page/**', 'test/load/**', 'test/deploy/**'],
    globalSetup: ['test/support/temporary-folder.ts', 'test/support/build-once.ts'],
    testTimeout: testLimitMs,
    hookTimeout: testLimitMs,
    teardownTimeout: testLimitMs,
    maxWorkers: 3,
    isolate: false,
  },
});
