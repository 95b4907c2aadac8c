/** Where a command goes: to the service at PROXBOX_URL where that is set, else to the application in this process. */
import { parseEnv, type Env } from '../../config/env.js';
import { UsageError } from '../exit-status.js';
import type { Connection } from './connection.js';
import { openOwn, type Purpose } from './own.js';
import { connectTo } from './remote.js';

/** @throws UsageError when a variable is not usable */
export function readEnvironment(): Env {
  const { env, refusals } = parseEnv(process.env);
  if (refusals.length > 0) throw new UsageError(refusals.join(' '));
  return env;
}

/** Ends it at the end of the work, and where the operator interrupts that: the run then ends after the write in flight. */
export async function connected(purpose: Purpose, work: (connection: Connection) => Promise<number>): Promise<number> {
  const env = readEnvironment();
  const connection = env.serviceUrl === null ? await openOwn(env, purpose) : connectTo(env.serviceUrl, env);
  let ending: Promise<void> | undefined;
  const end = (): Promise<void> => (ending ??= connection.close());
  const interrupt = (): void => void end();
  const signals = ['SIGINT', 'SIGTERM'] as const;
  signals.forEach((signal) => process.once(signal, interrupt));
  try {
    return await work(connection);
  } finally {
    signals.forEach((signal) => process.removeListener(signal, interrupt));
    await end();
  }
}
