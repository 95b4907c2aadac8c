/** What a plan has to know about rows that are to go, and did not: read once in a stage, and only where it decides. */
import { objectKey, type Asks, type JudgedKind, type Plan, type Warning } from '../types.js';
import type { JournalFact, Learnt } from '../plan/ownership.js';
import { ownEntry } from '../plan/own-texts.js';
import type { RunContext } from '../run-context.js';
import { loadIfAllowed } from './machine-rows.js';

/** The plan itself, or the one that is made with what it asks for: then nothing is deleted of which it did not know all. */
export async function withAnswers(
  plan: Plan,
  run: RunContext,
  planAgain: (run: RunContext) => Promise<Plan>,
): Promise<Plan> {
  const warnings: Warning[] = [];
  let learnt: Learnt = {};
  let current = plan;
  while (isWaiting(current)) {
    const before = learnt;
    learnt = await learnJournals(run, current, await learnFieldDefaults(run, current, learnt, warnings), warnings);
    if (learnt === before) throw new Error(`The plan of ${plan.stage} asks again for what it was told.`);
    current = await planAgain({ ...run, learnt });
  }
  return warnings.length === 0 ? current : { ...current, warnings: [...current.warnings, ...warnings] };
}

function isWaiting(plan: Plan): boolean {
  return plan.asks?.fieldDefaults === true || journalsAskedBy(plan).size > 0;
}

/** Nobody is asked where nothing is to be deleted. */
function journalsAskedBy({ asks, changes }: Plan): Asks['journalsOf'] {
  return asks !== undefined && changes.some(({ action }) => action === 'delete') ? asks.journalsOf : new Map();
}

/** What NetBox gives custom fields by itself. */
async function learnFieldDefaults(
  run: RunContext,
  { asks }: Plan,
  learnt: Learnt,
  warnings: Warning[],
): Promise<Learnt> {
  if (asks?.fieldDefaults !== true || learnt.customFieldDefaults !== undefined) return learnt;
  const without = 'Rows with a value in a custom field are not deleted.';
  const fields = await loadIfAllowed(run, warnings, { kind: 'custom-field', without }, () =>
    run.collections.load('custom-field', {}),
  );
  return { ...learnt, customFieldDefaults: new Map((fields ?? []).map((field) => [field.name, field.default])) };
}

const modelOf: Readonly<Record<JudgedKind, string>> = {
  'ip-address': 'ipam.ipaddress',
  'mac-address': 'dcim.macaddress',
  'virtual-disk': 'virtualization.virtualdisk',
  'virtual-machine': 'virtualization.virtualmachine',
  snapshot: 'netbox_proxbox.vmsnapshot',
  backup: 'netbox_proxbox.vmbackup',
};

const right =
  'Rows whose objects are gone from Proxmox are not deleted, as NetBox would delete what an operator wrote into their journals: give the user of the token the permission to view journal entries (extras.view_journalentry).';

/** Who wrote into the journals of rows that may go, kind by kind; once one is refused, the others are not asked for. */
async function learnJournals(run: RunContext, plan: Plan, learnt: Learnt, warnings: Warning[]): Promise<Learnt> {
  const journals = new Map(learnt.journals);
  for (const [kind, ids] of journalsAskedBy(plan)) {
    const of = [...ids].filter((id) => !journals.has(objectKey(kind, `${id}`))).sort((a, b) => a - b);
    const isRefused = [...journals.values()].includes('hidden');
    const written = isRefused ? undefined : await writtenOf(run, warnings, kind, of);
    for (const id of of) journals.set(objectKey(kind, `${id}`), factOf(id, written));
  }
  return journals.size === (learnt.journals?.size ?? 0) ? learnt : { ...learnt, journals };
}

function factOf(id: number, written: ReadonlySet<number | null> | undefined): JournalFact {
  if (written === undefined) return 'hidden';
  return written.has(id) ? 'written' : 'nothing';
}

/** Ids of the rows with an entry that no sync wrote; undefined: the entries cannot be read. */
async function writtenOf(
  run: RunContext,
  warnings: Warning[],
  ...[kind, of]: [kind: JudgedKind, of: readonly number[]]
): Promise<ReadonlySet<number | null> | undefined> {
  const entries = await loadIfAllowed(run, warnings, { kind: 'journal-entry', without: right }, () =>
    run.collections.load(
      'journal-entry',
      { assigned_object_type: modelOf[kind] },
      { filter: 'assigned_object_id', of },
      { fresh: true },
    ),
  );
  const foreign = entries?.filter(({ comments }) => !ownEntry.test(comments));
  return foreign && new Set(foreign.map(({ assigned_object_id: id }) => id));
}
