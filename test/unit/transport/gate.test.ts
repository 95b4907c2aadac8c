import { describe, expect, it } from 'vitest';
import { createGate } from '../../../src/transport/gate.js';

/** Lets everything that is ready to run, run. */
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function controlled(): {
  readonly task: () => Promise<string>;
  readonly finish: () => void;
  readonly started: () => boolean;
} {
  let running = false;
  let finish = (): void => undefined;
  const done = new Promise<string>((resolve) => {
    finish = () => resolve('done');
  });
  return {
    task: () => {
      running = true;
      return done;
    },
    finish: () => finish(),
    started: () => running,
  };
}

describe('a gate', () => {
  it('never runs more than its width, first come first served', async () => {
    const gate = createGate(2);
    const tasks = [controlled(), controlled(), controlled(), controlled()];
    const results = tasks.map(({ task }) => gate.run(task));
    await settle();
    expect(tasks.map(({ started }) => started())).toEqual([true, true, false, false]);
    expect([gate.active, gate.waiting]).toEqual([2, 2]);
    tasks[1]!.finish();
    await settle();
    expect(tasks.map(({ started }) => started())).toEqual([true, true, true, false]);
    for (const { finish } of tasks) finish();
    expect(await Promise.all(results)).toEqual(['done', 'done', 'done', 'done']);
    await settle();
    expect([gate.active, gate.waiting]).toEqual([0, 0]);
  });

  it('lets a task to the front of the queue', async () => {
    const gate = createGate(1);
    const [first, second, urgent] = [controlled(), controlled(), controlled()];
    const results = [gate.run(first.task), gate.run(second.task), gate.run(urgent.task, { front: true })];
    await settle();
    // All three wait for the first slot together, so the urgent one has it.
    expect([first.started(), second.started(), urgent.started()]).toEqual([false, false, true]);
    urgent.finish();
    await settle();
    expect([first.started(), second.started()]).toEqual([true, false]);
    first.finish();
    second.finish();
    await Promise.all(results);
  });

  it('keeps what waits when its width changes', async () => {
    const gate = createGate(1);
    const tasks = [controlled(), controlled(), controlled()];
    const results = tasks.map(({ task }) => gate.run(task));
    await settle();
    gate.setWidth(3);
    await settle();
    expect(tasks.map(({ started }) => started())).toEqual([true, true, true]);
    expect(gate.width).toBe(3);
    for (const { finish } of tasks) finish();
    await Promise.all(results);
  });

  it('withdraws a waiting task whose signal fires, and none that runs', async () => {
    const gate = createGate(1);
    const abort = new AbortController();
    const [running, waiting, next] = [controlled(), controlled(), controlled()];
    const first = gate.run(running.task, { signal: abort.signal });
    const second = gate.run(waiting.task, { signal: abort.signal });
    const third = gate.run(next.task);
    await settle();
    abort.abort();
    await expect(second).rejects.toMatchObject({ code: 'cancelled' });
    expect(gate.waiting).toBe(1);
    running.finish();
    expect(await first).toBe('done');
    await settle();
    expect([waiting.started(), next.started()]).toEqual([false, true]);
    next.finish();
    expect(await third).toBe('done');
  });

  it('refuses a task whose signal fired before, and hands on what a task throws', async () => {
    const gate = createGate(1);
    await expect(gate.run(async () => 1, { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'cancelled' });
    await expect(gate.run(() => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
    expect(await gate.run(async () => 2)).toBe(2);
  });
});
