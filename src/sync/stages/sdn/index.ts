/** Software-defined networks. Off unless `sync_mode_sdn` says otherwise. `stale` of the result: rows of what is gone. */
import { countStale, countWritten } from '../../plan/stale.js';
import { plannedItems } from '../../planned-items.js';
import { defineStage } from '../../stage.js';
import { collectSdn } from './collect.js';
import { counters } from './counters.js';
import { planSdn } from './diff.js';

const kinds = [
  'sdn-vnet',
  'sdn-zone',
  'sdn-controller',
  'sdn-subnet',
  'sdn-fabric',
  'sdn-route-map',
  'sdn-prefix-list',
  'sdn-binding',
  'l2vpn',
  'l2vpn-termination',
  'route-target',
  'prefix',
] as const;

export const sdnStage = defineStage({
  name: 'sdn',
  title: 'SDN',
  kinds,
  resources: ['sdn'],
  collect: collectSdn,
  plan: (collected, { supportIds, options: { deleteLimit, modes }, capabilities }) =>
    planSdn({
      ...collected,
      supportIds,
      deleteLimit,
      mode: modes.sdn,
      bgpMode: modes.sdn_bgp,
      hasPlugin: capabilities.proxboxPlugin,
    }),
  discovered: (_collected, plan) => ({
    noun: 'SDN object',
    items: kinds.flatMap((kind) => plannedItems(plan, kind)),
  }),
  countOf: countWritten,
  extra: (outcomes) => ({ stale: countStale(outcomes), counters: counters(outcomes) }),
});
