/** The services that are compared, and how each of them is started. */
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { startService, type ServiceProcess } from '../demo/service-process.js';

export interface Contender {
  /** As the tables call it. */
  readonly name: string;
  readonly version: string;
  /** Whether a run is counted that reads everything although NetBox could say what changed. */
  readonly remembers: boolean;
  /** @param folder empty, for its database */
  start(folder: string): Promise<ServiceProcess>;
}

/** The same for both: their own database, a key, no pauses between batches, and nothing but warnings in the log. */
const variablesIn = (folder: string): Readonly<Record<string, string>> => ({
  PROXBOX_DATABASE_PATH: path.join(folder, 'database.db'),
  PROXBOX_ENCRYPTION_KEY: randomBytes(32).toString('base64url'),
  PROXBOX_BULK_BATCH_DELAY_MS: '0',
  PROXBOX_BACKUP_BATCH_DELAY_MS: '0',
  PROXBOX_INTERFACE_BATCH_DELAY_MS: '0',
  PROXBOX_SKIP_NETBOX_BOOTSTRAP: '1',
  PROXBOX_LOG_LEVEL: 'WARNING',
});

/** This service with `width` requests at NetBox at once; 1 is its default. */
export function thisService(width: number): Contender {
  const { version } = z.object({ version: z.string() }).parse(JSON.parse(readFileSync('package.json', 'utf8')));
  const wide = {
    PROXBOX_NETBOX_MAX_CONCURRENT: String(width),
    PROXBOX_NETBOX_WRITE_CONCURRENCY: String(width),
    PROXBOX_VM_SYNC_MAX_CONCURRENCY: String(width),
  };
  return {
    name: width === 1 ? 'ours' : `ours, ${width} at once`,
    version,
    remembers: true,
    start: (folder) => startService({ ...variablesIn(folder), ...(width === 1 ? {} : wide) }),
  };
}

/** The Python service, with the settings that it takes from the same variables. */
export function pythonService(python: string, version: string): Contender {
  return {
    name: 'Python',
    version,
    remembers: false,
    start: (folder) =>
      startService(
        { ...variablesIn(folder), OTEL_SDK_DISABLED: 'true' },
        {
          program: (port) => ({
            command: python,
            args: ['-m', 'uvicorn', 'proxbox_api.main:app', '--host', '127.0.0.1', '--port', String(port)],
          }),
        },
      ),
  };
}
