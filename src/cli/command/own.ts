/** The application in this process, on the database of the service: for cron and Kubernetes jobs, and to look at it. */
import { randomBytes } from 'node:crypto';
import { buildApp } from '../../compose/app.js';
import { createDeps, type AppDeps } from '../../compose/deps.js';
import { resolveStartKey } from '../../compose/start-key.js';
import type { Env } from '../../config/env.js';
import { openDatabaseAlone } from '../../db/open-alone.js';
import { openDatabase, openDatabaseCopy } from '../../db/open.js';
import { targetOf, type Connection } from './connection.js';
import { callerHeaders } from './caller.js';

/**
 * What for, which decides how the database is opened: `sync` has it alone, and is refused beside a running service; `change` writes
 * a row beside it; `examine` and `look` read a copy. To sync and to examine takes the stored credentials.
 */
export type Purpose = keyof typeof openings;

const openings = {
  sync: { open: openDatabaseAlone, needsCredentials: true },
  examine: { open: openDatabaseCopy, needsCredentials: true },
  change: { open: openDatabase, needsCredentials: false },
  look: { open: openDatabaseCopy, needsCredentials: false },
} as const;

/** As at the start of the service: the key that reads the credentials may be in the settings of the plugin. */
async function readCredentials(deps: AppDeps, purpose: Purpose): Promise<void> {
  const refusal = await resolveStartKey(deps);
  if (refusal !== undefined && purpose === 'sync') throw new Error(refusal);
  await deps.settings.refresh({ maxAgeMs: 60_000, budgetMs: 2_000 });
}

/** Lets in who asks from here, by a key that exists nowhere else. */
function admitting({ apiKeys }: AppDeps, ownKey: string): AppDeps['apiKeys'] {
  return {
    ...apiKeys,
    hasActiveKey: () => true,
    isVerifiedCached: (key) => key === ownKey || apiKeys.isVerifiedCached(key),
  };
}

/** @throws ProxboxError `not_configured` when the database cannot be used; Error when credentials could not be read */
export async function openOwn(env: Env, purpose: Purpose): Promise<Connection> {
  const deps = createDeps({
    env: { ...env, logLevel: env.logLevel === 'DEBUG' ? 'DEBUG' : 'ERROR' },
    openDatabase: openings[purpose].open,
    // Standard output is the command's.
    console: { write: (line) => void process.stderr.write(line) },
    closingPauseMs: 0,
  });
  const ownKey = randomBytes(32).toString('base64url');
  try {
    if (openings[purpose].needsCredentials) await readCredentials(deps, purpose);
  } catch (error) {
    await deps.close();
    throw error;
  }
  const app = await buildApp({ ...deps, apiKeys: admitting(deps, ownKey) });
  const headers = { ...callerHeaders(), 'x-proxbox-api-key': ownKey };
  return {
    async send(call) {
      const { method = 'GET', body } = call;
      const answer = await app.inject({
        method,
        url: targetOf(call),
        headers,
        ...(body === undefined ? {} : { payload: body }),
        payloadAsStream: true,
      });
      return {
        status: answer.statusCode,
        header: (name) => String(answer.headers[name] ?? ''),
        body: answer.stream(),
      };
    },
    close: () => app.close(),
  };
}
