import { expect, it } from 'vitest';
import { paceFrames, type PacedFrame } from '../../../src/http/stream/pace-frames.js';
import { createFakeClock } from '../../support/fake-clock.js';

const plain: PacedFrame = { event: 'step', data: {} };
const closing: PacedFrame = { event: 'error_detail', data: {}, isClosing: true };

async function* given(frames: readonly PacedFrame[]): AsyncGenerator<PacedFrame> {
  yield* frames;
}

async function read(frames: readonly PacedFrame[], signal = new AbortController().signal) {
  const clock = createFakeClock();
  const sent: [string, number][] = [];
  for await (const { event } of paceFrames(given(frames), { clock, closingPauseMs: 1600, signal })) {
    sent.push([event, clock.monotonicMs()]);
    // Sending takes a while.
    clock.advance(100);
  }
  return { sent, clock };
}

it('gives each closing frame 1.6 s after the frame before it, and the last frame none', async () => {
  const complete: PacedFrame = { event: 'complete', data: {} };
  const { sent } = await read([plain, plain, closing, closing, closing, complete]);
  expect(sent).toEqual([
    ['step', 0],
    ['step', 100],
    ['error_detail', 1800],
    ['error_detail', 3500],
    ['error_detail', 5200],
    ['complete', 5300],
  ]);
});

it('lets a reader that keeps one frame in 1.5 s keep every closing one', async () => {
  const { sent } = await read([...Array.from({ length: 30 }, () => plain), closing, closing, closing, plain]);
  let keptAtMs = Number.NEGATIVE_INFINITY;
  const kept = sent.filter(([, atMs]) => {
    const isKept = atMs - keptAtMs >= 1500;
    if (isKept) keptAtMs = atMs;
    return isKept;
  });
  expect(kept.filter(([event]) => event === 'error_detail')).toHaveLength(3);
});

it('waits for nothing where nothing is summed up', async () => {
  const { clock } = await read([plain, plain, plain]);
  expect(clock.sleeps).toEqual([]);
});

it('waits for nobody who has left', async () => {
  const { sent, clock } = await read([plain, closing, closing], AbortSignal.abort());
  expect(sent.map(([event]) => event)).toEqual(['step', 'error_detail', 'error_detail']);
  expect(clock.sleeps).toEqual([]);
});
