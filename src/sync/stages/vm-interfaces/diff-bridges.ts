/** Records which bridge of the node a device is plugged into. Pure. */
import { nodeKey } from '../../plan/cluster-views.js';
import { sidecarTags } from '../../plan/ownership.js';
import type { PlanBuilder } from '../../plan/plan-builder.js';
import { proxboxTag } from '../../plan/support-objects.js';
import { type Ref, ref } from '../../types.js';
import type { NicMatch } from '../../plan/match-nics.js';
import type { CollectedBridges, CollectedGuest } from './types.js';

/** Without the device of the node a stored bridge stays. */
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
      createTags: sidecarTags('vm-interface', current, builder.known),
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
): Ref<'node-interface'> | undefined {
  const deviceKey = nodeKey(cluster.view, node);
  const device = devices.get(deviceKey);
  if (device === undefined) return undefined;
  const key = `${deviceKey}/${name}`;
  if (builder.has('node-interface', key)) return ref('node-interface', key);
  const existing = interfaces.find((row) => row.device === device.id && row.name === name);
  if (existing !== undefined) {
    builder.know('node-interface', key, existing.id);
    return ref('node-interface', key);
  }
  builder.know('device', deviceKey, device.id);
  builder.add(
    {
      kind: 'node-interface',
      key,
      label: `${node} ${name}`,
      fields: { device: ref('device', deviceKey), name, type: 'bridge', tags: [proxboxTag] },
      rules: { device: 'create-only', name: 'create-only', type: 'create-only', tags: 'union-if-unset' },
      source: { endpointId: source.endpointId, cluster: source.cluster, node, name },
    },
    undefined,
  );
  return ref('node-interface', key);
}
