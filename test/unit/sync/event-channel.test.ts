import { describe, expect, it } from 'vitest';
import { EventChannel } from '../../../src/sync/event-channel.js';
import { progressOf, step, substep, type RunEvent } from '../../../src/sync/events.js';

const kept = (number: number): RunEvent => step({ step: 'devices', status: 'progress', message: `step ${number}` });
const droppable = (number: number): RunEvent => substep('devices', 'x', `substep ${number}`);

async function read(channel: EventChannel): Promise<readonly string[]> {
  const messages: string[] = [];
  for await (const { data } of channel) messages.push('message' in data ? data.message : '');
  return messages;
}

function filled(count: number, make: (number: number) => RunEvent): EventChannel {
  const channel = new EventChannel();
  for (let number = 0; number < count; number += 1) channel.emit(make(number));
  return channel;
}

describe('the channel between a run and its reader', () => {
  it('hands on every event in order, and ends when it is closed', async () => {
    const channel = filled(3, kept);
    channel.close();
    expect(await read(channel)).toEqual(['step 0', 'step 1', 'step 2']);
  });

  it('wakes a reader that waits', async () => {
    const channel = new EventChannel();
    const reading = read(channel);
    await Promise.resolve();
    channel.emit(kept(1));
    await Promise.resolve();
    channel.emit(kept(2));
    channel.close();
    expect(await reading).toEqual(['step 1', 'step 2']);
  });

  it('takes nothing after it was closed', async () => {
    const channel = filled(1, kept);
    channel.close();
    channel.emit(kept(2));
    expect(await read(channel)).toEqual(['step 0']);
  });

  it('drops no more than needed: the 1,001st progress frame is the first to go', async () => {
    const channel = filled(1000, droppable);
    expect(channel.dropped).toBe(0);
    channel.emit(droppable(1000));
    channel.close();
    expect(channel.dropped).toBe(1);
    expect(await read(channel)).toHaveLength(1000);
  });

  it('makes room for what must arrive by dropping the oldest progress frame', async () => {
    const channel = filled(1000, (number) => (number === 0 ? kept(0) : droppable(number)));
    channel.emit(kept(1000));
    channel.close();
    const messages = await read(channel);
    expect(messages).toHaveLength(1000);
    expect([messages[0], messages[1], messages.at(-1), channel.dropped]).toEqual([
      'step 0',
      'substep 2',
      'step 1000',
      1,
    ]);
  });

  it('never drops what must arrive, however slow the reader is', async () => {
    const channel = filled(1500, kept);
    channel.emit(droppable(1));
    channel.close();
    expect([(await read(channel)).length, channel.dropped]).toEqual([1500, 1]);
  });
});

it.each([
  [0, 0, 0],
  [1, 40, 2.5],
  [1, 3, 33.33],
  [3, 3, 100],
])('%i of %i are %f percent', (current, total, percent) => {
  expect(progressOf(current, total)).toEqual({ current, total, percent });
});
