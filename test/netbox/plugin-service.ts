/** The service in this process, with an empty database and real time. */
import { buildApp } from '../../src/app.js';
import { variablesFor } from '../../src/cli/service-process.js';
import { parseEnv } from '../../src/config/env.js';
import { createDeps } from '../../src/deps.js';

export interface LocalService {
  readonly url: string;
  stop(): Promise<void>;
}

/** @param folder holds its database */
export async function startLocalService(folder: string): Promise<LocalService> {
  const { env } = parseEnv({ ...variablesFor(folder), PROXBOX_BIND_HOST: '127.0.0.1' });
  const app = await buildApp(createDeps({ env, bcryptCost: 4, console: { write: () => true } }));
  const url = await app.listen({ port: 0, host: '127.0.0.1' });
  return { url, stop: () => app.close() };
}
