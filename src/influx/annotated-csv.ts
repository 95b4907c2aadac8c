/** InfluxDB's answer: tables in CSV, each with lines before it that say what its columns hold. Pure. */

export type Cell = string | number | boolean | null;
export type InfluxRow = Readonly<Record<string, Cell>>;

export interface InfluxTables {
  readonly columns: readonly string[];
  readonly rows: readonly InfluxRow[];
  /** Rows without a value. */
  readonly skipped: number;
}

/** The text cannot be read, or is what InfluxDB says of a query that failed on the way. */
export class UnreadableCsv extends Error {
  readonly isRefusal: boolean;

  constructor(message: string, isRefusal = false) {
    super(message);
    this.isRefusal = isRefusal;
  }
}

const maxColumns = 128;

/** Records of RFC 4180: quotes may hold commas, line ends, and quotes that are written twice. */
export function csvRecords(text: string): readonly (readonly string[])[] {
  const records: string[][] = [];
  let record: string[] = [];
  // A cell ends with a comma, a line end, or the text.
  const cell = /("(?:[^"]|"")*"|[^,"\r\n]*)(,|\r?\n|$)/y;
  for (;;) {
    const match = cell.exec(text);
    if (match === null) throw new UnreadableCsv('a quote is not closed');
    const [, raw = '', end] = match;
    record.push(raw.startsWith('"') ? raw.slice(1, -1).replaceAll('""', '"') : raw);
    if (end === ',') continue;
    if (record.length > 1 || record[0] !== '') records.push(record);
    record = [];
    if (end === '' || cell.lastIndex >= text.length) return records;
  }
}

function valueOf(text: string, type: string | undefined): Cell {
  if (text === '') return null;
  if (type === 'boolean') return text === 'true' ? true : text === 'false' ? false : text;
  if (type !== 'double' && type !== 'long' && type !== 'unsignedLong') return text;
  const number = Number(text);
  const isExact = type === 'double' ? Number.isFinite(number) : Number.isSafeInteger(number);
  return isExact ? number : text;
}

/** What the lines before a table said. */
interface Annotations {
  readonly types: readonly string[];
  readonly defaults: readonly string[];
}

const none: Annotations = { types: [], defaults: [] };

function checkedHeader(names: readonly string[]): readonly string[] {
  if (names.includes('error')) throw new UnreadableCsv('InfluxDB gave up the query', true);
  const isUsable = names.length > 0 && names.length <= maxColumns && names.every((name) => name !== '');
  if (isUsable && new Set(names).size === names.length) return names;
  throw new UnreadableCsv('the names of the columns cannot be used');
}

function rowOf(cells: readonly string[], header: readonly string[], { types, defaults }: Annotations): InfluxRow {
  if (cells.length !== header.length) throw new UnreadableCsv('a row has not as many cells as its table has columns');
  return Object.fromEntries(
    header.map((name, index) => [name, valueOf(cells[index] || (defaults[index] ?? ''), types[index])]),
  );
}

/** The first cell of every line is that of the annotations, and empty in rows; without annotations it may be missing. */
export function parseAnnotatedCsv(text: string): InfluxTables {
  const columns = new Set<string>();
  const rows: InfluxRow[] = [];
  let skipped = 0;
  let annotations = none;
  let header: readonly string[] | undefined;
  let hasMarks = true;
  for (const record of csvRecords(text.replace(/^\uFEFF/, ''))) {
    const [mark = '', ...rest] = record;
    if (header === undefined && !mark.startsWith('#')) hasMarks = mark === '';
    const cells = hasMarks ? rest : record;
    if (mark.startsWith('#')) {
      if (header !== undefined) [annotations, header] = [none, undefined];
      if (mark === '#datatype') annotations = { ...annotations, types: rest };
      if (mark === '#default') annotations = { ...annotations, defaults: rest };
    } else if (header === undefined) {
      header = checkedHeader(cells);
      header.forEach((name) => columns.add(name));
    } else {
      const row = rowOf(cells, header, annotations);
      if (row['_value'] === null) skipped += 1;
      else rows.push(row);
    }
  }
  return { columns: [...columns], rows, skipped };
}
