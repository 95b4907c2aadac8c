import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pino, { type Logger } from 'pino';
import { afterEach } from 'vitest';
import type { Clock } from '../../../src/config/clock.js';
import { openDatabase, type Database } from '../../../src/db/open.js';
import { createCredentialVault, type CredentialVault } from '../../../src/security/credential-vault.js';
import { createEncryptionKeys, type EncryptionKeys } from '../../../src/security/encryption-keys.js';
import { Secret } from '../../../src/config/secret.js';

/** A clock that stands still until it is told otherwise. */
export interface TestClock extends Clock {
  advance(ms: number): void;
}

export function testClock(start = '2026-01-01T00:00:00Z'): TestClock {
  let elapsed = 0;
  const startMs = new Date(start).getTime();
  const sleepers = new Set<{ readonly at: number; readonly wake: () => void }>();
  return {
    now: () => new Date(startMs + elapsed),
    // Not zero: a cache takes a time of zero for "no time".
    monotonicMs: () => 1000 + elapsed,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        sleepers.add({ at: elapsed + ms, wake: resolve });
        signal?.addEventListener('abort', () => reject(signal.reason as Error));
      }),
    advance(ms) {
      elapsed += ms;
      for (const sleeper of sleepers) if (sleeper.at <= elapsed) sleeper.wake();
    },
  };
}

export interface LogProbe {
  readonly logger: Logger;
  readonly lines: () => readonly Record<string, unknown>[];
  readonly text: () => string;
}

export function logProbe(): LogProbe {
  const written: string[] = [];
  const logger = pino({ level: 'debug', base: null }, { write: (line: string) => void written.push(line) });
  return {
    logger,
    lines: () => written.map((line) => JSON.parse(line) as Record<string, unknown>),
    text: () => written.join(''),
  };
}

const folders: string[] = [];
const open: Database[] = [];

export function temporaryFolder(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'proxbox-unit-'));
  folders.push(folder);
  return folder;
}

/** Call once per test file: closes and removes whatever its tests have opened. */
export function cleanUpDatabases(): void {
  afterEach(() => {
    open.splice(0).forEach((db) => db.close());
    folders.splice(0).forEach((folder) => rmSync(folder, { recursive: true, force: true }));
  });
}

export function openTestDatabase(file: string, clock: Clock = testClock(), logger = logProbe().logger): Database {
  const db = openDatabase({ path: file, clock, logger });
  open.push(db);
  return db;
}

export function newDatabase(clock?: Clock): Database {
  return openTestDatabase(path.join(temporaryFolder(), 'database.db'), clock);
}

const fixtures = path.join(import.meta.dirname, '../../support/fixtures/python-original');
export const pythonReleases = ['0.0.19.post5', '0.0.30.post2'] as const;
export const pythonKey = 'fixture-key-of-the-python-original';

/** A writable copy of a file that the Python service made. */
export function pythonDatabaseCopy(release: (typeof pythonReleases)[number]): string {
  const file = path.join(temporaryFolder(), 'database.db');
  copyFileSync(path.join(fixtures, `database-${release}.sqlite`), file);
  return file;
}

export interface KeyOptions {
  readonly env?: string;
  readonly file?: string;
  readonly allowPlaintext?: boolean;
}

export interface Vaulted {
  readonly keys: EncryptionKeys;
  readonly vault: CredentialVault;
  readonly log: LogProbe;
}

export function vaultFor(db: Database, options: KeyOptions = { env: 'unit-test-key-of-enough-characters' }): Vaulted {
  const log = logProbe();
  const env = {
    encryptionKey: options.env === undefined ? null : new Secret(options.env),
    encryptionKeyFile: options.file ?? null,
    allowPlaintextCredentials: options.allowPlaintext ?? false,
  };
  const keys = createEncryptionKeys({ env, db, logger: log.logger });
  return { keys, vault: createCredentialVault(keys, log.logger), log };
}
