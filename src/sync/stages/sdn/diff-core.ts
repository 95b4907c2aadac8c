/** NetBox's own objects for a cluster's networks: what we made follows Proxmox, what others made is only linked. Pure. */
import type { RecordOf } from '../../../netbox/kinds/index.js';
import { byAge } from '../../../netbox/kinds/values.js';
import type { SdnVnet } from '../../../proxmox/parse/sdn.js';
import type { KnownIds } from '../../plan/diff-object.js';
import { isOurs } from '../../plan/ownership.js';
import type { SyncMode } from '../../plan/options.js';
import type { PlanBuilder } from '../../plan/plan-builder.js';
import { machineName } from '../../plan/roster.js';
import { objectKey, ref, type ObjectKey, type Ref } from '../../types.js';
import { identityOf, writtenStatus } from './map-bindings.js';
import {
  l2vpnKey,
  l2vpnName,
  l2vpnOf,
  l2vpnSlug,
  longestTarget,
  networkOf,
  nicKey,
  overlayVnets,
  prefixOf,
  sourceOf,
  targetOf,
  terminationOf,
  textsIn,
  type OverlayVnet,
} from './map-l2vpn.js';
import { rowsByName, rowsOf } from './map-rows.js';
import type { SdnCluster, StoredCore, StoredSdn, VnetNic } from './types.js';

export interface CoreInput {
  readonly stored: StoredSdn;
  readonly core: StoredCore;
  readonly supportIds: KnownIds;
  readonly mode: SyncMode;
}

type Place = SdnCluster & { readonly pluginEndpointId: number };

/** What stands against a device's termination, by its key. */
export type Conflicts = ReadonlyMap<string, string>;

export function planCore(builder: PlanBuilder, place: Place, input: CoreInput): Conflicts {
  for (const { name, rtImport } of place.lists.zones ?? [])
    planTargets(builder, place, { zone: name, rtImport, ...input });
  planPrefixes(builder, place, input);
  const networks = networksOf(place, input);
  for (const overlay of overlayVnets(place.lists)) planL2vpn(builder, place, overlay, { ...input, networks });
  return new Map(place.guests.nics.flatMap((nic) => planTermination(builder, place, nic, input)));
}

interface ZoneInput extends CoreInput {
  readonly zone: string;
  readonly rtImport: readonly string[];
}

/** One that exists is used as it is, whoever made it. */
function planTargets(builder: PlanBuilder, place: Place, { zone, rtImport, core, mode }: ZoneInput): void {
  for (const name of rtImport) {
    if (builder.has('route-target', name)) continue;
    const desired = targetOf(name, place);
    if (name.length <= longestTarget) builder.add(desired, storedTarget(name, core), { mode });
    else
      builder.skip(desired, {
        code: 'value_not_kept',
        message: `Route target "${name}" of SDN zone ${zone} is longer than the ${longestTarget} characters that NetBox takes.`,
      });
  }
}

function storedTarget(name: string, { targets }: StoredCore): RecordOf<'route-target'> | undefined {
  return targets.find((row) => row.name === name);
}

/** In the global table; of several the one that we made, else the oldest. */
function planPrefixes(builder: PlanBuilder, place: Place, { core, supportIds, mode }: CoreInput): void {
  for (const { cidr, vnet } of place.lists.subnets) {
    const prefix = networkOf(cidr);
    if (prefix === null || builder.has('prefix', prefix)) continue;
    const rows = core.prefixes.filter((row) => row.prefix === prefix && row.vrf === null).sort(byAge);
    const current = rows.find((row) => isOurs('prefix', row, { supportIds })) ?? rows[0];
    builder.add(prefixOf(prefix, vnet, place), current, { mode });
  }
}

/** What the plugin has of VNets: their rows, and those that say which L2VPN they are. */
interface Networks {
  readonly vnets: ReadonlyMap<string, RecordOf<'sdn-vnet'>>;
  readonly bindings: ReadonlyMap<string, RecordOf<'sdn-binding'>>;
}

