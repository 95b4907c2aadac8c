/** The whole application over a temporary database, without a socket; closed after each test. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach } from 'vitest';
import { buildApp } from '../../../src/compose/app.js';
import { systemClock, type Clock } from '../../../src/config/clock.js';
import { parseEnv } from '../../../src/config/env.js';
import { createDeps, type AppDeps } from '../../../src/compose/deps.js';
import type { App } from '../../../src/http/app-type.js';

export interface TestClock extends Clock {
  /** Moves both clocks. */
  readonly advance: (ms: number) => void;
}

export function testClock(): TestClock {
  let elapsedMs = 0;
  return {
    now: () => new Date(Date.parse('2026-01-01T00:00:00Z') + elapsedMs),
    monotonicMs: () => 1_000_000 + elapsedMs,
    sleep: (ms, signal) => systemClock.sleep(ms, signal),
    advance: (ms) => void (elapsedMs += ms),
  };
}

export interface Fixture {
  readonly app: App;
  readonly deps: AppDeps;
  readonly clock: TestClock;
  readonly folder: string;
  /** Every line on the console, at debug level. */
  readonly logLines: string[];
  /** The first key, registered at once. */
  readonly key: string;
  readonly headers: { readonly 'x-proxbox-api-key': string };
}

/** The least that bcrypt knows: hashing itself is tested elsewhere, at its real cost. */
const bcryptCost = 4;

export const testKey = 'first-key-first-key-first-key-first-key';

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

export interface FixtureOptions {
  readonly variables?: Readonly<Record<string, string>>;
  /** Default true. */
  readonly withKey?: boolean;
  /** Runs after the application was closed. */
  readonly cleanup?: () => Promise<void>;
  readonly change?: (deps: AppDeps) => Partial<AppDeps>;
}

export async function anApp({
  variables = {},
  withKey = true,
  change,
  cleanup,
}: FixtureOptions = {}): Promise<Fixture> {
  const folder = mkdtempSync(path.join(tmpdir(), 'proxbox-http-'));
  const logLines: string[] = [];
  const clock = testClock();
  const { env, refusals } = parseEnv({
    PROXBOX_DATABASE_PATH: path.join(folder, 'database.db'),
    PROXBOX_ENCRYPTION_KEY: 'a-key-for-tests-of-enough-characters',
    PROXBOX_GENERATED_DIR: path.join(folder, 'schemas'),
    PROXBOX_LOG_LEVEL: 'DEBUG',
    PROXBOX_SKIP_NETBOX_BOOTSTRAP: '1',
    PROXBOX_RATE_LIMIT: '100000',
    ...variables,
  });
  if (refusals.length > 0) throw new Error(refusals.join());
  const made = createDeps({ env, clock, console: { write: (line) => void logLines.push(line) }, bcryptCost });
  const deps = { ...made, ...change?.(made) };
  const app = await buildApp(deps);
  cleanups.push(async () => {
    await app.close();
    await cleanup?.();
    rmSync(folder, { recursive: true });
  });
  if (withKey) await deps.apiKeys.register(testKey, 'test');
  return { app, deps, clock, folder, logLines, key: testKey, headers: { 'x-proxbox-api-key': testKey } };
}
