/** What becomes of addresses that a guest or node no longer has, and that nobody else has either. Pure. */
import { nameList } from '../../values/short-text.js';
import type { RecordOf } from '../../netbox/kinds/index.js';
import type { Desired, ObjectKey, Reason, SourceRef, Warning } from '../types.js';
import { givenBackNote, isTakenThere, type AddressClaims } from './address-notes.js';
import type { Departure } from './departures.js';
import type { KnownIds } from './diff-object.js';
import { isNameOf } from './guest-names.js';
import { isOurs } from './ownership.js';
import type { PlanBuilder } from './plan-builder.js';
import { proxboxTagId } from './support-objects.js';

type Row = RecordOf<'ip-address'>;

/** A row whose absence is proven at its interface. */
export interface Unclaimed {
  readonly row: Row;
  /** Of the guest or node in plans. */
  readonly key: string;
  /** Of the interface. */
  readonly port: string;
  /** For sentences: `"net0" of "web"`. */
  readonly place: string;
  readonly source: SourceRef;
  /** DNS names that the guest gave it, in small letters: no operator's. */
  readonly names: ReadonlySet<string>;
}

/** What tells, besides a row itself, what may become of it. */
export interface AddressMarks {
  /** Ids of rows that services name; undefined: that cannot be read, so nobody knows. */
  readonly ofServices: ReadonlySet<number> | undefined;
  /** Of rows without our tag; undefined: the journal cannot be read, so nobody knows. */
  readonly claims: AddressClaims | undefined;
  /** What of this cannot be read. */
  readonly warnings: readonly Warning[];
}

/** What a row that leaves takes along. */
export interface Farewell {
  /** The row leaves what has it. Returns what must have been written before. */
  leaves(row: Row): ObjectKey | undefined;
  /** The row goes altogether: NetBox forgets by itself that it was a primary one. */
  goes(row: Row): void;
  /** Whether rows of the plugin say that the guest had the address at its old place: then a sync gave it what is the guest's. */
  wasTold(row: Row): boolean;
  /** Rows of the plugin that name the address at its old place. */
  dropLinks(builder: PlanBuilder, row: Row, departure: Departure): void;
}

export interface UnclaimedContext {
  readonly marks: AddressMarks;
  readonly farewell: Farewell;
  readonly supportIds: KnownIds;
}

/** Whether a sync put the row on its interface: what it did not stays there. */
export function isTakenBySync(
  row: Row,
  { marks, supportIds }: Pick<UnclaimedContext, 'marks' | 'supportIds'>,
): boolean {
  return isOurs('ip-address', row, { supportIds }) || isTakenThere(row, marks.claims ?? new Map());
}

/**
 * The absence is proven row by row and needs no limit. A row of ours is deleted, unless an operator put something on it:
 * that one, and what a sync had only taken, is given back. What an operator put on the interface stays there, without what
 * the guest brought along.
 */
export function planUnclaimedAddress(builder: PlanBuilder, one: Unclaimed, context: UnclaimedContext): void {
  const verdict = judge(builder, one, context);
  if (verdict.is === 'nothing') remove(builder, one, context);
  else if (verdict.is === 'in doubt') leave(builder, one, verdict.because, context);
  else if (isTakenBySync(one.row, context)) giveBack(builder, one, verdict.because, context);
  else strip(builder, one, context);
}

/** What is on a row of an operator's; `because`: in words that end a sentence. */
type Verdict = { readonly is: 'nothing' } | { readonly is: 'something' | 'in doubt'; readonly because: string };

function judge(
  builder: PlanBuilder,
  { row, names: dnsNames }: Unclaimed,
  { marks, supportIds }: UnclaimedContext,
): Verdict {
  if (!isOurs('ip-address', row, { supportIds })) return { is: 'something', because: 'it was there before' };
  const { ofServices = new Set() } = marks;
  const found = builder.operatorDataOf('ip-address', row, { dnsNames, ofServices });
  const doubts = marks.ofServices === undefined ? ['perhaps a service, which cannot be read'] : [];
  const because = `it has ${nameList([...found, ...doubts])}`;
  if (found.length > 0 && !builder.isInDoubt('ip-address', row, found)) return { is: 'something', because };
  return found.length + doubts.length > 0 ? { is: 'in doubt', because } : { is: 'nothing' };
}

