import { relationId, tagIds, textOf } from '../../../netbox/records/compare.js';
import type { NetBoxRecord } from '../../../netbox/types.js';
import { parseGuestName } from '../../../proxmox/parse/guest-name.js';
import { createAdoption, type Adoption } from '../../plan/adoption.js';
import { planGuestTags } from '../../plan/guest-tags.js';
import { buildIdentityIndex, type IdentityIndex, type Resolution } from '../../plan/identity.js';
import { planInfrastructure } from '../../plan/infrastructure.js';
import type { PlannedCluster } from '../../plan/infrastructure-types.js';
import { resolveNames, type NameRequest, type ResolvedName } from '../../plan/names.js';
import { PlanBuilder } from '../../plan/plan-builder.js';
import { guestSubject } from '../../plan/roster.js';
import { bootstrapOnlyTag } from '../../plan/support-objects.js';
import { objectKey, type Plan, type Warning } from '../../types.js';
import { planMachine } from './diff-machine.js';
import { guestTagNames, storedName } from './map.js';
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

const metadataIgnored: Warning = {
  code: 'not_implemented',
  message:
    'Blocks of the kind netbox-metadata in descriptions of guests are not read by this version (parse_description_metadata); the guests were synced without them.',
};

/** Every guest against what NetBox has: identity first, then names, then fields. One guest that fails fails alone. */
export function planGuests(collected: CollectedGuests, input: GuestPlanInput): Plan {
  const builder = new PlanBuilder({ known: input.supportIds, bootstrapOnlyTag: bootstrapOnlyTag(input.supportIds) });
  for (const warning of collected.warnings) builder.warn(warning);
  if (input.options.parseDescriptionMetadata) builder.warn(metadataIgnored);
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
  const prepared = prepareGuests(builder, collected, { homes, input });
  planTags(builder, prepared, collected, input);
  const names = nameGuests(builder, prepared, collected, homes);
  for (const guest of prepared) planMachine(builder, guest, { homes, names, input, collected });
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

function prepareGuests(
  builder: PlanBuilder,
  collected: CollectedGuests,
  { homes, input }: Pick<PlanContext, 'homes' | 'input'>,
): readonly Prepared[] {
  const machines = new Map(collected.virtualMachines.map((record) => [record.id, record]));
  const states = collected.states === 'unreadable' ? [] : collected.states;
  const identities = buildIdentityIndex(states, machines, new Set(input.endpoints.keys()));
  const adoption = createAdoption(orphanMachines(collected, identities, input));
  const ordered = [...collected.guests].sort(
    (a, b) => compareText(a.view.name, b.view.name) || a.resource.vmid - b.resource.vmid,
  );
  return ordered.flatMap((guest) => prepareGuest(builder, guest, { identities, adoption, collected, homes, input }));
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
  const candidate = parseGuestName(resource.name, resource.vmid);
  const { key, source } = guestSubject(view, resource);
  const subject = { kind: 'virtual-machine' as const, key, label: candidate.name, source };
  const mode = modeOf(resource, lookup.input);
  if (mode === 'disabled') {
    builder.skip(subject, {
      code: 'mode_disabled',
      message: `"${candidate.name}" is left alone (sync_mode_${resource.template ? 'vm_template' : 'vm'}=disabled).`,
    });
    return [];
  }
  if (config.status !== 'read') {
    if (config.status === 'skip') builder.skip(subject, config.reason);
    else builder.refuse(subject, config.reason);
    return [];
  }
  const resolution = resolveGuest(guest, candidate.name, lookup);
  if (resolution.status === 'refused') {
    builder.refuse(subject, resolution.reason);
    return [];
  }
  if (candidate.adjusted) {
    builder.warn({
      code: 'name_adjusted',
      message: `NetBox cannot take the name of ${resource.type} ${resource.vmid} of "${view.name}" as it is; it is called "${candidate.name}".`,
      source,
    });
  }
  const found = resolution.status === 'found';
  if (found && resolution.note !== undefined) builder.warn({ ...resolution.note, source });
  return [
    {
      guest,
      config: config.config,
      key,
      subject,
      candidate,
      current: found ? resolution.virtualMachine : undefined,
      state: found ? resolution.state : undefined,
    },
  ];
}

function resolveGuest({ view, resource }: CollectedGuest, name: string, lookup: Lookup): Resolution {
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
  const cluster = lookup.homes.get(view.key)?.current;
  const adopted = cluster === undefined ? undefined : lookup.adoption.take(resource, name, cluster.id);
  return adopted === undefined ? resolution : { status: 'found', virtualMachine: adopted, state: noState };
}

function orphanMachines(
  collected: CollectedGuests,
  identities: IdentityIndex,
  input: GuestPlanInput,
): readonly NetBoxRecord[] {
  const proxbox = input.supportIds.get(objectKey('tag', 'proxbox'));
  return collected.virtualMachines.filter(
    (record) =>
      proxbox !== undefined && tagIds(record['tags']).includes(proxbox) && identities.stateOf(record.id) === undefined,
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
    const names = prepared
      .filter(({ guest }) => guest.view.key === view.key)
      .flatMap(({ config }) => guestTagNames(config));
    planGuestTags(builder, names, collected.tags, collected.colours.get(view.key) ?? new Map());
  }
}

function nameGuests(
  builder: PlanBuilder,
  prepared: readonly Prepared[],
  collected: CollectedGuests,
  homes: ReadonlyMap<string, PlannedCluster>,
): ReadonlyMap<string, ResolvedName> {
  const names = new Map<string, ResolvedName>();
  const owned = new Set(prepared.map(({ current }) => current?.id));
  for (const group of groupByCluster(prepared, homes)) {
    const taken = collected.virtualMachines
      .filter((record) => relationId(record['cluster']) === group.netboxId && !owned.has(record.id))
      .map(storedName);
    const resolved = resolveNames(group.members.map(toRequest), group.netboxId === null ? [] : taken);
    for (const member of group.members) {
      const name = resolved.get(member.key);
      if (name === undefined) continue;
      names.set(member.key, name);
      reportName(builder, member, name);
    }
  }
  return names;
}

function groupByCluster(prepared: readonly Prepared[], homes: ReadonlyMap<string, PlannedCluster>) {
  const groups = new Map<string, { netboxId: number | null; members: Prepared[] }>();
  for (const member of prepared) {
    const netboxId = homes.get(member.guest.view.key)?.current?.id ?? null;
    const key = netboxId === null ? `new ${member.guest.view.name}` : `${netboxId}`;
    const group = groups.get(key) ?? { netboxId, members: [] };
    group.members.push(member);
    groups.set(key, group);
  }
  return groups.values();
}

function toRequest({ key, guest, candidate, current, state }: Prepared): NameRequest {
  const lastSynced = textOf(state?.['proxmox_vm_name']);
  return {
    key,
    cluster: guest.view.name,
    vmid: guest.resource.vmid,
    candidate: candidate.name,
    ...(current === undefined ? {} : { stored: storedName(current) }),
    // A guest without a name got one from us; an empty record says so.
    ...(state === undefined ? {} : { lastSynced: parseGuestName(lastSynced, guest.resource.vmid).name }),
  };
}

/** Told when a name is new or changes, not on every run. */
function reportName(builder: PlanBuilder, { guest, candidate, current }: Prepared, name: ResolvedName): void {
  const changes = current === undefined || storedName(current) !== name.name;
  if (!changes || (name.suffixIndex === 1 && !name.operatorRenamed)) return;
  builder.nameResolved({
    cluster: guest.view.name,
    originalName: candidate.name,
    resolvedName: name.name,
    vmid: guest.resource.vmid,
    suffixIndex: name.suffixIndex,
    operatorRenamed: name.operatorRenamed,
  });
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
