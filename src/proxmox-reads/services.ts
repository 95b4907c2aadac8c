/**
 * The services of the node behind an endpoint, from Proxmox's own list of them (`Sys.Audit` on the node). The Python service asked
 * systemd over SSH; what only systemd tells is null here.
 */
import type { ProxmoxEndpointStore } from '../endpoints/proxmox-endpoints.js';
import type { ProxmoxEndpoint } from '../endpoints/types.js';
import { errorText, toProxboxError } from '../errors/proxbox-error.js';
import { path } from '../proxmox/host.js';
import { toText, type Row } from '../proxmox/parse/coerce.js';
import { listRows } from '../proxmox/reads/rows.js';
import type { ProxmoxSessions } from '../proxmox/sessions.js';
import { nameList } from '../values/short-text.js';

export interface ServiceDeps {
  readonly proxmoxEndpoints: Pick<ProxmoxEndpointStore, 'credentials'>;
  readonly proxmoxSessions: Pick<ProxmoxSessions, 'open'>;
}

/** Words of systemd. */
export interface ServiceRow {
  readonly unit: string;
  readonly id: string;
  readonly description: string | null;
  readonly load_state: string;
  readonly active_state: string;
  readonly sub_state: string;
  readonly unit_file_state: string;
}

/** What only systemd tells. */
const untold = {
  result: null,
  main_pid: null,
  exec_main_code: null,
  exec_main_status: null,
  n_restarts: null,
  active_enter_timestamp: null,
} as const;

export interface ServiceAnswer {
  /** The node that was asked; null where it could not be. */
  readonly node: string | null;
  readonly reachable: boolean;
  readonly services: readonly ServiceRow[];
  readonly error: { readonly reason: string; readonly detail: string } | null;
}

/** Of units that are not there at all, or must not be started. */
const notLoaded = new Set(['not-found', 'masked']);

function serviceRow(row: Row): ServiceRow | null {
  const name = toText(row.name) ?? toText(row.service);
  if (name === null) return null;
  const unit = name.includes('.') ? name : `${name}.service`;
  const fileState = toText(row['unit-state']) ?? 'unknown';
  return {
    unit,
    id: unit,
    description: toText(row.desc),
    load_state: notLoaded.has(fileState) ? fileState : 'loaded',
    active_state: toText(row['active-state']) ?? 'unknown',
    sub_state: toText(row.state) ?? 'unknown',
    unit_file_state: fileState,
    ...untold,
  };
}

const isCalled = (unit: string) => (row: ServiceRow) => row.unit === unit || row.unit === `${unit}.service`;

function chosen(all: readonly ServiceRow[], units: readonly string[]): Pick<ServiceAnswer, 'services' | 'error'> {
  if (units.length === 0) return { services: all, error: null };
  const services = all.filter((row) => units.some((unit) => isCalled(unit)(row)));
  const unlisted = units.filter((unit) => !all.some(isCalled(unit)));
  if (unlisted.length === 0) return { services, error: null };
  const detail = `Proxmox does not list ${nameList(unlisted)}: nothing is known of them.`;
  return { services, error: { reason: 'units_not_listed', detail } };
}

/**
 * A node that cannot be reached, or refuses, is an answer and no error: monitoring wants to know. @param units none: all that Proxmox
 * lists
 */
export async function nodeServices(
  endpoint: ProxmoxEndpoint,
  units: readonly string[],
  deps: ServiceDeps,
): Promise<ServiceAnswer> {
  let node: string | null = null;
  try {
    const session = await deps.proxmoxSessions.open(endpoint, deps.proxmoxEndpoints.credentials(endpoint.id));
    const { nodes } = await session.clusterStatus();
    node = (nodes.find(({ local }) => local) ?? nodes[0])?.name ?? null;
    if (node === null) {
      const detail = 'The account sees no node. Grant it Sys.Audit on /.';
      return { node, reachable: true, services: [], error: { reason: 'node_unknown', detail } };
    }
    const rows = await listRows(session, path`nodes/${node}/services`);
    const all = rows.flatMap((row) => serviceRow(row) ?? []);
    return { node, reachable: true, ...chosen(all, units) };
  } catch (error) {
    const failure = toProxboxError(error);
    if (failure.code === 'internal' || failure.code === 'cancelled') throw failure;
    const reachable = failure.upstream !== undefined && failure.code !== 'proxmox_node_unreachable';
    return { node, reachable, services: [], error: { reason: failure.code, detail: errorText(failure) } };
  }
}
