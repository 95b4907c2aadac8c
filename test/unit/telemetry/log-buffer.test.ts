import { describe, expect, it } from 'vitest';
import { createLogBuffer, type LogBuffer, type LogFilters } from '../../../src/telemetry/log-buffer.js';

const start = new Date('2026-04-03T01:02:03.456Z').getTime();

function fill(buffer: LogBuffer, ...lines: readonly Record<string, unknown>[]): LogBuffer {
  lines.forEach((line, index) =>
    buffer.write(JSON.stringify({ level: 30, time: start + index * 1000, msg: 'm', ...line })),
  );
  return buffer;
}

const many = (count: number): readonly Record<string, unknown>[] =>
  Array.from({ length: count }, (_, n) => ({ msg: `m${n + 1}` }));
const idsOf = (buffer: LogBuffer, filters: LogFilters): readonly string[] =>
  buffer.query(filters).logs.map(({ id }) => id);

describe('a log entry', () => {
  it('has the shape that the plugin shows', () => {
    const line = {
      msg: 'hello',
      module: '\u001B[32mfull_update\u001B[0m',
      runId: 'r1',
      stage: 'devices',
      endpoint: 'pve',
      count: 3,
    };

    const [entry] = fill(createLogBuffer(), line).query({}).logs;

    expect(entry).toEqual({
      id: '1',
      timestamp: '2026-04-03T01:02:03.456000+00:00',
      level: 'INFO',
      module: 'full_update',
      message: 'hello (endpoint=pve count=3)',
      operation_id: 'r1',
      operation: null,
      phase: 'devices',
      resource_type: null,
      resource_id: null,
      expandable: null,
    });
  });

  it.each([
    [10, 'DEBUG'],
    [20, 'DEBUG'],
    [30, 'INFO'],
    [40, 'WARNING'],
    [50, 'ERROR'],
    [60, 'CRITICAL'],
  ])('of pino level %i is %s', (level, name) => {
    expect(fill(createLogBuffer(), { level }).query({}).logs[0]?.level).toBe(name);
  });

  it('tells the error and carries its stack', () => {
    const [entry] = fill(createLogBuffer(), {
      msg: 'stage failed',
      err: { message: 'timeout', stack: 'Error: timeout\n at x' },
    }).query({}).logs;

    expect(entry).toMatchObject({
      message: 'stage failed: timeout',
      expandable: { traceback: 'Error: timeout\n at x' },
    });
  });

  it('is not made of anything but log lines', () => {
    const buffer = createLogBuffer();
    ['text', '5', 'null', '{}', '{"level":"info"}'].forEach((line) => buffer.write(line));

    expect(buffer.query({}).total).toBe(0);
  });
});

describe('a page of logs', () => {
  const buffer = fill(
    createLogBuffer(),
    { level: 20, msg: 'plain' },
    { level: 40, msg: 'It Failed to answer', uuid: 'op-1' },
    { level: 30, msg: 'failover is no failure word inside a word: errors' },
    { level: 50, msg: 'broken' },
    { level: 30, msg: 'with a stack', err: { stack: 's' } },
  );

  it.each([
    ['everything, newest first', {}, ['5', '4', '3', '2', '1']],
    ['one level', { level: 'INFO' }, ['5', '3']],
    ['a level and the graver ones', { minLevel: 'WARNING' }, ['4', '2']],
    ['errors, and what reads like one', { errorsOnly: true, level: 'DEBUG' }, ['5', '4', '3', '2']],
    ['what is newer', { newerThanId: 3 }, ['5', '4']],
    ['what is older', { olderThanId: 3 }, ['2', '1']],
    ['one operation', { operationId: 'op-1' }, ['2']],
    ['what is strictly later', { since: new Date(start + 3000) }, ['5']],
  ] as const)('holds %s', (_case, filters, ids) => {
    expect(idsOf(buffer, filters)).toEqual(ids);
  });

  it('counts before the window and names the filters in force', () => {
    expect(buffer.query({ newerThanId: 1, since: new Date(start) }, { limit: 2, offset: 1 })).toMatchObject({
      logs: [{ id: '4' }, { id: '3' }],
      total: 4,
      has_more: true,
      active_filters: {
        level: null,
        errors_only: null,
        newer_than_id: 1,
        older_than_id: null,
        operation_id: null,
        since: '2026-04-03T01:02:03.456+00:00',
      },
    });
    expect(buffer.query({}, { limit: 5 }).has_more).toBe(false);
    expect(buffer.query({ errorsOnly: true }).active_filters.errors_only).toBe(true);
  });

  it('knows only the newest entries, with ids that go on', () => {
    const small = fill(createLogBuffer(3), ...many(5));

    expect(idsOf(small, {})).toEqual(['5', '4', '3']);
  });
});

describe('following the logs', () => {
  async function take(entries: AsyncGenerator<{ id: string }>, count: number): Promise<readonly string[]> {
    const ids: string[] = [];
    while (ids.length < count) {
      const next = await entries.next();
      if (next.done === true) break;
      ids.push(next.value.id);
    }
    return ids;
  }

  it('begins with the newest 200, oldest first, and goes on with live ones', async () => {
    const stop = new AbortController();
    const buffer = fill(createLogBuffer(), ...many(250));
    const entries = buffer.follow({}, stop.signal);

    const first = await take(entries, 200);
    expect([first[0], first.at(-1)]).toEqual(['51', '250']);
    const next = take(entries, 1);
    fill(buffer, {});

    expect(await next).toEqual(['251']);
  });

  it('loses nothing in a burst, and goes on after a cursor', async () => {
    const stop = new AbortController();
    const buffer = fill(createLogBuffer(), ...many(3));
    const entries = buffer.follow({ newerThanId: 2 }, stop.signal);
    expect(await take(entries, 1)).toEqual(['3']);
    const next = entries.next();

    fill(buffer, ...many(1000));

    expect((await next).value).toMatchObject({ id: '4' });
    expect((await take(entries, 999)).at(-1)).toBe('1003');
  });

  it('shows only what the filters let through', async () => {
    const stop = new AbortController();
    const buffer = fill(createLogBuffer(), {}, { level: 50 }, {});
    const entries = buffer.follow({ level: 'ERROR' }, stop.signal);
    expect(await take(entries, 1)).toEqual(['2']);
    const next = take(entries, 1);

    fill(buffer, {}, { level: 50 });

    expect(await next).toEqual(['5']);
  });

  it('costs a slow reader only what has left the buffer', async () => {
    const stop = new AbortController();
    const buffer = fill(createLogBuffer(10), {});
    const entries = buffer.follow({}, stop.signal);
    await take(entries, 1);

    fill(buffer, ...many(100));

    expect(await take(entries, 10)).toEqual(Array.from({ length: 10 }, (_, n) => String(92 + n)));
  });

  it('ends when the reader goes away, also while it waits', async () => {
    const stop = new AbortController();
    const buffer = createLogBuffer();
    const next = buffer.follow({}, stop.signal).next();

    stop.abort();

    expect((await next).done).toBe(true);
  });
});
