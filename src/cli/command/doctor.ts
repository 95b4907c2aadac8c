/** `proxbox-api doctor`: what is wrong between the service and Proxmox, or NetBox, and how to mend it. */
import { Argument, type Command } from 'commander';
import { exitStatus, UsageError } from '../exit-status.js';
import { connected } from './connect.js';
import { askText } from './connection.js';
import { runAndEnd } from './ending.js';
import type { Told } from './output.js';

interface DoctorOptions {
  readonly endpointIds?: string;
  readonly source?: string;
  readonly json?: true;
}

type Side = 'proxmox' | 'netbox';

async function doctor(side: Side, { endpointIds, source, json }: DoctorOptions): Promise<number> {
  if (side === 'netbox' && (endpointIds ?? source) !== undefined)
    throw new UsageError('--endpoint-ids and --source are about Proxmox; there is one NetBox.');
  return connected('examine', async (connection) => {
    const query = { proxmox_endpoint_ids: endpointIds, source, format: json === true ? 'json' : 'text' };
    const { body, header } = await askText(connection, { path: `/${side}/doctor`, query });
    process.stdout.write(json === true ? `${JSON.stringify(JSON.parse(body), null, 2)}\n` : body);
    return header('x-proxbox-status') === 'completed' ? exitStatus.ok : exitStatus.failed;
  });
}

export function addDoctor(program: Command, told: Told): void {
  program
    .command('doctor')
    .summary('examine the endpoints, or NetBox')
    .description(
      'Examines the stored Proxmox endpoints, or NetBox, as the service would use them, and writes nothing. Exit status: 0 all is well, 1 not.',
    )
    .addArgument(new Argument('[side]', 'what to examine').choices(['proxmox', 'netbox']).default('proxmox'))
    .option('--endpoint-ids <ids>', 'of Proxmox, by comma; without it: every enabled one')
    .option('--source <source>', 'of Proxmox: whose ids are meant: database or netbox')
    .option('--json', 'the report as JSON')
    .action(runAndEnd(told, doctor));
}
