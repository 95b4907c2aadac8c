/** The log buffer of this process, as pages and as a live stream. */
import { z } from 'zod';
import type { Clock } from '../../config/clock.js';
import { logLevels } from '../../config/env.js';
import type { Logger } from 'pino';
import type { ConsoleLevel } from '../../telemetry/console-level.js';
import type { LogBuffer, LogFilters } from '../../telemetry/log-buffer.js';
import type { LogEntry } from '../../telemetry/log-entry.js';
import type { App } from '../app-type.js';
import { booleanField, dateOf, dateTimeField, integerField, textField } from '../query-fields.js';
import { answers, answersStream, said } from '../route-document.js';
import { streamSse, type SseFrame } from '../stream/sse.js';

export interface AdminLogsDeps {
  readonly consoleLevel: ConsoleLevel;
  readonly logger: Pick<Logger, 'warn'>;
  readonly logBuffer: LogBuffer;
  readonly clock: Clock;
  /** Aborted when the service stops, so that open streams end. */
  readonly stopping: AbortSignal;
}

const filterFields = {
  level: z.enum(logLevels).optional(),
  min_level: z.enum(logLevels).optional().describe('This level or a graver one'),
  errors_only: booleanField.optional(),
  operation_id: textField(255).optional(),
  newer_than_id: integerField({ min: 0 }).optional(),
};

const Filters = z.object(filterFields);

const PageQuery = z.object({
  ...filterFields,
  older_than_id: integerField({ min: 0 }).optional(),
  since: said(dateTimeField.optional(), { format: 'date-time' }),
  limit: integerField({ min: 1, max: 5000 }).default(200),
  offset: integerField({ min: 0 }).default(0),
});

function filtersOf(query: Partial<z.infer<typeof PageQuery>>): LogFilters {
  return {
    level: query.level,
    minLevel: query.min_level,
    errorsOnly: query.errors_only,
    newerThanId: query.newer_than_id,
    olderThanId: query.older_than_id,
    operationId: query.operation_id,
    since: query.since === undefined ? undefined : dateOf(query.since),
  };
}

/** A browser that reconnects sends the id of the last entry it saw. */
function cursorOf(lastEventId: string | readonly string[] | undefined): number | undefined {
  return typeof lastEventId === 'string' && /^\d{1,15}$/.test(lastEventId) ? Number(lastEventId) : undefined;
}

async function* logFrames(entries: AsyncIterable<LogEntry>): AsyncGenerator<SseFrame, void> {
  for await (const entry of entries) yield { event: 'log', id: entry.id, data: entry };
}

const nullableText = z.string().nullable();
const Entry = z.object({
  id: z.string().describe('Decimal, counting from 1 since the start of the process'),
  timestamp: z.string(),
  level: z.enum(logLevels),
  module: z.string(),
  message: z.string(),
  operation_id: nullableText,
  operation: nullableText,
  phase: nullableText,
  resource_type: nullableText,
  resource_id: nullableText,
  expandable: z.object({ traceback: z.string() }).nullable(),
});
const Page = z.object({
  logs: z.array(Entry),
  total: z.int(),
  has_more: z.boolean(),
  active_filters: z.looseObject({}),
});

const tags = ['admin'];

export function registerAdminLogsRoutes(app: App, deps: AdminLogsDeps): void {
  registerLogLevelRoutes(app, deps);
  const { logBuffer, clock, stopping } = deps;
  app.get(
    '/admin/logs',
    { config: answers(Page), schema: { tags, summary: 'Log entries, newest first', querystring: PageQuery } },
    async (request) => {
      const { limit, offset } = request.query;
      return logBuffer.query(filtersOf(request.query), { limit, offset });
    },
  );
  app.get(
    '/admin/logs/stream',
    {
      config: answersStream,
      schema: { tags, summary: 'Log entries as they are written', querystring: Filters },
    },
    async (request, reply) => {
      const disconnected = new AbortController();
      const resumeAfter = cursorOf(request.headers['last-event-id']);
      const filters = {
        ...filtersOf(request.query),
        ...(resumeAfter === undefined ? {} : { newerThanId: resumeAfter }),
      };
      const entries = logBuffer.follow(filters, AbortSignal.any([disconnected.signal, stopping]));
      await streamSse(reply, logFrames(entries), { clock, onDisconnect: () => disconnected.abort() });
    },
  );
}

const Level = z.object({ level: z.enum(logLevels).describe('From which on lines reach the console') });

/** Until the next start; the buffer behind `/admin/logs` has every line anyhow. */
function registerLogLevelRoutes(
  app: App,
  { consoleLevel, logger }: Pick<AdminLogsDeps, 'consoleLevel' | 'logger'>,
): void {
  app.get(
    '/admin/log-level',
    { schema: { tags, summary: 'Level of the console', response: { 200: Level } } },
    async () => ({ level: consoleLevel.current() }),
  );
  app.put(
    '/admin/log-level',
    {
      schema: {
        tags,
        summary: 'Another level for the console, until the next start',
        body: Level,
        response: { 200: Level },
      },
    },
    async (request) => {
      const { level } = request.body;
      logger.warn({ from: consoleLevel.current(), to: level }, 'The log level of the console was changed.');
      consoleLevel.set(level);
      return { level };
    },
  );
}
