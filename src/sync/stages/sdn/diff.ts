/** Everything of a cluster's software-defined networks as a row of its endpoint, and as what it is in NetBox. Pure. */
import type { Steps } from '../../../config/breathe.js';
import { counted } from '../../../values/short-text.js';
import type { RecordOf } from '../../../netbox/kinds/index.js';
import type { KnownIds } from '../../plan/diff-object.js';
import { unknownEndpoint } from '../../plan/job-rows.js';
import type { DeleteLimit, SyncMode } from '../../plan/options.js';
import { PlanBuilder } from '../../plan/plan-builder.js';
import { planRoster } from '../../plan/roster.js';
import type { SdnKind } from '../../plan/stale.js';
import { bootstrapOnlyTag } from '../../plan/support-objects.js';
import { warnWithoutPlugin } from '../../plan/without-plugin.js';
import { ref, type Desired, type ObjectKey, type Plan } from '../../types.js';
import { planCore, planGoneBinding, planGoneVnets, type Conflicts } from './diff-core.js';
import { noLimit, planGone, planLearned } from './diff-gone.js';
import { controllerRow, isStorable, subjectOf, subnetRow, vnetRow, zoneRow } from './map.js';
import { fabricRow, isKept, prefixListRow, routeMapRow } from './map-routing.js';
import { bindingRow, bindingsOf, identityOf, type Binding } from './map-bindings.js';
import { l2vpnKey, nicKey } from './map-l2vpn.js';
import { pairName, rowKinds, rowsByName, subnetName } from './map-rows.js';
import type { CollectedSdn, SdnCluster } from './types.js';

export interface SdnInput extends CollectedSdn {
  readonly supportIds: KnownIds;
  readonly deleteLimit: DeleteLimit;
  readonly mode: SyncMode;
  /** `sync_mode_sdn_bgp`. */
  readonly bgpMode: SyncMode;
  readonly hasPlugin: boolean;
}

export function* planSdn(input: SdnInput): Steps<Plan> {
  const { supportIds, roster } = input;
  const builder = new PlanBuilder({ known: supportIds, bootstrapOnlyTag: bootstrapOnlyTag(supportIds) });
  if (roster !== undefined) planRoster(builder, roster);
  for (const warning of input.warnings) builder.warn(warning);
  for (const note of input.notes) builder.note(note);
  if (!input.hasPlugin) warnWithoutPlugin(builder, 'Software-defined networks');
  if (input.bgpMode !== 'disabled') warnOfBgp(builder);
  for (const sdn of input.clusters) {
    yield;
    planCluster(builder, sdn, input);
  }
  return builder.build('sdn');
}

type Owned = SdnCluster & { readonly pluginEndpointId: number };

function isOwned(sdn: SdnCluster): sdn is Owned {
  return sdn.pluginEndpointId !== null;
}

function planCluster(builder: PlanBuilder, sdn: SdnCluster, input: SdnInput): void {
  const { controllers, zones, vnets, subnets } = sdn.lists;
  warnOfNumbers(builder, sdn);
  const conflicts = isOwned(sdn) ? planCore(builder, sdn, input) : new Map<string, string>();
  const plan = planner(builder, sdn, input);
  plan('sdn-controller', controllers ?? [], ({ name }) => name, controllerRow);
  plan('sdn-zone', zones ?? [], ({ name }) => name, zoneRow);
  plan('sdn-vnet', vnets ?? [], ({ name }) => name, vnetRow);
  plan('sdn-subnet', subnets, subnetName, subnetRow);
  planRouting(builder, sdn, plan);
  plan(
    'sdn-binding',
    bindingsOf(sdn),
    ({ type, name }) => identityOf(type, name),
    (binding, owned) => boundRow(binding, owned, conflicts),
  );
  planGone(builder, { kind: 'sdn-controller', ...rowKinds['sdn-controller'] }, sdn, input);
  planGone(builder, { kind: 'sdn-fabric', ...rowKinds['sdn-fabric'] }, sdn, input);
  planGone(builder, { kind: 'sdn-route-map', ...rowKinds['sdn-route-map'] }, sdn, input);
  planGone(builder, { kind: 'sdn-prefix-list', ...rowKinds['sdn-prefix-list'] }, sdn, input);
  const goneZones = planGone(builder, { kind: 'sdn-zone', ...rowKinds['sdn-zone'] }, sdn, input);
  const goneVnets = planGone(builder, { kind: 'sdn-vnet', ...rowKinds['sdn-vnet'] }, sdn, input);
  const goneSubnets = planGone(builder, { kind: 'sdn-subnet', ...rowKinds['sdn-subnet'] }, sdn, input);
  // What they are bound to goes along with them, and stays with them.
  if (![goneZones, goneVnets, goneSubnets].some(({ isHeld }) => isHeld)) planGoneBindings(builder, sdn, input);
  planLearned(builder, sdn, input);
  if (isOwned(sdn)) planGoneVnets(builder, sdn, goneVnets.marked, input);
}

