/** Log lines for somebody who reads along on a terminal: time, level and message instead of JSON. */
import { parseLogLine } from './log-entry.js';
import type { LogSink } from './logger.js';

/** `12:00:01 WARNING The log file cannot be opened. (path=/x)`. What is no line of the logger stays as it is. */
export function terminalLine(line: string): string {
  const entry = parseLogLine(line, 0);
  if (entry === undefined) return line;
  const { timestamp, level, message, expandable } = entry;
  const time = new Date(timestamp).toTimeString().slice(0, 8);
  const trace = expandable === null ? '' : `\n${expandable.traceback}`;
  return `${time} ${level.padEnd(7)} ${message}${trace}\n`;
}

export function terminalSink(terminal: { write(text: string): unknown }): LogSink {
  return { write: (line) => void terminal.write(terminalLine(line)) };
}
