/**
 * Decides whether a write route may touch a Proxmox endpoint: before any NetBox or Proxmox call, from the stored row alone.
 * Pure.
 */
import type { ProxmoxEndpoint } from '../endpoints/types.js';

export interface WriteTarget {
  /**
   * The plugin's own primary key up to its version 0.0.29.post4, the id of this service in 0.0.29.post6; nothing else in the
   * request tells them apart.
   */
  readonly endpointId: number | undefined;
  /** What a direct user of the API says that `endpointId` is; the plugin says nothing. */
  readonly kind?: 'plugin' | 'backend' | undefined;
}

/** Body of the 403. */
export interface GateRefusal {
  readonly reason: string;
  readonly detail: string;
  readonly endpoint_id?: number;
}

const suffix = / \(nb:(\d+)\)$/;

/**
 * Rows that the plugin pushed are named `<name> (nb:<plugin id>)`. Only when no row has such a suffix can a plain id be one
 * of this service: with both in use, guessing could hit another cluster.
 */
function findTarget(
  rows: readonly ProxmoxEndpoint[],
  id: number,
  kind: WriteTarget['kind'],
): ProxmoxEndpoint | undefined {
  const isFromPlugin = kind !== 'backend' && rows.some((row) => suffix.test(row.name));
  return rows.find((row) => (isFromPlugin ? Number(suffix.exec(row.name)?.[1]) : row.id) === id);
}

/** The number means another endpoint to another version of the plugin. */
function ambiguity(
  rows: readonly ProxmoxEndpoint[],
  { endpointId, kind }: WriteTarget,
  found: ProxmoxEndpoint,
): GateRefusal | undefined {
  const other = rows.find(({ id }) => id === endpointId);
  if (kind !== undefined || other === undefined || other.id === found.id) return undefined;
  return {
    reason: 'endpoint_ambiguous',
    detail:
      `endpoint_id=${endpointId} is '${found.name}' by the number of the plugin and '${other.name}' by the id of this service, ` +
      'and versions of the plugin differ in which of them they send. Nothing was done. Delete both endpoints here and save ' +
      'them in NetBox again, or add endpoint_id_kind=plugin or endpoint_id_kind=backend to the request.',
    endpoint_id: other.id,
  };
}

/** undefined: writing is allowed. `disabledReason` differs between VM verbs and the other write routes. */
export function writeRefusal(
  rows: readonly ProxmoxEndpoint[],
  target: WriteTarget,
  disabledReason: string,
): GateRefusal | undefined {
  const { endpointId, kind } = target;
  if (endpointId === undefined) {
    return {
      reason: 'endpoint_id_required',
      detail:
        'Operational verbs require an explicit endpoint_id query parameter so the gate can resolve the target Proxmox cluster.',
    };
  }
  const row = findTarget(rows, endpointId, kind);
  if (row === undefined) {
    return { reason: 'endpoint_not_found', detail: `No ProxmoxEndpoint with id=${endpointId}.` };
  }
  if (!row.enabled) {
    return {
      reason: 'endpoint_disabled',
      detail: `Proxmox endpoint '${row.name}' is disabled. Enable it before running operational verbs on it.`,
      endpoint_id: endpointId,
    };
  }
  if (row.allowWrites) return ambiguity(rows, target, row);
  return {
    reason: disabledReason,
    detail:
      'Operational verbs are disabled on this endpoint. Enable ProxmoxEndpoint.allow_writes on the NetBox side after granting core.run_proxmox_action to the operator group.',
    endpoint_id: endpointId,
  };
}
