/** Whether interfaces that nodes do not list are really gone: asked name by name, and only for those that it matters for. */
import { privilegesFor } from '../../proxmox/privileges.js';
import { readPermissionsOn } from '../../proxmox/reads/cluster.js';
import type { ConnectedCluster } from '../guests.js';
import type { RunContext } from '../run-context.js';
import { readFromCluster } from './proxmox.js';

/** `eno1:0` is a further address of `eno1`: no bridge, so that Proxmox hides it from nobody. */
const isAlias = (name: string): boolean => name.includes(':');

/**
 * Of these names those that Proxmox would list, if a node of the cluster had such an interface. It leaves out, without an
 * error, bridges on which the account has neither `SDN.Audit` nor `SDN.Use`; a bridge may have an entry of its own, so each
 * name is asked, with one small read. An answer that fails proves nothing.
 */
export async function findShown(
  run: RunContext,
  cluster: ConnectedCluster,
  names: readonly string[],
): Promise<ReadonlySet<string>> {
  const enough = privilegesFor('bridges', cluster.sessions[0]?.version.release ?? '');
  const judged = await Promise.all(
    [...new Set(names)].sort().map(async (name) => {
      if (isAlias(name)) return [name];
      try {
        const held = await readFromCluster(run, cluster, (session) =>
          readPermissionsOn(session, `/sdn/zones/localnetwork/${name}`, { signal: run.signal }),
        );
        return enough.some((privilege) => held.has(privilege)) ? [name] : [];
      } catch {
        run.signal.throwIfAborted();
        return [];
      }
    }),
  );
  return new Set(judged.flat());
}
