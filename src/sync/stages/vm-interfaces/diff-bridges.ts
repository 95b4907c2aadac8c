import { relationId, textOf } from '../../../netbox/records/compare.js';
import { nodeKey } from '../../plan/cluster-views.js';
import type { PlanBuilder } from '../../plan/plan-builder.js';
import { proxboxTag, ref } from '../../plan/support-objects.js';
import type { Ref } from '../../types.js';
import type { NicMatch } from './map-match.js';
import type { CollectedBridges, CollectedGuest } from './types.js';

/** Records which bridge of the node a device is plugged into. Without the device of the node a stored bridge stays. */
export function planBridge(
  builder: PlanBuilder,
  guest: CollectedGuest,
  { match, label }: { readonly match: NicMatch; readonly label: string },
  bridges: CollectedBridges,
): void {
  const { nic, current } = match;
  const state = current === undefined ? undefined : bridges.states.get(current.id);
  const bridge = nic.device.bridge === null ? null : bridgeRef(builder, guest, nic.device.bridge, bridges);
  if (bridge === undefined || (bridge === null && state === undefined)) return;
  const key = `${guest.key}/${nic.device.key}`;
  builder.add(
    {
      kind: 'vm-interface-state',
      key,
      label,
      fields: { vm_interface: ref('vm-interface', key), proxbox_bridge: bridge },
      rules: { vm_interface: 'create-only' },
      source: guest.source,
    },
    state,
  );
}

/** An interface of the node's device with the bridge's name, whatever its type; made as a bridge when there is none. */
function bridgeRef(
  builder: PlanBuilder,
  { cluster, node, source }: CollectedGuest,
  name: string,
  { devices, interfaces }: CollectedBridges,
): Ref | undefined {
  const deviceId = nodeKey(cluster.view, node);
  const device = devices.get(deviceId);
  if (device === undefined) return undefined;
  const key = `${deviceId}/${name}`;
  if (builder.has('node-interface', key)) return ref('node-interface', key);
  const existing = interfaces.find((row) => relationId(row['device']) === device.id && textOf(row['name']) === name);
  if (existing !== undefined) {
    builder.know('node-interface', key, existing.id);
    return ref('node-interface', key);
  }
  builder.know('device', deviceId, device.id);
  builder.add(
    {
      kind: 'node-interface',
      key,
      label: `${node} ${name}`,
      fields: { device: ref('device', deviceId), name, type: 'bridge', tags: [proxboxTag] },
      rules: { device: 'create-only', name: 'create-only', type: 'create-only', tags: 'union-if-unset' },
      source: { endpointId: source.endpointId, cluster: source.cluster, node, name },
    },
    undefined,
  );
  return ref('node-interface', key);
}
