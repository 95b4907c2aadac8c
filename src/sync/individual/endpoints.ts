/** Finds the endpoints that lead to a cluster by its name. */
import type { ProxmoxEndpoint } from '../../endpoints/types.js';
import { errorText, ProxboxError, toProxboxError } from '../../errors/proxbox-error.js';
import type { SyncPorts } from '../run-ports.js';
import { isCalled } from '../plan/netbox-cluster.js';

export interface ClusterFinder {
  /**
   * Of these endpoints those with a cluster (or standalone node) of this name, in any case; the name may have that of the
   * endpoint behind it, as NetBox has it where several are called alike. Endpoints that are known to
   * have it are asked alone. Throws `not_found`, or the error of an endpoint that could not be asked.
   */
  find(name: string, among: readonly ProxmoxEndpoint[], signal: AbortSignal): Promise<readonly ProxmoxEndpoint[]>;
  /** The only cluster that these endpoints lead to. Throws `bad_request` when there are several, or may be. */
  only(among: readonly ProxmoxEndpoint[], signal: AbortSignal): Promise<Located>;
}

export interface Located {
  readonly name: string;
  readonly endpoints: readonly ProxmoxEndpoint[];
}

export function createClusterFinder(ports: Pick<SyncPorts, 'openSession'>): ClusterFinder {
  /** By endpoint id, as the endpoint said it last. Only an order of asking: the answer is always checked. */
  const names = new Map<number, string>();
  /** Ids of endpoints that were asked once: nobody waits again for one that did not answer, while another has the name. */
  const asked = new Set<number>();

  async function ask(endpoints: readonly ProxmoxEndpoint[], signal: AbortSignal) {
    const failures: ProxboxError[] = [];
    await Promise.all(
      endpoints.map(async (endpoint) => {
        try {
          asked.add(endpoint.id);
          names.set(endpoint.id, (await ports.openSession(endpoint, signal)).name.toLowerCase());
        } catch (error) {
          signal.throwIfAborted();
          names.delete(endpoint.id);
          failures.push(toProxboxError(error));
        }
      }),
    );
    return failures;
  }

  return {
    async find(name, among, signal) {
      const isCalledSo = (endpoint: ProxmoxEndpoint): boolean => isCalled(name, names.get(endpoint.id), endpoint.name);
      // One that was never asked may have the name as well.
      const known = among.filter((endpoint) => isCalledSo(endpoint) || !asked.has(endpoint.id));
      const failures = await ask(known, signal);
      let found = known.filter(isCalledSo);
      if (found.length > 0) return found;
      failures.push(
        ...(await ask(
          among.filter((endpoint) => !known.includes(endpoint)),
          signal,
        )),
      );
      found = among.filter(isCalledSo);
      if (found.length > 0) return found;
      throw notFound(name, failures);
    },
    async only(among, signal) {
      const [failure, ...others] = await ask(among, signal);
      const [name, ...more] = new Set(among.flatMap(({ id }) => names.get(id) ?? []));
      if (name !== undefined && more.length === 0 && failure === undefined) return { name, endpoints: among };
      if (name === undefined && failure !== undefined && others.length === 0) throw failure;
      throw new ProxboxError(
        'bad_request',
        'Multiple Proxmox sessions configured; provide cluster_name for task history.',
      );
    },
  };
}

/** An endpoint that could not be asked may be the one: then nobody knows that the cluster does not exist. */
function notFound(name: string, [first]: readonly ProxboxError[]): ProxboxError {
  const text = `No Proxmox session found for cluster: ${name}`;
  if (first === undefined) return new ProxboxError('not_found', text);
  return new ProxboxError(first.code, text, { detail: errorText(first), cause: first });
}
