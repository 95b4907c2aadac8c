/**
 * Warnings and errors in a file, a new one each day or 20 MB, seven kept. The path is known only after the plugin's settings
 * were read, so the sink exists first and is opened later. A file that cannot be written never stops the service.
 */
import { lstatSync, renameSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import type { Logger } from 'pino';
import { systemClock, type Clock } from '../config/clock.js';
import { errorText } from '../errors/proxbox-error.js';
import { openDatedFiles, type DatedFiles } from './dated-files.js';
import type { LogSink } from './logger.js';

export interface LogFile extends LogSink {
  /**
   * Writes to `<name>.<date>.<n><ext>` beside `filePath` from now on and points `filePath` itself at it. Where that cannot be, one
   * warning says so and nothing is written. A path that was tried last is not tried again.
   * @param filePath empty: no file
   * @returns whether lines are written to a file
   */
  open(filePath: string, logger: Logger): boolean;
  close(): void;
}

interface LogFileOptions {
  readonly clock?: Pick<Clock, 'now'>;
  /** Of one file. */
  readonly maxBytes?: number;
}

const keptFiles = 7;
const defaultMaxBytes = 20_000_000;

function isLinkOrAbsent(filePath: string): boolean {
  return lstatSync(filePath, { throwIfNoEntry: false })?.isSymbolicLink() ?? true;
}

/** A regular file of that name, written by another program, is left alone. */
function pointAt(filePath: string, current: string): void {
  if (!isLinkOrAbsent(filePath)) return;
  const temporary = `${filePath}.${process.pid}.link`;
  symlinkSync(path.basename(current), temporary);
  renameSync(temporary, filePath);
}

/** As the plugin takes it. */
function shapeProblem(filePath: string): string | undefined {
  if (path.isAbsolute(filePath) && !/[/\\]$/.test(filePath)) return undefined;
  return 'it must be an absolute path of a file, not of a folder';
}

export function createLogFile({ clock = systemClock, maxBytes = defaultMaxBytes }: LogFileOptions = {}): LogFile {
  let files: DatedFiles | null = null;
  let filePath = '';
  let linked = '';
  /** Said once until a line is written again. */
  let isFailing = false;
  let warn: (reason: string, text: string) => void = () => undefined;

  function link(current: string): void {
    if (current === linked) return;
    linked = current;
    try {
      pointAt(filePath, current);
    } catch {
      // The dated file is what counts; a link that cannot be set (a file system without links) costs only comfort.
    }
  }

  function close(): void {
    const open = files;
    files = null;
    open?.close();
  }

  function tryOpen(): void {
    try {
      const problem = shapeProblem(filePath);
      if (problem !== undefined) throw new Error(problem);
      files = openDatedFiles({ filePath, clock, keep: keptFiles, maxBytes });
      link(files.current());
    } catch (error) {
      warn(errorText(error), 'The log file cannot be opened. Set PROXBOX_LOG_FILE to a path that can be written.');
    }
  }

  return {
    write(line) {
      if (files === null) return;
      try {
        files.write(line);
        isFailing = false;
        link(files.current());
      } catch (error) {
        if (isFailing) return;
        // Before the warning, which comes here as well.
        isFailing = true;
        warn(errorText(error), 'The log file cannot be written now.');
      }
    },
    open(wanted, logger) {
      if (wanted !== filePath) {
        close();
        filePath = wanted;
        warn = (reason, text) => logger.warn({ path: wanted, reason }, text);
        if (wanted !== '') tryOpen();
      }
      return files !== null;
    },
    close,
  };
}
