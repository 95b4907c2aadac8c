/** Reads a stream as strictly as the netbox-proxbox plugin needs it: what it would misread is an error here. */
import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';

export interface PluginFrame {
  readonly event: string;
  readonly data: Readonly<Record<string, unknown>>;
}

const text = z.string();
const counter = z.int();
const progress = z.strictObject({ current: counter, total: counter, percent: z.number() }).nullable();
const timing = z.strictObject({
  elapsed_ms: counter,
  started_at: text.optional(),
  finished_at: text.optional(),
});
const item = z.strictObject({
  name: text,
  netbox_id: counter.optional(),
  netbox_url: text.optional(),
  item_type: text.optional(),
  type: text.optional(),
  extra: z.record(text, z.unknown()).optional(),
});
const status = z.enum(['started', 'progress', 'completed', 'failed', 'processing', 'skipped', 'warning']);

/** The frames and their fields, as the plugin's contract of the events (version 1) lists them. */
const frames: Readonly<Record<string, z.ZodType>> = {
  step: z.strictObject({
    step: text,
    status: z.enum(['started', 'progress', 'completed', 'failed']),
    message: text,
    result: z.record(text, z.unknown()).optional(),
    rowid: text.optional(),
    payload: z.record(text, z.unknown()).optional(),
    duration_seconds: z.number().optional(),
  }),
  discovery: z.strictObject({
    event: z.literal('discovery'),
    phase: text,
    status: z.literal('discovered'),
    message: text,
    count: counter,
    items: z.array(item),
    progress,
    metadata: z.record(text, z.unknown()),
  }),
  substep: z.strictObject({
    event: z.literal('substep'),
    phase: text,
    substep: text,
    status,
    message: text,
    item: item.optional(),
    timing: timing.optional(),
    result: z.record(text, z.unknown()).optional(),
  }),
  item_progress: z.strictObject({
    event: z.literal('item_progress'),
    phase: text,
    status,
    message: text,
    item,
    operation: text.optional(),
    progress,
    timing: timing.optional(),
    error: text.optional(),
    warning: text.optional(),
  }),
  phase_summary: z.strictObject({
    event: z.literal('phase_summary'),
    phase: text,
    status: z.enum(['completed', 'completed_with_errors']),
    message: text,
    result: z.record(text, counter),
    timing,
  }),
  error_detail: z.strictObject({
    event: z.literal('error_detail'),
    phase: text,
    item: item.optional(),
    category: text,
    message: text,
    detail: text,
    suggestion: text.optional(),
    traceback: text.optional(),
  }),
  error: z.strictObject({ step: text, status: z.literal('failed'), error: text, detail: text }),
  bootstrap_done: z.record(text, z.unknown()),
  duplicate_name_resolved: z.strictObject({
    event: z.literal('duplicate_name_resolved'),
    cluster: text,
    original_name: text,
    resolved_name: text,
    vmid: counter,
    suffix_index: counter,
    operator_renamed: z.boolean(),
  }),
  complete: z.strictObject({
    ok: z.boolean(),
    message: text.nullable(),
    result: z.union([z.record(text, z.unknown()), z.array(z.unknown())]).nullable(),
    errors: z.array(z.looseObject({ detail: text })),
  }),
};

function fault(rule: string, seen: string): Error {
  return new Error(`${rule}: ${JSON.stringify(seen.slice(0, 300))}`);
}

function parseFrame(block: string): PluginFrame {
  const [first = '', second = '', ...more] = block.split('\n');
  if (more.length > 0) throw fault('a frame has one event line and one data line', block);
  if (!first.startsWith('event: ')) throw fault('the event line comes first', block);
  if (!second.startsWith('data: ')) throw fault('the data line comes second', block);
  const event = first.slice('event: '.length);
  const schema = frames[event];
  if (schema === undefined) throw fault('the plugin does not know the event', event);
  const data: unknown = JSON.parse(second.slice('data: '.length));
  const checked = schema.safeParse(data);
  if (!checked.success) throw fault(`${event}: ${z.prettifyError(checked.error)}`, second);
  return { event, data: data as PluginFrame['data'] };
}

/** The frames of a whole body. Throws on the first rule that is broken. */
export function parsePluginStream(body: string): readonly PluginFrame[] {
  const outside = /[^\n\x20-\x7e]/.exec(body);
  if (outside !== null) throw fault('only printable ASCII and line feeds', body.slice(outside.index));
  if (!body.endsWith('\n\n')) throw fault('every frame ends with an empty line', body.slice(-300));
  const blocks = body.slice(0, -2).split('\n\n');
  const parsed = blocks.filter((block) => !/^: [^\n]*$/.test(block)).map(parseFrame);
  const completes = parsed.filter(({ event }) => event === 'complete');
  if (completes.length !== 1 || parsed.at(-1) !== completes[0])
    throw fault('one complete frame, the last', body.slice(-300));
  const failed = completes[0]?.data['ok'] !== true;
  if (failed && parsed.at(-2)?.event !== 'error')
    throw fault('an error frame before a failing complete', body.slice(-600));
  return parsed;
}

/**
 * Asks with the plugin's headers, reads until the connection ends, and checks what the plugin relies on in the head.
 * `pauseMs`: after each piece it waits so long, as over a bad line.
 */
export async function readAsPlugin(url: string, apiKey: string, pauseMs = 0): Promise<readonly PluginFrame[]> {
  const asked = request(url, { headers: { 'X-Proxbox-API-Key': apiKey, accept: 'text/event-stream' } }).end();
  const [response] = (await once(asked, 'response')) as [IncomingMessage];
  let body = '';
  for await (const chunk of response.setEncoding('latin1')) {
    body += String(chunk);
    if (pauseMs > 0) await delay(pauseMs);
  }
  const { 'content-type': type, 'transfer-encoding': coding, 'content-encoding': packed } = response.headers;
  if (response.statusCode !== 200) throw fault(`HTTP ${response.statusCode}`, body);
  if (type !== 'text/event-stream; charset=utf-8') throw fault('the content type', type ?? '');
  if (coding !== 'chunked' || packed !== undefined) throw fault('chunked and not compressed', coding ?? '');
  return parsePluginStream(body);
}
