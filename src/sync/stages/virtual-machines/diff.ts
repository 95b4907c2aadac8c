/** Every guest against what NetBox has: identity first, then names, then fields. One that fails fails alone. Pure. */
import type { Steps } from '../../../config/breathe.js';
import { counted, quotedList } from '../../../values/short-text.js';
import { hasTag } from '../../../netbox/kinds/values.js';
import type { RecordOf } from '../../../netbox/kinds/index.js';
import { parseGuestName } from '../../../proxmox/parse/guest-name.js';
import { isAnotherGuest, parseGuestOrigin } from '../../../proxmox/parse/guest-config.js';
import type { GuestConfig, GuestResource } from '../../../proxmox/types.js';
import { createAdoption, type Adoption } from '../../plan/adoption.js';
import { planGuestTags } from '../../plan/guest-tags.js';
import { buildIdentityIndex, type IdentityIndex, type Resolution } from '../../plan/identity.js';
import { planPlatforms } from '../../plan/platforms.js';
import { planInfrastructure } from '../../plan/infrastructure.js';
import type { PlannedCluster } from '../../plan/infrastructure-types.js';
import { PlanBuilder } from '../../plan/plan-builder.js';
import { guestLabel, guestSubject, whyUndescribed } from '../../plan/roster.js';
import { isSoftDeleted } from '../../plan/soft-delete.js';
import { bootstrapOnlyTag, discoveryTag, proxboxTagId } from '../../plan/support-objects.js';
import { type Plan, type Reason } from '../../types.js';
import { planMachine } from './diff-machine.js';
import { platformName } from './map-platform.js';
import { nameGuests } from './diff-names.js';
import { guestTagNames, markNames } from './map.js';
import {
  modeOf,
  noState,
  type CollectedGuest,
  type CollectedGuests,
  type GuestPlanInput,
  type PlanContext,
  type Prepared,
} from './types.js';

export type { GuestPlanInput } from './types.js';

export function* planGuests(collected: CollectedGuests, input: GuestPlanInput): Steps<Plan> {
  const builder = new PlanBuilder({ known: input.supportIds, bootstrapOnlyTag: bootstrapOnlyTag(input.supportIds) });
  for (const warning of collected.warnings) builder.warn(warning);
  builder.discovered('virtual-machine', collected.guests.length);
  const homes = planInfrastructure(builder, {
    views: collected.views,
    records: collected.infrastructure,
    endpoints: input.endpoints,
    options: input.options,
    now: input.now,
    asItIs: input.options.netboxVmIds !== null,
    purpose: { nodesOf: nodesOf(collected.guests.filter(({ resource }) => modeOf(resource, input) !== 'disabled')) },
  });
  const prepared = yield* prepareGuests(builder, collected, { homes, input });
  planTags(builder, prepared, collected, input);
  planPlatforms(
    builder,
    prepared.flatMap((one) => platformName(one, collected.platforms, input.options) ?? []),
    collected.platforms ?? [],
  );
  yield;
  const names = yield* nameGuests(builder, prepared, collected, homes);
  for (const guest of prepared) {
    planMachine(builder, guest, { homes, names, input, collected });
    yield;
  }
  warnOfLackingTags(builder, prepared, collected, input);
  return builder.build('virtual-machines');
}

/** The nodes that host guests of the run: only their devices are needed. */
function nodesOf(guests: readonly CollectedGuest[]): ReadonlyMap<string, ReadonlySet<string>> {
  const nodes = new Map<string, Set<string>>();
  for (const { view, resource } of guests) {
    const names = nodes.get(view.key) ?? new Set<string>();
    names.add(resource.node);
    nodes.set(view.key, names);
  }
  return nodes;
}

