/** One guest whose identity and name are known: the machine, its sidecar and its cloud-init row. */
import { relationId } from '../../../netbox/records/compare.js';
import { parseGuestDisks } from '../../../proxmox/parse/disks.js';
import type { PlannedCluster } from '../../plan/infrastructure-types.js';
import type { PlanBuilder } from '../../plan/plan-builder.js';
import { nodeRowOf } from '../../plan/plugin-endpoint.js';
import { ref } from '../../plan/support-objects.js';
import { objectKey, type Fields } from '../../types.js';
import { planCloudInit } from './map-cloud-init.js';
import {
  stateFields,
  stateRules,
  typeRole,
  virtualMachineFields,
  virtualMachineRules,
  type GuestToMap,
} from './map.js';
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
  const role = roleOf(builder, prepared, home, context);
  const toMap: GuestToMap = { view: guest.view, resource: guest.resource, config, home, name, role };
  warnOfUnsizedDisks(builder, prepared, name);
  const action = builder.add(
    {
      ...subject,
      label: name,
      fields: virtualMachineFields(toMap, input),
      createTags: [ref('tag', `proxbox-discovered-${guest.resource.type}`)],
      rules: virtualMachineRules(input.options, current),
    },
    current,
    { mode: modeOf(guest.resource, input) },
  );
  if (action === 'skip' || action === 'refuse' || !input.hasPlugin) return;
  planState(builder, prepared, toMap, context);
  planCloudInit(builder, { prepared, name, rows: context.collected.cloudInits, options: input.options });
}

function warnOfUnsizedDisks(builder: PlanBuilder, { config, subject }: Prepared, name: string): void {
  for (const { name: disk, volume } of parseGuestDisks(config).unsized) {
    builder.warn({
      code: 'disk_unsized',
      message: `${disk} (${volume}) of "${name}" has no size in Proxmox and is not counted.`,
      source: subject.source,
    });
  }
}

function roleOf(
  builder: PlanBuilder,
  { guest, current, state }: Prepared,
  home: PlannedCluster,
  { input, collected }: PlanContext,
): RoleDecision {
  const { nodeLinks, pluginEndpoints } = collected.infrastructure;
  const configured = defaultRoleOf(guest.resource, home.pluginEndpointId, {
    nodes: nodeLinks,
    endpoints: pluginEndpoints,
    settings: input.defaultRoles,
  });
  const stored = relationId(current?.['role']);
  // Without types of machines a machine without a role gets that of its type; no other role gives way to it.
  const fallback = !input.virtualMachineTypes && stored === null ? typeRole(guest.resource) : null;
  return decideRole({
    stored,
    lastSynced: lastSyncedRole(state),
    wanted: configured ?? fallback,
    overwrite: input.options.overwrite.overwrite_vm_role,
    known: builder.known,
  });
}

/** The plugin's row of the node, by which its console finds the way; left as stored where the plugin has no such row. */
function nodeLink({ resource, home }: GuestToMap, { infrastructure }: CollectedGuests): Fields {
  const node = nodeRowOf(home.pluginEndpointId, resource.node, infrastructure.nodeLinks);
  return node === undefined ? {} : { proxmox_node: node.id };
}

/**
 * The sidecar. A role that is written on an existing machine is recorded only after NetBox took it: else the next run
 * would think that an operator had changed it back.
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
  const fields = { ...stateFields(toMap, ref('virtual-machine', key), input), ...nodeLink(toMap, collected) };
  builder.add(
    {
      kind: 'vm-state',
      ...common,
      fields: record === undefined || isLate ? fields : { ...fields, proxmox_last_synced_role_id: record },
      rules: stateRules(input),
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
      after: objectKey('virtual-machine', key),
    },
    existing,
  );
}
