import { describe, expect, it } from 'vitest';
import { asciiJson } from '../../../src/values/ascii-json.js';
import { maxFrameLength, shortenFrame } from '../../../src/http/stream/frame-size.js';
import type { SseFrame } from '../../../src/http/stream/sse.js';

const progress = { current: 0, total: 500, percent: 0 };
// Any shape: these are frames as they leave.
// eslint-disable-next-line @typescript-eslint/no-explicit-any
const shortened = (frame: SseFrame): any => shortenFrame(frame).data;
const length = (data: object): number => asciiJson(data).length;

function discovery(names: readonly string[]): SseFrame {
  const items = names.map((name) => ({ name, item_type: 'virtual-machine' }));
  const message = `Discovered ${names.length} virtual machine(s) to synchronize`;
  const phase = 'virtual-machines';
  const data = { event: 'discovery', phase, status: 'discovered', message, count: names.length, items };
  return { event: 'discovery', data: { ...data, progress, metadata: {} } };
}

function itemProgress(name: string, message: string): SseFrame {
  const item = {
    name,
    netbox_id: 7,
    netbox_url: 'https://netbox.example/virtualization/virtual-machines/7/',
    item_type: 'virtual-machine',
    extra: { cluster: 'lab', vmid: 100, reason: 'rejected' },
  };
  const data = { event: 'item_progress', phase: 'virtual-machines', status: 'failed', message, item };
  return { event: 'item_progress', data: { ...data, operation: 'failed', progress, error: message } };
}

const many = (n: number): readonly string[] => Array.from({ length: n }, (_, i) => `guest-${i}`);

describe('a frame', () => {
  it('of up to 560 characters is the same frame', () => {
    const frame = { event: 'step', data: { step: 'devices', message: '' } };
    const filled = { ...frame, data: { ...frame.data, message: 'x'.repeat(maxFrameLength - length(frame.data)) } };

    expect(length(filled.data)).toBe(560);
    expect(shortenFrame(filled)).toBe(filled);
    expect(length(shortened({ ...frame, data: { ...filled.data, message: `${filled.data.message}x` } }))).toBe(560);
  });

  it('that completes a run is never touched', () => {
    const frame = { event: 'complete', data: { ok: false, message: 'x'.repeat(5_000), result: null, errors: [] } };

    expect(shortenFrame(frame)).toBe(frame);
  });

  it.each([
    ['plain names', many(20)],
    ['names with emoji', many(20).map((name) => `${name}-🚀🧑‍🚒`)],
    ['names in Cyrillic', many(20).map(() => 'виртуальная-машина')],
  ])('of a discovery names as many of %s as fit and keeps the true count', (_name, names) => {
    const data = shortened(discovery(names));

    expect(length(data)).toBeLessThanOrEqual(560);
    expect(data.count).toBe(20);
    expect(data.message).toContain('Discovered 20');
    expect(data.items.length).toBeGreaterThan(0);
    expect(data.items.map(({ name }: { name: string }) => name)).toEqual(names.slice(0, data.items.length));
    const oneMore = {
      ...data,
      items: [...data.items, { name: names[data.items.length], item_type: 'virtual-machine' }],
    };
    expect(length(oneMore)).toBeGreaterThan(560);
  });

  it.each([
    ['ASCII', 'NetBox refused the object: '.repeat(40)],
    ['emoji', 'guest 🚀 refused '.repeat(60)],
    ['emoji of several code points', '🧑‍🚒👩‍👩‍👧‍👦'.repeat(60)],
    ['quotes and line breaks', '"\\\n'.repeat(400)],
  ])('with a long text in %s ends it with an ellipsis at a whole character', (_name, text) => {
    const data = shortened(itemProgress('web01', text));
    const whole = [...new Intl.Segmenter('en', { granularity: 'grapheme' }).segment(text)].map(
      ({ segment }) => segment,
    );

    expect(length(data)).toBeLessThanOrEqual(560);
    expect(data.item).toMatchObject({ name: 'web01', netbox_id: 7 });
    for (const cut of [data.message, data.error] as string[]) {
      if (cut === text) continue;
      expect(cut.endsWith('…')).toBe(true);
      const kept = cut.slice(0, -1);
      expect(whole.some((_segment, n) => whole.slice(0, n).join('') === kept)).toBe(true);
    }
    expect(data.message.endsWith('…') || data.error.endsWith('…')).toBe(true);
  });

  it('about an object whose name alone is too long shortens the name and leaves out links and extras', () => {
    const data = shortened(itemProgress('🚀'.repeat(64), 'Virtual machine "rocket": created'));

    expect(length(data)).toBeLessThanOrEqual(560);
    expect(data.item.name).toMatch(/^(?:🚀){8,}…$/u);
    expect(data.item).toEqual({ name: data.item.name, netbox_id: 7, item_type: 'virtual-machine' });
    expect(data.progress).toEqual(progress);
  });

  it('with the result of a stage keeps its numbers and shortens its lists', () => {
    const problem = { reason: 'rejected', kind: 'virtual-machine', name: 'web01', detail: 'x'.repeat(100) };
    const kinds = Object.fromEntries(
      ['virtual-machine', 'vm-state', 'cluster', 'device', 'site', 'tag'].map((kind) => [
        kind,
        { discovered: 100, created: 0, updated: 0, unchanged: 100, skipped: 0, failed: 0 },
      ]),
    );
    const result = { count: 100, created: 0, updated: 0, failed: 50, errors: Array(50).fill(problem), kinds };
    const data = shortened({
      event: 'step',
      data: { step: 'virtual-machines', status: 'completed', message: 'Done.', result },
    });

    expect(length(data)).toBeLessThanOrEqual(560);
    expect(data.result).toMatchObject({ count: 100, created: 0, updated: 0, failed: 50 });
    expect(data.message).toBe('Done.');
  });
});
