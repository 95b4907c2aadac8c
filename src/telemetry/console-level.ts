/** From which level on lines reach the console: what the start said, until somebody asks for more or less. */
import { logLevels, type LogLevel } from '../config/env.js';

export interface ConsoleLevel {
  readonly current: () => LogLevel;
  set(level: LogLevel): void;
  /** Whether a line of pino, which begins with its level, is written. */
  readonly takes: (line: string) => boolean;
}

export function createConsoleLevel(start: LogLevel): ConsoleLevel {
  let current = start;
  return {
    current: () => current,
    set: (level) => void (current = level),
    takes: (line) => Number(/^\{"level":(\d+)/.exec(line)?.[1] ?? Infinity) >= numberOf(current),
  };
}

/** Pino's: 20 debug, 30 info, 40 warning, 50 error, 60 critical. */
function numberOf(level: LogLevel): number {
  return 20 + logLevels.indexOf(level) * 10;
}
