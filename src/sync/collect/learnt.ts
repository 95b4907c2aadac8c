/** What a plan has to know about rows that are to go, and did not: read once in a stage, and only where it decides. */
import type { ObjectKind } from '../../netbox/kinds/index.js';
import { modelOf } from '../../netbox/kinds/models.js';
import type { Learnt } from '../plan/ownership.js';
import type { RunContext } from '../run-context.js';
import { objectKey, type Asks, type JudgedKind, type Plan, type Warning } from '../types.js';
import { attachments } from './attachments.js';
import { loadIfAllowed } from './machine-rows.js';

/** The plan itself, or the one that is made with what it asks for: then nothing is deleted of which it did not know all. */
export async function withAnswers(
  plan: Plan,
  run: RunContext,
  planAgain: (run: RunContext) => Promise<Plan>,
): Promise<Plan> {
  const warnings: Warning[] = [];
  const looking: Looking = { refused: new Set(), warnings };
  let learnt: Learnt = {};
  let current = plan;
  while (isWaiting(current)) {
    const before = learnt;
    const defaults = await learnFieldDefaults(run, current, learnt, warnings);
    learnt = await learnAttached(run, current, defaults, looking);
    if (learnt === before) throw new Error(`The plan of ${plan.stage} asks again for what it was told.`);
    current = await planAgain({ ...run, learnt });
  }
  return warnings.length === 0 ? current : { ...current, warnings: [...current.warnings, ...warnings] };
}

function isWaiting(plan: Plan): boolean {
  return plan.asks?.fieldDefaults === true || attachedAskedBy(plan).size > 0;
}

/** Nobody is asked where nothing is to be deleted. */
function attachedAskedBy({ asks, changes }: Plan): Asks['attachedTo'] {
  return asks !== undefined && changes.some(({ action }) => action === 'delete') ? asks.attachedTo : new Map();
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

/** What hangs on rows that may go, kind by kind. */
async function learnAttached(run: RunContext, plan: Plan, learnt: Learnt, looking: Looking): Promise<Learnt> {
  const attached = new Map(learnt.attached);
  const inDoubt = new Map(learnt.inDoubt);
  for (const [kind, ids] of attachedAskedBy(plan)) {
    const rows = [...ids].filter((id) => !attached.has(objectKey(kind, `${id}`))).sort((a, b) => a - b);
    for (const [id, { known, doubts }] of await attachedTo(run, kind, rows, looking)) {
      attached.set(objectKey(kind, `${id}`), [...known, ...doubts]);
      if (doubts.length > 0) inDoubt.set(objectKey(kind, `${id}`), doubts);
    }
  }
  return attached.size === (learnt.attached?.size ?? 0) ? learnt : { ...learnt, attached, inDoubt };
}

interface Looking {
  /** Kinds that the token may not view: not asked for again in the stage. */
  readonly refused: Set<ObjectKind>;
  readonly warnings: Warning[];
}

interface Attached {
  readonly known: string[];
  readonly doubts: string[];
}

/** By id of the row, in words for a sentence. */
async function attachedTo(
  run: RunContext,
  ...[kind, rows, { refused, warnings }]: [kind: JudgedKind, rows: readonly number[], looking: Looking]
): Promise<ReadonlyMap<number, Attached>> {
  const model = modelOf(kind);
  const found = new Map<number, Attached>(rows.map((id) => [id, { known: [], doubts: [] }]));
  for (const { kind: what, ...one } of attachments[kind]) {
    const without = `Rows whose objects are gone from Proxmox are not deleted, as NetBox would delete ${one.words} of an operator along with them: give the user of the token the permission to view it (${one.right}).`;
    const load = () => loadIfAllowed(run, warnings, { kind: what, without }, () => one.holders(run, model, rows));
    const holders = refused.has(what) ? undefined : await load();
    if (holders === undefined) refused.add(what);
    for (const id of new Set(holders)) found.get(id ?? -1)?.known.push(one.words);
    if (holders === undefined)
      for (const { doubts } of found.values()) doubts.push(`perhaps ${one.words}, which cannot be read`);
  }
  return found;
}
