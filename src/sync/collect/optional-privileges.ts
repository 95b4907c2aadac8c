/**
 * Warnings about what Proxmox leaves out, without an error, where an optional privilege of the read-only role is missing.
 * Asked only when an answer looks as if something was left out, path by path: a path on which `NoAccess` stands has no row in
 * the tree of all permissions. A look that finds nothing missing costs a small read per path.
 */
import { errorText, toProxboxError } from '../../errors/proxbox-error.js';
import { grantsOf, placesText, privilegesFor, type ReadName } from '../../proxmox/privileges.js';
import { extendRoleCommand } from '../../proxmox/pveum.js';
import { readPermissionsOn } from '../../proxmox/reads/cluster.js';
import type { ConnectedCluster } from '../guests.js';
import type { RunContext } from '../run-context.js';
import type { Warning } from '../types.js';
import { readFromCluster } from './proxmox.js';

export interface Suspicion {
  readonly read: ReadName;
  /** ACL path of what seems to be left out. */
  readonly aclPaths: readonly string[];
  /** What is not known then, and what becomes of it: a sentence without its full stop. */
  readonly text: string;
}

/** Of more paths the first ones tell. */
const maxAsked = 20;

/** None when the account has the privilege: then there is nothing that could have been left out. */
export async function warnOfHidden(
  run: RunContext,
  cluster: ConnectedCluster,
  { read, aclPaths, text }: Suspicion,
): Promise<readonly Warning[]> {
  const { view, sessions } = cluster;
  const release = sessions[0]?.version.release ?? '';
  const source = { endpointId: view.owner.endpointId, cluster: view.name };
  const grants = grantsOf(read, release);
  const cure = `Grant ${placesText(grants)}: ${extendRoleCommand(grants.map(({ privilege }) => privilege))}`;
  try {
    const held = await readFromCluster(run, cluster, (session) =>
      Promise.all(
        aclPaths.slice(0, maxAsked).map((aclPath) => readPermissionsOn(session, aclPath, { signal: run.signal })),
      ),
    );
    const enough = privilegesFor(read, release);
    if (held.every((own) => enough.some((privilege) => own.has(privilege)))) return [];
    return [{ code: 'privilege_optional', message: `${text}. ${cure}.`, source }];
  } catch (error) {
    run.signal.throwIfAborted();
    const why = `What the account may see cannot be read (${errorText(toProxboxError(error))})`;
    return [{ code: 'privilege_optional', message: `${text}. ${why}. ${cure}.`, source }];
  }
}
