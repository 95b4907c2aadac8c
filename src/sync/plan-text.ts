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

/** Ends with a line break. */
export function planText({ id, of, createdAt, expiresAt, items, warnings }: PlanText): string {
  const changes = items.filter(({ outcome }) => outcome in signs);
  const others = items.filter(({ outcome }) => !(outcome in signs));
  const head = `Plan ${id} of ${of}, made at ${createdAt}, to be applied before ${expiresAt}.`;
  const blocks = [...grouped(changes, ({ cluster }) => cluster ?? '')]
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([cluster, those]) => clusterBlock(cluster, those));
  return [head, ...blocks, ...problemBlock(others, warnings), totals(changes, others)].join('\n\n') + '\n';
}

function clusterBlock(cluster: string, changes: readonly StoredItem[]): string {
  const kinds = [...grouped(changes, ({ kind }) => kind)].map(
    ([kind, those]) => `  ${nounOf(kind)}\n${those.map(changeLines).join('\n')}`,
  );
  return `${cluster === '' ? 'Of no cluster' : `Cluster ${cluster}`}\n${kinds.join('\n')}`;
}

function changeLines({ outcome, label, vmid, netboxId, message, changes }: StoredItem): string {
  const guest = vmid === null ? '' : ` (VMID ${vmid})`;
  const row = netboxId === null ? '' : ` (NetBox id ${netboxId})`;
  const head = `  ${signs[outcome] ?? ' '} ${label}${guest}${row}`;
  const fields = changes.filter(isObject).map(({ field, from, to }) => {
    const value = outcome === 'created' ? valueText(to) : `${valueText(from)} -> ${valueText(to)}`;
    return `      ${String(field)}: ${value}`;
  });
  const why = outcome === 'deleted' && message !== null ? [`      ${message}`] : [];
  return [head, ...fields, ...why].join('\n');
}

/** What is left out and what would fail is told by its sentence. */
function problemBlock(others: readonly StoredItem[], warnings: PlanText['warnings']): readonly string[] {
  const lines = [
    ...warnings.map(({ reason, message }) => `  ! ${reason}: ${message}`),
    ...others.map(({ outcome, reason, message, label }) => `  ! ${reason ?? outcome}: ${message ?? label}`),
  ];
  return lines.length === 0 ? [] : [`Held back, left out or not known\n${lines.join('\n')}`];
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
