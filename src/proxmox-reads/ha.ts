/** High availability of one cluster. Proxmox 8 has groups, Proxmox 9 has rules in their place; the other list is empty. */
import { errorText, ProxboxError } from '../errors/proxbox-error.js';
import { path } from '../proxmox/host.js';
import { toBool, toInt, toText, type Row } from '../proxmox/parse/coerce.js';
import { parsePropertyString } from '../proxmox/parse/property-string.js';
import { propertyText, sortedRows } from '../proxmox/parse/sets.js';
import { listRows, statusOf } from '../proxmox/reads/rows.js';
import type { ProxmoxSession } from '../proxmox/types.js';
import { isObject } from '../values/plain-object.js';
import { haGroupRow, haResourceRow, haRuleRow, haStatusRow, type HaStatusRow } from './ha-rows.js';

export type HaResourceRow = ReturnType<typeof haResourceRow>;
export type HaGroupRow = ReturnType<typeof haGroupRow>;
export type HaRuleRow = ReturnType<typeof haRuleRow>;

export interface HaSummary {
  readonly status: readonly (HaStatusRow | HaFailureRow)[];
  readonly groups: readonly HaGroupRow[];
  readonly resources: readonly HaResourceRow[];
  readonly rules: readonly HaRuleRow[];
}

/** Stands for a status that could not be read; begins with `error: `. */
export interface HaFailureRow extends Row {
  readonly cluster_name: string;
  readonly status: string;
}

export function haFailureRow(cluster: string, error: unknown): HaFailureRow {
  return { cluster_name: cluster, status: `error: ${errorText(error)}` };
}

export async function readHaStatus(session: ProxmoxSession): Promise<readonly HaStatusRow[]> {
  const rows = await listRows(session, 'cluster/ha/status/current');
  return rows.map((row) => haStatusRow(session.name, row));
}

/** What a resource is doing is worth less than that it exists: without the status the rows stay, with nulls. */
async function statusOrError(session: ProxmoxSession): Promise<readonly HaStatusRow[] | ProxboxError> {
  try {
    return await readHaStatus(session);
  } catch (error) {
    if (error instanceof ProxboxError && error.code !== 'cancelled') return error;
    throw error;
  }
}

/** Proxmox 8 lists the ids alone: what is behind them is asked for each. */
async function completed(session: ProxmoxSession, row: Row): Promise<Row> {
  const sid = toText(row.sid);
  if (sid === null || row.state !== undefined) return row;
  const details = await session.get(path`cluster/ha/resources/${sid}`);
  return isObject(details) ? { ...row, ...details } : row;
}

async function resourcesWith(
  session: ProxmoxSession,
  status: readonly HaStatusRow[] | ProxboxError,
  isWanted: (row: Row) => boolean = () => true,
): Promise<readonly HaResourceRow[]> {
  const wanted = sortedRows((await listRows(session, 'cluster/ha/resources')).filter(isWanted), 'sid');
  const rows = await Promise.all(wanted.map((row) => completed(session, row)));
  const states = status instanceof ProxboxError ? [] : status;
  return rows.map((row) =>
    haResourceRow(
      session.name,
      row,
      states.find(({ sid }) => sid !== null && sid === toText(row.sid)),
    ),
  );
}

export async function readHaResources(session: ProxmoxSession): Promise<readonly HaResourceRow[]> {
  return resourcesWith(session, await statusOrError(session));
}

/** null for a guest that high availability does not manage. */
export async function readHaResourceOfGuest(session: ProxmoxSession, vmid: number): Promise<HaResourceRow | null> {
  const isOfGuest = (row: Row): boolean => toText(row.sid) === `vm:${vmid}` || toText(row.sid) === `ct:${vmid}`;
  const rows = await resourcesWith(session, await statusOrError(session), isOfGuest);
  return rows[0] ?? null;
}

/** Proxmox 9 answers so once it has turned the groups into rules; there is no other sign. */
function areMigrated(error: unknown): boolean {
  if (!(error instanceof ProxboxError) || statusOf(error) !== 500) return false;
  return /ha groups have been migrated to rules/i.test((error.upstream?.statusText ?? '').slice(0, 500));
}

export async function readHaGroups(session: ProxmoxSession): Promise<readonly HaGroupRow[]> {
  try {
    return (await listRows(session, 'cluster/ha/groups')).map((row) => haGroupRow(session.name, row));
  } catch (error) {
    if (areMigrated(error) || statusOf(error) === 501) return [];
    throw error;
  }
}

/** Proxmox 8 does not know the path: 501. */
export async function readHaRules(session: ProxmoxSession): Promise<readonly HaRuleRow[]> {
  try {
    return (await listRows(session, 'cluster/ha/rules')).map((row) => haRuleRow(session.name, row));
  } catch (error) {
    if (statusOf(error) === 501) return [];
    throw error;
  }
}

export async function readHaSummary(session: ProxmoxSession): Promise<HaSummary> {
  const status = statusOrError(session);
  const [told, resources, groups, rules] = await Promise.all([
    status,
    status.then((rows) => resourcesWith(session, rows)),
    readHaGroups(session),
    readHaRules(session),
  ]);
  return {
    status: told instanceof ProxboxError ? [haFailureRow(session.name, told)] : told,
    groups,
    resources,
    rules,
  };
}

/** `mode` is the resource manager's of the node that answers, for lack of one of the cluster. */
export async function readHaManager(session: ProxmoxSession): Promise<Row> {
  const answer = await session.get('cluster/ha/status/manager_status');
  const row = isObject(answer) ? answer : {};
  const manager = isObject(row.manager_status) ? row.manager_status : {};
  const quorum = isObject(row.quorum) ? row.quorum : {};
  const lrms = isObject(row.lrm_status) ? row.lrm_status : {};
  const local = lrms[toText(quorum.node) ?? ''];
  return {
    cluster_name: session.name,
    manager_status: manager,
    timestamp: toInt(manager.timestamp),
    quorum_ok: toBool(quorum.quorate),
    mode: isObject(local) ? toText(local.mode) : null,
  };
}

/** How the cluster places resources; Proxmox leaves out what is at its default, `basic`. */
export async function readHaScheduling(session: ProxmoxSession): Promise<Row> {
  const options = await session.get('cluster/options');
  const crs = isObject(options) ? (propertyText(options.crs) ?? '') : '';
  const ha = parsePropertyString(crs, 'ha').get('ha') ?? 'basic';
  return { cluster_name: session.name, ha, status: 'ok', error: null };
}
