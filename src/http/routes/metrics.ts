/** Metrics of a cluster for the plugin's page: from Proxmox's own export, and from the InfluxDB that it feeds. */
import { z } from 'zod';
import { Secret } from '../../config/secret.js';
import { aggregations, durationPattern, isInfluxTime } from '../../influx/flux.js';
import type { Influx } from '../../influx/query.js';
import { pullMetrics, type PullDeps } from '../../proxmox-reads/metrics.js';
import type { App } from '../app-type.js';
import { answers, said } from '../route-document.js';

export interface MetricRouteDeps extends PullDeps {
  readonly influx: Influx;
}

const tags = ['metrics'];

/** Something in it, and no control characters. */
const text = (max: number) =>
  z
    .string()
    .trim()
    .min(1)
    .max(max)
    .regex(/^[^\u0000-\u001f\u007f]*$/, 'must not have control characters');

const list = (pattern: RegExp) => z.array(z.string().trim().max(256).regex(pattern)).max(128).default([]);
const objectName = /^(?!.*(?:^|\/)\.{1,2}(?:\/|$))[A-Za-z0-9_.:-]+(\/[A-Za-z0-9_.:-]+)*$/;
const metricName = /^[A-Za-z_][A-Za-z0-9_.:-]{0,127}$/;

/** Ways to name the one endpoint. */
const targets = ['endpoint_id', 'target_name', 'target_domain', 'target_ip_address'] as const;

const PullBody = z
  .strictObject({
    source: z.enum(['database', 'netbox']).default('database').describe('Whose number endpoint_id is'),
    endpoint_id: z.int().min(1).nullish(),
    target_name: text(255).nullish(),
    target_domain: text(255).nullish(),
    target_ip_address: text(64).nullish(),
    start_time: z.int().min(0).max(4_102_444_800).nullish().describe('Epoch seconds; only later samples'),
    history: z.boolean().default(false).describe('Also earlier values; needs start_time'),
    local_only: z.boolean().default(false).describe('Of the node that answers alone'),
    object_ids: list(objectName),
    object_prefixes: list(objectName),
    metric_names: list(metricName),
    max_rows: z.int().min(1).max(5000).default(1000),
    max_response_bytes: z.int().min(1024).max(4_194_304).default(1_048_576),
  })
  .refine(({ history, start_time: start }) => !history || typeof start === 'number', {
    error: 'start_time is required when history is true',
    path: ['start_time'],
  })
  .refine((body) => targets.filter((name) => body[name] !== null && body[name] !== undefined).length <= 1, {
    error: `only one of ${targets.join(', ')} may be given`,
    path: ['endpoint_id'],
  });
type PullBody = z.infer<typeof PullBody>;

const InfluxTime = said(z.string().max(64).refine(isInfluxTime, 'must be a duration or a time with its zone'), {
  description: '`-1h`, or `2026-01-31T12:00:00Z`',
});
const InfluxUrl = said(z.string().max(2048).refine(isUsableUrl, 'must be https, without user, query and fragment'), {
  format: 'uri',
  pattern: '^https://',
});

const InfluxBody = z
  .strictObject({
    url: InfluxUrl,
    org: text(128),
    bucket: text(128),
    token: text(4096),
    verify_ssl: z.boolean().default(true),
    timeout_seconds: z.number().min(1).max(30).default(10),
    start: InfluxTime.default('-1h'),
    stop: InfluxTime.nullish(),
    measurement: text(128),
    field: text(128).nullish(),
    fields: z.array(text(128)).max(16).default([]),
    filters: z
      .array(
        z.strictObject({
          scope: z.enum(['tag', 'field']).default('tag'),
          key: z.string().regex(/^[A-Za-z_][A-Za-z0-9_.:/-]{0,63}$/),
          value: text(256),
          operator: z.enum(['==', '!=']).default('=='),
        }),
      )
      .max(32)
      .default([]),
    aggregation: z
      .strictObject({ every: z.string().max(32).regex(durationPattern), function: z.enum(aggregations) })
      .nullish(),
    max_rows: z.int().min(1).max(5000).default(1000),
    max_response_bytes: z.int().min(1024).max(8_388_608).default(1_048_576),
  })
  .refine(({ field, fields }) => (field ?? '') === '' || fields.length === 0, {
    error: 'field and fields may not be given together',
    path: ['fields'],
  });
type InfluxBody = z.infer<typeof InfluxBody>;

function isUsableUrl(value: string): boolean {
  if (!URL.canParse(value)) return false;
  const { protocol, username, password, search, hash } = new URL(value);
  return protocol === 'https:' && [username, password, search, hash].every((part) => part === '');
}

const Answered = z.looseObject({
  columns: z.array(z.string()),
  rows: foreignCells(),
  row_count: z.int(),
  truncated: z.boolean(),
  query_window: z.object({ start: z.string(), stop: z.string().nullable() }),
  captured_at: z.string(),
  response_format: z.enum(['annotated_csv', 'proxmox_export']),
});

function foreignCells() {
  return z.array(z.looseObject({}));
}

function scopeOf({ source, ...body }: PullBody) {
  return {
    source,
    ...(typeof body.endpoint_id === 'number' ? { proxmox_endpoint_ids: String(body.endpoint_id) } : {}),
    ...(body.target_name ? { name: body.target_name } : {}),
    ...(body.target_domain ? { domain: body.target_domain } : {}),
    ...(body.target_ip_address ? { ip_address: body.target_ip_address } : {}),
  };
}

function influxRequest(body: InfluxBody) {
  const { url, org, token, verify_ssl: verifyTls, timeout_seconds: seconds, max_response_bytes: maxBytes } = body;
  const { bucket, start, stop = null, measurement, field, fields, filters, aggregation = null } = body;
  const query = {
    ...{ bucket, start, stop, measurement, filters, aggregation },
    fields: typeof field === 'string' ? [field] : [...new Set(fields)],
    maxRows: body.max_rows,
  };
  return { url, org, token: new Secret(token), verifyTls, timeoutMs: seconds * 1000, maxBytes, query };
}

export function registerMetricRoutes(app: App, deps: MetricRouteDeps): void {
  app.post(
    '/proxmox/metrics/pull/query',
    {
      config: answers(Answered),
      schema: { tags, summary: 'Metrics of one cluster, from the export of Proxmox', body: PullBody },
    },
    ({ body }) =>
      pullMetrics(
        {
          scope: scopeOf(body),
          isHistory: body.history,
          isLocal: body.local_only,
          filter: {
            after: body.start_time ?? undefined,
            objectIds: body.object_ids,
            objectPrefixes: body.object_prefixes,
            metrics: body.metric_names,
          },
          maxRows: body.max_rows,
          maxBytes: body.max_response_bytes,
        },
        deps,
      ),
  );
  app.post(
    '/proxmox/metrics/influx/query',
    {
      config: answers(Answered),
      schema: { tags, summary: 'Metrics from the InfluxDB 2 that the body names', body: InfluxBody },
    },
    ({ body }) => deps.influx.query(influxRequest(body)),
  );
}
