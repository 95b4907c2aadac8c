/** Which role a machine gets, and when it is left to the operator. */
import type { RecordOf } from '../../../netbox/kinds/index.js';
import { relationId } from '../../../netbox/kinds/values.js';
import type { NetBoxRecord } from '../../../netbox/types.js';
import type { GuestResource, GuestType } from '../../../proxmox/types.js';
import type { KnownIds } from '../../plan/diff-object.js';
import type { Ref } from '../../types.js';

/** The roles that new machines get, as configured in the plugin: for a node, for an endpoint, for all. */
export interface DefaultRoles {
  /** Rows of the plugin about nodes and endpoints. */
  readonly nodes: readonly RecordOf<'node-link'>[];
  readonly endpoints: readonly NetBoxRecord[];
  readonly settings: Readonly<Record<GuestType, number | null>>;
}

/** The configured role of a guest: of its node, else of the endpoint, else of the settings; null when there is none. */
export function defaultRoleOf(
  { node, type }: Pick<GuestResource, 'node' | 'type'>,
  pluginEndpointId: number | null,
  roles: DefaultRoles,
): number | null {
  const field = `default_role_${type}` as const;
  const endpoint = roles.endpoints.find((row) => row.id === pluginEndpointId);
  const nodeRow = roles.nodes.find(
    (row) =>
      pluginEndpointId !== null && row.endpoint === pluginEndpointId && row.name.toLowerCase() === node.toLowerCase(),
  );
  return nodeRow?.[field] ?? relationId(endpoint?.[field]) ?? roles.settings[type];
}

export interface RoleFacts {
  /** The role of the stored machine; null for none. */
  readonly stored: number | null;
  /** The role that a sync wrote last, from the sidecar. */
  readonly lastSynced: number | null;
  readonly wanted: number | Ref<'device-role'> | null;
  /** `overwrite_vm_role`. */
  readonly overwrite: boolean;
  readonly known: KnownIds;
}

export interface RoleDecision {
  /** To write on the machine; absent = the role is not ours. */
  readonly role?: number | Ref<'device-role'>;
  /** To write into the sidecar, as the proof that a sync chose the role. */
  readonly record?: number | Ref<'device-role'>;
}

/**
 * A role that differs from the one that a sync wrote last is an operator's: it stays, unless `overwrite_vm_role` takes it
 * back. A role of which nothing is recorded is recorded and stays for this run. Nothing is recorded as long as no role is
 * configured, so that an operator's edit causes no write.
 */
export function decideRole({ stored, lastSynced, wanted, overwrite, known }: RoleFacts): RoleDecision {
  if (wanted === null) return {};
  const take: RoleDecision = { role: wanted, record: wanted };
  if (lastSynced === null) return stored === null ? take : { record: stored };
  if (stored !== lastSynced) return overwrite ? take : {};
  const wantedId = typeof wanted === 'number' ? wanted : known.get(wanted.ref);
  return wantedId === stored ? {} : take;
}

/** What a sync wrote last; null when nothing is recorded. */
export function lastSyncedRole(state: RecordOf<'vm-state'> | undefined): number | null {
  return state?.proxmox_last_synced_role_id ?? null;
}