function networksOf(place: Place, { stored }: Pick<CoreInput, 'stored'>): Networks {
  return { vnets: rowsByName('sdn-vnet', place, stored), bindings: rowsByName('sdn-binding', place, stored) };
}

interface L2vpnInput extends CoreInput {
  readonly networks: Networks;
}

function planL2vpn(builder: PlanBuilder, place: Place, overlay: OverlayVnet, input: L2vpnInput): void {
  const { vnet } = overlay;
  const { core, supportIds, mode } = input;
  const current = storedL2vpn(place, vnet, input);
  if (current !== undefined && !isOurs('l2vpn', current, { supportIds })) {
    builder.know('l2vpn', l2vpnKey(place, vnet), current.id);
    return;
  }
  const taken = new Set(core.l2vpns.filter((row) => row !== current).map(({ name }) => name));
  const name = l2vpnName(place, vnet, { taken, current: current?.name });
  const targets = importsOf(place, overlay, { ...input, current });
  const hasOtherStatus = hasStatusOfOperator(current, vnet, input);
  builder.add(l2vpnOf(overlay, { place, name, targets, hasOtherStatus }), current, { mode });
}

/** By its slug, else, where the cluster or the slug had another name, by its binding. In another zone a VNet is another L2VPN. */
function storedL2vpn(
  place: Place,
  vnet: SdnVnet,
  { core: { l2vpns }, networks }: L2vpnInput,
): RecordOf<'l2vpn'> | undefined {
  const slug = l2vpnSlug(place, vnet);
  const binding = bindingOf(vnet, networks);
  const bound = binding === undefined ? null : l2vpnIn(binding);
  return l2vpns.find((one) => one.slug === slug) ?? l2vpns.find((one) => one.id === bound);
}

function bindingOf({ name, zone }: SdnVnet, { bindings }: Networks): RecordOf<'sdn-binding'> | undefined {
  return bindings.get(identityOf('vnet', `${zone ?? ''}/${name}`));
}

/** Whether the status is another one than was written last. */
function hasStatusOfOperator(current: RecordOf<'l2vpn'> | undefined, vnet: SdnVnet, { networks }: L2vpnInput): boolean {
  const written = writtenStatus(bindingOf(vnet, networks), networks.vnets.get(vnet.name));
  return current !== undefined && current.status !== '' && current.status !== written;
}

/** What the zone imports, beside what operators added; without what it imported when it was seen last, and no longer does. */
function importsOf(
  place: Place,
  { zone }: OverlayVnet,
  { stored, core, current }: CoreInput & { readonly current: RecordOf<'l2vpn'> | undefined },
): readonly (number | Ref<'route-target'>)[] | undefined {
  const [row] = rowsOf('sdn-zone', place, stored).filter(({ zone_name: name }) => name === zone.name);
  const gone = new Set(
    textsIn(row?.rt_import)
      .filter((name) => !zone.rtImport.includes(name))
      .flatMap((name) => storedTarget(name, core)?.id ?? []),
  );
  const kept = (current?.import_targets ?? []).filter((id) => !gone.has(id));
  const own = zone.rtImport.filter((name) => name.length <= longestTarget);
  const ids = new Set(kept);
  const more = own
    .filter((name) => !ids.has(storedTarget(name, core)?.id ?? 0))
    .map((name) => ref('route-target', name));
  const isNothing = current === undefined && more.length === 0;
  return isNothing || (own.length === 0 && gone.size === 0) ? undefined : [...kept, ...more];
}

