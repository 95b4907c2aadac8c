/** The commands about API schemas of Proxmox releases. See docs/proxmox-schema.md. */
import { parseEnv } from '../config/env.js';
import { packageVersion } from '../config/version.js';
import { UsageError } from './exit-status.js';
import { generateSchema } from './schema-generate.js';
import { listSchemas, showStatus } from './schema-show.js';

const usage = `Usage: proxbox-schema <command> [options]

  generate <version_tag>     read the API viewer of Proxmox VE and store its schema under that name (9.1, latest)
      --node HOST[:PORT]     read it from a node (port 8006)
      --from-endpoint NAME   read it from a stored endpoint; the version_tag may be left out
      --source-url URL       read it from there; without a source: the viewer of the current release on pve.proxmox.com
      --file FILE            read a saved apidoc.js
      --insecure             accept any TLS certificate
      --ca-file FILE         trust the authorities of this PEM file as well
      --force                replace a schema that exists
      --output-dir DIR       instead of PROXBOX_GENERATED_DIR
      --retry-count N        repeat after a failure that may pass (2)
      --retry-backoff S      seconds before the first repetition (0.35)
      --timeout S            seconds for one try (60)
      --json                 the result as JSON
  list                       name, size and file of every schema; status 1 when there is none
  status [version_tag]       what is in them, and what cannot be used; status 1 when something cannot
      --output-dir DIR, --json  as above
  --version                  of this program
`;

/** Answers the exit status. @throws UsageError, SchemaProblem */
export async function schemaCommand([command, ...rest]: readonly string[]): Promise<number> {
  if (command === undefined || command === '--help' || command === '-h' || command === 'help') {
    process.stdout.write(usage);
    return 0;
  }
  if (command === '--version' || command === '-V') {
    process.stdout.write(`${packageVersion()}\n`);
    return 0;
  }
  const { env } = parseEnv(process.env);
  if (command === 'generate') return generateSchema(rest, env);
  if (command === 'list') return listSchemas(rest, env);
  if (command === 'status') return showStatus(rest, env);
  throw new UsageError(`Unknown command "${command}".\n${usage}`);
}
