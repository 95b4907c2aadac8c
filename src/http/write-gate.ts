/**
 * Decides whether a write route may touch a Proxmox endpoint: before any NetBox or Proxmox call, from the stored row alone.
 * Pure.
 */
import type { ProxmoxEndpoint } from '../endpoints/types.js';
import { pluginIdOf } from '../values/plugin-id.js';

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

/**
 * Rows that the plugin pushed are named `<name> (nb:<plugin id>)`. Only when no row has such a suffix can a plain id be one
 * of this service: with both in use, guessing could hit another cluster. Answers the enabled rows, else the disabled ones.
 */
function findTargets(
  rows: readonly ProxmoxEndpoint[],
  id: number,
  kind: WriteTarget['kind'],
): readonly ProxmoxEndpoint[] {
  const isFromPlugin =
    kind === 'plugin' || (kind === undefined && rows.some((row) => pluginIdOf(row.name) !== undefined));
  const found = rows.filter((row) => (isFromPlugin ? pluginIdOf(row.name) : row.id) === id);
  const enabled = found.filter((row) => row.enabled);
  return enabled.length > 0 ? enabled : found;
}

function severalRows(endpointId: number, rows: readonly ProxmoxEndpoint[]): GateRefusal {
  const names = rows.map(({ id, name }) => `'${name}' (id ${id})`).join(' and ');
  return {
    reason: 'endpoint_ambiguous',
    detail: `endpoint_id=${endpointId} is claimed by ${names}. Nothing was done. Delete or disable the one that is out of date.`,
    endpoint_id: endpointId,
  };
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

/** The row that a write may touch, or why it may not. `disabledReason` differs between VM verbs and the other write routes. */
export type Gated = { readonly endpoint: ProxmoxEndpoint } | { readonly refusal: GateRefusal };

export function passGate(rows: readonly ProxmoxEndpoint[], target: WriteTarget, disabledReason: string): Gated {
  const found = findEnabled(rows, target);
  if ('refusal' in found) return found;
  if (found.endpoint.allowWrites) return unlessAmbiguous(rows, target, found);
  return {
    refusal: {
      reason: disabledReason,
      detail:
        'Operational verbs are disabled on this endpoint. Enable ProxmoxEndpoint.allow_writes on the NetBox side after granting core.run_proxmox_action to the operator group.',
      endpoint_id: target.endpointId ?? 0,
    },
  };
}

/** For what only reads but names its endpoint as writes do: everything is checked but the switch for writing. */
export function passReadGate(rows: readonly ProxmoxEndpoint[], target: WriteTarget): Gated {
  const found = findEnabled(rows, target);
  return 'refusal' in found ? found : unlessAmbiguous(rows, target, found);
}

function unlessAmbiguous(
  rows: readonly ProxmoxEndpoint[],
  target: WriteTarget,
  found: { readonly endpoint: ProxmoxEndpoint },
): Gated {
  const refusal = ambiguity(rows, target, found.endpoint);
  return refusal === undefined ? found : { refusal };
}

function findEnabled(rows: readonly ProxmoxEndpoint[], { endpointId, kind }: WriteTarget): Gated {
  if (endpointId === undefined) {
    return {
      refusal: {
        reason: 'endpoint_id_required',
        detail:
          'Operational verbs require an explicit endpoint_id query parameter so the gate can resolve the target Proxmox cluster.',
      },
    };
  }
  const [endpoint, ...others] = findTargets(rows, endpointId, kind);
  if (endpoint === undefined) {
    return { refusal: { reason: 'endpoint_not_found', detail: `No ProxmoxEndpoint with id=${endpointId}.` } };
  }
  if (!endpoint.enabled) {
    return {
      refusal: {
        reason: 'endpoint_disabled',
        detail: `Proxmox endpoint '${endpoint.name}' is disabled. Enable it before running operational verbs on it.`,
        endpoint_id: endpointId,
      },
    };
  }
  return others.length === 0 ? { endpoint } : { refusal: severalRows(endpointId, [endpoint, ...others]) };
}
