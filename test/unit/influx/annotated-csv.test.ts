/** InfluxDB's tables, with and without what is said of their columns. */
import { describe, expect, it } from 'vitest';
import { csvRecords, parseAnnotatedCsv } from '../../../src/influx/annotated-csv.js';

const lines = (...text: readonly string[]): string => `${text.join('\r\n')}\r\n`;

const cpu = lines(
  '#datatype,string,long,dateTime:RFC3339,double,string,boolean',
  '#group,false,false,false,false,true,true',
  '#default,_result,,,,,',
  ',result,table,_time,_value,host,up',
  ',,0,2026-01-01T00:00:00Z,0.5,"pve ""one"", here",true',
  ',,0,2026-01-01T00:00:10Z,,pve1,false',
);
const mem = lines(
  '#datatype,string,long,unsignedLong',
  '#default,_result,,',
  ',result,table,_value',
  ',,1,42',
  ',,1,18446744073709551615',
);

describe('tables', () => {
  it('have numbers, flags and texts as their columns say, and defaults', () => {
    expect(parseAnnotatedCsv(cpu)).toEqual({
      columns: ['result', 'table', '_time', '_value', 'host', 'up'],
      rows: [
        { result: '_result', table: 0, _time: '2026-01-01T00:00:00Z', _value: 0.5, host: 'pve "one", here', up: true },
      ],
      skipped: 1,
    });
  });

  it('follow one another with columns of their own; a number that is too large stays as it is written', () => {
    const { columns, rows } = parseAnnotatedCsv(`${cpu}\r\n${mem}`);

    expect(columns).toEqual(['result', 'table', '_time', '_value', 'host', 'up']);
    expect(rows.slice(1)).toEqual([
      { result: '_result', table: 1, _value: 42 },
      { result: '_result', table: 1, _value: '18446744073709551615' },
    ]);
  });

  it('are read without annotations, with or without a first column that is empty', () => {
    expect(parseAnnotatedCsv(lines(',_time,_value', ',t,1')).rows).toEqual([{ _time: 't', _value: '1' }]);
    expect(parseAnnotatedCsv(lines('_time,_value', 't,1')).rows).toEqual([{ _time: 't', _value: '1' }]);
  });

  it.each(['', '\r\n'])('are none in %j', (text) => {
    expect(parseAnnotatedCsv(text)).toEqual({ columns: [], rows: [], skipped: 0 });
  });

  it.each([
    [lines('#datatype,string,string', '#default,,', ',error,reference', ',failed,897'), true],
    [lines('error,reference', 'failed,897'), true],
    [lines(',a,b', ',1'), false],
    [lines(',a,a', ',1,2'), false],
    [lines(',a,', ',1,2'), false],
    [',a\r\n,"1', false],
  ])('are refused: %j', (text, isRefusal) => {
    expect(() => parseAnnotatedCsv(text)).toThrow(expect.objectContaining({ isRefusal }));
  });
});

it('records may hold commas, line ends and quotes', () => {
  expect(csvRecords('a,"b,\r\n""c""",\n\n1,2,3')).toEqual([
    ['a', 'b,\r\n"c"', ''],
    ['1', '2', '3'],
  ]);
});
