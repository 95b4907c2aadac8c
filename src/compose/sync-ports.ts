/** Joins the sync engine to the rest of the service: which NetBox, which Proxmox endpoints, which settings. */
import { randomUUID } from 'node:crypto';
import type { Logger } from 'pino';
import type { Clock } from '../config/clock.js';
import type { SettingsResolver } from '../config/types.js';
import type { MachineMemory } from '../db/machine-memory.js';
import type { RefusalStore } from '../db/refusals.js';
import type { KnownClusterStore } from '../endpoints/known-clusters.js';
import type { ProxmoxEndpointStore } from '../endpoints/proxmox-endpoints.js';
import type { NetBoxAccess } from '../netbox/access.js';
import type { NetBoxSource } from '../plugin-endpoints/netbox-source.js';
import type { ProxmoxSessions } from '../proxmox/sessions.js';
import type { SyncPorts } from '../sync/run-ports.js';
import type { SupportReports } from '../sync/support-pass.js';

export interface SyncPortDeps {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly settings: SettingsResolver;
  readonly netboxAccess: Pick<NetBoxAccess, 'client' | 'endpoint'>;
  readonly proxmoxEndpoints: Pick<ProxmoxEndpointStore, 'all' | 'credentials' | 'mirrorPlugin'>;
  readonly knownClusters: KnownClusterStore;
  readonly netboxSource: NetBoxSource;
  readonly proxmoxSessions: Pick<ProxmoxSessions, 'open'>;
  readonly machineMemory: MachineMemory;
  readonly refusals: RefusalStore;
  readonly ledger: SyncPorts['ledger'];
  readonly supportReports: SupportReports;
}

export function createSyncPorts(deps: SyncPortDeps): SyncPorts {
  const { clock, logger, settings, netboxAccess, proxmoxEndpoints, proxmoxSessions } = deps;
  return {
    clock,
    logger,
    settings,
    randomId: randomUUID,
    knownClusters: deps.knownClusters,
    netboxEndpoint: () => netboxAccess.endpoint(),
    netboxClient: (endpoint) => netboxAccess.client(endpoint.id),
    proxmoxEndpoints: () => proxmoxEndpoints.all(),
    netboxSource: (endpoint, signal) => deps.netboxSource(endpoint.id, signal),
    openSession: (endpoint, signal, options) =>
      proxmoxSessions.open(endpoint, proxmoxEndpoints.credentials(endpoint.id), { signal, ...options }),
    noteSupport: (report) => deps.supportReports.note(report),
    machineMemory: deps.machineMemory,
    refusals: deps.refusals,
    ledger: deps.ledger,
    mirrorPlugin: (id, seen) => proxmoxEndpoints.mirrorPlugin(id, seen),
  };
}
