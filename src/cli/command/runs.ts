/** `proxbox-api runs`: what was done, and what became of every object. */
import type { Command } from 'commander';
import { z } from 'zod';
import { exitStatus } from '../exit-status.js';
import { renderTable } from '../table.js';
import { connected } from './connect.js';
import { askJson, type Connection } from './connection.js';
import { runAndEnd } from './ending.js';
import { print, printJson, type Told } from './output.js';

const Counts = z.record(z.string(), z.number());
const Run = z.looseObject({
  id: z.string(),
  kind: z.string(),
  trigger: z.string(),
  status: z.string(),
  message: z.string().nullable(),
  totals: z.record(z.string(), Counts),
  started_at: z.string(),
  seconds: z.number(),
});
const Stage = z.looseObject({ title: z.string(), status: z.string(), counts: Counts, seconds: z.number() });
const Item = z.looseObject({
  kind: z.string(),
  label: z.string(),
  outcome: z.string(),
  reason: z.string().nullable(),
  message: z.string().nullable(),
});
const Page = z.looseObject({ runs: z.array(Run) });
const WholeRun = Run.extend({ stages: z.array(Stage) });
const Compared = z.looseObject({ count: z.number(), items: z.array(Item) });
const Comparison = z.looseObject({
  before: Run.nullable(),
  appeared: Compared,
  ended: Compared,
  remaining: z.number(),
});
const Items = z.looseObject({ items: z.array(Item), next_cursor: z.number().nullable() });

const outcomes = ['created', 'updated', 'deleted', 'skipped', 'failed'] as const;

interface RunsOptions {
  readonly limit?: string;
  readonly status?: string;
  readonly kind?: string;
  readonly outcome?: string;
  readonly reason?: string;
  readonly json?: true;
}

async function runs(id: string | undefined, options: RunsOptions): Promise<number> {
  return connected('look', (connection) =>
    id === undefined ? listRuns(connection, options) : showRun(connection, id, options),
  );
}

async function listRuns(connection: Connection, { limit = '20', status, kind, json }: RunsOptions): Promise<number> {
  const page = await askJson(connection, { path: '/runs', query: { limit, status, kind } }, Page);
  if (json === true) printJson(page.runs);
  else if (page.runs.length === 0) print('No run is recorded yet.');
  else print(renderTable(['run', 'kind', 'begun by', 'at', 'status', 's', ...outcomes], page.runs.map(runRow)));
  return exitStatus.ok;
}

function runRow({ id, kind, trigger, started_at: at, status, seconds, totals }: z.infer<typeof Run>) {
  const all = Object.values(totals);
  const sums = outcomes.map((outcome) => all.reduce((sum, counts) => sum + (counts[outcome] ?? 0), 0));
  return [id, kind, trigger, at.slice(0, 19).replace('T', ' '), status, seconds.toFixed(1), ...sums];
}

/** What was left out and what failed, unless something else is asked for. */
async function showRun(connection: Connection, id: string, options: RunsOptions): Promise<number> {
  const { outcome, reason, kind, limit = '50', json } = options;
  const path = `/runs/${encodeURIComponent(id)}`;
  const run = await askJson(connection, { path }, WholeRun);
  const asked = outcome === undefined ? ['failed', 'skipped'] : [outcome];
  const pages = await Promise.all(
    asked.map((one) =>
      askJson(connection, { path: `${path}/items`, query: { outcome: one, reason, kind, limit } }, Items),
    ),
  );
  const items = pages.flatMap((page) => page.items);
  const comparison = await askJson(connection, { path: `${path}/comparison` }, Comparison);
  if (json === true) printJson({ ...run, items, comparison });
  else {
    print(`${run.kind} ${run.id}: ${run.status}${run.message === null ? '' : `. ${run.message}`}`);
    print(renderTable(['stage', 'status', 's', ...outcomes], run.stages.map(stageRow)));
    items.forEach((item) => print(itemLine(item)));
    if (pages.some(({ next_cursor: next }) => next !== null)) print('There are more: --limit, --reason, --kind.');
    comparisonLines(comparison).forEach(print);
  }
  return exitStatus.ok;
}

function stageRow({ title, status, counts, seconds }: z.infer<typeof Stage>) {
  return [title, status, seconds.toFixed(1), ...outcomes.map((outcome) => counts[outcome] ?? 0)];
}

function itemLine({ kind, label, outcome, reason, message }: z.infer<typeof Item>): string {
  const why = [reason, message].filter((text) => text !== null).join(': ');
  return `${outcome} ${kind} ${label}${why === '' ? '' : `\n    ${why}`}`;
}

function comparisonLines({ before, appeared, ended, remaining }: z.infer<typeof Comparison>): readonly string[] {
  if (before === null) return [];
  return [
    `Beside the run before (${before.id}): ${appeared.count} new, ${ended.count} gone, ${remaining} as before.`,
    ...appeared.items.map((item) => `new: ${itemLine(item)}`),
    ...ended.items.map((item) => `gone: ${itemLine(item)}`),
  ];
}

export function addRuns(program: Command, told: Told): void {
  program
    .command('runs')
    .summary('what runs did')
    .description(
      'Lists runs, the newest first; with an id: its stages, every object that failed or was left out, and what of that is new.',
    )
    .argument('[run]', 'id of one run')
    .option('--limit <n>', 'as many at most (20 runs, 50 objects)')
    .option('--status <status>', 'runs that ended so: completed, partial, failed, cancelled, interrupted')
    .option('--kind <kind>', 'runs of this kind, such as full-update; of one run: objects of this kind')
    .option('--outcome <outcome>', `of one run: ${outcomes.join(', ')}`)
    .option('--reason <code>', 'of one run: a reason of docs/errors.md')
    .option('--json', 'as JSON')
    .action(runAndEnd(told, runs));
}
