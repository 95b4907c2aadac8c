import { describe, expect, it } from 'vitest';
import { createActiveRuns } from '../../../src/sync/active-runs.js';
import { createFakeClock } from '../../support/fake-clock.js';

const quiet = () => undefined;

describe('the register of runs', () => {
  it('lists runs in the order in which they started, with their time', () => {
    const clock = createFakeClock('2026-01-01T12:00:00Z');
    const runs = createActiveRuns(clock);
    runs.register({ id: 'a', kind: 'devices', abort: quiet });
    clock.advance(1000);
    runs.register({ id: 'b', kind: 'full-update', isPreview: true, abort: quiet });
    expect(runs.list()).toEqual([
      { id: 'a', runId: 'a', kind: 'devices', startedAt: '2026-01-01T12:00:00.000Z', isPreview: false },
      { id: 'b', runId: 'b', kind: 'full-update', startedAt: '2026-01-01T12:00:01.000Z', isPreview: true },
    ]);
  });

  it('keeps two runs of one id apart', () => {
    const runs = createActiveRuns(createFakeClock());
    const end = runs.register({ id: 'R1', kind: 'devices', abort: quiet });
    runs.register({ id: 'R1', kind: 'storage', abort: quiet });
    end();
    end();
    expect(runs.list().map(({ kind }) => kind)).toEqual(['storage']);
  });

  it('aborts every run with the reason, and waits until they have ended', async () => {
    const clock = createFakeClock();
    clock.hold();
    const runs = createActiveRuns(clock);
    const reasons: string[] = [];
    const ends = ['a', 'b'].map((id) =>
      runs.register({ id, kind: 'x', abort: (reason) => reasons.push(`${id} ${reason.message}`) }),
    );
    let ended = false;
    const aborting = runs.abortAll(new Error('stop'), 5000).then(() => {
      ended = true;
    });
    ends[0]?.();
    await Promise.resolve();
    expect([reasons, ended]).toEqual([['a stop', 'b stop'], false]);
    ends[1]?.();
    await aborting;
    expect(runs.list()).toEqual([]);
  });

  it('cancels the runs of one id once, and no other', () => {
    const runs = createActiveRuns(createFakeClock());
    const reasons: string[] = [];
    const abort = (name: string) => (reason: Error) => void reasons.push(`${name} ${reason.message}`);
    runs.register({ id: 'R1', kind: 'devices', abort: abort('one') });
    const end = runs.register({ id: 'R1', kind: 'storage', abort: abort('two') });
    runs.register({ id: 'R2', kind: 'devices', abort: abort('three') });

    const first = runs.cancel('R1', new Error('stop'));
    const second = runs.cancel('R1', new Error('stop'));
    end();

    expect([first, second, runs.cancel('R3', new Error('stop'))]).toEqual(['cancelling', 'ending', 'unknown']);
    expect(reasons).toEqual(['one stop', 'two stop']);
    expect(runs.list().map(({ id }) => id)).toEqual(['R1', 'R2']);
  });

  it('does not wait longer than it is told', async () => {
    const clock = createFakeClock();
    const runs = createActiveRuns(clock);
    runs.register({ id: 'a', kind: 'x', abort: quiet });
    await runs.abortAll(new Error('stop'), 5000);
    expect([clock.sleeps, runs.list().length]).toEqual([[5000], 1]);
  });

  it('does not wait at all when nothing runs', async () => {
    const clock = createFakeClock();
    await createActiveRuns(clock).abortAll(new Error('stop'), 5000);
    expect(clock.sleeps).toEqual([]);
  });
});
