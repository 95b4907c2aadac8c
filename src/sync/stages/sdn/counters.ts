/** The numbers of the stage under the names that clients know from the Python service. Pure. */
import type { ObjectKind } from '../../../netbox/kinds/index.js';
import { isPluginKind } from '../../../netbox/kinds/index.js';
import { countStale } from '../../plan/stale.js';
import type { Outcome } from '../../types.js';

/** `controllers`, `zones` and `vnets` count what Proxmox lists, the others what was created or changed. */
export function counters(outcomes: readonly Outcome[]): Readonly<Record<string, number>> {
  const listed = (kind: ObjectKind): number => of(outcomes, kind).length - countStale(of(outcomes, kind));
  const written = (kind: ObjectKind): number => of(outcomes, kind).filter(isWritten).length;
  return {
    controllers: listed('sdn-controller'),
    zones: listed('sdn-zone'),
    vnets: listed('sdn-vnet'),
    subnets: written('sdn-subnet'),
    l2vpns: written('l2vpn'),
    route_targets: written('route-target'),
    terminations: written('l2vpn-termination'),
    skipped: outcomes.filter(({ status }) => status === 'skipped').length,
    stale: countStale(outcomes),
    plugin_metadata: outcomes.filter((outcome) => isPluginKind(outcome.kind) && isWritten(outcome)).length,
    ...noBgp,
  };
}

/** Nothing of netbox_bgp is written. */
const noBgp = {
  bgp_peer_groups: 0,
  bgp_sessions: 0,
  bgp_routing_policies: 0,
  bgp_routing_policy_rules: 0,
  bgp_prefix_lists: 0,
  bgp_prefix_list_rules: 0,
  bgp_communities: 0,
} as const;

function of(outcomes: readonly Outcome[], kind: ObjectKind): readonly Outcome[] {
  return outcomes.filter((outcome) => outcome.kind === kind);
}

function isWritten({ status }: Outcome): boolean {
  return status === 'created' || status === 'updated';
}
