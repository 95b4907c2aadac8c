/** What becomes of addresses that a guest no longer has, and that nobody else has either. Pure. */
import { nameList } from '../../../values/short-text.js';
import type { RecordOf } from '../../../netbox/kinds/index.js';
import { hostOf } from '../../plan/address-ownership.js';
import type { KnownIds } from '../../plan/diff-object.js';
import type { SyncOptions } from '../../plan/options.js';
import { isOurs } from '../../plan/ownership.js';
import type { PlanBuilder } from '../../plan/plan-builder.js';
import { machineName } from '../../plan/roster.js';
import { proxboxTagId } from '../../plan/support-objects.js';
import type { Moves } from './diff-moves.js';
import { givenBackNote } from './map-journal.js';
import { namesOfGuest, type LetGo } from './map-let-go.js';
import type { AddressesOfNodes, AddressMarks } from './types.js';

interface UnclaimedContext {
  readonly marks: AddressMarks;
  /** By host: the interfaces of nodes that have it now. */
  readonly nodes: AddressesOfNodes['wanted'];
  readonly moves: Moves;
  readonly options: SyncOptions;
  readonly supportIds: KnownIds;
}

/**
 * The guest answered, so the absence is proven row by row and needs no limit. A row of ours is deleted, unless an operator
 * put something on it: that one, and what a sync had only taken, is given back. What a node has now passes to the node. What an operator put on the interface stays.
 */
export function planUnclaimed(builder: PlanBuilder, unclaimed: readonly LetGo[], context: UnclaimedContext): void {
  for (const one of unclaimed) {
    const { row } = one;
    if (context.options.modes.ip_address === 'bootstrap_only' && builder.isBootstrapOnly(row)) continue;
    const port = context.nodes.get(hostOf(row.address));
    const kept = whyKept(builder, one, context);
    const isMine = isOurs('ip-address', row, context) || context.marks.taken.has(row.id);
    if (port !== undefined && isMine) passOn(builder, one, { ...context, port });
    else if (kept === undefined) remove(builder, one, context);
    else if (isMine) giveBack(builder, one, { ...context, kept });
  }
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
function passOn(
  builder: PlanBuilder,
  { row, of, port: from }: LetGo,
  { moves, port }: UnclaimedContext & { readonly port: { readonly id: number; readonly label: string } },
): void {
  const { source, key: guestKey } = of.guest;
  const message = `${row.address} is no longer on "${from.row.name}" of "${machineName(of.guest)}", but on ${port.label}.`;
  const key = `${guestKey}/passed-on/${row.id}`;
  const after = moves.leaves(row);
  moves.dropLinks(builder, row, {
    key,
    label: row.address,
    source,
    reason: { code: 'gone_from_proxmox', message },
  });
  builder.discovered('ip-address', 1);
  builder.add(
    {
      kind: 'ip-address',
      key,
      label: row.address,
      fields: {
        assigned_object_type: 'dcim.interface',
        assigned_object_id: port.id,
        ...(isNameOurs(row, namesOfGuest(of)) ? { dns_name: '' } : {}),
      },
      rules: {},
      source,
      ...(after === undefined ? {} : { after }),
    },
    row,
  );
}

/** Unassigned, without what is ours on it. */
function giveBack(
  builder: PlanBuilder,
  { row, of, port }: LetGo,
  { moves, supportIds, kept }: UnclaimedContext & { readonly kept: string },
): void {
  const { guest } = of;
  const { source } = guest;
  const label = `"${port.row.name}" of "${machineName(guest)}"`;
  const key = `${guest.key}/given-back/${row.id}`;
  const message = `${row.address} is no longer on ${label}. It was unassigned and not deleted, because ${kept}.`;
  const reason = { code: 'gone_from_proxmox', message } as const;
  const after = moves.leaves(row);
  const tag = proxboxTagId(supportIds);
  moves.dropLinks(builder, row, { key, label: row.address, source, reason });
  builder.discovered('ip-address', 1);
  builder.add(
    {
      kind: 'ip-address',
      key,
      label: row.address,
      fields: {
        assigned_object_type: null,
        assigned_object_id: null,
        ...(isNameOurs(row, namesOfGuest(of)) ? { dns_name: '' } : {}),
        tags: [],
      },
      removeTags: tag === undefined ? [] : [tag],
      rules: {},
      source,
      ...(after === undefined ? {} : { after }),
    },
    row,
  );
  builder.note({ ...reason, label: row.address, source });
  if (!isOurs('ip-address', row, { supportIds })) builder.add(givenBackNote(key, label, source), undefined);
}

function isNameOurs({ dns_name: name }: RecordOf<'ip-address'>, names: ReadonlySet<string>): boolean {
  return name !== '' && names.has(name.toLowerCase());
}
