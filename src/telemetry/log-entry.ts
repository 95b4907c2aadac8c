/** A log line as `/admin/logs` shows it. Pure: from the JSON line of the logger to the wire shape. */
import { z } from 'zod';
import type { LogLevel } from '../config/env.js';

export interface LogEntry {
  /** Decimal, counting from 1 since the start of the process. */
  readonly id: string;
  /** ISO 8601 with microseconds and `+00:00`. */
  readonly timestamp: string;
  readonly level: LogLevel;
  readonly module: string;
  readonly message: string;
  readonly operation_id: string | null;
  readonly operation: string | null;
  readonly phase: string | null;
  readonly resource_type: string | null;
  readonly resource_id: string | null;
  readonly expandable: { readonly traceback: string } | null;
}

const Line = z.looseObject({ level: z.number(), time: z.number(), msg: z.string().optional() });
const Failure = z.looseObject({ stack: z.string().optional(), message: z.string().optional() });

/** Fields with a place of their own in the entry; all others are told at the end of the message. */
const placed = new Set([
  'level',
  'time',
  'msg',
  'err',
  'error',
  'module',
  'name',
  'operation_id',
  'operationId',
  'runId',
  'uuid',
  'operation',
  'phase',
  'stage',
  'resource_type',
  'resourceType',
  'resource_id',
  'resourceId',
]);
const longestFields = 600;

function levelName(level: number): LogLevel {
  if (level >= 60) return 'CRITICAL';
  if (level >= 50) return 'ERROR';
  if (level >= 40) return 'WARNING';
  return level >= 30 ? 'INFO' : 'DEBUG';
}

/** Without terminal colours. */
function plain(text: string): string {
  return text.replace(/\u001B\[[0-9;]*m/g, '');
}

function firstText(line: Readonly<Record<string, unknown>>, ...names: readonly string[]): string | null {
  for (const name of names) {
    const value = line[name];
    if (typeof value === 'string' && value !== '') return value;
    if (typeof value === 'number') return String(value);
  }
  return null;
}

function fieldText(line: Readonly<Record<string, unknown>>): string {
  const fields = Object.entries(line).filter(([name, value]) => !placed.has(name) && value !== undefined);
  const text = fields
    .map(([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join(' ');
  return text.length > longestFields ? `${text.slice(0, longestFields)}...` : text;
}

function messageOf(line: z.infer<typeof Line>, failure: z.infer<typeof Failure> | undefined): string {
  const reason = failure?.message === undefined || failure.message === line.msg ? '' : `: ${failure.message}`;
  const fields = fieldText(line);
  return plain(`${line.msg ?? ''}${reason}${fields === '' ? '' : ` (${fields})`}`.trim());
}

/** undefined: not a line of the logger. */
export function parseLogLine(text: string, id: number): LogEntry | undefined {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    // Only the logger writes here; anything else is not an entry.
    return undefined;
  }
  const parsed = Line.safeParse(json);
  if (!parsed.success) return undefined;
  const line = parsed.data;
  const failure = Failure.safeParse(line['err'] ?? line['error']).data;
  return {
    id: String(id),
    timestamp: new Date(line.time).toISOString().replace('Z', '000+00:00'),
    level: levelName(line.level),
    module: plain(firstText(line, 'module', 'name') ?? 'proxbox'),
    message: messageOf(line, failure),
    operation_id: firstText(line, 'operation_id', 'operationId', 'runId', 'uuid'),
    operation: firstText(line, 'operation'),
    phase: firstText(line, 'phase', 'stage'),
    resource_type: firstText(line, 'resource_type', 'resourceType'),
    resource_id: firstText(line, 'resource_id', 'resourceId'),
    expandable: failure?.stack === undefined ? null : { traceback: plain(failure.stack) },
  };
}
