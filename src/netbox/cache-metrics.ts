/** The public names of the cache's numbers, as JSON keys and as Prometheus metrics. */

export interface CacheMetrics {
  readonly hits: number;
  readonly misses: number;
  /** Percent, two decimals; 0 when unused. */
  readonly hit_rate: number;
  readonly invalidations: number;
  readonly evictions_ttl: number;
  readonly evictions_size: number;
  /** Bytes, not entries. */
  readonly evictions_bytes: number;
  readonly current_entries: number;
  readonly current_bytes: number;
  readonly max_entries: number;
  readonly max_bytes: number;
  readonly ttl_seconds: number;
  readonly oldest_entry_age_seconds: number;
}

interface MetricText {
  readonly name: string;
  readonly type: 'counter' | 'gauge';
  readonly help: string;
}

const texts = {
  hits: { name: 'proxbox_cache_hits', type: 'counter', help: 'Total number of cache hits' },
  misses: { name: 'proxbox_cache_misses', type: 'counter', help: 'Total number of cache misses' },
  hit_rate: { name: 'proxbox_cache_hit_rate', type: 'gauge', help: 'Cache hit rate percentage' },
  invalidations: { name: 'proxbox_cache_invalidations', type: 'counter', help: 'Total number of cache invalidations' },
  evictions_ttl: {
    name: 'proxbox_cache_evictions_ttl',
    type: 'counter',
    help: 'Total entries evicted due to TTL expiry',
  },
  evictions_size: {
    name: 'proxbox_cache_evictions_size',
    type: 'counter',
    help: 'Total entries evicted due to entry count limit',
  },
  evictions_bytes: {
    name: 'proxbox_cache_evictions_bytes',
    type: 'counter',
    help: 'Total bytes evicted due to size limit',
  },
  current_entries: { name: 'proxbox_cache_entries', type: 'gauge', help: 'Current number of cached entries' },
  current_bytes: { name: 'proxbox_cache_bytes', type: 'gauge', help: 'Current cache size in bytes' },
  max_entries: { name: 'proxbox_cache_max_entries', type: 'gauge', help: 'Maximum cache entry count' },
  max_bytes: { name: 'proxbox_cache_max_bytes', type: 'gauge', help: 'Maximum cache size in bytes' },
  ttl_seconds: { name: 'proxbox_cache_ttl_seconds', type: 'gauge', help: 'Cache TTL setting' },
  oldest_entry_age_seconds: {
    name: 'proxbox_cache_oldest_age_seconds',
    type: 'gauge',
    help: 'Age of oldest entry in cache',
  },
} as const satisfies Record<keyof CacheMetrics, MetricText>;

const reconcileMismatch: MetricText = {
  name: 'proxbox_reconcile_mismatch_total',
  type: 'counter',
  help: 'Total number of reconcile mismatches',
};

function render(text: MetricText, value: number): string {
  return `# HELP ${text.name} ${text.help}\n# TYPE ${text.name} ${text.type}\n${text.name} ${value}\n`;
}

/** Prometheus text exposition format 0.0.4; ends with a line end. */
export function prometheusText(metrics: CacheMetrics, reconcileMismatches: number): string {
  const known: ReadonlyMap<string, MetricText> = new Map(Object.entries(texts));
  const lines: string[] = [];
  for (const [key, value] of Object.entries(metrics)) {
    const text = known.get(key);
    if (text !== undefined && typeof value === 'number') lines.push(render(text, value));
  }
  return [...lines, render(reconcileMismatch, reconcileMismatches)].join('');
}
