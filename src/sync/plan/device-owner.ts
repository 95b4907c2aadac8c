/** Which endpoint a device belongs to. Pure. */
import type { RecordOf } from '../../netbox/kinds/index.js';
import type { InfrastructureRecords } from './infrastructure-types.js';
import { pluginEndpointOf, type EndpointTarget } from '../../plugin-endpoints/plugin-rows.js';

export interface DeviceOwnership {
  readonly endpoints: ReadonlyMap<number, EndpointTarget>;
  readonly records: Pick<InfrastructureRecords, 'nodeLinks' | 'pluginEndpoints'>;
}

/**
 * Our id of the endpoint that the sidecar of a device belongs to, or null when nothing tells. netbox-proxbox 0.0.24 keeps no
 * `proxmox_endpoint_raw_id` of devices; there the plugin's row of a node, once linked to the device, tells it.
 */
export function endpointIdOf(state: RecordOf<'device-state'>, { endpoints, records }: DeviceOwnership): number | null {
  const stated = state.proxmox_endpoint_raw_id;
  if (stated !== null) return stated;
  const device = state.device;
  const link = records.nodeLinks.find((row) => device !== null && row.netbox_device === device);
  if (link === undefined) return null;
  const [ownerId] =
    [...endpoints].find(([, target]) => pluginEndpointOf(target, records.pluginEndpoints)?.id === link.endpoint) ?? [];
  return ownerId ?? null;
}
