import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

/**
 * The same guests as in `test/component/sync/budget.test.ts`; minutes instead of hours after one another, so that the settings
 * and the machine are remembered from the scene before.
 */
it('npm run bench:budget counts the guests that the budget is about', async () => {
  const words = ['build/test/bench/budget.js', '--vms', '200', '--clusters', '2', '--json'];

  const { stdout } = await promisify(execFile)(process.execPath, words);

  expect(JSON.parse(stdout)).toMatchObject({
    first: { requests: 145, writes: 94 },
    full_read: { requests: 39, writes: 0 },
    no_change: { requests: 7, writes: 0 },
    single_vm: { requests: 25, writes: 0 },
  });
});
