/** One pino logger for the whole process; every sink gets the same, already scrubbed, JSON lines. */
import pino, { type Level, type Logger } from 'pino';
import type { LogLevel } from '../config/env.js';
import type { ConsoleLevel } from './console-level.js';
import type { LogBuffer } from './log-buffer.js';
import { redactLine } from './redact.js';
import { traceFields } from './trace-context.js';

export interface LogSink {
  write(line: string): void;
}

interface LogDestination {
  readonly level: LogLevel;
  readonly sink: LogSink;
}

export interface LoggerOptions {
  /** Of the console; the other destinations have a level of their own. */
  readonly level: Pick<ConsoleLevel, 'takes'>;
  /** Further sinks, such as the log file. */
  readonly destinations: readonly LogDestination[];
  /** Gets every line from debug up. */
  readonly buffer: LogBuffer;
  /** Standard output when absent. */
  readonly console?: LogSink;
}

const pinoLevels = {
  DEBUG: 'debug',
  INFO: 'info',
  WARNING: 'warn',
  ERROR: 'error',
  CRITICAL: 'fatal',
} as const satisfies Record<LogLevel, Level>;

export function createLogger(options: LoggerOptions): Logger {
  const { level, console = pino.destination({ fd: 1, sync: true }) } = options;
  const streams = [
    { level: pinoLevels.DEBUG, stream: onlyTaken(level, console) },
    { level: pinoLevels.DEBUG, stream: options.buffer },
    ...options.destinations.map(({ level, sink }) => ({ level: pinoLevels[level], stream: sink })),
  ];
  return pino(
    {
      level: 'debug',
      base: null,
      mixin: traceFields,
      serializers: { err: pino.stdSerializers.errWithCause, error: pino.stdSerializers.errWithCause },
      hooks: { streamWrite: redactLine },
    },
    pino.multistream(streams),
  );
}

function onlyTaken({ takes }: LoggerOptions['level'], sink: LogSink): LogSink {
  return {
    write(line) {
      if (takes(line)) sink.write(line);
    },
  };
}
