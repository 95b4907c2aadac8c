/** What the rows of jobs and storages of a whole cluster have in common. Pure. */
import type { JsonObject } from '../../netbox/types.js';
import type { Reason } from '../types.js';

/** Calculated anew by Proxmox: in every answer, or whenever any entry of the file is changed. Kept, it would be written then. */
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
