/** Far more events than anybody can read: progress is dropped, and nothing that has to be known. */
import fastify from 'fastify';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../src/config/clock.js';
import { streamSse } from '../../src/http/stream/sse.js';
import { EventChannel } from '../../src/sync/event-channel.js';
import type { RunEvent } from '../../src/sync/events.js';
import { createApiClient } from '../demo/api-client.js';

const many = 100_000;
const every = 1000;

const progress = (n: number): RunEvent => ({
  event: 'item_progress',
  data: {
    event: 'item_progress',
    phase: 'virtual-machines',
    status: 'completed',
    message: `virtual machine "web-${n}": created`,
    item: { name: `web-${n}` },
    progress: { current: n, total: many, percent: 0 },
  },
});
const counts = { created: 0, updated: 0, unchanged: 0, deleted: 0, failed: 0, skipped: 0 };
const summary = (n: number): RunEvent => ({
  event: 'phase_summary',
  data: {
    event: 'phase_summary',
    phase: `phase-${n}`,
    status: 'completed',
    message: `phase ${n}`,
    result: { ...counts, total: n },
    timing: { elapsed_ms: 0 },
  },
});

describe('100,000 events at once', () => {
  it('lose progress, keep every summary in order, and end with one complete', async () => {
    const channel = new EventChannel();
    const app = fastify();
    app.get('/', (_request, reply) => streamSse(reply, channel, { clock: systemClock, onDisconnect: () => undefined }));
    const url = await app.listen({ port: 0, host: '127.0.0.1' });
    try {
      for (let n = 0; n < many; n += 1) channel.emit(n % every === 0 ? summary(n / every) : progress(n));
      channel.emit({ event: 'complete', data: { ok: true, message: 'done', result: {}, errors: [] } });
      channel.close();

      const told: string[] = [];
      let shown = 0;
      for await (const { event, data } of createApiClient(url, 'no-key').stream('/'))
        if (event === 'item_progress') shown += 1;
        else told.push(event === 'complete' ? event : String(data['phase']));

      expect(told).toEqual([...Array.from({ length: many / every }, (_, n) => `phase-${n}`), 'complete']);
      expect(shown).toBeLessThanOrEqual(1000);
      expect(shown + channel.dropped).toBe(many - many / every);
    } finally {
      await app.close();
    }
  });
});
