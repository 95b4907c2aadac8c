/** Deletes the rows of a kind that a plan has done with, but for those that somebody wrote on since the plan read them. */
import { errorText, type ProxboxError } from '../../errors/proxbox-error.js';
import { kindDefinition, type ObjectKind } from '../../netbox/kinds/index.js';
import { endsTheRun } from '../../netbox/run-ending.js';
import type { BulkOptions, NetBoxBulkClient } from '../../netbox/types.js';
import type { Collections } from '../collections.js';
import type { Change } from '../types.js';
import { editedMeanwhile } from './edited-meanwhile.js';
import type { KindWarnings } from './kind-warnings.js';

export type Removal = Extract<Change, { action: 'delete' }>;

interface RemovalContext {
  readonly client: Pick<NetBoxBulkClient, 'bulkDelete'>;
  readonly collections: Pick<Collections, 'load'>;
  /** Gets what is told of rows that stay. */
  readonly told: KindWarnings;
  readonly bulk: (total: number) => BulkOptions;
}

interface Removed {
  readonly removed: readonly Removal[];
  /** The first error after which no further write can succeed. */
  readonly end: ProxboxError | undefined;
}

/** A row that NetBox does not delete stays, with a warning: it was not discovered, so it is nobody's failure. */
export async function removeRows(
  kind: ObjectKind,
  planned: readonly Removal[],
  context: RemovalContext,
): Promise<Removed> {
  const { client, told, bulk } = context;
  const removals = await asPlanned(kind, planned, context);
  const { path, noun } = kindDefinition(kind);
  const ids = removals.map(({ current }) => current.id);
  const outcomes = await client.bulkDelete(path, ids, bulk(ids.length));
  const removed: Removal[] = [];
  let end: ProxboxError | undefined;
  for (const [index, removal] of removals.entries()) {
    const outcome = outcomes[index];
    if (outcome === undefined) continue;
    if (outcome.status !== 'failed') {
      removed.push(removal);
      continue;
    }
    if (endsTheRun(outcome.error)) end ??= outcome.error;
    const message = `The ${noun} "${removal.label}" (id ${removal.current.id}) was not deleted: ${errorText(outcome.error)}`;
    told.add(kind, { code: 'delete_failed', message });
  }
  return { removed, end };
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
