/** `proxbox-api sync`: a full update or one stage, told line by line, with the status of the run as exit status. */
import type { Command } from 'commander';
import { z } from 'zod';
import { stageTable } from '../../sync/stages/index.js';
import { exitStatus } from '../exit-status.js';
import { connected } from './connect.js';
import { askFrames, type Frame } from './connection.js';
import { runAndEnd } from './ending.js';
import { print, printJson, type Told } from './output.js';
import { queryOf, scopeOptions, type ScopeOptions } from './scope.js';

interface SyncOptions extends ScopeOptions {
  readonly dryRun?: true;
  readonly json?: true;
}

const ErrorGroup = z.looseObject({
  detail: z.string(),
  count: z.number().default(1),
  examples: z.array(z.string()).default([]),
  suggestion: z.string().default(''),
});
const Complete = z.looseObject({
  ok: z.boolean(),
  message: z.string(),
  result: z.looseObject({ status: z.string().default('failed') }).nullable(),
  errors: z.array(ErrorGroup).default([]),
});

function streamOf(stage: string | undefined): string {
  const entry = stageTable.find((one) => one.stage.name === stage);
  return `${entry?.path ?? '/full-update'}/stream`;
}

/** Of a run that ended. */
export function statusOf(status: string): number {
  if (status === 'completed') return exitStatus.ok;
  return status === 'partial' ? exitStatus.partial : exitStatus.failed;
}

const textIn = (data: Frame['data'], field: string): string => {
  const value = data[field];
  return typeof value === 'string' ? value : '';
};

/** What of a run an operator reads while it goes: its id, what it waits for, and how each stage ended. */
const lines: Readonly<Record<string, (data: Frame['data']) => string>> = {
  step: (data) => (data['status'] === 'progress' ? textIn(data, 'message') : ''),
  phase_summary: (data) => textIn(data, 'message'),
};

function tell({ message, result, errors }: z.infer<typeof Complete>): void {
  for (const { detail, count, examples, suggestion } of errors) {
    const who =
      examples.length === 0 ? '' : ` (${count}: ${examples.join(', ')}${count > examples.length ? ', ...' : ''})`;
    print(`! ${detail}${who}`);
    if (suggestion !== '') print(`    ${suggestion}`);
  }
  print(message);
  const id = result?.['run_id'];
  if (errors.length > 0 && typeof id === 'string') print(`Every object: proxbox-api runs ${id}`);
}

async function sync({ stage, dryRun, json, ...scope }: SyncOptions): Promise<number> {
  const path = streamOf(stage);
  const query = { ...queryOf(scope), ...(dryRun === true ? { dry_run: 'true' } : {}) };
  return connected('sync', async (connection) => {
    let complete: z.infer<typeof Complete> | undefined;
    for await (const { event, data } of askFrames(connection, { path, query })) {
      if (event === 'complete') complete = Complete.parse(data);
      const line = lines[event]?.(data) ?? '';
      if (json !== true && line !== '') print(line);
    }
    if (complete === undefined)
      throw new Error('The stream ended before the run did: the log of the service says why.');
    if (json === true) printJson(complete);
    else tell(complete);
    return statusOf(complete.result?.status ?? 'failed');
  });
}

export function addSync(program: Command, told: Told): void {
  scopeOptions(program.command('sync'))
    .summary('sync now')
    .description(
      'Syncs Proxmox to NetBox: a full update, or one stage. Exit status: 0 completed, 2 in part, 1 failed, 64 called wrongly.',
    )
    .option('--dry-run', 'write nothing, and say what would be done')
    .option('--json', 'how it ended, as JSON')
    .action(runAndEnd(told, sync));
}
