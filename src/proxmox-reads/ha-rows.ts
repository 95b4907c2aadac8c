/** Rows of high availability as the plugin reads them: every key present, flags as booleans. Pure. */
import { field, toBool, toInt, toText, type Row } from '../proxmox/parse/coerce.js';
import { inOneOrder } from '../proxmox/parse/sets.js';
import { isObject } from '../values/plain-object.js';

const text = (row: Row, ...keys: readonly string[]): string | null => toText(field(row, ...keys));
const number = (row: Row, ...keys: readonly string[]): number | null => toInt(field(row, ...keys));
const flag = (row: Row, ...keys: readonly string[]): boolean | null => toBool(field(row, ...keys));

function limitsOf(row: Row) {
  return {
    max_relocate: number(row, 'max_relocate', 'max-relocate'),
    max_restart: number(row, 'max_restart', 'max-restart'),
    failback: flag(row, 'failback'),
  };
}

function statesOf(row: Row) {
  return {
    node: text(row, 'node'),
    status: text(row, 'status'),
    crm_state: text(row, 'crm_state', 'crm-state'),
    request_state: text(row, 'request_state', 'request-state'),
  };
}

export function haStatusRow(cluster: string, row: Row) {
  return {
    cluster_name: cluster,
    id: text(row, 'id'),
    type: text(row, 'type'),
    sid: text(row, 'sid'),
    state: text(row, 'state'),
    ...statesOf(row),
    quorate: flag(row, 'quorate'),
    ...limitsOf(row),
    timestamp: number(row, 'timestamp'),
  };
}

export type HaStatusRow = ReturnType<typeof haStatusRow>;

/** @param status of the same resource; what it does not say is null */
export function haResourceRow(cluster: string, row: Row, status: HaStatusRow | undefined) {
  return {
    cluster_name: cluster,
    sid: text(row, 'sid'),
    type: text(row, 'type'),
    state: text(row, 'state'),
    group: text(row, 'group'),
    ...limitsOf(row),
    comment: text(row, 'comment'),
    digest: text(row, 'digest'),
    node: status?.node ?? null,
    crm_state: status?.crm_state ?? null,
    request_state: status?.request_state ?? null,
    status: status?.status ?? null,
  };
}

export function haGroupRow(cluster: string, row: Row) {
  return {
    cluster_name: cluster,
    group: text(row, 'group'),
    type: text(row, 'type'),
    nodes: text(inOneOrder(row), 'nodes'),
    restricted: flag(row, 'restricted'),
    nofailback: flag(row, 'nofailback'),
    comment: text(row, 'comment'),
    digest: text(row, 'digest'),
  };
}

/** Proxmox names `disable` only when it is set, and `errors` only of a rule that it does not follow. */
export function haRuleRow(cluster: string, row: Row) {
  return {
    cluster_name: cluster,
    rule: text(row, 'rule'),
    type: text(row, 'type'),
    affinity: text(row, 'affinity'),
    nodes: text(inOneOrder(row), 'nodes'),
    resources: text(inOneOrder(row), 'resources'),
    strict: flag(row, 'strict'),
    disable: flag(row, 'disable') ?? false,
    comment: text(row, 'comment'),
    errors: errorsOf(field(row, 'errors')),
  };
}

/** `{nodes: ["no such node"]}` as `nodes: no such node`; by name, as Proxmox tells them in any order. */
function errorsOf(errors: unknown): readonly string[] {
  if (!isObject(errors)) return [];
  return Object.entries(errors)
    .flatMap(([name, texts]) => [texts].flat().map((one) => `${name}: ${(toText(one) ?? '').trim()}`))
    .sort();
}
