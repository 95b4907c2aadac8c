import { defineConfig } from 'vitest/config';
import { testLimitMs } from './test/support/limits.js';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/netbox/**', 'test/load/**'],
    globalSetup: ['test/support/build-once.ts'],
    testTimeout: testLimitMs,
    hookTimeout: testLimitMs,
    teardownTimeout: testLimitMs,
    maxWorkers: 3,
    isolate: false,
  },
});
