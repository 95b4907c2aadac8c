/** Finds the devices of nodes by the rules of the devices stage: never by name alone. Pure. */
import type { RecordOf } from '../../netbox/kinds/index.js';
import { objectKey, type Reason } from '../types.js';
import { nodeKey } from './cluster-views.js';
import { planInfrastructure } from './infrastructure.js';
import type { InfrastructureInput } from './infrastructure-types.js';
import { PlanBuilder } from './plan-builder.js';

/** The NetBox device of a node, or why there is none to work on. */
export type NodeDevice = { readonly device: RecordOf<'device'> } | { readonly reason: Reason };

/** By node key. Nothing is planned for them; a device that the devices stage would create is missing here. */
export function findNodeDevices(
  input: Pick<InfrastructureInput, 'views' | 'records' | 'endpoints' | 'options' | 'now'>,
): ReadonlyMap<string, NodeDevice> {
  const builder = new PlanBuilder();
  planInfrastructure(builder, { ...input, purpose: 'inventory', asItIs: false });
  const { known, changes } = builder.build('devices');
  const byId = new Map(input.records.devices.map((device) => [device.id, device]));
  const devices = new Map<string, NodeDevice>();
  for (const view of input.views) {
    const refused = changes.find(
      (change) => change.action === 'refuse' && change.kind === 'cluster' && change.key === view.key,
    );
    for (const { name } of view.nodes) {
      const device = byId.get(known.get(objectKey('device', nodeKey(view, name))) ?? 0);
      const why = refused?.action === 'refuse' ? refused.reason : missing(name, view.name);
      devices.set(nodeKey(view, name), device === undefined ? { reason: why } : { device });
    }
  }
  return devices;
}

function missing(node: string, cluster: string): Reason {
  return {
    code: 'device_missing',
    message: `Node "${node}" of "${cluster}" has no device in NetBox yet; sync the devices first.`,
  };
}
