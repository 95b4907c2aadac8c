/** Whether the account would see a backup if it were there: asked path by path, and only where a row is about to go. */
import type { RecordOf } from '../../../netbox/kinds/index.js';
import { storageOfVolume } from '../../../proxmox/parse/backups.js';
import { readPermissionsOn } from '../../../proxmox/reads/cluster.js';
import type { ProxmoxSession } from '../../../proxmox/types.js';
import { errorText, toProxboxError } from '../../../errors/proxbox-error.js';
import type { ConnectedCluster } from '../../guests.js';
import type { Roster } from '../../plan/roster.js';
import type { RunContext } from '../../run-context.js';
import type { Warning } from '../../types.js';

type Row = RecordOf<'backup'>;

/** Rows of the cluster's machines, living and gone, of which no storage lists the archive. */
export function absentRows(
  rows: readonly Row[],
  { view }: ConnectedCluster,
  ...[{ states }, listed]: [Roster, ReadonlySet<string>]
): readonly Row[] {
  const own = states.filter((state) => view.endpointIds.includes(state.proxmox_endpoint_raw_id ?? -1));
  const machines = new Set(own.map((state) => state.virtual_machine));
  return rows.filter((row) => machines.has(row.virtual_machine) && row.volume_id !== '' && !listed.has(row.volume_id));
}

export interface AbsenceRights {
  /** False also where nobody could tell. */
  readonly maySee: (storage: string, vmid: number | null) => boolean;
  readonly warnings: readonly Warning[];
}

/**
 * The tree of all permissions is not enough: a path on which `NoAccess` stands has no row in it, so that the grant above seems
 * to hold there. What Proxmox checks is `Datastore.Allocate` on the storage, or `Datastore.AllocateSpace` there and
 * `VM.Backup` on the guest (`check_volume_access`). Every session that took part in the listing has an account of its own.
 */
export async function proveRights(
  run: RunContext,
  { view }: ConnectedCluster,
  ...[sessions, rows]: [readonly ProxmoxSession[], readonly Row[]]
): Promise<AbsenceRights> {
  const held = new Map<string, ReadonlySet<string>>();
  const ask = async (paths: readonly string[]): Promise<void> => {
    await Promise.all(
      [...new Set(paths)].map(async (path) => void held.set(path, await privilegesOn(run, sessions, path))),
    );
  };
  const holds = (path: string, privilege: string): boolean => held.get(path)?.has(privilege) === true;
  try {
    await ask(rows.map((row) => storagePath(storageOfVolume(row.volume_id))));
    const doubtful = rows.filter((row) => !holds(storagePath(storageOfVolume(row.volume_id)), 'Datastore.Allocate'));
    await ask(doubtful.flatMap(({ vmid }) => (vmid === null ? [] : [guestPath(vmid)])));
  } catch (error) {
    run.signal.throwIfAborted();
    const message = `Whether the Proxmox user of cluster "${view.name}" may see the backups that are missing cannot be read, so none was deleted: ${errorText(toProxboxError(error))}`;
    const source = { endpointId: view.owner.endpointId, cluster: view.name };
    return { maySee: () => false, warnings: [{ code: 'read_incomplete', message, source }] };
  }
  return {
    maySee: (storage, vmid) =>
      holds(storagePath(storage), 'Datastore.Allocate') ||
      (vmid !== null && holds(storagePath(storage), 'Datastore.AllocateSpace') && holds(guestPath(vmid), 'VM.Backup')),
    warnings: [],
  };
}

const storagePath = (storage: string): string => `/storage/${storage}`;
const guestPath = (vmid: number): string => `/vms/${vmid}`;

/** What the accounts of all sessions may do there. */
async function privilegesOn(
  run: RunContext,
  sessions: readonly ProxmoxSession[],
  aclPath: string,
): Promise<ReadonlySet<string>> {
  const answers = await Promise.all(
    sessions.map((session) => run.proxmoxReads(() => readPermissionsOn(session, aclPath, { signal: run.signal }))),
  );
  const [first = new Set<string>(), ...others] = answers;
  return new Set([...first].filter((privilege) => others.every((one) => one.has(privilege))));
}
