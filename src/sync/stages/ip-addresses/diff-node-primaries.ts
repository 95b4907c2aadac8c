/** Nodes whose primary address passes to a guest get another one, and those that get an address their first. Pure. */
import type { RecordOf } from '../../../netbox/kinds/index.js';
import { hostOf } from '../../plan/address-ownership.js';
import { byManagement, planDevicePrimaries, primaryOf } from '../../plan/device-primaries.js';
import { usableAddresses } from '../../plan/node-addresses.js';
import type { NetworkOptions } from '../../plan/options.js';
import type { PlanBuilder } from '../../plan/plan-builder.js';
import type { Moves } from './diff-moves.js';
import type { PassedOn } from './diff-unclaimed.js';
import type { ConcernedNode } from './types.js';

interface NodeAddresses {
  /** What nodes get in this run. */
  readonly passedOn: readonly PassedOn[];
  readonly moves: Moves;
  readonly network: NetworkOptions;
}

/** By the rule of the stage of node interfaces, which has been here before. */
export function planNodePrimaries(
  builder: PlanBuilder,
  nodes: readonly ConcernedNode[],
  { passedOn, moves, network }: NodeAddresses,
): void {
  for (const { node, device, ports, rows } of nodes) {
    const ids = new Map(ports.map(({ one, id }) => [one.name, id]));
    const candidates = byManagement(ports.map(({ one }) => one)).flatMap((one) =>
      usableAddresses(one, network).flatMap((address) => {
        const port = ids.get(one.name);
        const comes = passedOn.find((other) => other.port.id === port && other.host === hostOf(address));
        const key = comes?.key ?? knownKey(builder, rows, { port, address });
        return key === undefined ? [] : primaryOf(one, address, key);
      }),
    );
    planDevicePrimaries(builder, node, { device, candidates, isReleased: moves.isReleased });
  }
}

/** The key under which the plan knows the row with an address of an interface; undefined: there is none. */
function knownKey(
  builder: PlanBuilder,
  rows: readonly RecordOf<'ip-address'>[],
  { port, address }: { readonly port: number | undefined; readonly address: string },
): string | undefined {
  const row = rows.find(
    (one) =>
      one.assigned_object_type === 'dcim.interface' &&
      one.assigned_object_id === port &&
      hostOf(one.address) === hostOf(address),
  );
  if (row === undefined) return undefined;
  const key = `netbox-${row.id}`;
  builder.know('ip-address', key, row.id);
  return key;
}
