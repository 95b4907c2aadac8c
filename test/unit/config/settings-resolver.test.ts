import { describe, expect, it } from 'vitest';
import { createSettingsResolver } from '../../../src/config/settings-resolver.js';
import { ProxboxError } from '../../../src/errors/proxbox-error.js';
import { unlessAborted } from '../../../src/config/unless-aborted.js';
import { logProbe, testClock } from '../db/database-kit.js';

const minute = 60_000;
const fresh = { maxAgeMs: 30_000, budgetMs: 2000 };

function setUp(env: Record<string, string> = {}) {
  const clock = testClock();
  const log = logProbe();
  const state = { answer: async (): Promise<unknown> => ({ bulk_batch_size: 10 }), calls: 0, budgets: [] as number[] };
  const resolver = createSettingsResolver({
    env: { raw: env },
    clock,
    logger: log.logger,
    fetchPluginSettings: (budgetMs) => {
      state.calls += 1;
      state.budgets.push(budgetMs);
      return state.answer();
    },
  });
  return { clock, log, state, resolver };
}

const down = async (): Promise<never> => {
  throw new Error('connection refused');
};
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('the settings resolver', () => {
  it('answers at once with defaults, and with the plugin values when they have come', async () => {
    const { resolver, state } = setUp();

    expect(resolver.current()).toMatchObject({ pluginState: 'none', plugin: null, values: { bulkBatchSize: 50 } });
    await settle();

    expect(resolver.current()).toMatchObject({ pluginState: 'fresh', values: { bulkBatchSize: 10 } });
    expect(state.budgets).toEqual([10_000]);
  });

  it('reads again after 300 seconds, without a restart', async () => {
    const { resolver, state, clock } = setUp();
    await resolver.refresh(fresh);
    state.answer = async () => ({ bulk_batch_size: 20 });

    clock.advance(5 * minute - 1);
    resolver.current();
    expect(state.calls).toBe(1);
    clock.advance(1);
    resolver.current();
    await settle();

    expect(resolver.current().values.bulkBatchSize).toBe(20);
    expect(state.calls).toBe(2);
  });

  it('reads once for many callers', async () => {
    const { resolver, state } = setUp();

    await Promise.all([resolver.refresh(fresh), resolver.refresh(fresh), resolver.refresh(fresh)]);
    resolver.current();

    expect(state.calls).toBe(1);
  });

  it('refreshes at the start of a run only what is older than asked for', async () => {
    const { resolver, state, clock } = setUp();
    await resolver.refresh(fresh);

    clock.advance(29_999);
    await resolver.refresh(fresh);
    expect(state.calls).toBe(1);
    clock.advance(1);
    await resolver.refresh(fresh);

    expect(state.calls).toBe(2);
  });

  it('waits no longer than the budget of the caller, and still uses the late answer', async () => {
    const { resolver, state, clock } = setUp();
    let arrive: (body: unknown) => void = () => undefined;
    state.answer = () => new Promise((resolve) => (arrive = resolve));

    const waiting = resolver.refresh({ maxAgeMs: 0, budgetMs: 500 });
    clock.advance(500);
    expect((await waiting).pluginState).toBe('none');
    arrive({ bulk_batch_size: 30 });
    await settle();

    expect(resolver.current().values.bulkBatchSize).toBe(30);
    expect(state.calls).toBe(1);
  });

  it('keeps the last good values while NetBox is silent, says so, and asks every 30 seconds', async () => {
    const { resolver, state, clock, log } = setUp();
    await resolver.refresh(fresh);
    state.answer = down;
    clock.advance(60 * minute);

    const { values, provenance, pluginState } = await resolver.refresh(fresh);
    expect([values.bulkBatchSize, pluginState]).toEqual([10, 'last_good']);
    expect(provenance.bulkBatchSize.note).toContain('last good value, read 2026-01-01T00:00:00.000Z');
    expect(provenance.netboxTimeoutS).toEqual({ source: 'default' });
    clock.advance(29_999);
    await resolver.refresh(fresh);
    expect(state.calls).toBe(2);
    clock.advance(1);
    await resolver.refresh(fresh);
    expect(state.calls).toBe(3);
    expect(log.lines().filter(({ level }) => level === 40)).toHaveLength(1);
    state.answer = async () => ({ bulk_batch_size: 11 });
    clock.advance(30_000);
    expect((await resolver.refresh(fresh)).pluginState).toBe('fresh');
  });

  it('treats a failure at the start as "nothing read", and tries again after 30 seconds', async () => {
    const { resolver, state, clock } = setUp();
    state.answer = down;

    expect(await resolver.refresh(fresh)).toMatchObject({ pluginState: 'none', values: { bulkBatchSize: 50 } });
    state.answer = async () => ({ bulk_batch_size: 12 });
    clock.advance(30_000);

    expect((await resolver.refresh(fresh)).values.bulkBatchSize).toBe(12);
  });

  it('takes an answer without settings for a failure, and survives a fetch that throws at once', async () => {
    const { resolver, state, clock } = setUp();
    state.answer = async () => ({ results: [] });
    expect((await resolver.refresh(fresh)).pluginState).toBe('none');
    clock.advance(30_000);
    state.answer = () => {
      throw new Error('at once');
    };

    expect((await resolver.refresh(fresh)).pluginState).toBe('none');
    clock.advance(30_000);
    state.answer = async () => ({ bulk_batch_size: 13 });
    expect((await resolver.refresh(fresh)).pluginState).toBe('fresh');
  });

  it('forgets everything when the endpoint changes, also an answer that is under way', async () => {
    const { resolver, state } = setUp();
    await resolver.refresh(fresh);
    let arrive: (body: unknown) => void = () => undefined;
    state.answer = () => new Promise((resolve) => (arrive = resolve));
    resolver.drop();
    resolver.current();
    resolver.drop();
    state.answer = async () => ({ bulk_batch_size: 99 });

    arrive({ bulk_batch_size: 1 });
    await settle();

    expect((await resolver.refresh(fresh)).values.bulkBatchSize).toBe(99);
  });

  it('names unusable fields once', async () => {
    const { resolver, state, clock, log } = setUp();
    state.answer = async () => ({ netbox_timeout: 'x' });

    await resolver.refresh(fresh);
    clock.advance(minute);
    await resolver.refresh(fresh);

    expect(log.lines()).toHaveLength(1);
    expect(log.text()).toContain('netbox_timeout');
  });

  it('reads for a run however recently another read failed, and tells why it could not', async () => {
    const { resolver, state } = setUp();
    state.answer = down;
    await resolver.refresh(fresh);
    await resolver.refresh(fresh);
    expect(state.calls).toBe(1);

    const failed = await resolver.readThrough(down, 0);
    expect(failed).toMatchObject({ settings: { pluginState: 'none' }, failure: { code: 'internal' } });
    const read = await resolver.readThrough(async () => ({ bulk_batch_size: 30 }), 0);

    expect(read).toMatchObject({ settings: { values: { bulkBatchSize: 30 } }, failure: null });
    expect(resolver.current()).toMatchObject({ pluginState: 'fresh', values: { bulkBatchSize: 30 } });
  });

  it('reads for a run only what is older than the run may use', async () => {
    const { resolver, clock } = setUp();
    await resolver.readThrough(async () => ({ bulk_batch_size: 30 }), 0);
    clock.advance(29_999);

    const known = await resolver.readThrough(down, 30_000);
    clock.advance(1);
    const failed = await resolver.readThrough(down, 30_000);

    expect(known).toMatchObject({ settings: { pluginState: 'fresh' }, failure: null });
    expect(failed).toMatchObject({ settings: { pluginState: 'last_good', values: { bulkBatchSize: 30 } } });
  });

  it('does not take a run that was cancelled for a NetBox that does not answer', async () => {
    const { resolver } = setUp();
    await resolver.readThrough(async () => ({ bulk_batch_size: 30 }), 0);

    const cancelled = await resolver.readThrough(() => Promise.reject(new ProxboxError('cancelled', 'Gone.')), 0);

    expect(cancelled.failure).toMatchObject({ code: 'cancelled' });
    expect(resolver.current().pluginState).toBe('fresh');
  });

  it('does not keep a run that is cancelled waiting for what another one reads', async () => {
    const { resolver } = setUp();
    let tell: (settings: unknown) => void = () => undefined;
    const other = resolver.readThrough(() => new Promise((resolve) => (tell = resolve)), 0);
    const abort = new AbortController();
    const gone = () => Promise.reject(new ProxboxError('cancelled', 'Gone.'));
    const waiting = unlessAborted(resolver.readThrough(gone, 0), abort.signal);

    abort.abort();

    await expect(waiting).rejects.toMatchObject({ code: 'cancelled' });
    tell({ bulk_batch_size: 30 });
    expect(await other).toMatchObject({ failure: null, settings: { values: { bulkBatchSize: 30 } } });
  });

  it('gives a run what it read, also where the endpoint changed in between', async () => {
    const { resolver } = setUp();

    const read = await resolver.readThrough(async () => {
      resolver.drop();
      return { bulk_batch_size: 30 };
    }, 0);

    expect(read.settings.values.bulkBatchSize).toBe(30);
    expect(resolver.current().values.bulkBatchSize).toBe(50);
  });
});
