import type { GuestConfig, GuestResource, ProxmoxSession } from '../../../src/proxmox/types.js';
import type { RunContext } from '../../../src/sync/run-context.js';
import { runStage } from '../../../src/sync/stage-runner.js';
import { devicesStage } from '../../../src/sync/stages/devices/index.js';
import { supportObjectsStage } from '../../../src/sync/stages/support-objects/index.js';
import { virtualMachinesStage } from '../../../src/sync/stages/virtual-machines/index.js';
import type { StageResult } from '../../../src/sync/summary.js';
import type { RunEvent } from '../../../src/sync/events.js';
import type { SessionSummary } from '../../../src/sync/plan/cluster-views.js';
import type { InMemoryNetBox } from './in-memory-netbox.js';
import { aGuestResource, aProxmoxSession } from './proxmox.js';
import { aRun } from './run.js';
import { aClusterView, anEndpointTarget } from './sync.js';
import type { ConnectedCluster } from '../../../src/sync/guests.js';

export interface EstateGuest {
  readonly resource: GuestResource;
  readonly config: GuestConfig;
}

export function aGuest(resource: Partial<GuestResource>, config: GuestConfig = {}): EstateGuest {
  return { resource: aGuestResource(resource), config };
}

/** A Proxmox cluster with guests, reached through one endpoint. */
export function aConnectedCluster(
  guests: readonly EstateGuest[],
  changes: { readonly view?: Partial<SessionSummary>; readonly session?: Partial<ProxmoxSession> } = {},
): ConnectedCluster {
  const view = aClusterView(changes.view);
  const session = aProxmoxSession({
    endpointId: view.owner.endpointId,
    name: view.name,
    guests: async () => guests.map(({ resource }) => resource),
    guestConfig: async ({ type, vmid }) =>
      guests.find(({ resource }) => resource.type === type && resource.vmid === vmid)?.config ?? {},
    ...changes.session,
  });
  return { view, sessions: [session] };
}

export interface InventoryRun {
  readonly devices: StageResult;
  readonly machines: StageResult;
  readonly events: readonly RunEvent[];
}

/** What a job of the plugin does first: support objects, devices, virtual machines. */
export async function syncInventory(
  netbox: InMemoryNetBox,
  clusters: readonly ConnectedCluster[],
  changes: Partial<RunContext> = {},
): Promise<InventoryRun> {
  const endpoints = new Map(
    clusters.map(({ view }) => [view.owner.endpointId, anEndpointTarget({ ipAddress: view.owner.host })]),
  ) as unknown as RunContext['endpoints'];
  const { run, events } = aRun(netbox.client, { clusters, endpoints, ...changes });
  const support = await runStage(supportObjectsStage, run);
  const ready = { ...run, supportIds: support.ids };
  const devices = await runStage(devicesStage, ready);
  const machines = await runStage(virtualMachinesStage, ready);
  return { devices, machines, events };
}
