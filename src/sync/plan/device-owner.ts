import { relationId, toNumber } from '../../netbox/records/compare.js';
import type { NetBoxRecord } from '../../netbox/types.js';
import type { InfrastructureRecords } from './infrastructure-types.js';
import { pluginEndpointOf, type EndpointTarget } from './plugin-endpoint.js';

/** What tells which endpoint a device belongs to. */
export interface DeviceOwnership {
  readonly endpoints: ReadonlyMap<number, EndpointTarget>;
  readonly records: Pick<InfrastructureRecords, 'nodeLinks' | 'pluginEndpoints'>;
}

/**
 * Our id of the endpoint that the sidecar of a device belongs to, or null when nothing tells. netbox-proxbox 0.0.24 keeps no
 * `proxmox_endpoint_raw_id` of devices; there the plugin's row of a node, once linked to the device, tells it.
 */
export function endpointIdOf(state: NetBoxRecord, { endpoints, records }: DeviceOwnership): number | null {
  const stated = toNumber(state['proxmox_endpoint_raw_id']);
  if (stated !== null) return stated;
  const device = relationId(state['device']);
  const link = records.nodeLinks.find((row) => device !== null && relationId(row['netbox_device']) === device);
  if (link === undefined) return null;
  const owner = relationId(link['endpoint']);
  const found = [...endpoints].find(([, target]) => pluginEndpointOf(target, records.pluginEndpoints)?.id === owner);
  return found?.[0] ?? null;
}
