/** `proxbox-api keys`, `endpoints` and `backup`: what the database of the service holds. */
import type { Command } from 'commander';
import { z } from 'zod';
import { backUp } from '../../db/backup.js';
import { exitStatus } from '../exit-status.js';
import { renderTable } from '../table.js';
import { connected, readEnvironment } from './connect.js';
import { askJson, askText } from './connection.js';
import { runAndEnd } from './ending.js';
import { print, printJson, type Told } from './output.js';

interface Json {
  readonly json?: true;
}

const Key = z.object({ id: z.number(), label: z.string(), is_active: z.boolean(), created_at: z.number() });

async function listKeys({ json }: Json): Promise<number> {
  return connected('look', async (connection) => {
    const { keys } = await askJson(connection, { path: '/auth/keys' }, z.object({ keys: z.array(Key) }));
    if (json === true) printJson(keys);
    else if (keys.length === 0) print('No API key is stored. Make one: proxbox-api keys add');
    else
      print(
        renderTable(
          ['id', 'active', 'created', 'label'],
          keys.map((key) => [
            key.id,
            key.is_active ? 'yes' : 'no',
            new Date(key.created_at * 1000).toISOString().slice(0, 19),
            key.label,
          ]),
        ),
      );
    return exitStatus.ok;
  });
}

async function addKey({ label, json }: Json & { readonly label: string }): Promise<number> {
  return connected('change', async (connection) => {
    const call = { method: 'POST', path: '/auth/keys', body: { label } } as const;
    const made = await askJson(connection, call, Key.extend({ raw_key: z.string() }));
    if (json === true) printJson(made);
    else {
      process.stderr.write(`Key ${made.id}; it is shown this once:\n`);
      print(made.raw_key);
    }
    return exitStatus.ok;
  });
}

async function revokeKey(id: string): Promise<number> {
  return connected('change', async (connection) => {
    await askText(connection, { method: 'DELETE', path: `/auth/keys/${encodeURIComponent(id)}` });
    print(`Key ${id} is deleted, and lets nobody in from now on.`);
    return exitStatus.ok;
  });
}

const Endpoint = z.looseObject({
  id: z.number(),
  name: z.string(),
  ip_address: z.string().nullish(),
  domain: z.string().nullish(),
  port: z.number().nullish(),
  enabled: z.boolean().nullish(),
  verify_ssl: z.boolean().nullish(),
  allow_writes: z.boolean().nullish(),
});

const flag = (value: boolean | null | undefined): string =>
  value === undefined || value === null ? '' : value ? 'yes' : 'no';

async function listEndpoints({ json }: Json): Promise<number> {
  return connected('look', async (connection) => {
    const ask = (path: string) => askJson(connection, { path }, z.array(Endpoint));
    const netbox = await ask('/netbox/endpoint');
    const proxmox = await ask('/proxmox/endpoints');
    if (json === true) printJson({ netbox, proxmox });
    else {
      const rows = [
        ...netbox.map((one) => ['NetBox', one] as const),
        ...proxmox.map((one) => ['Proxmox', one] as const),
      ];
      print(
        renderTable(
          ['', 'id', 'name', 'address', 'port', 'enabled', 'TLS checked', 'writes'],
          rows.map(([side, one]) => [
            side,
            one.id,
            one.name,
            one.domain || one.ip_address || '',
            one.port ?? '',
            flag(one.enabled),
            flag(one.verify_ssl),
            flag(one.allow_writes),
          ]),
        ),
      );
    }
    return exitStatus.ok;
  });
}

async function backup(file: string): Promise<number> {
  const { databasePath } = readEnvironment();
  const bytes = await backUp(databasePath, file);
  print(`${databasePath} is saved in ${file} (${bytes} bytes). Restore it: stop the service and copy it back.`);
  return exitStatus.ok;
}

export function addStored(program: Command, told: Told): void {
  const keys = program.command('keys').description('The API keys that let clients in');
  keys.command('list').description('All keys').option('--json', 'as JSON').action(runAndEnd(told, listKeys));
  keys
    .command('add')
    .description('Makes a key and shows it once')
    .option('--label <text>', 'what it is for', '')
    .option('--json', 'as JSON')
    .action(runAndEnd(told, addKey));
  keys
    .command('revoke')
    .description('Deletes a key; the last active one stays')
    .argument('<id>', 'of the key')
    .action(runAndEnd(told, revokeKey));
  const endpoints = program.command('endpoints').description('The stored endpoints, without their secrets');
  endpoints
    .command('list')
    .description('All of them')
    .option('--json', 'as JSON')
    .action(runAndEnd(told, listEndpoints));
  program
    .command('backup')
    .summary('save the database')
    .description('Saves the database in a new file, beside a running service as well. It holds encrypted credentials.')
    .argument('<file>', 'that does not exist yet')
    .action(runAndEnd(told, backup));
}
