import { describe, expect, it } from 'vitest';
import type { TransportFailureKind } from '../../../src/transport/types.js';
import {
  backoffMs,
  failureOutcome,
  withRetries,
  type Outcome,
  type RequestKind,
} from '../../../src/transport/retry.js';
import { createFakeClock } from '../../support/fake-clock.js';

const policy = { maxRetries: 5, baseDelayMs: 2_000 };

async function attemptsFor(outcome: Outcome, kind: RequestKind, looksFirst = false): Promise<number> {
  const clock = createFakeClock();
  const task = {
    kind,
    policy,
    attempt: async () => 'answer',
    judge: () => ({ outcome }),
    lookFirst: looksFirst ? async (): Promise<'repeat'> => 'repeat' : undefined,
  };
  return (await withRetries(task, { clock, random: () => 0 })).attempts;
}

describe('the retry table', () => {
  const rows: readonly [Outcome, number, number, number, number][] = [
    ['done', 1, 1, 1, 1],
    ['refused', 6, 6, 6, 6],
    ['not_sent', 6, 6, 6, 6],
    ['lost', 6, 6, 1, 6],
    ['gateway', 6, 6, 1, 6],
    ['busy', 6, 6, 6, 6],
    ['rolled_back', 6, 6, 6, 6],
    ['final', 1, 1, 1, 1],
  ];
  it.each(rows)(
    '%s: %i reads, %i idempotent writes, %i creates, %i creates that can be looked up',
    async (outcome, read, idempotent, create, lookedUp) => {
      expect(await attemptsFor(outcome, 'read')).toBe(read);
      expect(await attemptsFor(outcome, 'idempotent')).toBe(idempotent);
      expect(await attemptsFor(outcome, 'create')).toBe(create);
      expect(await attemptsFor(outcome, 'create', true)).toBe(lookedUp);
    },
  );

  const failures: readonly [TransportFailureKind, boolean, Outcome][] = [
    ['connect', false, 'refused'],
    ['dns', false, 'not_sent'],
    ['timeout', false, 'not_sent'],
    ['timeout', true, 'lost'],
    ['reset', false, 'not_sent'],
    ['reset', true, 'lost'],
    ['protocol', true, 'lost'],
    ['protocol', false, 'final'],
    ['tls', false, 'final'],
    ['too_large', true, 'final'],
    ['aborted', true, 'final'],
  ];
  it.each(failures)('a failure of kind %s (perhaps sent: %s) is %s', (kind, maybeSent, outcome) => {
    expect(failureOutcome({ kind, maybeSent, message: '' })).toBe(outcome);
  });
});

describe('back-off', () => {
  const delays = (judgement: Parameters<typeof backoffMs>[2], random: number): readonly number[] =>
    [0, 1, 2, 3, 4].map((attempt) => backoffMs(policy, attempt, judgement, () => random));

  it('doubles, adds up to half, and is never longer than 30 s', () => {
    expect(delays({ outcome: 'lost' }, 0)).toEqual([2_000, 4_000, 8_000, 16_000, 30_000]);
    expect(delays({ outcome: 'lost' }, 0.5)).toEqual([2_500, 5_000, 10_000, 20_000, 30_000]);
  });

  it('begins at the least delay of the judgement', () => {
    expect(delays({ outcome: 'busy', minDelayMs: 10_000 }, 0)).toEqual([10_000, 10_000, 10_000, 16_000, 30_000]);
  });

  it('is lengthened, never shortened, by Retry-After', () => {
    expect(delays({ outcome: 'busy', retryAfterMs: 7_000 }, 0)).toEqual([7_000, 7_000, 8_000, 16_000, 30_000]);
    expect(backoffMs(policy, 0, { outcome: 'busy', retryAfterMs: 120_000 }, () => 0)).toBe(30_000);
  });

  it('ends with cancelled when the signal fires while it waits', async () => {
    const clock = createFakeClock();
    clock.hold();
    const abort = new AbortController();
    let attempts = 0;
    const task = {
      kind: 'read' as const,
      policy,
      attempt: async () => (attempts += 1),
      judge: () => ({ outcome: 'refused' as const }),
      signal: abort.signal,
      onRetry: () => queueMicrotask(() => abort.abort()),
    };
    await expect(withRetries(task, { clock, random: () => 0 })).rejects.toMatchObject({ code: 'cancelled' });
    expect(attempts).toBe(1);
  });

  it('starts no attempt later than ten minutes after the first', async () => {
    const clock = createFakeClock();
    const attempt = async (): Promise<void> => clock.advance(200_000);
    const task = { kind: 'read' as const, policy, attempt, judge: () => ({ outcome: 'lost' as const }) };
    expect((await withRetries(task, { clock, random: () => 0 })).attempts).toBe(3);
  });

  it('does not count the time in which an attempt waited behind others', async () => {
    const clock = createFakeClock();
    const attempt = async (waited: (ms: number) => void): Promise<void> => {
      clock.advance(200_000);
      waited(200_000);
    };
    const task = { kind: 'read' as const, policy, attempt, judge: () => ({ outcome: 'lost' as const }) };
    expect((await withRetries(task, { clock, random: () => 0 })).attempts).toBe(1 + policy.maxRetries);
  });

  it('looks once more after the last attempt of unknown fate', async () => {
    const clock = createFakeClock();
    let looks = 0;
    const task = {
      kind: 'create' as const,
      policy: { ...policy, maxRetries: 0 },
      attempt: async () => 'no answer',
      judge: () => ({ outcome: 'lost' as const }),
      lookFirst: async () => {
        looks += 1;
        return 'stop' as const;
      },
    };
    expect((await withRetries(task, { clock, random: () => 0 })).attempts).toBe(1);
    expect(looks).toBe(1);
    expect(clock.sleeps).toEqual([]);
  });
});
