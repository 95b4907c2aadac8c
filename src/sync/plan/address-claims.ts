/** Rows that no sync made and that come to an interface of a guest or node: each is noted before it is taken. Pure. */
import type { RecordOf } from '../../netbox/kinds/index.js';
import { objectKey, type Desired, type ObjectKey, type Reason, type SourceRef } from '../types.js';
import { isNotedFor, takenNote, type NotedPort } from './address-notes.js';
import type { Ownership } from './address-ownership.js';
import type { KnownIds } from './diff-object.js';
import { isOurs } from './ownership.js';
import type { AddressMarks } from './unclaimed-addresses.js';

interface ClaimContext {
  readonly marks: Pick<AddressMarks, 'claims'>;
  readonly supportIds: KnownIds;
}

/** Where a row comes to. */
export interface ClaimedPlace {
  /** Of the address in the plan. */
  readonly key: string;
  /** Of the interface, for people. */
  readonly label: string;
  readonly port: NotedPort;
  readonly source: SourceRef;
}

/**
 * The note by which a row that is not ours, and comes to an interface, is told from an operator's choice: without it the row
 * is not taken. undefined: it needs none, or has it from a run that was cut off.
 */
export function claimOf(
  decision: Ownership,
  { key, ...place }: ClaimedPlace,
  context: ClaimContext,
): Desired<'address-claim'> | undefined {
  const record = foreignRow(decision, context);
  const { claims } = context.marks;
  if (record === undefined || claims === undefined || isNotedFor(record, place.port, claims)) return undefined;
  return takenNote(key, record, place);
}

/** Why a row that is not ours does not come to an interface: nobody can tell whether there is a note about it. */
export function unnotedReason(decision: Ownership, label: string, context: ClaimContext): Reason | undefined {
  const record = foreignRow(decision, context);
  if (record === undefined || context.marks.claims !== undefined) return undefined;
  const message = `${record.address} was not taken for ${label}: its journal tells whose it is. Let the token view journal entries (extras.view_journalentry).`;
  return { code: 'forbidden', message };
}

/** What an address is written after (the note about it, another one of the run, what has it now), and what if it is refused. */
export function termsOf(
  decision: Ownership,
  ...[claim, release]: [claim: Desired<'address-claim'> | undefined, release: ObjectKey | undefined]
): Pick<Desired, 'ifDuplicate' | 'after'> {
  if (decision.action === 'create') {
    const { ifDuplicate, after } = decision;
    return { ...(ifDuplicate === undefined ? {} : { ifDuplicate }), ...(after === undefined ? {} : { after }) };
  }
  const after = claim === undefined ? release : objectKey(claim.kind, claim.key);
  return after === undefined ? {} : { after };
}

/** The row of a decision that comes to an interface and was not made by a sync. */
function foreignRow(decision: Ownership, { supportIds }: ClaimContext): RecordOf<'ip-address'> | undefined {
  if (decision.action !== 'move' && decision.action !== 'adopt') return undefined;
  const { record } = decision;
  return isOurs('ip-address', record, { supportIds }) ? undefined : record;
}
