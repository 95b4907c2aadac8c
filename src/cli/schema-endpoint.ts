/** A stored endpoint as source of a schema: its address and certificate rule, and the release it runs. */
import { existsSync } from 'node:fs';
import type { Env } from '../config/env.js';
import { createDeps } from '../compose/deps.js';
import { openDatabaseCopy } from '../db/open.js';
import { errorText } from '../errors/proxbox-error.js';
import { hostPortText } from '../proxmox/host.js';
import { SchemaProblem } from '../proxmox-schema/problem.js';

export interface EndpointSource {
  /** `host:port` */
  readonly host: string;
  readonly verifyTls: boolean;
  readonly release: string;
}

/**
 * Logs in with the stored credentials, as the service would.
 * @throws SchemaProblem when there is no such endpoint, or it cannot be reached
 */
export async function readEndpoint(name: string, env: Env): Promise<EndpointSource> {
  if (!existsSync(env.databasePath)) {
    throw new SchemaProblem(`There is no database ${env.databasePath}. Set PROXBOX_DATABASE_PATH as for the service.`);
  }
  // The service may be running with the database.
  const deps = createDeps({ env, openDatabase: openDatabaseCopy, console: { write: () => undefined } });
  try {
    const endpoints = deps.proxmoxEndpoints.all();
    const endpoint = endpoints.find((row) => row.name === name) ?? endpoints.find((row) => String(row.id) === name);
    if (endpoint === undefined) {
      const known = endpoints.map((row) => `'${row.name}'`).join(', ');
      throw new SchemaProblem(
        `There is no Proxmox endpoint '${name}'. ${known === '' ? 'None is stored.' : `Stored: ${known}.`}`,
      );
    }
    const session = await deps.proxmoxSessions.open(endpoint, deps.proxmoxEndpoints.credentials(endpoint.id));
    return { host: hostPortText(session), verifyTls: endpoint.verifySsl, release: session.version.release };
  } catch (error) {
    throw error instanceof SchemaProblem ? error : new SchemaProblem(errorText(error));
  } finally {
    await deps.close();
  }
}
