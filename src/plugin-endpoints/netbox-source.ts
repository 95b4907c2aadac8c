/** Reads the plugin's rows in NetBox as a source of Proxmox endpoints (`source=netbox`). */
import type { ProxmoxEndpoint } from '../endpoints/types.js';
import { ProxboxError } from '../errors/proxbox-error.js';
import type { NetBoxClient } from '../netbox/types.js';
import type { EndpointSource } from './endpoint-source.js';
import { pluginSource } from './plugin-source.js';

/** Reads the rows of the NetBox with this id, else of the active one. Errors as `readNetBoxSource`, and `not_configured`. */
export type NetBoxSource = (netboxId?: number, signal?: AbortSignal) => Promise<EndpointSource>;

export const pluginEndpointsPath = '/api/plugins/proxbox/endpoints/proxmox/';

export interface NetBoxSourceDeps {
  readonly stored: () => readonly ProxmoxEndpoint[];
  /** Throws when an address may not be connected to. */
  readonly checkHosts: (endpoint: ProxmoxEndpoint) => void;
}

/**
 * One list request, past the cache.
 * @throws ProxboxError `not_configured` (400) when NetBox has no such plugin, and `netbox_*`
 */
export async function readNetBoxSource(client: NetBoxClient, deps: NetBoxSourceDeps): Promise<EndpointSource> {
  const { proxboxPlugin } = await client.capabilities();
  if (!proxboxPlugin) {
    throw new ProxboxError('not_configured', 'source=netbox needs the plugin netbox-proxbox in NetBox', {
      detail: 'It is not installed there. Install it, or use source=database.',
    });
  }
  const rows = await client.list(pluginEndpointsPath, {}, { cache: 'bypass' });
  return pluginSource({ rows, stored: deps.stored(), checkHosts: deps.checkHosts });
}
