/** What becomes of addresses that a guest no longer has, and that nobody else has either. Pure. */
import { nameList } from '../../../values/short-text.js';
import { hostOf } from '../../plan/address-ownership.js';
import { isNameOf } from '../../plan/guest-names.js';
import type { KnownIds } from '../../plan/diff-object.js';
import type { SyncOptions } from '../../plan/options.js';
import { isOurs } from '../../plan/ownership.js';
import type { PlanBuilder } from '../../plan/plan-builder.js';
import { machineName } from '../../plan/roster.js';
import { proxboxTagId } from '../../plan/support-objects.js';
import type { Desired, Reason } from '../../types.js';
import type { Moves } from './diff-moves.js';
import { givenBackNote } from './map-journal.js';
import { namesOfGuest, type LetGo } from './map-let-go.js';
import type { AddressesOfNodes, AddressMarks, NodePort } from './types.js';

interface UnclaimedContext {
  readonly marks: AddressMarks;
  /** By host: the interfaces of nodes that have it now. */
  readonly nodes: AddressesOfNodes['wanted'];
  readonly moves: Moves;
  readonly options: SyncOptions;
  readonly supportIds: KnownIds;
}

/** An address that a guest had and a node has now. */
export interface PassedOn {
  readonly host: string;
  readonly port: NodePort;
  /** Of the address in the plan. */
  readonly key: string;
}

/**
 * The guest answered, so the absence is proven row by row and needs no limit. A row of ours is deleted, unless an operator
 * put something on it: that one, and what a sync had only taken, is given back. What a node has now passes to the node.
 * What an operator put on the interface stays. Returns what nodes get.
 */
export function planUnclaimed(
  builder: PlanBuilder,
  unclaimed: readonly LetGo[],
  context: UnclaimedContext,
): readonly PassedOn[] {
  return unclaimed.flatMap((one) => {
    const { row } = one;
    if (context.options.modes.ip_address === 'bootstrap_only' && builder.isBootstrapOnly(row)) return [];
    const port = context.nodes.get(hostOf(row.address));
    const kept = whyKept(builder, one, context);
    const isMine = isOurs('ip-address', row, context) || context.marks.taken.has(row.id);
    if (port !== undefined && isMine)
      return [{ host: hostOf(row.address), port, key: passOn(builder, one, port, context) }];
    if (kept === undefined) remove(builder, one, context);
    else if (isMine) giveBack(builder, one, kept, context);
    return [];
  });
}

/** What keeps a row from being deleted, in words; undefined: nothing. */
function whyKept(
  builder: PlanBuilder,
  { row, of }: LetGo,
  { marks, supportIds }: UnclaimedContext,
): string | undefined {
  if (!isOurs('ip-address', row, { supportIds })) return 'it was there before';
  const { ofServices = new Set() } = marks;
  const found = builder.operatorDataOf('ip-address', row, { dnsNames: namesOfGuest(of), ofServices });
  if (found.length > 0) return `it has ${nameList(found)}`;
  return marks.ofServices === undefined ? 'a service may name it, which cannot be read' : undefined;
}

function remove(builder: PlanBuilder, { row, of: { guest }, port }: LetGo, { moves }: UnclaimedContext): void {
  const { address } = row;
  const reason = { code: 'gone_from_proxmox', message: `${address} is no longer on the guest.` } as const;
  const subject = { key: `${guest.key}/${port.row.name}/${address}`, label: address, source: guest.source };
  moves.goes(row);
  moves.dropLinks(builder, row, { ...subject, reason });
  builder.remove({ kind: 'ip-address', ...subject, current: row }, reason);
}

/** To the interface of the node that has the address now, with everything that stands on it but the name of the guest. */
function passOn(builder: PlanBuilder, one: LetGo, port: NodePort, { moves }: UnclaimedContext): string {
  const message = `${one.row.address} is no longer on ${placeOf(one)}, but on ${port.label}.`;
  return take(builder, one, moves, {
    key: `${one.of.guest.key}/passed-on/${one.row.id}`,
    reason: { code: 'gone_from_proxmox', message },
    fields: { assigned_object_type: 'dcim.interface', assigned_object_id: port.id },
  });
}

/** Unassigned, without what is ours on it. */
function giveBack(builder: PlanBuilder, one: LetGo, kept: string, { moves, supportIds }: UnclaimedContext): void {
  const { row, of } = one;
  const { source } = of.guest;
  const message = `${row.address} is no longer on ${placeOf(one)}. It was unassigned and not deleted, because ${kept}.`;
  const reason = { code: 'gone_from_proxmox', message } as const;
  const tag = proxboxTagId(supportIds);
  const key = take(builder, one, moves, {
    key: `${of.guest.key}/given-back/${row.id}`,
    reason,
    fields: { assigned_object_type: null, assigned_object_id: null, tags: [] },
    removeTags: tag === undefined ? [] : [tag],
  });
  builder.note({ ...reason, label: row.address, source });
  if (!isOurs('ip-address', row, { supportIds })) builder.add(givenBackNote(key, placeOf(one), source), undefined);
}

/** The row leaves the guest, along with the name that the guest gave it. Returns its key. */
function take(
  builder: PlanBuilder,
  { row, of }: LetGo,
  moves: Moves,
  {
    reason,
    fields,
    ...change
  }: Pick<Desired<'ip-address'>, 'key' | 'fields' | 'removeTags'> & { readonly reason: Reason },
): string {
  const { source } = of.guest;
  const subject = { ...change, label: row.address, source };
  const after = moves.leaves(row);
  moves.dropLinks(builder, row, { ...subject, reason });
  builder.discovered('ip-address', 1);
  builder.add(
    {
      kind: 'ip-address',
      ...subject,
      fields: { ...fields, ...(isNameOf(row, namesOfGuest(of)) ? { dns_name: '' } : {}) },
      rules: {},
      ...(after === undefined ? {} : { after }),
    },
    row,
  );
  return change.key;
}

/** For sentences: `"net0" of "web"`. */
function placeOf({ of, port }: LetGo): string {
  return `"${port.row.name}" of "${machineName(of.guest)}"`;
}
