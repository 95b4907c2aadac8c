/** Stored MAC addresses that a run decides about, and which of them a machine beyond the run has no more. */
import type { RecordOf } from '../../../netbox/kinds/index.js';
import { parseNetworkDevices } from '../../../proxmox/parse/network-devices.js';
import { findAbandoned, type HasLetGo } from '../../collect/abandoned-rows.js';
import { loadIfAllowed, loadRowsOf } from '../../collect/machine-rows.js';
import { collectUnread, readsFewGuests } from '../../collect/unread-guests.js';
import type { Roster } from '../../plan/roster.js';
import { proxboxTagId } from '../../plan/support-objects.js';
import type { ConnectedCluster } from '../../guests.js';
import type { RunContext } from '../../run-context.js';
import type { Warning } from '../../types.js';
import { toNetBox, wantsMac } from './diff-macs.js';
import { isLeftAlone, macsByPort, replacedMacs } from './map-mac-owners.js';
import { getsMac, hasMac } from '../../plan/match-nics.js';
import type { CollectedGuest, CollectedInterfaces } from './types.js';

type Collected = Pick<CollectedInterfaces, 'macs' | 'maySeeMacs' | 'abandonedMacs' | 'unread'>;

/** Asked only where an interface gets another MAC address or its first one, and once for what earlier runs replaced. */
export async function collectMacs(
  run: RunContext,
  roster: Roster,
  { guests, warnings }: { readonly guests: readonly CollectedGuest[]; readonly warnings: Warning[] },
): Promise<Collected> {
  if (!wantsMac(run.options)) return { macs: [], maySeeMacs: true, abandonedMacs: new Map(), unread: new Map() };
  const open = guests
    .flatMap(({ matches }) => matches)
    .filter(
      (match) => getsMac(match, run.options) && !(match.current !== undefined && isLeftAlone(match.current, run)),
    );
  const wanted = open.flatMap(({ nic }) => (nic.device.mac === null ? [] : [toNetBox(nic.device.mac)]));
  const primary = open.flatMap(({ current }) => current?.primary_mac_address ?? []);
  const replaced = [...new Set([...primary, ...(await findMarked(run))])].sort((a, b) => a - b);
  const without = 'Interfaces without one get theirs; none is replaced or removed until the token may view them.';
  const rows = await loadIfAllowed(run, warnings, { kind: 'mac-address', without }, async () =>
    (
      await Promise.all([
        loadRowsOf(run, 'mac-address', { filter: 'mac_address', of: wanted }, { fresh: true }),
        run.collections.load('mac-address', {}, { filter: 'id', of: replaced }, { fresh: true }),
      ])
    ).flat(),
  );
  const macs = [...new Map((rows ?? []).map((row) => [row.id, row])).values()];
  const [abandonedMacs, unread] = await Promise.all([
    collectAbandonedMacs(run, roster, { guests, macs }),
    collectUnread(run, roster, { guests, clusters: clustersThatReplace(run, guests, macs) }),
  ]);
  return { macs, maySeeMacs: rows !== undefined, abandonedMacs, unread };
}

/** Ids of rows of ours that are the primary one of no interface: a run replaced them. One that reads few guests removes none. */
async function findMarked(run: RunContext): Promise<readonly number[]> {
  const tag = proxboxTagId(run.supportIds);
  if (tag === undefined || run.options.modes.mac === 'bootstrap_only' || readsFewGuests(run)) return [];
  // Where they cannot be viewed they stay: who needs others of them is told so.
  const load = () => run.collections.load('mac-address', { tag_id: tag, primary: 'false' });
  return ((await loadIfAllowed(run, [], { kind: 'mac-address', without: '' }, load)) ?? []).map(({ id }) => id);
}

function clustersThatReplace(
  run: RunContext,
  guests: readonly CollectedGuest[],
  macs: readonly RecordOf<'mac-address'>[],
): ReadonlySet<ConnectedCluster> {
  const byPort = macsByPort(macs);
  const replaced = (guest: CollectedGuest) =>
    guest.matches.some((match) => replacedMacs(match, byPort, run).length > 0);
  return new Set(guests.filter(replaced).map(({ cluster }) => cluster));
}

const hasNoMore: HasLetGo<RecordOf<'mac-address'>> = ({ resource }, config, { row }) =>
  !parseNetworkDevices(config, resource.type).some(({ mac }) => mac !== null && hasMac(row, mac));

/** By row: the interface, of a machine whose guest is gone or beyond the run, that has it no more. */
async function collectAbandonedMacs(
  run: RunContext,
  roster: Roster,
  { guests, macs }: Pick<CollectedInterfaces, 'guests' | 'macs'>,
): Promise<Collected['abandonedMacs']> {
  if (run.options.modes.mac === 'bootstrap_only') return new Map();
  const here = new Set(guests.flatMap(({ interfaces }) => interfaces.map(({ id }) => id)));
  const contested = macs.filter(
    ({ assigned_object_type: type, assigned_object_id: id }) =>
      type === 'virtualization.vminterface' && !here.has(id ?? -1),
  );
  const found = await findAbandoned(run, roster, contested, {
    phase: 'vm-interfaces',
    hasLetGo: run.options.netboxVmIds === null ? undefined : hasNoMore,
  });
  const of = [...found.keys()].flatMap(({ assigned_object_id: id }) => id ?? []).sort((a, b) => a - b);
  const ports = await run.collections.load('vm-interface', {}, { filter: 'id', of }, { fresh: true });
  const byId = new Map(ports.filter((port) => !isLeftAlone(port, run)).map((port) => [port.id, port]));
  return new Map(
    [...found.keys()].flatMap((row): readonly (readonly [number, RecordOf<'vm-interface'>])[] => {
      const port = byId.get(row.assigned_object_id ?? -1);
      return port === undefined ? [] : [[row.id, port]];
    }),
  );
}
