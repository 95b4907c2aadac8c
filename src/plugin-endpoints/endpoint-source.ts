/** Where the Proxmox endpoints of a request come from: what is stored here, or the rows of the NetBox plugin. */
import type { ProxmoxEndpoint } from '../endpoints/types.js';

export type SourceName = 'database' | 'netbox';

export interface EndpointSource {
  /** What the ids and selectors of a request mean: ids of this service, or of the plugin with `source=netbox`. */
  readonly candidates: readonly ProxmoxEndpoint[];
  /** The endpoint to connect with; its id is always that of the stored one. Throws what makes it unusable. */
  readonly usable: (candidate: ProxmoxEndpoint) => ProxmoxEndpoint;
}

/** No network. */
export function storedSource(stored: readonly ProxmoxEndpoint[]): EndpointSource {
  return { candidates: stored, usable: (candidate) => candidate };
}
