/** What becomes of addresses that a guest no longer has: a node has them now, or nobody. Pure. */
import { takenNote } from '../../plan/address-notes.js';
import { hostOf } from '../../plan/address-ownership.js';
import type { SyncOptions } from '../../plan/options.js';
import { isOurs } from '../../plan/ownership.js';
import type { PlanBuilder } from '../../plan/plan-builder.js';
import { machineName } from '../../plan/roster.js';
import {
  isTakenBySync,
  leaveFor,
  planUnclaimedAddress,
  type Unclaimed,
  type UnclaimedContext,
} from '../../plan/unclaimed-addresses.js';
import { namesOfGuest, type LetGo } from './map-let-go.js';
import type { AddressesOfNodes, NodePort } from './types.js';

interface UnclaimedOfGuests extends UnclaimedContext {
  /** By host: the interfaces of nodes that have it now. */
  readonly nodes: AddressesOfNodes['wanted'];
  readonly options: SyncOptions;
}

/** An address that a guest had and a node has now. */
export interface PassedOn {
  readonly host: string;
  readonly port: NodePort;
  /** Of the address in the plan. */
  readonly key: string;
}

/** The guest answered. What a node has now passes to the node. Returns what nodes get. */
export function planUnclaimed(
  builder: PlanBuilder,
  unclaimed: readonly LetGo[],
  context: UnclaimedOfGuests,
): readonly PassedOn[] {
  return unclaimed.flatMap((letGo) => {
    const { row } = letGo;
    if (context.options.modes.ip_address === 'bootstrap_only' && builder.isBootstrapOnly(row)) return [];
    const one = unclaimedOf(letGo);
    const port = context.nodes.get(hostOf(row.address));
    if (port !== undefined && isTakenBySync(row, context))
      return [{ host: hostOf(row.address), port, key: passOn(builder, one, port, context) }];
    planUnclaimedAddress(builder, one, context);
    return [];
  });
}

function unclaimedOf({ row, of, port }: LetGo): Unclaimed {
  const { guest } = of;
  const { name } = port.row;
  const place = `"${name}" of "${machineName(guest)}"`;
  return { row, key: guest.key, port: name, place, source: guest.source, names: namesOfGuest(of) };
}

/** To the interface of the node that has the address now, with everything that stands on it but the name of the guest. */
function passOn(builder: PlanBuilder, one: Unclaimed, port: NodePort, context: UnclaimedContext): string {
  const message = `${one.row.address} is no longer on ${one.place}, but on ${port.label}.`;
  const { row, source } = one;
  const key = `${one.key}/passed-on/${row.id}`;
  if (!isOurs('ip-address', row, context))
    builder.add(
      takenNote(key, row, { label: port.label, port: { type: 'dcim.device', id: port.device }, source }),
      undefined,
    );
  return leaveFor(builder, one, context, {
    key,
    reason: { code: 'gone_from_proxmox', message },
    fields: { assigned_object_type: 'dcim.interface', assigned_object_id: port.id },
  });
}
