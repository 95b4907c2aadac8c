import { ProxboxError, toProxboxError } from '../../errors/proxbox-error.js';
import type { ProxmoxSession } from '../../proxmox/types.js';
import type { ConnectedCluster, RunContext } from '../run-context.js';

/**
 * One read from a cluster through the first of its endpoints that answers. Every member of a cluster gives the same
 * answer, so a dead member costs a try, not the data. Throws the first member's error when none answers.
 */
export async function readFromCluster<T>(
  run: RunContext,
  cluster: ConnectedCluster,
  read: (session: ProxmoxSession) => Promise<T>,
): Promise<T> {
  let first: ProxboxError | undefined;
  for (const session of cluster.sessions) {
    try {
      return await run.proxmoxReads(() => {
        run.signal.throwIfAborted();
        return read(session);
      });
    } catch (error) {
      run.signal.throwIfAborted();
      first ??= toProxboxError(error);
      if (!first.retryable) break;
    }
  }
  throw first ?? new ProxboxError('internal', `Cluster "${cluster.view.name}" has no session.`);
}