/** Answers what stands against it. */
function planTermination(
  builder: PlanBuilder,
  place: Place,
  nic: VnetNic,
  input: CoreInput,
): readonly (readonly [string, string])[] {
  const { core, mode } = input;
  const { current, guest, device } = nic;
  const key = nicKey(nic);
  const label = `${machineName(guest)} ${device}`;
  const subject = { kind: 'l2vpn-termination', key, label, source: guest.source } as const;
  if (current === undefined) {
    builder.skip(subject, {
      code: 'interface_missing',
      message: `${label} is plugged into SDN VNet ${nic.vnet.name}, but not in NetBox yet; sync the VM interfaces first.`,
    });
    return [];
  }
  const row = core.terminations.get(current.id);
  const wanted = builder.known.get(`l2vpn:${l2vpnKey(place, nic.vnet)}`);
  if (row !== undefined && row.l2vpn !== wanted && isOfOperator(place, row, input)) {
    builder.skip(subject, {
      code: 'l2vpn_conflict',
      message: `${label} is plugged into SDN VNet ${nic.vnet.name}, but its interface already terminates L2VPN ${row.l2vpn ?? '?'}, which somebody else set.`,
    });
    return [[key, `Target already terminates L2VPN ${row.l2vpn ?? '?'}.`]];
  }
  builder.add(terminationOf(nic, { place, label, current }), row, { mode });
  return [];
}

/** One that somebody else made, or that leads to an L2VPN which stands for no VNet. */
function isOfOperator(
  place: Place,
  row: RecordOf<'l2vpn-termination'>,
  { core, supportIds, stored }: CoreInput,
): boolean {
  if (!isOurs('l2vpn-termination', row, { supportIds })) return true;
  const l2vpn = core.l2vpns.find(({ id }) => id === row.l2vpn);
  if (l2vpn === undefined || isOurs('l2vpn', l2vpn, { supportIds })) return false;
  return !rowsOf('sdn-binding', place, stored).some((binding) => l2vpnIn(binding) === l2vpn.id);
}

/** The L2VPN that a binding is about. */
function l2vpnIn({ source_type: type, target_type: target, target_id: id }: RecordOf<'sdn-binding'>): number | null {
  return type === 'vnet' && target === 'vpn.l2vpn' ? id : null;
}

/** With a binding that says which L2VPN a VNet was, that L2VPN goes: what ends there stays. */
export function planGoneBinding(
  builder: PlanBuilder,
  place: Place,
  binding: RecordOf<'sdn-binding'>,
  input: CoreInput,
): ObjectKey | undefined {
  const id = l2vpnIn(binding);
  return id === null
    ? undefined
    : planGoneL2vpn(builder, place, { id, written: writtenStatus(binding, undefined), ...input });
}

/** VNets of other services may have no binding. */
export function planGoneVnets(
  builder: PlanBuilder,
  place: Place,
  gone: readonly RecordOf<'sdn-vnet'>[],
  input: CoreInput,
): void {
  const bound = new Set(input.stored['sdn-binding'].map(l2vpnIn));
  for (const row of gone)
    if (row.l2vpn !== null && !bound.has(row.l2vpn))
      planGoneL2vpn(builder, place, { id: row.l2vpn, written: writtenStatus(undefined, row), ...input });
}

/** Only what is ours, has the status that was written, and is no VNet's by now. Answers the key of what is planned. */
function planGoneL2vpn(
  builder: PlanBuilder,
  place: Place,
  { id, written, core, supportIds, mode }: CoreInput & { readonly id: number; readonly written: string },
): ObjectKey | undefined {
  const current = core.l2vpns.find((row) => row.id === id);
  const key = `gone ${id}`;
  if (builder.has('l2vpn', key)) return objectKey('l2vpn', key);
  if (current?.status !== written || !isOurs('l2vpn', current, { supportIds })) return undefined;
  if (overlayVnets(place.lists).some(({ vnet }) => builder.known.get(`l2vpn:${l2vpnKey(place, vnet)}`) === id))
    return undefined;
  const fields = { status: 'decommissioning' };
  builder.add({ kind: 'l2vpn', key, label: current.name, fields, rules: {}, source: sourceOf(place) }, current, {
    mode,
  });
  return objectKey('l2vpn', key);
}