function* prepareGuests(
  builder: PlanBuilder,
  collected: CollectedGuests,
  { homes, input }: Pick<PlanContext, 'homes' | 'input'>,
): Steps<readonly Prepared[]> {
  const machines = new Map(collected.virtualMachines.map((record) => [record.id, record]));
  const states = collected.states === 'unreadable' ? [] : collected.states;
  yield;
  const identities = buildIdentityIndex(states, machines);
  yield;
  const adoption = createAdoption(orphanMachines(collected, identities, input));
  const ordered = [...collected.guests].sort(
    (a, b) => compareText(a.view.name, b.view.name) || a.resource.vmid - b.resource.vmid,
  );
  const prepared: Prepared[] = [];
  for (const guest of ordered) {
    prepared.push(...prepareGuest(builder, guest, { identities, adoption, collected, homes, input }));
    yield;
  }
  return prepared;
}

interface Lookup {
  readonly identities: IdentityIndex;
  readonly adoption: Adoption;
  readonly collected: CollectedGuests;
  readonly homes: ReadonlyMap<string, PlannedCluster>;
  readonly input: GuestPlanInput;
}

function prepareGuest(builder: PlanBuilder, guest: CollectedGuest, lookup: Lookup): readonly Prepared[] {
  const { resource, view, config } = guest;
  const { key, source } = guestSubject(view, resource);
  if (!resource.isDescribed) {
    const subject = { kind: 'virtual-machine' as const, key, label: guestLabel(resource), source };
    builder.skip(subject, whyUndescribed(view, resource));
    return [];
  }
  const candidate = parseGuestName(resource.name, resource.vmid);
  const subject = { kind: 'virtual-machine' as const, key, label: candidate.name, source };
  if (modeOf(resource, lookup.input) === 'disabled') {
    builder.skip(subject, switchedOff(candidate.name, resource));
    return [];
  }
  if (config.status !== 'read') {
    if (config.status === 'skip') builder.skip(subject, config.reason);
    else builder.refuse(subject, config.reason);
    return [];
  }
  const resolution = resolveGuest({ view, resource }, candidate.name, lookup);
  if (resolution.status === 'refused') {
    builder.refuse(subject, resolution.reason);
    return [];
  }
  const taken = vmidOfAnother({ view, resource }, config.config, { resolution, lookup });
  if (taken !== undefined) {
    builder.skip(subject, taken);
    return [];
  }
  if (candidate.adjusted) {
    builder.warn({
      code: 'name_adjusted',
      message: `NetBox cannot take the name of ${resource.type} ${resource.vmid} of "${view.name}" as it is; it is called "${candidate.name}".`,
      source,
    });
  }
  const isFound = resolution.status === 'found';
  if (isFound && resolution.note !== undefined) builder.warn({ ...resolution.note, source });
  return [
    {
      guest: { view, resource },
      config: config.config,
      key,
      subject,
      candidate,
      current: isFound ? resolution.virtualMachine : undefined,
      state: isFound ? resolution.state : undefined,
    },
  ];
}

interface Found {
  readonly resolution: Resolution;
  readonly lookup: Lookup;
}

/** A machine that is marked as gone is not brought back by another guest that has its VMID now. */
function vmidOfAnother(
  { view, resource: { vmid, type } }: Prepared['guest'],
  ...[config, { resolution, lookup }]: [GuestConfig, Found]
): Reason | undefined {
  if (resolution.status !== 'found' || !isSoftDeleted(resolution.virtualMachine, lookup.input.supportIds))
    return undefined;
  const { virtualMachine, state } = resolution;
  const before = state.proxmox_vm_type.toLowerCase();
  const isOther =
    (before !== '' && before !== type) ||
    isAnotherGuest(lookup.collected.remembered.get(virtualMachine.id), parseGuestOrigin(config));
  if (!isOther) return undefined;
  const was = before === '' || before === type ? 'another guest' : `a guest of type ${before}`;
  return {
    code: 'vmid_of_soft_deleted_machine',
    message: `${type} ${vmid} of "${view.name}" was not written: the VMID belonged to ${was}, whose machine "${virtualMachine.name}" (id ${virtualMachine.id}) is marked as gone. Delete that machine in NetBox (the plugin's page "Soft-deleted VMs"); the next run then makes one for the new guest.`,
  };
}

function switchedOff(name: string, { template }: GuestResource): Reason {
  const mode = template ? 'vm_template' : 'vm';
  return { code: 'mode_disabled', message: `"${name}" is left alone (sync_mode_${mode}=disabled).` };
}

