import { expect, it } from 'vitest';
import type { RunEvent } from '../../../src/sync/events.js';
import { createWaitNews } from '../../../src/sync/wait-news.js';
import { createFakeClock } from '../../support/fake-clock.js';

function listening() {
  const told: RunEvent[] = [];
  const clock = createFakeClock();
  const events = { emit: (event: RunEvent) => void told.push(event) };
  const messages = () => told.map(({ data }) => ('message' in data ? data.message : ''));
  return { clock, told, messages, onWait: createWaitNews({ events, clock, phase: 'backups' }) };
}

it('tells what a run waits for and how long, in a frame of its phase', () => {
  const { onWait, told } = listening();
  onWait({ why: 'NetBox answers 503', delayMs: 12_400 });
  expect(told).toEqual([
    {
      event: 'substep',
      data: {
        event: 'substep',
        phase: 'backups',
        substep: 'waiting',
        status: 'processing',
        message: 'NetBox answers 503, trying again in 12 s.',
      },
    },
  ]);
});

it('tells a pause once, however many requests wait for it, and the next one again', () => {
  const { onWait, clock, messages } = listening();
  for (const delayMs of [10_000, 12_000, 11_000]) onWait({ why: 'NetBox answers 503', delayMs });
  clock.advance(9_000);
  onWait({ why: 'NetBox has no capacity left', delayMs: 1_000 });
  expect(messages()).toHaveLength(1);
  clock.advance(1_000);
  onWait({ why: 'NetBox answers 502', delayMs: 200 });
  expect(messages()).toEqual(['NetBox answers 503, trying again in 10 s.', 'NetBox answers 502, trying again in 1 s.']);
});
