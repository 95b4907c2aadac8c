/** What the rows of cluster-wide jobs have in common. Pure. */
import { relationId, textOf } from '../../netbox/records/compare.js';
import type { JsonObject, NetBoxRecord } from '../../netbox/types.js';
import type { Reason } from '../types.js';

/** Of the plugin's nodes the one of this endpoint: node names repeat. */
export function nodeRowId(name: string | null, endpointId: number, nodes: readonly NetBoxRecord[]): number | undefined {
  return nodes.find((row) => textOf(row['name']) === name && relationId(row['endpoint']) === endpointId)?.id;
}

/** Calculated anew by Proxmox in every answer: kept, it would be written by every run. */
const volatile: ReadonlySet<string> = new Set(['next-run', 'next_run', 'digest']);

export function lastingConfig(raw: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(raw).filter(([key]) => !volatile.has(key)));
}

export function unknownEndpoint(subject: string, cluster: string): Reason {
  return {
    code: 'endpoint_unknown_to_plugin',
    message: `${subject} of "${cluster}" was not written: the plugin has no Proxmox endpoint that is surely this one. Give its endpoint in NetBox the address and port that it has here.`,
  };
}