/**
 * A row of ours of which nobody knows whether it may go stays on its interface, as ours, and is no primary address any more: the
 * next run that can read what hangs on it judges again.
 */
function leave(
  builder: PlanBuilder,
  { row, key, port, place, source }: Unclaimed,
  because: string,
  { farewell }: UnclaimedContext,
): void {
  const label = row.address;
  const message = `${label} is no longer on ${place}. It stays there until that can be read, because ${because}.`;
  const reason = { code: 'gone_from_proxmox', message } as const;
  farewell.leaves(row);
  farewell.dropLinks(builder, row, { key: `${key}/${port}/${label}`, label, source, reason });
  builder.note({ ...reason, label, source });
}

function remove(
  builder: PlanBuilder,
  { row, key, port, place, source }: Unclaimed,
  { farewell }: UnclaimedContext,
): void {
  const { address } = row;
  const reason = { code: 'gone_from_proxmox', message: `${address} is no longer on ${place}.` } as const;
  const subject = { key: `${key}/${port}/${address}`, label: address, source };
  farewell.goes(row);
  farewell.dropLinks(builder, row, { ...subject, reason });
  builder.remove({ kind: 'ip-address', ...subject, current: row }, reason);
}

/**
 * It stays, without the plugin's rows that say which interface inside has it. Those tell that the guest had it: then it loses
 * the name of the guest and is no primary address any more. Without them an operator may have written both himself.
 */
function strip(
  builder: PlanBuilder,
  { row, key, place, source, names }: Unclaimed,
  { farewell }: UnclaimedContext,
): void {
  const subject = { key: `${key}/stripped/${row.id}`, label: row.address, source };
  const message = `${row.address} is no longer on ${place} in Proxmox. An operator put it there in NetBox, so it stays.`;
  farewell.dropLinks(builder, row, { ...subject, reason: { code: 'gone_from_proxmox', message } });
  if (!farewell.wasTold(row)) return;
  farewell.leaves(row);
  if (!isNameOf(row, names)) return;
  builder.discovered('ip-address', 1);
  builder.add({ kind: 'ip-address', ...subject, fields: { dns_name: '' }, rules: {} }, row);
}

/** Unassigned, without what is ours on it. */
function giveBack(builder: PlanBuilder, one: Unclaimed, kept: string, context: UnclaimedContext): void {
  const { row, place, source } = one;
  const { supportIds } = context;
  const message = `${row.address} is no longer on ${place}. It was unassigned and not deleted, because ${kept}.`;
  const reason = { code: 'gone_from_proxmox', message } as const;
  const tag = proxboxTagId(supportIds);
  const key = leaveFor(builder, one, context, {
    key: `${one.key}/given-back/${row.id}`,
    reason,
    fields: { assigned_object_type: null, assigned_object_id: null, tags: [] },
    removeTags: tag === undefined ? [] : [tag],
  });
  builder.note({ ...reason, label: row.address, source });
  if (!isOurs('ip-address', row, { supportIds })) builder.add(givenBackNote(key, place, source), undefined);
}

/** The row leaves its interface for what `fields` say, without the name that the guest gave it. Returns its key. */
export function leaveFor(
  builder: PlanBuilder,
  { row, source, names }: Unclaimed,
  { farewell }: Pick<UnclaimedContext, 'farewell'>,
  {
    reason,
    fields,
    ...change
  }: Pick<Desired<'ip-address'>, 'key' | 'fields' | 'removeTags'> & { readonly reason: Reason },
): string {
  const subject = { ...change, label: row.address, source };
  const after = farewell.leaves(row);
  farewell.dropLinks(builder, row, { ...subject, reason });
  builder.discovered('ip-address', 1);
  builder.add(
    {
      kind: 'ip-address',
      ...subject,
      fields: { ...fields, ...(isNameOf(row, names) ? { dns_name: '' } : {}) },
      rules: {},
      ...(after === undefined ? {} : { after }),
    },
    row,
  );
  return change.key;
}
