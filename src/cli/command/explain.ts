/** `proxbox-api explain`: why the machine of a guest is as it is. */
import type { Command } from 'commander';
import { z } from 'zod';
import { exitStatus } from '../exit-status.js';
import { connected } from './connect.js';
import { askJson } from './connection.js';
import { runAndEnd } from './ending.js';
import { print, printJson, type Told } from './output.js';

const Finding = z.looseObject({ reason: z.string(), message: z.string(), suggestion: z.string().nullable() });
const Field = z.looseObject({
  field: z.string(),
  proxmox: z.unknown(),
  netbox: z.unknown(),
  setting: z.string().nullable(),
  verdict: z.string(),
});
const Verdict = z.looseObject({
  kind: z.string(),
  label: z.string(),
  verdict: z.string(),
  suggestion: z.string().nullable(),
  fields: z.array(Field),
});
const Event = z.looseObject({
  at: z.string(),
  run_id: z.string(),
  kind: z.string(),
  label: z.string(),
  outcome: z.string(),
  message: z.string().nullable(),
});
const Explanation = z.looseObject({
  machine: z.looseObject({ netbox_id: z.number(), name: z.string() }),
  recognised_by: z.string(),
  summary: z.string(),
  objects: z.array(Verdict),
  findings: z.array(Finding),
  history: z.array(Event),
});

interface ExplainOptions {
  readonly endpoint?: string;
  readonly json?: true;
}

async function explain(vmid: string, { endpoint, json }: ExplainOptions): Promise<number> {
  return connected('examine', async (connection) => {
    const path = `/explain/guest/${encodeURIComponent(vmid)}`;
    const told = await askJson(connection, { path, query: { endpoint } }, Explanation);
    if (json === true) printJson(told);
    else tell(told);
    return exitStatus.ok;
  });
}

/** What is as Proxmox has it is not listed field by field. */
const asItShouldBe = 'As Proxmox has it.';

function tell({ machine, recognised_by: how, summary, objects, findings, history }: z.infer<typeof Explanation>): void {
  print(`${machine.name} (NetBox id ${machine.netbox_id}). ${summary}`);
  print(how);
  for (const { reason, message, suggestion } of findings) {
    print(`! ${reason}: ${message}`);
    if (suggestion !== null) print(`    ${suggestion}`);
  }
  for (const { kind, label, verdict, suggestion, fields } of objects) {
    print(`\n${kind} ${label}: ${verdict}`);
    if (suggestion !== null) print(`    ${suggestion}`);
    for (const field of fields.filter((one) => one.verdict !== asItShouldBe)) print(fieldLine(field));
  }
  if (history.length > 0) print('\nWhat runs did to it');
  for (const { at, outcome, kind, label, message } of history)
    print(
      `  ${at.slice(0, 19).replace('T', ' ')}  ${outcome} ${kind} ${label}${message === null ? '' : `: ${message}`}`,
    );
}

function fieldLine({ field, proxmox, netbox, setting, verdict }: z.infer<typeof Field>): string {
  const by = setting === null ? '' : ` (${setting})`;
  return `  ${field}: ${JSON.stringify(netbox)} in NetBox, ${JSON.stringify(proxmox)} in Proxmox. ${verdict}${by}`;
}

export function addExplain(program: Command, told: Told): void {
  program
    .command('explain')
    .summary('why a machine is as it is')
    .description(
      'Looks at one guest in Proxmox and at its machine in NetBox, and says why each field is as it is. Writes nothing.',
    )
    .argument('<vmid>', 'of the guest')
    .option('--endpoint <id>', 'stored Proxmox endpoint, where several guests have the VMID')
    .option('--json', 'as JSON')
    .action(runAndEnd(told, explain));
}
