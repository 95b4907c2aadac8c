/** `proxbox-api plan` and `apply`: what a run would do, and doing just that. */
import type { Command } from 'commander';
import { z } from 'zod';
import { exitStatus } from '../exit-status.js';
import { connected } from './connect.js';
import { askJson, askText, type Connection } from './connection.js';
import { runAndEnd } from './ending.js';
import { print, printJson, type Told } from './output.js';
import { queryOf, scopeOptions, type ScopeOptions } from './scope.js';
import { statusOf } from './sync.js';

const Plan = z.looseObject({ id: z.string(), status: z.string(), drift: z.number() });
const Applied = z.looseObject({
  status: z.string().optional(),
  message: z.string().optional(),
  run_id: z.string().optional(),
  differences: z.array(z.looseObject({ kind: z.string(), label: z.string() })).optional(),
});

interface PlanOptions extends ScopeOptions {
  readonly json?: true;
}

async function showPlan(connection: Connection, id: string): Promise<void> {
  const path = `/plans/${encodeURIComponent(id)}`;
  process.stdout.write((await askText(connection, { path, query: { format: 'text' } })).body);
}

async function plan({ stage, json, ...scope }: PlanOptions): Promise<number> {
  return connected('sync', async (connection) => {
    const query = { ...queryOf(scope), stage };
    const made = await askJson(connection, { method: 'POST', path: '/plans', query }, Plan);
    if (json === true) printJson(made);
    else {
      await showPlan(connection, made.id);
      if (made.drift > 0) print(`\nCarry it out: proxbox-api apply ${made.id}`);
    }
    return statusOf(made.status);
  });
}

interface ApplyOptions {
  readonly allowDrift?: true;
  readonly json?: true;
}

async function apply(id: string, { allowDrift, json }: ApplyOptions): Promise<number> {
  return connected('sync', async (connection) => {
    const path = `/plans/${encodeURIComponent(id)}/apply`;
    const query = allowDrift === true ? { allow_drift: 'true' } : {};
    const done = await askJson(connection, { method: 'POST', path, query, expects: 409 }, Applied);
    if (json === true) printJson(done);
    else tellApplied(done);
    return done.status === undefined ? exitStatus.failed : statusOf(done.status);
  });
}

const mostDifferences = 20;

function tellApplied({ status, message, run_id: runId, differences = [] }: z.infer<typeof Applied>): void {
  if (status !== undefined) {
    print(`Applied: ${status}. What was done: proxbox-api runs ${runId ?? ''}`);
    return;
  }
  print(message ?? 'The plan was refused.');
  for (const { kind, label, ...rest } of differences.slice(0, mostDifferences))
    print(`  ${kind} ${label}: ${JSON.stringify(rest)}`);
  if (differences.length > mostDifferences) print(`  and ${differences.length - mostDifferences} more`);
}

export function addPlans(program: Command, told: Told): void {
  scopeOptions(program.command('plan'))
    .summary('say what a sync would do')
    .description('Plans a full update or one stage, writes nothing to NetBox, and keeps the plan for a day.')
    .option('--json', 'the plan as JSON')
    .action(runAndEnd(told, plan));
  program
    .command('apply')
    .summary('do what a plan says')
    .description('Carries out a plan; refused with what differs where NetBox or Proxmox have gone on.')
    .argument('<plan>', 'its id')
    .option('--allow-drift', 'leave out what differs by now, and do the rest')
    .option('--json', 'how it ended, as JSON')
    .action(runAndEnd(told, apply));
}
