/** One guest whose identity and name are known: the machine, its sidecar and its cloud-init row. */
import type { RecordOf } from '../../../netbox/kinds/index.js';
import { parseGuestDisks } from '../../../proxmox/parse/disks.js';
import type { PlannedCluster } from '../../plan/infrastructure-types.js';
import { sidecarTags } from '../../plan/ownership.js';
import type { PlanBuilder } from '../../plan/plan-builder.js';
import { markOn, returnedEntry } from '../../plan/soft-delete.js';
import { nodeRowOf } from '../../../plugin-endpoints/plugin-rows.js';
import { discoveryTag } from '../../plan/support-objects.js';
import { objectKey, type Desired, type FieldsOf, ref } from '../../types.js';
import { planCloudInit } from './diff-cloud-init.js';
import {
  siteOfGuest,
  stateFields,
  stateRules,
  typeRole,
  virtualMachineFields,
  virtualMachineRules,
  type GuestToMap,
} from './map.js';
import { platformName } from './map-platform.js';
import { usableMetadata } from './map-metadata.js';
import { decideRole, defaultRoleOf, lastSyncedRole, type RoleDecision } from './map-roles.js';
import { modeOf, noState, type CollectedGuests, type PlanContext, type Prepared } from './types.js';

export function planMachine(builder: PlanBuilder, prepared: Prepared, context: PlanContext): void {
  const { guest, subject, current, config, key } = prepared;
  const { homes, names, input } = context;
  const home = homes.get(guest.view.key);
  const name = names.get(key)?.name;
  if (home === undefined || name === undefined) {
    builder.refuse(subject, {
      code: 'dependency_failed',
      message: `"${subject.label}" needs the cluster "${guest.view.name}", which cannot be written.`,
    });
    return;
  }
  const { metadata, warnings } = usableMetadata(prepared, {
    known: context.collected.metadataIds,
    hasSite: siteOfGuest(home, guest.resource) !== null,
    options: input.options,
  });
  for (const warning of warnings) builder.warn(warning);
  const role = roleOf(builder, prepared, { home, named: metadata.role }, context);
  const platform = platformName(prepared, context.collected.platforms, input.options);
  const toMap = { view: guest.view, resource: guest.resource, config, home, name, role, platform, metadata };
  warnOfPassedThrough(builder, prepared, name);
  const mark = current === undefined ? undefined : markOn(current, input.supportIds);
  const action = builder.add(
    {
      ...subject,
      label: name,
      ...withLackingTag(
        {
          fields: virtualMachineFields(toMap, input),
          rules: virtualMachineRules(input.options, current, mark !== undefined),
        },
        prepared,
        context,
      ),
      createTags: [discoveryTag(guest.resource.type)],
      ...(mark === undefined ? {} : { removeTags: [mark] }),
    },
    current,
    { mode: modeOf(guest.resource, input) },
  );
  if (mark !== undefined && action === 'update') {
    const { vmid, type } = guest.resource;
    builder.add(
      returnedEntry({ ...subject, label: name }, { vmid, type, view: guest.view, runId: input.runId }),
      undefined,
    );
  }
  if (action === 'skip' || action === 'refuse' || !input.hasPlugin) return;
  planState(builder, prepared, toMap, context);
  planCloudInit(builder, { prepared, name, rows: context.collected.cloudInits, options: input.options });
}

type Wanted = Pick<Desired<'virtual-machine'>, 'fields' | 'rules'>;

/**
 * A machine that was made when its discovery tag could not be had gets it as soon as it can, whatever is to be done about tags
 * otherwise: it belongs to how the machine was made. One from which an operator took it is not remembered as lacking it.
 */
function withLackingTag(
  wanted: Wanted,
  { guest, current }: Prepared,
  { input: { options, supportIds }, collected: { remembered } }: PlanContext,
): Wanted {
  const tag = discoveryTag(guest.resource.type);
  if (current === undefined || remembered.get(current.id)?.lacksDiscoveryTag !== true || !supportIds.has(tag.ref))
    return wanted;
  const areTagsOurs = options.overwrite.overwrite_vm_tags || current.tags.length === 0;
  const { tags = [] } = areTagsOurs ? wanted.fields : {};
  return { fields: { ...wanted.fields, tags: [...tags, tag] }, rules: { ...wanted.rules, tags: 'union' } };
}

