/** Settles which endpoint ids in rows of NetBox mean the clusters of a run: see plan/endpoint-numbers.ts. */
import type { RecordOf } from '../../netbox/kinds/index.js';
import type { ConnectedCluster } from '../guests.js';
import { hostOf } from '../plan/address-ownership.js';
import type { ClusterView } from '../plan/cluster-views.js';
import {
  formerEndpointIds,
  isOpenNumber,
  judgeNumber,
  placeAt,
  unconfirmedIds,
  withNumbers,
  type NumberContext,
  type NumberedRows,
} from '../plan/endpoint-numbers.js';
import type { OwnedRow } from '../plan/reused-ids.js';
import type { RunContext } from '../run-context.js';
import { loadIfAllowed } from './machine-rows.js';

/** NetBox is looked at until the ids of an endpoint are confirmed, which is once: what is found is remembered. */
export async function settleNumbers(run: RunContext): Promise<readonly ConnectedCluster[]> {
  const { known, endpoints } = run;
  const context: NumberContext = { known: known.byEndpoint, older: known.older, endpoints };
  const isOpen = run.clusters.some(({ view }) => unconfirmedIds(view, context).length > 0);
  const stored = isOpen && run.capabilities.proxboxPlugin ? await loadStored(run) : nothing;
  const clusters: ConnectedCluster[] = [];
  for (const cluster of run.clusters) {
    const { view } = cluster;
    const former = formerEndpointIds(view, context);
    const numbers = unconfirmedIds(view, context).length > 0 ? await judge(run, view, { context, stored }) : settled;
    const own = [...former, ...numbers.own];
    if (numbers.doubtful.length === 0 && run.capabilities.proxboxPlugin)
      known.confirm([...view.endpointIds, ...own], view);
    clusters.push({ ...cluster, view: withNumbers(view, { own, doubtful: numbers.doubtful }) });
  }
  return clusters;
}

interface Stored {
  readonly devices: readonly RecordOf<'device-state'>[];
  readonly machines: readonly RecordOf<'vm-state'>[];
}

const nothing: Stored = { devices: [], machines: [] };
const settled: { readonly own: readonly number[]; readonly doubtful: readonly number[] } = { own: [], doubtful: [] };

/** Who may not read them is told so by the stages that need them. */
async function loadStored(run: RunContext): Promise<Stored> {
  const load = async <K extends 'device-state' | 'vm-state'>(kind: K): Promise<readonly RecordOf<K>[]> =>
    (await loadIfAllowed(run, [], { kind, without: '' }, () => run.collections.load(kind, {}))) ?? [];
  const [devices, machines] = await Promise.all([load('device-state'), load('vm-state')]);
  return { devices, machines };
}

async function judge(
  run: RunContext,
  view: ClusterView,
  { context, stored }: { readonly context: NumberContext; readonly stored: Stored },
): Promise<typeof settled> {
  const isAlike = isNamedLike(view);
  const alike = { devices: stored.devices.filter(isAlike), machines: stored.machines.filter(isAlike) };
  const ids = new Set([...alike.devices, ...alike.machines].flatMap((row) => row.proxmox_endpoint_raw_id || []));
  const open = [...ids].filter((id) => isOpenNumber(id, view, context));
  if (open.length === 0) return settled;
  const isAlone = ids.size === 1 && !hasNamesake(run, view);
  const numbered = await placesByNumber(run, open, alike);
  const judged = numbered.map((rows) => ({
    id: rows.endpointId,
    as: judgeNumber(rows, view, { ...context, isAlone }),
  }));
  const which = (wanted: string): readonly number[] => judged.filter(({ as }) => as === wanted).map(({ id }) => id);
  return { own: which('own'), doubtful: which('doubtful') };
}

/** Its cluster and node have these names. */
function isNamedLike({ name, nodes }: ClusterView): (row: OwnedRow) => boolean {
  const names = new Set(nodes.map((node) => node.name.toLowerCase()));
  return (row) =>
    row.proxmox_cluster_name.toLowerCase() === name.toLowerCase() && names.has(row.proxmox_node_name.toLowerCase());
}

/** Another stored endpoint leads to a cluster of this name. */
function hasNamesake({ clusters, known, endpoints }: RunContext, view: ClusterView): boolean {
  const here = clusters.flatMap((one) =>
    one.view.endpointIds.map((endpointId) => ({ endpointId, ...nameOf(one.view) })),
  );
  const named = [...here, ...[...known.byEndpoint.values()].filter(({ endpointId }) => endpoints.has(endpointId))];
  return named.some(
    ({ endpointId, name }) => !view.endpointIds.includes(endpointId) && name.toLowerCase() === view.name.toLowerCase(),
  );
}

function nameOf({ name }: ClusterView): { readonly name: string } {
  return { name };
}

/** One more look at NetBox: the addresses of the devices. */
async function placesByNumber(
  run: RunContext,
  numbers: readonly number[],
  { devices, machines }: Stored,
): Promise<readonly NumberedRows[]> {
  const isOpen = (row: OwnedRow): boolean => numbers.includes(row.proxmox_endpoint_raw_id ?? 0);
  const of = [...new Set(devices.filter(isOpen).flatMap(({ device }) => device ?? []))].sort((a, b) => a - b);
  const addresses =
    (await loadIfAllowed(run, [], { kind: 'ip-address', without: '' }, () =>
      run.collections.load('ip-address', {}, { filter: 'device_id', of }),
    )) ?? [];
  const interfaces =
    (await loadIfAllowed(run, [], { kind: 'node-interface', without: '' }, () =>
      run.collections.load('node-interface', {}, { filter: 'device_id', of: addresses.length === 0 ? [] : of }),
    )) ?? [];
  const deviceOf = new Map(interfaces.map(({ id, device }) => [id, device]));
  return numbers.map((endpointId) => {
    const own = new Set(
      devices.filter((row) => row.proxmox_endpoint_raw_id === endpointId).map(({ device }) => device),
    );
    const ofDevices = addresses
      .filter((row) => own.has(deviceOf.get(row.assigned_object_id ?? 0) ?? null))
      .map(({ address }) => hostOf(address));
    const ofMachines = machines
      .filter((row) => row.proxmox_endpoint_raw_id === endpointId)
      .flatMap(({ proxmox_link: link }) => placeOfLink(link) ?? []);
    return { endpointId, places: new Set([...ofDevices, ...ofMachines]) };
  });
}

function placeOfLink(link: string): string | undefined {
  if (!URL.canParse(link)) return undefined;
  const { hostname, port } = new URL(link);
  return placeAt(hostname, port === '' ? 443 : port);
}
