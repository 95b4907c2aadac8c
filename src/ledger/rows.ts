/** Runs, stages and items as columns, and back. What looks like a secret never becomes one. Pure. */
import type { runItems, runs, runStages } from '../db/schema.js';
import { redactText, redactValue } from '../telemetry/redact.js';
import { isObject } from '../values/plain-object.js';
import { shortText } from '../values/short-text.js';
import type {
  ItemChange,
  ItemEntry,
  RunBeginning,
  RunEnding,
  StageEntry,
  StoredItem,
  StoredRun,
  StoredStage,
} from './types.js';

type RunRow = typeof runs.$inferSelect;
type StageRow = typeof runStages.$inferSelect;
type ItemRow = typeof runItems.$inferSelect;

/** Characters of JSON: a value that is longer is cut, as a list of changes is for people. */
const longest = { text: 1000, value: 1000 } as const;
const mostWarnings = 50;

export interface BegunRun {
  readonly beginning: RunBeginning;
  readonly startedAt: string;
  readonly version: string;
}

/** All columns of a run that has just begun. */
export function runColumns({ beginning, startedAt, version }: BegunRun): typeof runs.$inferInsert {
  const { id, jobId, kind, trigger, actor, branch, scope } = beginning;
  return {
    id,
    jobId,
    kind,
    begunBy: trigger,
    actor: told(actor),
    branch,
    scope: JSON.stringify(redactValue(scope)),
    netboxEndpointId: null,
    endpointIds: ',',
    status: 'running',
    message: null,
    errors: '[]',
    totals: '{}',
    netboxRequests: 0,
    netboxWrites: 0,
    proxmoxRequests: 0,
    items: 0,
    startedAt,
    endedAt: null,
    seconds: 0,
    version,
    drift: null,
  };
}

export function endColumns({ status, message, errors }: RunEnding, endedAt: string): Partial<typeof runs.$inferInsert> {
  return {
    status,
    message: message === null ? null : told(message),
    errors: JSON.stringify(redactValue(errors)),
    endedAt,
  };
}

export const endpointColumn = (ids: readonly number[]): string => `,${ids.map((id) => `${id},`).join('')}`;

export function stageColumns(entry: StageEntry): Omit<StageRow, 'runNumber' | 'position' | 'endedAt'> {
  const { stage, title, status, message, counts, kinds, reasons, warnings, items, itemsLeftOut, seconds } = entry;
  return {
    stage,
    title,
    status,
    message: message === null ? null : told(message),
    counts: JSON.stringify(counts),
    kinds: JSON.stringify(kinds),
    reasons: JSON.stringify(reasons),
    warnings: JSON.stringify(redactValue(warnings.slice(0, mostWarnings))),
    items: items.length,
    itemsLeftOut,
    seconds: rounded(seconds),
  };
}

export function itemColumns(item: ItemEntry): Omit<ItemRow, 'runNumber' | 'position' | 'stage'> {
  const { label, message, changes, ...plain } = item;
  return {
    ...plain,
    label: told(label),
    message: message === null ? null : told(message),
    changes: changes.length === 0 ? null : JSON.stringify(changes.map(shownChange)),
  };
}

/** A field whose name says that it holds a secret shows none, whatever it is called. */
export function shownChange({ field, from, to }: ItemChange): ItemChange {
  return { field, from: shownValue(field, from), to: shownValue(field, to) };
}

function shownValue(field: string, value: unknown): unknown {
  const redacted: unknown = redactValue({ [field]: value });
  const shown: unknown = isObject(redacted) ? redacted[field] : null;
  if (typeof shown === 'string') return shortText(shown, longest.value);
  if (typeof shown !== 'object' || shown === null) return shown ?? null;
  const text = JSON.stringify(shown);
  return text.length > longest.value ? shortText(text, longest.value) : shown;
}

function told(text: string): string {
  return shortText(redactText(text), longest.text);
}

/** By kind, then by outcome. */
export type Totals = StageEntry['kinds'];

/** Numbers by kind, added to those of the stages before. */
export function addTotals(totals: Totals, kinds: StageEntry['kinds']): Totals {
  const sum: Record<string, Readonly<Record<string, number>>> = { ...totals };
  for (const [kind, counts] of Object.entries(kinds)) {
    const row: Record<string, number> = { ...sum[kind] };
    for (const [name, count] of Object.entries(counts)) row[name] = (row[name] ?? 0) + count;
    sum[kind] = row;
  }
  return sum;
}

export function storedRun({ begunBy, scope, errors, totals, endpointIds, ...row }: RunRow): StoredRun {
  const { id, jobId, kind, actor, branch, netboxEndpointId, status, message } = row;
  const { netboxRequests, netboxWrites, proxmoxRequests, items, startedAt, endedAt, seconds, version } = row;
  return {
    ...{ id, jobId, kind, trigger: begunBy, actor, branch, scope: objectIn(scope), netboxEndpointId },
    ...{ status, message, errors: listIn(errors), totals: objectIn(totals) },
    ...{ netboxRequests, netboxWrites, proxmoxRequests, items, startedAt, endedAt, seconds, version },
    endpointIds: endpointIdsIn(endpointIds),
  };
}

/** As `endpointColumn` writes them. */
export const endpointIdsIn = (column: string): readonly number[] =>
  column
    .split(',')
    .filter((part) => part !== '')
    .map(Number);

export function storedStage({ counts, kinds, reasons, warnings, ...row }: StageRow): StoredStage {
  const { stage, title, status, message, items, itemsLeftOut, endedAt, seconds } = row;
  return {
    ...{ stage, title, status, message, items, itemsLeftOut, endedAt, seconds },
    ...{ counts: objectIn(counts), kinds: objectIn(kinds), reasons: objectIn(reasons), warnings: listIn(warnings) },
  };
}

export function storedItem({ changes, ...row }: ItemRow): StoredItem {
  const { position, stage, kind, key, label, outcome, reason, message, netboxId, netboxUrl } = row;
  const { endpointId, cluster, node, vmid } = row;
  return {
    ...{ position, stage, kind, key, label, outcome, reason, message, netboxId, netboxUrl },
    ...{ endpointId, cluster, node, vmid, changes: changes === null ? [] : listIn(changes) },
  };
}

export const rounded = (seconds: number): number => Math.round(seconds * 1000) / 1000;

function objectIn(json: string): Readonly<Record<string, unknown>> {
  const value: unknown = JSON.parse(json);
  return isObject(value) ? value : {};
}

function listIn(json: string): readonly unknown[] {
  const value: unknown = JSON.parse(json);
  return Array.isArray(value) ? value : [];
}
