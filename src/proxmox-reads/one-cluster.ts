/** Finds the cluster of a scope that a node belongs to: node names are unique within a cluster only. */
import { ProxboxError } from '../errors/proxbox-error.js';
import type { ProxmoxSession } from '../proxmox/types.js';
import { failureOf, readEndpoints, type ReadDeps, type ReadFailure } from './read-endpoints.js';
import type { EndpointScope } from '../plugin-endpoints/select-endpoints.js';

export interface NodeRequest {
  readonly scope: EndpointScope;
  readonly node: string;
  /** Of the cluster or standalone node; case does not matter. */
  readonly clusterName: string | undefined;
  /** Ends the sentence "provide cluster_name for ...". */
  readonly resource: string;
  readonly notFound: string;
  /** Asked only of clusters that have equal node names: which of them has the rest of what is wanted? */
  readonly has?: (session: ProxmoxSession) => Promise<boolean>;
}

export interface FoundNode {
  readonly session: ProxmoxSession;
  readonly failedIds: readonly number[];
}

/** undefined: the account may not see which nodes there are, so only asking the node itself tells. */
async function hasNode(session: ProxmoxSession, node: string): Promise<boolean | undefined> {
  if (session.mode === 'restricted') return undefined;
  const { nodes } = await session.clusterStatus();
  return nodes.some(({ name }) => name === node);
}

function badRequest(message: string, detail: string): ProxboxError {
  return new ProxboxError('bad_request', message, { detail: `${message} ${detail}` });
}

/** Endpoints that could not be asked may have what was not found at the others: then nothing is known about it. */
export function unknownBecause(what: string, failures: readonly ReadFailure[]): ProxboxError | undefined {
  return failureOf(`${what} was not found, and not every endpoint could be asked.`, failures);
}

/** Of several clusters the one that is named, in any case; undefined: every one. */
export const isMeant =
  (clusterName: string | undefined) =>
  ({ name }: { readonly name: string }): boolean =>
    clusterName === undefined || name.toLowerCase() === clusterName.toLowerCase();

/** All of them where the question does not decide: then the caller has to. */
async function narrowed<T extends { readonly session: ProxmoxSession }>(
  members: readonly T[],
  { has }: NodeRequest,
): Promise<readonly T[]> {
  if (has === undefined || new Set(members.map(({ session }) => session.name)).size < 2) return members;
  const answers = await Promise.all(members.map(async (member) => ({ member, fits: await has(member.session) })));
  const fitting = answers.filter(({ fits }) => fits).map(({ member }) => member);
  return fitting.length > 0 ? fitting : members;
}

/**
 * The session to read a node through.
 * @throws ProxboxError `bad_request` when no cluster has that name or several have that node, `not_found` for an unknown
 * node, and the endpoint's own error when it is the only one asked for or the node may be behind it
 */
export async function findNode(request: NodeRequest, deps: ReadDeps): Promise<FoundNode> {
  const { scope, node, clusterName, resource } = request;
  const readOne = async (session: ProxmoxSession) => ({ session, isMember: await hasNode(session, node) });
  const { results, failures, failedIds } = await readEndpoints(scope, readOne, deps);
  if (results.length === 0) throw badRequest('No Proxmox endpoints configured.', 'Add one, or correct the scope.');
  const sessions = results.map(({ session }) => session);
  const wanted = sessions.filter(isMeant(clusterName));
  if (wanted.length === 0 && clusterName !== undefined) {
    const names = sessions.map(({ name }) => name).join(', ');
    const missing = badRequest(`No Proxmox session found for cluster: ${clusterName}.`, `Connected are: ${names}.`);
    throw unknownBecause(`Cluster ${clusterName}`, failures) ?? missing;
  }
  const withNode = results.filter(({ session, isMember }) => isMember !== false && wanted.includes(session));
  const members = await narrowed(withNode, request);
  const clusters = new Set(members.map(({ session }) => session.name));
  if (clusters.size > 1) {
    const choice = `Several have a node '${node}': ${[...clusters].join(', ')}.`;
    throw badRequest(`Multiple Proxmox sessions configured; provide cluster_name for ${resource}.`, choice);
  }
  const [found] = members;
  if (found !== undefined) return { session: found.session, failedIds };
  const detail = `${request.notFound}: no connected cluster has a node '${node}'.`;
  throw unknownBecause(`Node ${node}`, failures) ?? new ProxboxError('not_found', `${request.notFound}.`, { detail });
}
