/**
 * What a plan has shown, and what a run does when it may do only that. Compared by kind, key, field and new value. Tasks,
 * backups and snapshots come and go by themselves: new ones are no difference. Pure.
 */
import type { ItemChange, ItemEntry } from '../ledger/types.js';
import { kindDefinition, type ObjectKind } from '../netbox/kinds/index.js';
import type { ChangeBook } from './change-book.js';
import { objectOf } from './plan/single-object.js';
import type { Change, Plan, Reason } from './types.js';

export type ShownChange = Pick<ItemEntry, 'kind' | 'key' | 'label' | 'changes'> & { readonly outcome: string };

/** How a change is kept: without what looks like a secret, and cut where it is very long. */
export type Keep = (change: ItemChange) => ItemChange;

export interface Difference extends Pick<ShownChange, 'kind' | 'key' | 'label'> {
  /** `created`, `updated` or `deleted`; null: nothing. */
  readonly shown: string | null;
  readonly now: string | null;
  /** Where the object is written then and now: what it would be given. */
  readonly fields: readonly { readonly field: string; readonly shown: unknown; readonly now: unknown }[];
}

const passing: ReadonlySet<string> = new Set<ObjectKind>(['task-history', 'backup', 'backup-journal', 'snapshot']);
const written: ReadonlySet<string> = new Set(['created', 'updated', 'deleted']);

/** Changes by what they change, without those that are no difference. */
export function comparedChanges(changes: readonly ShownChange[]): ReadonlyMap<string, ShownChange> {
  const compared = changes.filter(({ kind, outcome }) => written.has(outcome) && !passing.has(kind));
  return new Map(compared.map((change) => [nameOf(change), change]));
}

/** What would be done now and was not shown, or not so; and what was shown and would not be done now. */
export function differences(
  shown: ReadonlyMap<string, ShownChange>,
  now: ReadonlyMap<string, ShownChange>,
): readonly Difference[] {
  const names = [...new Set([...shown.keys(), ...now.keys()])];
  return names.flatMap((name) => differenceOf(shown.get(name), now.get(name)));
}

function differenceOf(shown: ShownChange | undefined, now: ShownChange | undefined): readonly Difference[] {
  const fields = shown === undefined || now === undefined ? [] : fieldsThatDiffer(shown, now);
  const outcomes = { shown: shown?.outcome ?? null, now: now?.outcome ?? null };
  if (outcomes.shown === outcomes.now && fields.length === 0) return [];
  return [shown ?? now].flatMap((one) => {
    if (one === undefined) return [];
    const { kind, key, label } = one;
    return [{ kind, key, label, ...outcomes, fields }];
  });
}

/** An address that moves may be deleted here and made there under one key. */
function nameOf({ kind, key, outcome }: Pick<ShownChange, 'kind' | 'key' | 'outcome'>): string {
  return `${outcome === 'deleted' ? 'deleted' : 'written'} ${kind}:${key}`;
}

function fieldsThatDiffer(shown: ShownChange, now: ShownChange): Difference['fields'] {
  const [before, after] = [valuesOf(shown.changes), valuesOf(now.changes)];
  return [...new Set([...before.keys(), ...after.keys()])].flatMap((field) => {
    const [one, other] = [before.get(field), after.get(field)];
    return JSON.stringify(one) === JSON.stringify(other) ? [] : [{ field, shown: one ?? null, now: other ?? null }];
  });
}

function valuesOf(changes: ShownChange['changes']): ReadonlyMap<string, unknown> {
  return new Map(changes.map(({ field, to }) => [field, to]));
}

/** What may be done, plan by plan of one run. */
export class Approved {
  readonly #shown: ReadonlyMap<string, ShownChange>;
  readonly #keep: Keep;

  constructor(shown: readonly ShownChange[], keep: Keep) {
    this.#shown = comparedChanges(shown);
    this.#keep = keep;
  }

  /** The plan with only what was shown; everything else is left out, with the reason. */
  only(plan: Plan, book: ChangeBook): Plan {
    const unshown = plan.changes.filter((change) => !this.#isShown(change, book));
    if (unshown.length === 0) return plan;
    const changes = plan.changes.flatMap((change) => (unshown.includes(change) ? leftOut(change) : [change]));
    const kept = unshown.flatMap((change) => (change.action === 'delete' ? [whyLeftOut(change)] : []));
    return { ...plan, changes, warnings: [...plan.warnings, ...kept] };
  }

  #isShown(change: Change, book: ChangeBook): boolean {
    const { action } = change;
    if (action === 'keep' || action === 'skip' || action === 'refuse') return true;
    const object = objectOf(change);
    const { kind, label } = object;
    if (passing.has(kind)) return true;
    const key = book.keyOf(object);
    const changes = book.fieldsOf(change).map(({ field, from, to }) => this.#keep({ field, from, to }));
    const now = { kind, key, label, outcome: outcomeOf[action], changes };
    const shown = this.#shown.get(nameOf(now));
    return shown?.outcome === now.outcome && fieldsThatDiffer(shown, now).length === 0;
  }
}

const outcomeOf = { create: 'created', update: 'updated', delete: 'deleted' } as const;

/** A row that is not deleted was not discovered: nothing is said of it but a warning. */
function leftOut(change: Change): readonly Change[] {
  if (change.action === 'delete') return [];
  const { kind, key, label, source } = objectOf(change);
  const subject = { kind, key, label, ...(source === undefined ? {} : { source }) };
  return [{ action: 'skip', ...subject, reason: whyLeftOut(change) }];
}

function whyLeftOut(change: Change): Reason {
  const { kind, label } = objectOf(change);
  return {
    code: 'not_in_plan',
    message: `The ${kindDefinition(kind).noun} "${label}" was left as it is: the plan has not shown what would be done to it now. Make a new plan.`,
  };
}
