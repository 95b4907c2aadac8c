/**
 * The last 10,000 log entries in memory, for `/admin/logs` and its stream. A reader of the stream holds a cursor, not
 * a queue: a slow one costs nothing and misses only what has left the buffer.
 */
import { logLevels, type LogLevel } from '../config/env.js';
import { parseLogLine, type LogEntry } from './log-entry.js';

export interface LogFilters {
  /** Exactly this level. */
  readonly level?: LogLevel | undefined;
  /** This level or a graver one. */
  readonly minLevel?: LogLevel | undefined;
  /** Overrides `level`: errors, and whatever reads like one. */
  readonly errorsOnly?: boolean | undefined;
  readonly newerThanId?: number | undefined;
  readonly olderThanId?: number | undefined;
  readonly operationId?: string | undefined;
  /** Strictly later than. */
  readonly since?: Date | undefined;
}

interface LogPage {
  /** Newest first. */
  readonly logs: readonly LogEntry[];
  /** All entries that match, before offset and limit. */
  readonly total: number;
  readonly has_more: boolean;
  readonly active_filters: {
    readonly level: LogLevel | null;
    readonly errors_only: true | null;
    readonly newer_than_id: number | null;
    readonly older_than_id: number | null;
    readonly operation_id: string | null;
    readonly since: string | null;
  };
}

export interface LogBuffer {
  /** Takes one JSON line of the logger. */
  write(line: string): void;
  query(filters: LogFilters, page?: { readonly limit?: number; readonly offset?: number }): LogPage;
  /**
   * First up to 200 of the newest entries (all after `newerThanId` when it is given), oldest first, then live ones,
   * until the signal is aborted.
   */
  follow(filters: LogFilters, signal: AbortSignal): AsyncGenerator<LogEntry, void>;
}

const defaultCapacity = 10_000;
const pageSize = 200;
const soundsLikeError = /\b(error|failed|failure|exception|traceback|fatal|critical)\b/i;

function isErrorRelated(entry: LogEntry): boolean {
  if (entry.level === 'ERROR' || entry.level === 'CRITICAL') return true;
  return entry.expandable !== null || soundsLikeError.test(entry.message);
}

function hasLevel(entry: LogEntry, filters: LogFilters): boolean {
  if (filters.errorsOnly === true) return isErrorRelated(entry);
  if (filters.minLevel !== undefined && logLevels.indexOf(entry.level) < logLevels.indexOf(filters.minLevel))
    return false;
  return filters.level === undefined || entry.level === filters.level;
}

function matches(entry: LogEntry, filters: LogFilters): boolean {
  const id = Number(entry.id);
  if (filters.newerThanId !== undefined && id <= filters.newerThanId) return false;
  if (filters.olderThanId !== undefined && id >= filters.olderThanId) return false;
  if (filters.operationId !== undefined && entry.operation_id !== filters.operationId) return false;
  if (filters.since !== undefined && new Date(entry.timestamp).getTime() <= filters.since.getTime()) return false;
  return hasLevel(entry, filters);
}

function activeFilters(filters: LogFilters): LogPage['active_filters'] {
  return {
    level: filters.level ?? null,
    errors_only: filters.errorsOnly === true ? true : null,
    newer_than_id: filters.newerThanId ?? null,
    older_than_id: filters.olderThanId ?? null,
    operation_id: filters.operationId ?? null,
    since: filters.since?.toISOString().replace('Z', '+00:00') ?? null,
  };
}

/** Resolves at the next entry or when the signal is aborted, whichever comes first. */
function nextNews(waiting: Set<() => void>, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const wake = (): void => {
      waiting.delete(wake);
      signal.removeEventListener('abort', wake);
      resolve();
    };
    waiting.add(wake);
    signal.addEventListener('abort', wake);
    if (signal.aborted) wake();
  });
}

export function createLogBuffer(capacity: number = defaultCapacity): LogBuffer {
  /** Ring: the entry with id n sits at n modulo capacity. */
  const ring: LogEntry[] = [];
  const waiting = new Set<() => void>();
  let lastId = 0;

  const oldestId = (): number => Math.max(1, lastId - capacity + 1);

  function* from(firstId: number): Generator<LogEntry> {
    for (let id = Math.max(firstId, oldestId()); id <= lastId; id += 1) {
      const entry = ring[id % capacity];
      if (entry !== undefined) yield entry;
    }
  }

  /** The cursor from which the first page of a new reader starts. */
  function startOf(filters: LogFilters): number {
    if (filters.newerThanId !== undefined) return filters.newerThanId + 1;
    const found = [...from(1)].filter((entry) => matches(entry, filters));
    return Number(found.at(-pageSize)?.id ?? 1);
  }

  return {
    write(line) {
      const entry = parseLogLine(line, lastId + 1);
      if (entry === undefined) return;
      lastId += 1;
      ring[lastId % capacity] = entry;
      [...waiting].forEach((wake) => wake());
    },
    query(filters, page = {}) {
      const found = [...from(1)].filter((entry) => matches(entry, filters)).reverse();
      const offset = page.offset ?? 0;
      const limit = page.limit ?? pageSize;
      return {
        logs: found.slice(offset, offset + limit),
        total: found.length,
        has_more: offset + limit < found.length,
        active_filters: activeFilters(filters),
      };
    },
    async *follow(filters, signal) {
      let cursor = startOf(filters);
      while (!signal.aborted) {
        const page = [...from(cursor)].slice(0, pageSize);
        for (const entry of page) {
          cursor = Number(entry.id) + 1;
          if (matches(entry, filters)) yield entry;
        }
        if (page.length === 0) await nextNews(waiting, signal);
      }
    },
  };
}
