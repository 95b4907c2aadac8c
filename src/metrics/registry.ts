/** The numbers of this service for Prometheus: what is counted as it happens, and what is looked at when somebody asks. */
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

/** Numbers that stand somewhere already, by name without the prefix: read at every scrape. */
export interface Looks {
  readonly [name: string]: {
    readonly help: string;
    /** Of its samples, where it has several. */
    readonly labels?: readonly string[];
    /** Nobody is asked before a scrape: a look may cost a request. */
    readonly read: () => number | readonly Sample[];
  };
}

export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const prefix = 'proxbox_';
const named = (name: string, help: string) => ({ name: `${prefix}${name}`, help });

/** Seconds: a single object takes a fraction of one, a full update of a large estate an hour. */
const runBuckets = [0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1800, 3600];
const requestBuckets = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

export type Metrics = ReturnType<typeof createMetrics>;

/** @param version of this service */
export function createMetrics(version: string) {
  const registry = new Registry();
  const registers = [registry];
  new Gauge({
    ...named('build_info', 'Always 1; the labels say what runs.'),
    labelNames: ['version', 'node'],
    registers,
  })
    .labels(version, process.versions.node)
    .set(1);

  return {
    ...ofRuns(registers),
    ...ofRequests(registers),
    /** Looked at when somebody asks, from now on. */
    look(looks: Looks): void {
      for (const [name, look] of Object.entries(looks)) lookAt(registry, named(name, look.help), look);
    },
    /** Memory, processor time, garbage collection and delay of the event loop, of this process: to be called once in it. */
    watchProcess(): void {
      collectDefaultMetrics({ register: registry, prefix });
      // Gauges with the name of a counter, at which `promtool check metrics` takes offence.
      for (const what of ['handles', 'requests', 'resources'])
        registry.removeSingleMetric(`${prefix}nodejs_active_${what}_total`);
    },
    contentType: registry.contentType,
    /** In the text format of Prometheus (https://prometheus.io/docs/instrumenting/exposition_formats/). */
    text: () => registry.metrics(),
  };
}

function ofRuns(registers: Registry[]) {
  return {
    runs: new Counter({ ...named('runs_total', 'Runs that have ended.'), labelNames: ['kind', 'status'], registers }),
    runSeconds: new Histogram({
      ...named('run_seconds', 'How long runs took.'),
      labelNames: ['kind'],
      buckets: runBuckets,
      registers,
    }),
    lastSuccess: new Gauge({
      ...named('last_success_timestamp_seconds', 'When the last complete run of an endpoint ended, in Unix seconds.'),
      labelNames: ['endpoint', 'kind'],
      registers,
    }),
    objects: new Counter({
      ...named('objects_total', 'NetBox objects of runs, by what became of them.'),
      labelNames: ['kind', 'outcome'],
      registers,
    }),
    scheduledStarts: new Counter({
      ...named('schedule_starts_total', 'Starts of the schedule, by what became of them.'),
      labelNames: ['outcome'],
      registers,
    }),
    reasons: new Counter({
      ...named('reasons_total', 'Why objects failed or were left out, and warnings, by reason code.'),
      labelNames: ['reason'],
      registers,
    }),
  };
}

function ofRequests(registers: Registry[]) {
  const counters = {
    requests: new Counter({
      ...named(
        'requests_total',
        'Requests to NetBox and Proxmox; the status is that of the answer, or why there was none.',
      ),
      labelNames: ['side', 'method', 'status'],
      registers,
    }),
    requestSeconds: new Histogram({
      ...named('request_seconds', 'How long requests took, from the connection to the end of the answer.'),
      labelNames: ['side', 'method'],
      buckets: requestBuckets,
      registers,
    }),
    waits: new Counter({
      ...named(
        'retry_wait_seconds_total',
        'How long repetitions waited, as the other side had failed or had no capacity.',
      ),
      labelNames: ['side'],
      registers,
    }),
    retries: new Counter({
      ...named('retries_total', 'Requests that were repeated.'),
      labelNames: ['side'],
      registers,
    }),
  };
  // None so far is a number, too: without it a panel has no data until something goes wrong.
  for (const side of ['netbox', 'proxmox'])
    for (const counter of [counters.waits, counters.retries]) counter.inc({ side }, 0);
  return counters;
}

function lookAt(
  registry: Registry,
  { name, help }: { readonly name: string; readonly help: string },
  { labels = [], read }: Looks[string],
): void {
  new Gauge({
    ...{ name, help, labelNames: [...labels], registers: [registry] },
    collect() {
      const value = read();
      if (typeof value === 'number') return this.set(value);
      this.reset();
      for (const sample of value) this.set({ ...sample.labels }, sample.value);
    },
  });
}
