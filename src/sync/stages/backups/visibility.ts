/** Whether the account that listed the backups may see them all. */
import { nameList, quotedList } from '../../../values/short-text.js';
import { errorText, toProxboxError } from '../../../errors/proxbox-error.js';
import type { Permissions } from '../../../proxmox/parse/permissions.js';
import { grantsOf, missingBackupPrivileges, placesText } from '../../../proxmox/privileges.js';
import { extendRoleCommand } from '../../../proxmox/pveum.js';
import { readPermissions } from '../../../proxmox/reads/cluster.js';
import type { ProxmoxSession } from '../../../proxmox/types.js';
import type { ClusterView } from '../../plan/cluster-views.js';
import type { RunContext } from '../../run-context.js';
import type { Warning } from '../../types.js';

export interface Visibility {
  /** False also when nobody could tell. */
  readonly isVisible: (storage: string) => boolean;
  readonly warnings: readonly Warning[];
}

interface Listed {
  /** Every session that took part in the listing: each has an account of its own. */
  readonly sessions: readonly ProxmoxSession[];
  readonly storages: readonly string[];
}

/** Proxmox leaves out, without an error, backups that the account may not see: then absence proves nothing. */
export async function readVisibility(
  run: RunContext,
  view: ClusterView,
  { sessions, storages }: Listed,
): Promise<Visibility> {
  const source = { endpointId: view.owner.endpointId, cluster: view.name };
  let permissions: readonly Permissions[];
  try {
    permissions = await Promise.all(
      sessions.map((session) => run.proxmoxReads(() => readPermissions(session, { signal: run.signal }))),
    );
  } catch (error) {
    run.signal.throwIfAborted();
    const message = `The permissions of the Proxmox user of cluster "${view.name}" cannot be read, so no backup of it was deleted: ${errorText(toProxboxError(error))}`;
    return { isVisible: () => false, warnings: [{ code: 'read_incomplete', message, source }] };
  }
  const missingOn = (storage: string): readonly string[] =>
    permissions.flatMap((one) => missingBackupPrivileges(one, storage));
  const hidden = storages.filter((storage) => missingOn(storage).length > 0);
  const warnings = hidden.length === 0 ? [] : [notVisible(view, hidden, [...new Set(hidden.flatMap(missingOn))])];
  return {
    isVisible: (storage) => missingOn(storage).length === 0,
    warnings: warnings.map((warning) => ({ ...warning, source })),
  };
}

function notVisible({ name }: ClusterView, storages: readonly string[], missing: readonly string[]): Warning {
  return {
    code: 'backups_not_visible',
    message: `The Proxmox user of cluster "${name}" may not see all backups on ${quotedList(storages)}: grant ${nameList(missing, { separator: ' and ' })} (${placesText(grantsOf('backups', ''))}): ${extendRoleCommand(missing)}. Backups may be missing in NetBox, and none of these storages was deleted.`,
  };
}
