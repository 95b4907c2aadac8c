/** Queries in Flux: every value quoted, nothing of a value becomes a part of the query. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fluxOf, isInfluxTime, type InfluxQuery } from '../../../src/influx/flux.js';

const query: InfluxQuery = {
  bucket: 'proxmox',
  start: '-1h30m',
  stop: null,
  measurement: 'system',
  fields: [],
  filters: [],
  aggregation: null,
  maxRows: 500,
};

describe('a query', () => {
  it('has the least that it needs', () => {
    expect(fluxOf(query)).toBe(
      [
        'from(bucket: "proxmox")',
        '  |> range(start: -1h30m, stop: now())',
        '  |> filter(fn: (r) => r["_measurement"] == "system")',
        '  |> limit(n: 501)',
      ].join('\n'),
    );
  });

  it('has times, fields, filters and an aggregation', () => {
    const text = fluxOf({
      ...query,
      start: '2026-01-01T00:00:00Z',
      stop: '2026-01-02T00:00:00+01:00',
      fields: ['cpu', 'mem'],
      filters: [
        { scope: 'tag', key: 'host', value: 'pve1', operator: '==' },
        { scope: 'field', key: 'cpu', value: '1', operator: '!=' },
      ],
      aggregation: { every: '5m', function: 'mean' },
    });

    expect(text.split('\n').slice(1)).toEqual([
      '  |> range(start: time(v: "2026-01-01T00:00:00Z"), stop: time(v: "2026-01-02T00:00:00+01:00"))',
      '  |> filter(fn: (r) => r["_measurement"] == "system" and (r["_field"] == "cpu" or r["_field"] == "mem")' +
        ' and r["host"] == "pve1" and r["_field"] == "cpu" and r["_value"] != "1")',
      '  |> aggregateWindow(every: 5m, fn: mean, createEmpty: false)',
      '  |> limit(n: 501)',
    ]);
  });

  it('keeps any value inside of its quotes', () => {
    const hostile = fc.oneof(fc.string(), fc.constantFrom('") |> drop()', '${secrets.get()}', '\\', '\\"', '$${'));
    fc.assert(
      fc.property(hostile, (value) => {
        const text = fluxOf({ ...query, filters: [{ scope: 'tag', key: 'host', value, operator: '==' }] });
        const strings = /"(?:[^"\\]|\\.)*"/gu;
        const outside = text.replaceAll(strings, '""');

        expect(outside).toBe(
          fluxOf({ ...query, filters: [{ scope: 'tag', key: 'host', value: '', operator: '==' }] }).replaceAll(
            strings,
            '""',
          ),
        );
        expect(text).not.toMatch(/(^|[^\\])\$\{/);
      }),
    );
  });
});

it.each([
  ['-1h', true],
  ['30m', true],
  ['-1h30m15s', true],
  ['2026-01-01T00:00:00Z', true],
  ['2026-01-01T00:00:00.123+02:00', true],
  ['2026-01-01T00:00:00', false],
  ['2026-13-01T00:00:00Z', false],
  ['yesterday', false],
  ['-1h) |> drop(', false],
  ['', false],
])('%j is a time: %s', (text, isTime) => {
  expect(isInfluxTime(text)).toBe(isTime);
});
