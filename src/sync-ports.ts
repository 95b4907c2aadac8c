/** Joins the sync engine to the rest of the service: which NetBox, which Proxmox endpoints, which settings. */
import { randomUUID } from 'node:crypto';
import type { Logger } from 'pino';
import type { Clock } from './config/clock.js';
import type { SettingsResolver } from './config/types.js';
import type { NetBoxEndpointStore } from './endpoints/netbox-endpoints.js';
import type { ProxmoxEndpointStore } from './endpoints/proxmox-endpoints.js';
import { ProxboxError } from './errors/proxbox-error.js';
import type { NetBoxAccess } from './netbox-access.js';
import type { NetBoxSource } from './plugin-endpoints/netbox-source.js';
import type { ProxmoxSessions } from './proxmox/sessions.js';
import type { SyncPorts } from './sync/open-run.js';

export interface SyncPortDeps {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly settings: SettingsResolver;
  readonly netboxEndpoints: Pick<NetBoxEndpointStore, 'active'>;
  readonly netboxAccess: Pick<NetBoxAccess, 'client'>;
  readonly proxmoxEndpoints: Pick<ProxmoxEndpointStore, 'all' | 'credentials' | 'mirrorPlugin'>;
  readonly netboxSource: NetBoxSource;
  readonly proxmoxSessions: Pick<ProxmoxSessions, 'open'>;
}

export function createSyncPorts(deps: SyncPortDeps): SyncPorts {
  const { clock, logger, settings, netboxEndpoints, netboxAccess, proxmoxEndpoints, proxmoxSessions } = deps;
  return {
    clock,
    logger,
    settings,
    randomId: randomUUID,
    netboxEndpoint: () => {
      const endpoint = netboxEndpoints.active();
      if (endpoint !== null) return endpoint;
      throw new ProxboxError('not_configured', 'No NetBox endpoint found', {
        detail: 'Please add a NetBox endpoint in the database',
      });
    },
    netboxClient: (endpoint) => netboxAccess.client(endpoint.id),
    proxmoxEndpoints: () => proxmoxEndpoints.all(),
    netboxSource: (endpoint, signal) => deps.netboxSource(endpoint.id, signal),
    openSession: (endpoint, signal) =>
      proxmoxSessions.open(endpoint, proxmoxEndpoints.credentials(endpoint.id), { signal }),
    mirrorPlugin: (id, seen) => proxmoxEndpoints.mirrorPlugin(id, seen),
  };
}
