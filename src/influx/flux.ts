/** The query in Flux, InfluxDB's language, made from quoted values alone. Pure. */

export interface InfluxFilter {
  readonly scope: 'tag' | 'field';
  readonly key: string;
  readonly value: string;
  readonly operator: '==' | '!=';
}

export interface InfluxQuery {
  readonly bucket: string;
  /** A duration such as `-1h`, or a time with its zone. */
  readonly start: string;
  /** null: now. */
  readonly stop: string | null;
  readonly measurement: string;
  /** Any of them; empty: all. */
  readonly fields: readonly string[];
  readonly filters: readonly InfluxFilter[];
  readonly aggregation: { readonly every: string; readonly function: string } | null;
  readonly maxRows: number;
}

export const aggregations = ['count', 'first', 'last', 'max', 'mean', 'min', 'sum'] as const;

const units = '(?:ns|us|µs|ms|s|m|h|d|w|mo|y)';
/** `1h30m`. */
export const durationPattern = new RegExp(String.raw`^(?:\d+${units})+$`, 'u');
const relativePattern = new RegExp(String.raw`^-?(?:\d+${units})+$`, 'u');
const timePattern = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2})$/;

/** A duration, or a time with its zone. */
export function isInfluxTime(text: string): boolean {
  return relativePattern.test(text) || (timePattern.test(text) && !Number.isNaN(Date.parse(text)));
}

/** In a string of Flux `${` begins an expression. */
const quoted = (text: string): string => JSON.stringify(text).replaceAll('${', String.raw`\${`);

function timeOf(text: string | null): string {
  if (text === null) return 'now()';
  return relativePattern.test(text) ? text : `time(v: ${quoted(text)})`;
}

function conditionOf({ scope, key, value, operator }: InfluxFilter): string {
  if (scope === 'tag') return `r[${quoted(key)}] ${operator} ${quoted(value)}`;
  return `r["_field"] == ${quoted(key)} and r["_value"] ${operator} ${quoted(value)}`;
}

/** Asks for one row more than is wanted, which tells whether there are more. */
export function fluxOf({
  bucket,
  start,
  stop,
  measurement,
  fields,
  filters,
  aggregation,
  maxRows,
}: InfluxQuery): string {
  const anyField = fields.map((field) => `r["_field"] == ${quoted(field)}`).join(' or ');
  const conditions = [
    `r["_measurement"] == ${quoted(measurement)}`,
    ...(anyField === '' ? [] : [`(${anyField})`]),
    ...filters.map(conditionOf),
  ];
  return [
    `from(bucket: ${quoted(bucket)})`,
    `  |> range(start: ${timeOf(start)}, stop: ${timeOf(stop)})`,
    `  |> filter(fn: (r) => ${conditions.join(' and ')})`,
    ...(aggregation === null
      ? []
      : [`  |> aggregateWindow(every: ${aggregation.every}, fn: ${aggregation.function}, createEmpty: false)`]),
    `  |> limit(n: ${maxRows + 1})`,
  ].join('\n');
}
