/** A plan as text, read like a diff: `+` is made, `~` changed, `-` deleted; by cluster and kind. Pure. */
import { isKind, kindDefinition } from '../netbox/kinds/index.js';
import type { StoredItem } from '../ledger/types.js';
import { isObject } from '../values/plain-object.js';
import { grouped } from '../values/grouped.js';
import { shortText } from '../values/short-text.js';

export interface PlanText {
  readonly id: string;
  /** What was planned: `full-update`, or the name of a stage. */
  readonly of: string;
  /** ISO 8601, UTC. */
  readonly createdAt: string;
  readonly expiresAt: string;
  readonly items: readonly StoredItem[];
  /** Sentences: what a limit holds back, and what could not be read. */
  readonly warnings: readonly { readonly reason: string; readonly message: string }[];
}

const signs: Readonly<Record<string, string>> = { created: '+', updated: '~', deleted: '-' };
/** Characters of a value on a line. */
const longest = 120;

/** What a plan says, in the order in which it is read. */
export interface PlanParts {
  readonly head: string;
  readonly clusters: readonly {
    readonly title: string;
    readonly kinds: readonly { readonly noun: string; readonly changes: readonly ChangeText[] }[];
  }[];
  readonly problems: readonly { readonly reason: string; readonly sentence: string }[];
  readonly totals: string;
}

export interface ChangeText {
  readonly sign: string;
  readonly name: string;
  /** `memory: 1024 -> 2048`, and of what is deleted why. */
  readonly lines: readonly string[];
}

export function planParts({ id, of, createdAt, expiresAt, items, warnings }: PlanText): PlanParts {
  const changes = items.filter(({ outcome }) => outcome in signs);
  const others = items.filter(({ outcome }) => !(outcome in signs));
  const clusters = [...grouped(changes, ({ cluster }) => cluster ?? '')]
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([cluster, those]) => ({
      title: cluster === '' ? 'Of no cluster' : `Cluster ${cluster}`,
      kinds: [...grouped(those, ({ kind }) => kind)].map(([kind, ofKind]) => ({
        noun: nounOf(kind),
        changes: ofKind.map(changeText),
      })),
    }));
  return {
    head: `Plan ${id} of ${of}, made at ${createdAt}, to be applied before ${expiresAt}.`,
    clusters,
    problems: [
      ...warnings.map(({ reason, message }) => ({ reason, sentence: message })),
      // What is left out and what would fail is told by its sentence.
      ...others.map(({ outcome, reason, message, label }) => ({
        reason: reason ?? outcome,
        sentence: message ?? label,
      })),
    ],
    totals: totals(changes, others),
  };
}

/** Ends with a line break. */
export function planText(plan: PlanText): string {
  const { head, clusters, problems, totals: sum } = planParts(plan);
  const blocks = clusters.map(({ title, kinds }) =>
    [title, ...kinds.flatMap(({ noun, changes }) => [`  ${noun}`, ...changes.map(changeLines)])].join('\n'),
  );
  const lines = problems.map(({ reason, sentence }) => `  ! ${reason}: ${sentence}`);
  const held = lines.length === 0 ? [] : [`Held back, left out or not known\n${lines.join('\n')}`];
  return [head, ...blocks, ...held, sum].join('\n\n') + '\n';
}

const changeLines = ({ sign, name, lines }: ChangeText): string =>
  [`  ${sign} ${name}`, ...lines.map((line) => `      ${line}`)].join('\n');

function changeText({ outcome, label, vmid, netboxId, message, changes }: StoredItem): ChangeText {
  const guest = vmid === null ? '' : ` (VMID ${vmid})`;
  const row = netboxId === null ? '' : ` (NetBox id ${netboxId})`;
  const fields = changes.filter(isObject).map(({ field, from, to }) => {
    const value = outcome === 'created' ? valueText(to) : `${valueText(from)} -> ${valueText(to)}`;
    return `${String(field)}: ${value}`;
  });
  const why = outcome === 'deleted' && message !== null ? [message] : [];
  return { sign: signs[outcome] ?? ' ', name: `${label}${guest}${row}`, lines: [...fields, ...why] };
}

function totals(changes: readonly StoredItem[], others: readonly StoredItem[]): string {
  const of = (outcome: string): number => [...changes, ...others].filter((item) => item.outcome === outcome).length;
  const sum = `Plan: ${of('created')} to create, ${of('updated')} to change, ${of('deleted')} to delete.`;
  const rest = others.length === 0 ? '' : ` ${of('skipped')} left out, ${of('failed')} would fail.`;
  return changes.length === 0 && others.length === 0 ? 'Plan: nothing to do.' : sum + rest;
}

function valueText(value: unknown): string {
  return shortText(typeof value === 'string' ? `"${value}"` : JSON.stringify(value ?? null), longest);
}

function nounOf(kind: string): string {
  return isKind(kind) ? kindDefinition(kind).noun : kind;
}