function resolveGuest({ view, resource }: Prepared['guest'], name: string, lookup: Lookup): Resolution {
  if (lookup.collected.states === 'unreadable') {
    return {
      status: 'refused',
      reason: {
        code: 'identity_unreadable',
        message: `"${name}" was not written: the sync-state rows cannot be read, so nobody can tell whether NetBox knows it.`,
      },
    };
  }
  const resolution = lookup.identities.resolve({
    endpointIds: view.endpointIds,
    unverifiedEndpointIds: view.unverifiedEndpointIds,
    cluster: view.name,
    vmid: resource.vmid,
    type: resource.type,
  });
  if (resolution.status !== 'absent') return resolution;
  const machine =
    lookup.collected.unseen.get(guestSubject(view, resource).key) ?? adopt({ view, resource }, name, lookup);
  return machine === undefined ? resolution : { status: 'found', virtualMachine: machine, state: noState };
}

function adopt(
  { view, resource }: Prepared['guest'],
  name: string,
  { homes, adoption }: Lookup,
): RecordOf<'virtual-machine'> | undefined {
  const cluster = homes.get(view.key)?.current;
  return cluster === undefined ? undefined : adoption.take(resource, name, cluster.id);
}

/** Those that something tells to be a guest, whatever it is called, are no orphans; see plan/unseen-sidecars.ts. */
function orphanMachines(
  collected: CollectedGuests,
  identities: IdentityIndex,
  input: GuestPlanInput,
): readonly RecordOf<'virtual-machine'>[] {
  const proxbox = proxboxTagId(input.supportIds);
  const recognised = new Set([...collected.unseen.values()].map(({ id }) => id));
  return collected.virtualMachines.filter(
    (record) => hasTag(record, proxbox) && identities.stateOf(record.id) === undefined && !recognised.has(record.id),
  );
}

function planTags(
  builder: PlanBuilder,
  prepared: readonly Prepared[],
  collected: CollectedGuests,
  input: GuestPlanInput,
): void {
  if (!input.options.overwrite.overwrite_vm_proxmox_tags) return;
  for (const view of collected.views) {
    const own = prepared.filter(({ guest }) => guest.view.key === view.key);
    const names = own.flatMap(({ config }) => guestTagNames(config));
    planGuestTags(builder, names, collected.tags, collected.colours.get(view.key) ?? new Map());
    warnOfMarks(builder, own);
  }
}

function warnOfMarks(builder: PlanBuilder, prepared: readonly Prepared[]): void {
  const marked = prepared.filter(({ config }) => markNames(config).length > 0);
  const [first] = marked;
  if (first === undefined) return;
  const tags = [...new Set(marked.flatMap(({ config }) => markNames(config)))].sort();
  const guests = counted(
    'guest',
    marked.map(({ subject }) => subject.label),
  );
  builder.warn({
    code: 'tag_unusable',
    message: `${quotedList(tags)} of ${guests} is left out: in NetBox such a tag tells syncs who made a machine, or that its guest is gone. Give it another name in Proxmox.`,
    source: first.subject.source,
  });
}

/** Of a type whose discovery tag could not be made: the run that can puts it on, and until then the machines are remembered. */
function warnOfLackingTags(
  builder: PlanBuilder,
  prepared: readonly Prepared[],
  { remembered }: CollectedGuests,
  { supportIds }: GuestPlanInput,
): void {
  for (const type of ['qemu', 'lxc'] as const) {
    if (supportIds.has(discoveryTag(type).ref)) continue;
    const lacking = prepared.filter(
      ({ guest, current }) =>
        guest.resource.type === type &&
        (current === undefined || remembered.get(current.id)?.lacksDiscoveryTag === true),
    );
    if (lacking.length === 0) continue;
    const names = counted(
      'virtual machine',
      lacking.map(({ subject }) => subject.label),
    );
    builder.warn({
      code: 'tag_unusable',
      message: `Without the tag proxbox-discovered-${type}, which the token may not make: ${names}. The next run that finds the tag puts it on. Until then only the database of this service tells that a sync made them: without that they are not swept when their guests are gone.`,
    });
  }
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
