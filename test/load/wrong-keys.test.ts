/** A flood of wrong API keys: nobody with a good one is refused or waits, and what wrong ones cost is bounded. */
import bcrypt from 'bcrypt';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { addresses, floodWithWrongKeys, type FloodResult } from '../bench/key-flood.js';
import { anApp, testKey } from '../component/http/app-fixture.js';

const atOnce = 50;
const rawKeys = 20;
afterEach(() => vi.restoreAllMocks());

/** bcrypt.compare while it runs: how often, and how many at once. */
function watchHashes() {
  const compare = bcrypt.compare.bind(bcrypt) as (key: string, hash: string) => Promise<boolean>;
  const seen = { count: 0, atOnce: 0, most: 0 };
  const watched = async (key: string, hash: string): Promise<boolean> => {
    seen.count += 1;
    seen.atOnce += 1;
    seen.most = Math.max(seen.most, seen.atOnce);
    try {
      return await compare(key, hash);
    } finally {
      seen.atOnce -= 1;
    }
  };
  vi.spyOn(bcrypt, 'compare').mockImplementation(watched as never);
  return seen;
}

const everyStatus = ({ good }: FloodResult) =>
  Object.fromEntries(Object.entries(good).map(([name, { statuses }]) => [name, statuses]));

describe('wrong keys', () => {
  it.each([
    [1_000, 'one address', 1, 'the usual rate limit', ''],
    [10_000, 'one address', 1, 'a rate limit that lets them pass', '1000000'],
    [10_000, '1,000 addresses', 1000, 'a rate limit that lets them pass', '1000000'],
  ])(
    '%i from %s (%i) behind %s refuse no good key and are not hashed',
    async (wrongKeys, _name, count, _limit, rateLimit) => {
      const { app, deps, clock } = await anApp({
        variables: { PROXBOX_TRUSTED_PROXIES: '127.0.0.1', PROXBOX_RATE_LIMIT: rateLimit, PROXBOX_LOG_LEVEL: 'ERROR' },
      });
      const make = () =>
        Promise.all(Array.from({ length: rawKeys }, async () => (await deps.apiKeys.create('')).raw_key));
      const [worked, unused] = [await make(), await make()];
      for (const key of worked) await deps.apiKeys.verify(key);
      clock.advance(300_001);
      await deps.apiKeys.verify(testKey);
      const flood = addresses(count);
      const hashes = watchHashes();

      const result = await floodWithWrongKeys({
        url: await app.listen({ port: 0, host: '127.0.0.1' }),
        wrongKeys,
        addresses: flood,
        atOnce,
        good: [
          { name: 'cached', address: flood[0] ?? '', keys: [testKey], every: wrongKeys / 200 },
          { name: 'has worked before', address: flood[0] ?? '', keys: worked, every: wrongKeys / rawKeys },
          { name: 'never used', address: '192.0.2.1', keys: unused, every: wrongKeys / rawKeys },
        ],
      });

      expect(everyStatus(result)).toEqual({
        cached: { 200: 200 },
        'has worked before': { 200: rawKeys },
        'never used': { 200: rawKeys },
      });
      expect(Object.keys(result.wrong)).toEqual(['401', '429']);
      expect(result.wrong[401]).toBeLessThanOrEqual(5 * count + atOnce);
      expect(hashes.count).toBe(2 * rawKeys);
      expect(hashes.most).toBeLessThanOrEqual(4);
    },
  );
});
