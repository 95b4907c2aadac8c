/** Rows of Proxmox's metrics export, in one order and each once. Pure. */
import { toInt, toNumber, toText, type Row } from './coerce.js';

export interface MetricSample {
  /** `node/pve1`, `qemu/100`, `lxc/200`, `storage/pve1/local`. */
  readonly objectId: string;
  readonly metric: string;
  /** Epoch seconds. */
  readonly timestamp: number;
  readonly value: number;
  readonly type: 'gauge' | 'counter' | 'derive' | null;
}

/** Which of them are wanted; empty lists do not choose. */
export interface SampleFilter {
  /** Epoch seconds; only later samples. */
  readonly after: number | undefined;
  readonly objectIds: readonly string[];
  /** The object itself, and what is below it. */
  readonly objectPrefixes: readonly string[];
  readonly metrics: readonly string[];
}

export interface Samples {
  /** By time, object and metric. */
  readonly samples: readonly MetricSample[];
  /** Rows that said the same as another one. */
  readonly duplicates: number;
  /** Rows that name no object, metric, time or number, or say something else than an earlier one. */
  readonly skipped: number;
}

const types: ReadonlySet<string> = new Set(['gauge', 'counter', 'derive']);

function isType(text: string | null): text is NonNullable<MetricSample['type']> {
  return text !== null && types.has(text);
}

function parseSample(row: Row): MetricSample | null {
  const [objectId, metric, type] = [toText(row.id), toText(row.metric), toText(row.type)];
  const [timestamp, value] = [toInt(row.timestamp), toNumber(row.value)];
  if (objectId === null || metric === null || timestamp === null || value === null) return null;
  return { objectId, metric, timestamp, value, type: isType(type) ? type : null };
}

function isWanted({ timestamp, objectId, metric }: MetricSample, filter: SampleFilter): boolean {
  const { after, objectIds, objectPrefixes, metrics } = filter;
  if (after !== undefined && timestamp <= after) return false;
  if (objectIds.length > 0 && !objectIds.includes(objectId)) return false;
  const isBelow = objectPrefixes.some((prefix) => objectId === prefix || objectId.startsWith(`${prefix}/`));
  if (objectPrefixes.length > 0 && !isBelow) return false;
  return metrics.length === 0 || metrics.includes(metric);
}

const byText = (left: string, right: string): number => (left < right ? -1 : left > right ? 1 : 0);

/** One row that cannot be read costs only itself. */
export function parseSamples(rows: readonly Row[], filter: SampleFilter): Samples {
  const known = new Map<string, MetricSample>();
  let duplicates = 0;
  let skipped = 0;
  for (const row of rows) {
    const sample = parseSample(row);
    if (sample === null) skipped += 1;
    else if (isWanted(sample, filter)) {
      const key = JSON.stringify([sample.objectId, sample.metric, sample.timestamp]);
      const before = known.get(key);
      if (before === undefined) known.set(key, sample);
      else if (before.value === sample.value && before.type === sample.type) duplicates += 1;
      else skipped += 1;
    }
  }
  const samples = [...known.values()].sort(
    (left, right) =>
      left.timestamp - right.timestamp || byText(left.objectId, right.objectId) || byText(left.metric, right.metric),
  );
  return { samples, duplicates, skipped };
}
