/** How write routes name the Proxmox endpoint they are about, and the gate they pass first. */
import { z } from 'zod';
import type { ProxmoxEndpoint } from '../../endpoints/types.js';
import type { PluginMirror } from '../../plugin-endpoints/mirror.js';
import { integerField } from '../query-fields.js';
import { passGate, passReadGate, type Gated } from '../write-gate.js';

export interface GateDeps {
  readonly proxmoxEndpoints: { all(): readonly ProxmoxEndpoint[] };
  readonly pluginMirror: Pick<PluginMirror, 'noticeRefusal'>;
}

export const GateQuery = z.object({
  endpoint_id: integerField().optional().describe('Number of the endpoint in the NetBox plugin, or its id here'),
  endpoint_id_kind: z.enum(['plugin', 'backend']).optional().describe('Which of the two endpoint_id is'),
});

/** Reason of the 403 when writing to the endpoint is switched off: VM verbs say the first, the rest the second. */
export type GateReason = 'endpoint_writes_disabled' | 'writes_disabled_for_endpoint';

/** A refusal because of the switch makes the plugin's row be read, so that the next click works. */
export function gateOf(deps: GateDeps, query: z.infer<typeof GateQuery>, disabledReason: GateReason): Gated {
  const { endpoint_id: endpointId, endpoint_id_kind: kind } = query;
  const gated = passGate(deps.proxmoxEndpoints.all(), { endpointId, kind }, disabledReason);
  const isSwitchedOff = 'refusal' in gated && gated.refusal.reason === disabledReason;
  if (isSwitchedOff && endpointId !== undefined) deps.pluginMirror.noticeRefusal(endpointId);
  return gated;
}

/** For reads that name their endpoint as writes do. */
export function readGateOf(deps: Pick<GateDeps, 'proxmoxEndpoints'>, query: z.infer<typeof GateQuery>): Gated {
  const { endpoint_id: endpointId, endpoint_id_kind: kind } = query;
  return passReadGate(deps.proxmoxEndpoints.all(), { endpointId, kind });
}