function planGoneBindings(builder: PlanBuilder, sdn: SdnCluster, input: SdnInput): void {
  const first = (row: RecordOf<'sdn-binding'>): ObjectKey | undefined =>
    isOwned(sdn) ? planGoneBinding(builder, sdn, row, input) : undefined;
  const kind = { kind: 'sdn-binding', ...rowKinds['sdn-binding'], first } as const;
  planGone(builder, kind, sdn, { ...input, deleteLimit: noLimit });
}

/** Of entries of a prefix list with one prefix the plugin keeps one: the first that counts in Proxmox. */
function planRouting(builder: PlanBuilder, sdn: SdnCluster, plan: PlanRows): void {
  const { fabrics, routeMaps, prefixLists } = sdn.lists;
  const [kept, others] = [(fabrics ?? []).filter(isKept), (fabrics ?? []).filter((fabric) => !isKept(fabric))];
  plan('sdn-fabric', kept, ({ name }) => name, fabricRow);
  builder.discovered('sdn-fabric', others.length);
  for (const { name, protocol } of others)
    builder.skip(subjectOf(sdn, 'sdn-fabric', name), {
      code: 'value_not_kept',
      message: `SDN fabric ${name} of "${sdn.cluster.view.name}" was not written: the plugin has no type for the protocol "${protocol ?? ''}".`,
    });
  plan('sdn-route-map', routeMaps ?? [], ({ name, order }) => pairName(name, order), routeMapRow);
  const ordered = (prefixLists ?? []).toSorted((one, other) => one.seq - other.seq);
  plan('sdn-prefix-list', ordered, ({ name, prefix }) => pairName(name, prefix), prefixListRow);
}

type PlanRows = <K extends SdnKind, Item>(
  kind: K,
  items: readonly Item[],
  nameOf: (item: Item) => string,
  toRow: (item: Item, owned: Owned) => Desired<K>,
) => void;

function planner(builder: PlanBuilder, sdn: SdnCluster, input: SdnInput): PlanRows {
  return (kind, items, nameOf, toRow) => {
    builder.discovered(kind, items.length);
    const stored = rowsByName(kind, sdn, input.stored);
    for (const item of items) {
      const name = nameOf(item);
      if (isOwned(sdn)) builder.add(toRow(item, sdn), stored.get(name), { mode: input.mode });
      else {
        const reason = unknownEndpoint(`${rowKinds[kind].noun} ${name}`, sdn.cluster.view.name);
        builder.skip(subjectOf(sdn, kind, name), reason);
      }
    }
  };
}

/** With what it is in NetBox, or what stands against that. */
function boundRow(binding: Binding, sdn: Owned, conflicts: Conflicts): Desired<'sdn-binding'> {
  const { pluginEndpointId, lists } = sdn;
  const { nic, prefix } = binding;
  const vnet = lists.vnets?.find(({ name }) => name === binding.vnet);
  const target =
    nic?.current !== undefined
      ? { type: 'virtualization.vminterface', id: nic.current.id }
      : prefix !== undefined
        ? { type: 'ipam.prefix', id: { ...ref('prefix', prefix), otherwise: 'dependency_failed' as const } }
        : binding.type === 'vnet' && vnet !== undefined
          ? {
              type: 'vpn.l2vpn',
              id: { ...ref('l2vpn', l2vpnKey(sdn, vnet)), otherwise: 'dependency_failed' as const },
            }
          : undefined;
  const conflict = nic === undefined ? '' : (conflicts.get(nicKey(nic)) ?? '');
  return bindingRow(binding, { sdn, pluginEndpointId, target, conflict });
}

/** Numbers that Proxmox takes and the plugin does not. */
function warnOfNumbers(builder: PlanBuilder, { lists: { controllers }, cluster: { view } }: SdnCluster): void {
  const large = (controllers ?? []).filter(({ asn }) => !isStorable(asn)).map(({ name, asn }) => `${name} (${asn})`);
  if (large.length === 0) return;
  builder.warn({
    code: 'value_not_kept',
    message: `The AS number of ${counted('SDN controller', large)} of "${view.name}" is above 2147483647, which the plugin does not take: its column stays empty, the row's raw configuration has it.`,
    source: { endpointId: view.owner.endpointId, cluster: view.name },
  });
}

function warnOfBgp(builder: PlanBuilder): void {
  builder.warn({
    code: 'value_not_kept',
    message:
      "sync_mode_sdn_bgp is on, but this version writes no objects of netbox_bgp: controllers and their peers are in the plugin's tables.",
  });
}
