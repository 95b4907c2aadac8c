import { describe, expect, it } from 'vitest';
import { createRunQueue, type RunQueue } from '../../../src/sync/run-queue.js';

const never = new AbortController().signal;

/** Takes the keys and writes down when it has them. */
function run(queue: RunQueue, name: string, keys: readonly string[], log: string[], signal = never) {
  let release: () => void = () => undefined;
  const acquired = queue.acquire(keys, { signal, onWait: () => log.push(`${name} waits`) }).then((free) => {
    log.push(`${name} runs`);
    release = free;
  });
  return { acquired, end: () => release() };
}

async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
}

describe('the queue of runs', () => {
  it('lets runs of different keys go at once', async () => {
    const queue = createRunQueue();
    const log: string[] = [];
    await Promise.all([run(queue, 'a', ['1'], log).acquired, run(queue, 'b', ['2'], log).acquired]);
    expect(log).toEqual(['a runs', 'b runs']);
  });

  it('lets runs of one key go one after another, in the order in which they came', async () => {
    const queue = createRunQueue();
    const log: string[] = [];
    const [a, b, c] = ['a', 'b', 'c'].map((name) => run(queue, name, ['1'], log));
    await settle();
    expect(log).toEqual(['b waits', 'c waits', 'a runs']);
    a?.end();
    await settle();
    b?.end();
    await settle();
    c?.end();
    expect(log.slice(3)).toEqual(['b runs', 'c runs']);
  });

  it('says once that a run waits, however many keys it waits for', async () => {
    const queue = createRunQueue();
    const log: string[] = [];
    const first = run(queue, 'a', ['1', '2'], log);
    await settle();
    const second = run(queue, 'b', ['1', '2'], log);
    await settle();
    first.end();
    await second.acquired;
    expect(log).toEqual(['a runs', 'b waits', 'b runs']);
  });

  it('takes keys in one order, so that two runs never wait for each other', async () => {
    const queue = createRunQueue();
    const log: string[] = [];
    const a = run(queue, 'a', ['1', '2'], log);
    const b = run(queue, 'b', ['2', '1'], log);
    await a.acquired;
    a.end();
    await b.acquired;
    b.end();
    expect(log.filter((line) => line.endsWith('runs'))).toEqual(['a runs', 'b runs']);
  });

  it('takes a key once that is named twice', async () => {
    const log: string[] = [];
    await run(createRunQueue(), 'a', ['1', '1'], log).acquired;
    expect(log).toEqual(['a runs']);
  });

  it('lets go of a run that is aborted while it waits, with the reason, and of what it held', async () => {
    const queue = createRunQueue();
    const log: string[] = [];
    const abort = new AbortController();
    const first = run(queue, 'a', ['2'], log);
    const waiting = run(queue, 'b', ['1', '2'], log, abort.signal);
    await settle();
    abort.abort(new Error('client gone'));
    await expect(waiting.acquired).rejects.toThrow('client gone');
    await run(queue, 'c', ['1'], log).acquired;
    const last = run(queue, 'd', ['2'], log);
    await settle();
    expect(log).not.toContain('d runs');
    first.end();
    await last.acquired;
    expect(log).not.toContain('b runs');
  });

  it('does not start a run that is aborted already', async () => {
    const log: string[] = [];
    const aborted = AbortSignal.abort(new Error('too late'));
    await expect(run(createRunQueue(), 'a', ['1'], log, aborted).acquired).rejects.toThrow('too late');
    expect(log).toEqual([]);
  });

  it('forgets keys that nobody holds', async () => {
    const queue = createRunQueue();
    const log: string[] = [];
    const first = run(queue, 'a', ['1'], log);
    await first.acquired;
    first.end();
    first.end();
    await settle();
    await run(queue, 'b', ['1'], log).acquired;
    expect(log).toEqual(['a runs', 'b runs']);
  });
});
