import { defineConfig } from 'vitest/config';

/** Run through `npm run test:netbox`, which starts a NetBox for each of the workers and says how many. */
export default defineConfig({
  test: {
    include: ['test/netbox/**/*.test.ts'],
    globalSetup: ['test/support/build-once.ts'],
    testTimeout: 60_000,
    // The first reset starts NetBox.
    hookTimeout: 300_000,
  },
});
