/**
 * Warnings and errors in a file, a new one each day, seven kept. The path is known only after the plugin's settings
 * were read, so the sink exists first and is opened later. A file that cannot be written never stops the service.
 */
import { lstatSync, renameSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import type { Logger } from 'pino';
import buildRollingFile from 'pino-roll';
import { errorText } from '../errors/proxbox-error.js';
import type { LogSink } from './logger.js';

const defaultLogFilePath = '/var/log/proxbox.log';

export interface LogFile extends LogSink {
  /**
   * Writes to `<name>.<date>.<n><ext>` beside `filePath` from now on and points `filePath` itself at it. Falls back to
   * the default path, then to no file, each with one warning.
   * @returns the path in use, or null
   */
  open(filePath: string, logger: Logger): Promise<string | null>;
  close(): Promise<void>;
}

type RollingFile = Awaited<ReturnType<typeof buildRollingFile>>;

/** The plugin's rule: absolute and not ending in a slash; anything else means the default. */
function isUsable(filePath: string): boolean {
  return path.isAbsolute(filePath) && !filePath.endsWith('/');
}

async function openRollingFile(filePath: string): Promise<RollingFile> {
  const { dir, name, ext } = path.parse(filePath);
  const file = await buildRollingFile({
    file: path.join(dir, name),
    extension: ext === '' ? '.log' : ext,
    dateFormat: 'yyyy-MM-dd',
    frequency: 'daily',
    limit: { count: 7, removeOtherLogFiles: true },
    mkdir: true,
  });
  await new Promise<void>((resolve, reject) => {
    file.once('ready', resolve);
    file.once('error', reject);
  });
  return file;
}

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

export function createLogFile(defaultPath: string = defaultLogFilePath): LogFile {
  let file: RollingFile | null = null;
  let linkPath = '';
  let linked = '';

  function link(current: string): void {
    if (current === linked) return;
    linked = current;
    try {
      pointAt(linkPath, current);
    } catch {
      // The dated file is what counts; a link that cannot be set (a file system without links) costs only comfort.
    }
  }

  async function tryOpen(filePath: string, logger: Logger): Promise<boolean> {
    try {
      const opened = await openRollingFile(filePath);
      opened.on('error', (error: unknown) => {
        file = null;
        logger.warn({ path: filePath, reason: errorText(error) }, 'The log file cannot be written any more.');
      });
      file = opened;
      linkPath = filePath;
      link(opened.file);
      return true;
    } catch (error) {
      logger.warn({ path: filePath, reason: errorText(error) }, 'The log file cannot be opened.');
      return false;
    }
  }

  async function close(): Promise<void> {
    const open = file;
    file = null;
    if (open === null) return;
    await new Promise<void>((resolve) => {
      open.once('close', resolve);
      open.end();
    });
  }

  return {
    write(line) {
      if (file === null) return;
      file.write(line);
      link(file.file);
    },
    async open(filePath, logger) {
      await close();
      const tries = isUsable(filePath) && filePath !== defaultPath ? [filePath, defaultPath] : [defaultPath];
      for (const candidate of tries) {
        if (await tryOpen(candidate, logger)) return candidate;
      }
      return null;
    },
    close,
  };
}
