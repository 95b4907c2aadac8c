import { errorText, ProxboxError, toProxboxError } from '../../errors/proxbox-error.js';
import type { ProxmoxSession } from '../../proxmox/types.js';
import type { RunContext } from '../run-context.js';
import type { Warning } from '../types.js';
import type { ConnectedCluster } from '../guests.js';

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

export interface ClusterAnswers<T> {
  /** Of the clusters that could be read, in the order of the run. */
  readonly answers: readonly { readonly cluster: ConnectedCluster; readonly answer: T }[];
  /** One for each of the others: nothing is known of them, so nothing of them is changed. */
  readonly warnings: readonly Warning[];
}

/** The same read from every cluster of the run. Throws the first cause when no cluster can be read. */
export async function readFromEachCluster<T>(
  run: RunContext,
  what: string,
  read: (session: ProxmoxSession) => Promise<T>,
): Promise<ClusterAnswers<T>> {
  const attempts = run.clusters.map(async (cluster): Promise<Attempt<T>> => {
    try {
      return { ok: true, cluster, answer: await readFromCluster(run, cluster, read) };
    } catch (error) {
      run.signal.throwIfAborted();
      return { ok: false, cluster, cause: toProxboxError(error) };
    }
  });
  const results = await Promise.all(attempts);
  const answers = results.filter((result) => result.ok);
  const failures = results.filter((result) => !result.ok);
  if (answers.length === 0 && failures[0] !== undefined) throw failures[0].cause;
  return { answers, warnings: failures.map(({ cluster, cause }) => unreadable(cluster, what, cause)) };
}

type Attempt<T> =
  | { readonly ok: true; readonly cluster: ConnectedCluster; readonly answer: T }
  | { readonly ok: false; readonly cluster: ConnectedCluster; readonly cause: ProxboxError };

function unreadable({ view }: ConnectedCluster, what: string, cause: ProxboxError): Warning {
  return {
    code: cause.code === 'proxmox_forbidden' ? 'privilege_missing' : 'endpoint_unreachable',
    message: `The ${what} of cluster "${view.name}" cannot be read, so nothing of it was changed: ${errorText(cause)}`,
    source: { endpointId: view.owner.endpointId, cluster: view.name },
  };
}
