import { defineConfig } from 'vitest/config';

/** Run through `npm run test:netbox`, which starts the NetBox these tests talk to. They share it, hence one after another. */
export default defineConfig({
  test: {
    include: ['test/netbox/**/*.test.ts'],
    globalSetup: ['test/support/build-once.ts'],
    fileParallelism: false,
    testTimeout: 60_000,
    hookTimeout: 120_000,
  },
});
