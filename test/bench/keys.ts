/** How long good API keys wait while wrong ones arrive by the thousand; to be run on a quiet machine. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { z } from 'zod';
import { runCommand } from '../../src/cli/exit-status.js';
import { renderTable } from '../../src/cli/table.js';
import { createApiClient, type ApiClient } from '../demo/api-client.js';
import { readArguments } from '../demo/estate-arguments.js';
import { startService, variablesFor } from '../demo/service-process.js';
import { addresses, floodWithWrongKeys, type FloodResult } from './key-flood.js';

const usage = 'npm run bench:keys -- [--wrong N]';
const apiKey = 'a-key-for-counting-of-at-least-32-characters';
const floods = [1, 1000] as const;
const rawKeys = 40;

async function makeKeys(api: ApiClient): Promise<readonly string[]> {
  const Created = z.object({ raw_key: z.string() });
  const keys: string[] = [];
  for (let n = 0; n < rawKeys; n += 1) keys.push(Created.parse(await api.send('POST', '/auth/keys')).raw_key);
  return keys;
}

/** Restarted before the flood, so that nothing but the one key is known from memory. */
async function flood(wrongKeys: number, count: number): Promise<FloodResult> {
  const folder = await mkdtemp(path.join(tmpdir(), 'proxbox-keys-'));
  const variables = {
    ...variablesFor(folder),
    PROXBOX_SKIP_NETBOX_BOOTSTRAP: '1',
    PROXBOX_TRUSTED_PROXIES: '127.0.0.1',
    PROXBOX_RATE_LIMIT: '1000000',
    PROXBOX_LOG_LEVEL: 'ERROR',
  };
  let service = await startService(variables);
  try {
    await createApiClient(service.url, apiKey).send('POST', '/auth/register-key', { api_key: apiKey });
    const [worked, unused] = [
      await makeKeys(createApiClient(service.url, apiKey)),
      await makeKeys(createApiClient(service.url, apiKey)),
    ];
    for (const key of worked) await createApiClient(service.url, key).send('GET', '/version');
    await service.stop();
    service = await startService(variables);
    await createApiClient(service.url, apiKey).send('GET', '/version');
    const from = addresses(count);
    return await floodWithWrongKeys({
      url: service.url,
      wrongKeys,
      addresses: from,
      atOnce: 50,
      good: [
        { name: 'cached', address: from[0] ?? '', keys: [apiKey], every: wrongKeys / 1000 },
        { name: 'has worked before', address: from[0] ?? '', keys: worked, every: wrongKeys / rawKeys },
        { name: 'never used', address: '192.0.2.1', keys: unused, every: wrongKeys / rawKeys },
      ],
    });
  } finally {
    await service.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

function rowsOf(count: number, { good }: FloodResult): readonly (readonly (string | number)[])[] {
  return Object.entries(good).map(([name, { statuses, milliseconds }]) => {
    const sorted = milliseconds.toSorted((a, b) => a - b);
    const at = (share: number): string => (sorted[Math.ceil(sorted.length * share) - 1] ?? 0).toFixed(1);
    const refused = sorted.length - (statuses[200] ?? 0);
    return [count, name, sorted.length, refused, at(0.5), at(0.99), at(1)];
  });
}

async function keys(): Promise<number> {
  const { wrong } = readArguments({ wrong: { type: 'string', default: '10000' } }, usage);
  const rows: (readonly (string | number)[])[] = [];
  for (const count of floods) rows.push(...rowsOf(count, await flood(Number(wrong), count)));
  const heads = ['wrong keys from', 'good key', 'asked', 'refused', 'p50 ms', 'p99 ms', 'max ms'];
  process.stdout.write(`${renderTable(heads, rows)}\n`);
  return 0;
}

await runCommand(keys);
