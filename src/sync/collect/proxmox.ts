/** How stages read clusters: through whichever member answers, and with a reason where none does. */
import { errorText, ProxboxError, toProxboxError } from '../../errors/proxbox-error.js';
import type { ReadName } from '../../proxmox/privileges.js';
import { grantHint } from '../../proxmox/pveum.js';
import type { ProxmoxSession } from '../../proxmox/types.js';
import type { RunContext } from '../run-context.js';
import type { Reason, Warning } from '../types.js';
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

/** What a read is, and what its failure is called when Proxmox did not refuse it. */
export interface FailedRead {
  readonly read: ReadName;
  readonly cause: ProxboxError;
  /** Which object, and what becomes of it. */
  readonly text: string;
  readonly otherwise: Reason['code'];
}

/** Why `readFromCluster` failed; a refusal says which privilege is missing, and how it is granted. */
export function readFailure({ sessions }: ConnectedCluster, { read, cause, text, otherwise }: FailedRead): Reason {
  // The error of a cluster is that of its first session.
  const [session] = sessions;
  if (cause.code !== 'proxmox_forbidden' || session === undefined)
    return { code: otherwise, message: `${text}: ${errorText(cause)}` };
  // The cure first: frames are cut at their end.
  return { code: 'privilege_missing', message: `${text}. ${grantHint(read, cause, session)}. ${cause.message}` };
}

export interface ClusterAnswers<T> {
  /** Of the clusters that could be read, in the order of the run. */
  readonly answers: readonly { readonly cluster: ConnectedCluster; readonly answer: T }[];
  /** One for each of the others: nothing is known of them, so nothing of them is changed. */
  readonly warnings: readonly Warning[];
}

/** A list of a cluster; `what` is its plural, for messages. */
export interface ListedRead {
  readonly read: ReadName;
  readonly what: string;
}

/** The same read from every cluster of the run. Throws the first cause when no cluster can be read. */
export async function readFromEachCluster<T>(
  run: RunContext,
  { what, read: name }: ListedRead,
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
  return { answers, warnings: failures.map(({ cluster, cause }) => unreadable(cluster, { what, read: name }, cause)) };
}

type Attempt<T> =
  | { readonly ok: true; readonly cluster: ConnectedCluster; readonly answer: T }
  | { readonly ok: false; readonly cluster: ConnectedCluster; readonly cause: ProxboxError };

function unreadable(cluster: ConnectedCluster, { what, read }: ListedRead, cause: ProxboxError): Warning {
  const { view } = cluster;
  const text = `The ${what} of cluster "${view.name}" cannot be read, so nothing of it was changed`;
  return {
    ...readFailure(cluster, { read, cause, text, otherwise: 'endpoint_unreachable' }),
    source: { endpointId: view.owner.endpointId, cluster: view.name },
  };
}
