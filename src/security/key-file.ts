/** The local key file: read as trimmed text, written atomically and readable for its owner only. */
import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import path from 'node:path';
import { errorText, ProxboxError } from '../errors/proxbox-error.js';
import { Secret } from '../config/secret.js';

function errorCode(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}

/** `absent`: no such file; `empty`: only white space. @throws ProxboxError when it exists and cannot be read */
export function readKeyFile(file: string): Secret | 'absent' | 'empty' {
  try {
    const text = readFileSync(file, 'utf8').trim();
    return text === '' ? 'empty' : new Secret(text);
  } catch (error) {
    if (errorCode(error) === 'ENOENT' || errorCode(error) === 'ENOTDIR') return 'absent';
    throw new ProxboxError(
      'not_configured',
      `The encryption key file ${file} exists but cannot be read: ${errorText(error)}. Make it readable for this process.`,
      { cause: error, where: { path: file } },
    );
  }
}

/** Secrets that are mounted into a container are readable for all users of it, who are one. */
const mounted = /^(\/var)?\/run\/secrets\//;

function modeOf(file: string): number {
  try {
    return statSync(file).mode;
  } catch {
    // Not there, or not reachable: nobody reads it.
    return 0;
  }
}

/** What to say of a file that every user of the machine can read; undefined when they cannot. */
export function openFileWarning(file: string): string | undefined {
  const mode = modeOf(file);
  const isOpen = process.platform !== 'win32' && (mode & 0o004) !== 0;
  if (!isOpen || mounted.test(file)) return undefined;
  const bits = (mode & 0o777).toString(8);
  return `The encryption key file ${file} can be read by every user of this machine (mode ${bits}). Run: chmod 600 ${file}`;
}

function unwritable(file: string, error: unknown): ProxboxError {
  return new ProxboxError(
    'encryption_unavailable',
    `The encryption key file ${file} could not be written: ${errorText(error)}. The key was not changed.`,
    { cause: error, where: { path: file } },
  );
}

function removeQuietly(file: string): void {
  try {
    rmSync(file, { force: true });
  } catch {
    // The error that made the file useless is the one to tell.
  }
}

/** @throws ProxboxError `encryption_unavailable` (400) when the file or its folder is not writable */
export function writeKeyFile(file: string, key: Secret): void {
  const temporary = `${file}.${process.pid}.tmp`;
  try {
    mkdirSync(path.dirname(file), { recursive: true });
    const handle = openSync(temporary, 'w', 0o600);
    try {
      writeSync(handle, `${key.reveal().trim()}\n`);
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
    renameSync(temporary, file);
  } catch (error) {
    removeQuietly(temporary);
    throw unwritable(file, error);
  }
}

/** @throws ProxboxError `encryption_unavailable` (400) when the file cannot be removed */
export function removeKeyFile(file: string): void {
  try {
    rmSync(file, { force: true });
  } catch (error) {
    throw unwritable(file, error);
  }
}
