/**
 * `npm run doctor -- proxmox`: the diagnosis of the stored Proxmox endpoints, with the environment and the database of the
 * service, which may run meanwhile. The database is read, never written. Ends with status 0 when all is well, 1 when not,
 * 2 when it was called wrongly.
 */
import { parseEnv } from '../config/env.js';
import { openDatabaseCopy } from '../db/open.js';
import { createDeps, type AppDeps } from '../compose/deps.js';
import { reportText } from '../proxmox-doctor/text.js';
import { resolveStartKey } from '../compose/start-key.js';
import { readWords, runCommand, UsageError } from './arguments.js';

const usage = 'npm run doctor -- proxmox [--endpoint-ids 1,2] [--source database|netbox] [--json]';

const options = {
  'endpoint-ids': { type: 'string' },
  source: { type: 'string' },
  json: { type: 'boolean', default: false },
} as const;

function openService(): AppDeps {
  const { env, refusals } = parseEnv(process.env);
  if (refusals.length > 0) throw new Error(refusals.join(' '));
  return createDeps({
    env: { ...env, logLevel: env.logLevel === 'DEBUG' ? 'DEBUG' : 'ERROR' },
    openDatabase: openDatabaseCopy,
    // Standard output is the report's.
    console: { write: (line) => void process.stderr.write(line) },
  });
}

async function examine(): Promise<number> {
  const { values, positionals } = readWords(options, usage);
  if (positionals.length !== 1 || positionals[0] !== 'proxmox')
    throw new UsageError(`Say what to examine: proxmox.\nUsage: ${usage}`);
  const deps = openService();
  try {
    // As at the start of the service: the key that reads the credentials may be in the settings of the plugin.
    await resolveStartKey(deps);
    await deps.settings.refresh({ maxAgeMs: 60_000, budgetMs: 2_000 });
    const report = await deps.proxmoxDoctor.examine({
      proxmox_endpoint_ids: values['endpoint-ids'],
      source: values.source,
    });
    process.stdout.write(values.json ? `${JSON.stringify(report, null, 2)}\n` : reportText(report));
    return report.ok ? 0 : 1;
  } finally {
    await deps.close();
  }
}

await runCommand(examine);