/** Disks that no storage knows: a path of the node has no size that counts, whatever stands in the configuration. */
function warnOfPassedThrough(builder: PlanBuilder, { config, subject }: Prepared, name: string): void {
  for (const { name: disk, volume, storageName } of parseGuestDisks(config).unsized) {
    // A volume without a size is a matter of the stage of disks, which asks its storage.
    if (storageName !== null) continue;
    builder.warn({
      code: 'disk_passed_through',
      message: `${disk} (${volume}) of "${name}" is no volume of Proxmox (a passed-through disk or a mounted folder), so it is not counted.`,
      source: subject.source,
    });
  }
}

function roleOf(
  builder: PlanBuilder,
  { guest, current, state }: Prepared,
  { home, named }: { readonly home: PlannedCluster; readonly named: number | undefined },
  { input, collected }: PlanContext,
): RoleDecision {
  const { nodeLinks, pluginEndpoints } = collected.infrastructure;
  const configured = defaultRoleOf(guest.resource, home.pluginEndpointId, {
    nodes: nodeLinks,
    endpoints: pluginEndpoints,
    settings: input.defaultRoles,
  });
  const stored = current?.role ?? null;
  // Without types of machines a machine without a role gets that of its type; no other role gives way to it.
  const fallback = !input.virtualMachineTypes && stored === null ? typeRole(guest.resource) : null;
  return decideRole({
    stored,
    lastSynced: lastSyncedRole(state),
    wanted: named ?? configured ?? fallback,
    overwrite: input.options.overwrite.overwrite_vm_role,
    known: builder.known,
  });
}

/**
 * The plugin's rows of the node, by which its console finds the way, and of the cluster of that row: it takes no other beside it.
 * Where the plugin has no such row the stored ones stay, and so does their endpoint: the plugin takes no node beside another one.
 */
function nodeLink(
  { resource, home }: GuestToMap,
  { infrastructure }: CollectedGuests,
  existing: RecordOf<'vm-state'> | undefined,
): FieldsOf<'vm-state'> {
  const node = nodeRowOf(home.pluginEndpointId, resource.node, infrastructure.nodeLinks);
  if (node !== undefined) return { proxmox_node: node.id, proxmox_cluster: node.proxmox_cluster };
  const isLinked = existing !== undefined && existing.proxmox_node !== null && existing.endpoint !== null;
  return isLinked ? { endpoint: existing.endpoint } : {};
}

/**
 * The sidecar. A role or a name that is written on an existing machine is recorded only after NetBox took it: else the next
 * run would think that an operator had changed it back.
 */
function planState(
  builder: PlanBuilder,
  { key, subject, current, state }: Prepared,
  toMap: GuestToMap,
  { input, collected }: PlanContext,
): void {
  const { record, role } = toMap.role;
  const common = { key, label: toMap.name, source: subject.source };
  const existing = state === noState ? undefined : state;
  const isLate = record !== undefined && role !== undefined && current !== undefined && existing !== undefined;
  const fields: FieldsOf<'vm-state'> = {
    ...stateFields(toMap, ref('virtual-machine', key), input),
    ...nodeLink(toMap, collected, existing),
  };
  const after = objectKey('virtual-machine', key);
  const isRenamed = existing !== undefined && existing.proxmox_vm_name !== fields.proxmox_vm_name;
  builder.add(
    {
      kind: 'vm-state',
      ...common,
      fields: record === undefined || isLate ? fields : { ...fields, proxmox_last_synced_role_id: record },
      createTags: sidecarTags('virtual-machine', current, builder.known),
      rules: stateRules(input),
      ...(isRenamed ? { after } : {}),
    },
    existing,
  );
  if (!isLate) return;
  builder.add(
    {
      kind: 'vm-state-role',
      ...common,
      fields: { proxmox_last_synced_role_id: record },
      rules: {},
      after,
    },
    existing,
  );
}
