/** The service in this process, with an empty database and real time. */
import { buildApp } from '../../src/compose/app.js';
import { variablesFor } from '../demo/service-process.js';
import { parseEnv } from '../../src/config/env.js';
import { createDeps } from '../../src/compose/deps.js';

export interface LocalService {
  readonly url: string;
  /** Warnings it logged, and requests it refused or failed (`404 GET /path`), since the last call. */
  problems(): readonly string[];
  /** What it was asked and answered (`200 GET /path`, without queries) since the last call. */
  requests(): readonly string[];
  stop(): Promise<void>;
}

/**
 * @param folder holds its database
 * @param variables beside those that every test gives it
 */
export async function startLocalService(
  folder: string,
  variables: Readonly<Record<string, string>> = {},
): Promise<LocalService> {
  const problems: string[] = [];
  const requests: string[] = [];
  const { env } = parseEnv({ ...variablesFor(folder), PROXBOX_BIND_HOST: '127.0.0.1', ...variables });
  const console = { write: (line: string) => problems.push(line) > 0 };
  const deps = createDeps({ env, bcryptCost: 4, console });
  const app = await buildApp(deps);
  app.server.on('request', ({ method, url }, response) => {
    response.once('finish', () => {
      requests.push(`${response.statusCode} ${method} ${url?.split('?')[0]}`);
      if (response.statusCode >= 400) problems.push(`${response.statusCode} ${method} ${url}`);
    });
  });
  const url = await app.listen({ port: 0, host: '127.0.0.1' });
  deps.pluginMirror.start();
  return {
    url,
    problems: () => problems.splice(0),
    requests: () => requests.splice(0),
    stop: () => app.close(),
  };
}
