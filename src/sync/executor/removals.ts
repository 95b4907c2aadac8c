/** Deletes the rows of a kind that a plan has done with, but for those that somebody wrote on since the plan read them. */
import { errorText, type ProxboxError } from '../../errors/proxbox-error.js';
import { kindDefinition, type ObjectKind } from '../../netbox/kinds/index.js';
import { endsTheRun } from '../../netbox/run-ending.js';
import type { BulkOptions, NetBoxBulkClient } from '../../netbox/types.js';
import type { Collections } from '../collections.js';
import type { Change, Reason } from '../types.js';
import { editedMeanwhile } from './edited-meanwhile.js';
import { conditionalMessage } from './failure-reasons.js';
import { inTurn } from './in-turn.js';
import type { KindWarnings } from './kind-warnings.js';
import { rowsNow } from './rows-now.js';

export type Removal = Extract<Change, { action: 'delete' }>;

interface RemovalContext {
  readonly client: Pick<NetBoxBulkClient, 'bulkDelete'>;
  readonly collections: Pick<Collections, 'load' | 'forbidden'>;
  /** Gets what is told of rows that stay. */
  readonly told: KindWarnings;
  readonly bulk: (total: number) => BulkOptions;
}

interface Removed {
  readonly removed: readonly Removal[];
  /** The first error after which no further write can succeed. */
  readonly end: ProxboxError | undefined;
}

/** By the row: another one may have its key by now. */
interface Row {
  readonly kind: ObjectKind;
  readonly key: string;
  readonly removal: Removal;
}

/**
 * A row that NetBox does not delete stays, with a warning: it was not discovered, so it is nobody's failure. Those that NetBox did not
 * let the token delete lately stay, but for one that comes first (in-turn.ts).
 */
export async function removeRows(
  kind: ObjectKind,
  planned: readonly Removal[],
  context: RemovalContext,
): Promise<Removed> {
  const { collections, told } = context;
  const { forbidden } = collections;
  const rows = planned.map((removal): Row => ({ kind, key: `${removal.current.id}`, removal }));
  const parts = inTurn(rows, {
    whyNot: (row) => forbidden.why('delete', row),
    probe: (refused) => forbidden.probe('delete', refused),
    refuse: ({ removal }, why) => told.add(kind, notDeleted(kind, removal, why)),
  });
  const removed: Removal[] = [];
  for (const part of parts) {
    const done = await send(kind, part, context);
    removed.push(...done.removed);
    if (done.end !== undefined) return { removed, end: done.end };
  }
  return { removed, end: undefined };
}

async function send(kind: ObjectKind, rows: readonly Row[], context: RemovalContext): Promise<Removed> {
  const { client, bulk, collections } = context;
  const kept = await asPlanned(
    kind,
    rows.map(({ removal }) => removal),
    context,
  );
  const tried = rows.filter(({ removal }) => kept.includes(removal));
  const ids = kept.map(({ current }) => current.id);
  const outcomes = await client.bulkDelete(kindDefinition(kind).path, ids, bulk(ids.length));
  const missed = tried.filter((_, index) => outcomes[index]?.status === 'gone');
  // What NetBox did not find and has all the same, conditions of the permission keep from the token.
  const there = await rowsNow(
    collections,
    kind,
    missed.map(({ removal }) => removal.current.id),
  );
  const removed: Removal[] = [];
  let end: ProxboxError | undefined;
  for (const [index, row] of tried.entries()) {
    const outcome = outcomes[index];
    if (outcome === undefined) continue;
    if (outcome.status !== 'failed' && !there.has(row.removal.current.id)) {
      collections.forbidden.allowed('delete', row);
      removed.push(row.removal);
      continue;
    }
    const error = outcome.status === 'failed' ? outcome.error : undefined;
    if (error !== undefined && endsTheRun(error)) end ??= error;
    await tell(row, error, context);
  }
  return { removed, end };
}

/** @param error undefined: NetBox did not find the row, which is there */
async function tell(row: Row, error: ProxboxError | undefined, { told, collections }: RemovalContext): Promise<void> {
  const { kind, removal } = row;
  const message = error === undefined ? conditionalMessage('delete', kind) : errorText(error);
  const isForbidden = error === undefined || (error.code === 'netbox_forbidden' && !endsTheRun(error));
  if (isForbidden) await collections.forbidden.remember('delete', row, message);
  told.add(kind, notDeleted(kind, removal, message));
}

function notDeleted(kind: ObjectKind, { label, current }: Removal, why: string): Reason {
  const message = `The ${kindDefinition(kind).noun} "${label}" (id ${current.id}) was not deleted: ${why}`;
  return { code: 'delete_failed', message };
}

/** A row that somebody wrote on meanwhile is looked at again by the next run. */
async function asPlanned(
  kind: ObjectKind,
  removals: readonly Removal[],
  { collections, told }: RemovalContext,
): Promise<readonly Removal[]> {
  const edited = await editedMeanwhile(
    collections,
    kind,
    removals.map(({ current }) => current),
  );
  const { noun } = kindDefinition(kind);
  for (const { label, current } of removals.filter((one) => edited.has(one.current.id)))
    told.add(kind, {
      code: 'edited_meanwhile',
      message: `The ${noun} "${label}" (id ${current.id}) was edited in NetBox while it was to be deleted, so it stays; the next run looks at it again.`,
    });
  return removals.filter(({ current }) => !edited.has(current.id));
}
