/** From a stored NetBox endpoint to a client for it: which row, its token, its base URL. */
import type { NetBoxEndpointStore } from './endpoints/netbox-endpoints.js';
import type { NetBoxEndpoint } from './endpoints/types.js';
import { ProxboxError } from './errors/proxbox-error.js';
import type { NetBoxClients } from './netbox/clients.js';
import type { NetBoxClient } from './netbox/types.js';

export interface NetBoxAccess {
  /**
   * The client of the row with this id, else of the enabled row with the lowest id.
   * @throws ProxboxError `not_configured` (400) without such a row, `credentials_unreadable`, `key_pending`
   */
  client(netboxId?: number): Promise<NetBoxClient>;
  /** The body of the plugin's settings answer; errors as client, and `netbox_*`. */
  fetchPluginSettings(budgetMs: number): Promise<unknown>;
}

export interface NetBoxAccessDeps {
  readonly netboxEndpoints: Pick<NetBoxEndpointStore, 'active' | 'find' | 'credentials'>;
  readonly netboxClients: Pick<NetBoxClients, 'forEndpoint' | 'fetchPluginSettings'>;
  readonly baseUrlOf: (endpoint: NetBoxEndpoint) => Promise<string>;
}

export function createNetBoxAccess({ netboxEndpoints, netboxClients, baseUrlOf }: NetBoxAccessDeps): NetBoxAccess {
  function endpointFor(netboxId: number | undefined): NetBoxEndpoint {
    const endpoint = netboxId === undefined ? netboxEndpoints.active() : netboxEndpoints.find(netboxId);
    if (endpoint !== null) return endpoint;
    if (netboxId !== undefined) throw new ProxboxError('not_configured', `NetBox endpoint ${netboxId} not found`);
    throw new ProxboxError('not_configured', 'No NetBox endpoint found', {
      detail: 'Please add a NetBox endpoint in the database',
    });
  }

  return {
    async client(netboxId) {
      const endpoint = endpointFor(netboxId);
      const credentials = netboxEndpoints.credentials(endpoint.id);
      return netboxClients.forEndpoint(endpoint, credentials, await baseUrlOf(endpoint));
    },
    async fetchPluginSettings(budgetMs) {
      const endpoint = endpointFor(undefined);
      const credentials = netboxEndpoints.credentials(endpoint.id);
      return netboxClients.fetchPluginSettings(endpoint, credentials, await baseUrlOf(endpoint), budgetMs);
    },
  };
}
