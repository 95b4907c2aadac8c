import { createApiClient, type ApiClient } from './api-client.js';
import type { RegistrationTarget } from './simulated-environment.js';

/** The plugin takes a name, not an address, as domain; the endpoint here has to lead to the same target. */
const hostName = 'localhost';

/** Registers the first API key and every endpoint over HTTP, as an operator would with curl. */
export async function registerEverything(
  serviceUrl: string,
  apiKey: string,
  environment: RegistrationTarget,
): Promise<ApiClient> {
  const api = createApiClient(serviceUrl, apiKey);
  await api.send('POST', '/auth/register-key', { api_key: apiKey, label: 'demo' });
  await api.send('POST', '/netbox/endpoint', netboxBody(environment));
  const names = namesOf(environment, await registerInPlugin(environment));
  for (const body of proxmoxBodies(environment, names)) await api.send('POST', '/proxmox/endpoints', body);
  return api;
}

/** With the plugin's number of the endpoint, as the plugin itself pushes them. */
function namesOf({ estate }: RegistrationTarget, pluginRows: readonly number[] | undefined): readonly string[] {
  return estate.clusters.map(
    ({ name }, index) => `${name}${pluginRows === undefined ? '' : ` (nb:${pluginRows[index] ?? ''})`}`,
  );
}

/** What is registered of NetBox. */
export function netboxBody({ netbox }: RegistrationTarget): object {
  return {
    name: 'netbox',
    ip_address: '127.0.0.1',
    domain: '',
    port: Number(new URL(netbox.url).port),
    base_path: new URL(netbox.url).pathname,
    token_version: 'v2',
    token_key: netbox.tokenV2.key,
    token: netbox.tokenV2.secret,
    verify_ssl: false,
  };
}

/** What is registered of Proxmox, under these names. */
export function proxmoxBodies({ proxmox }: RegistrationTarget, names: readonly string[]): readonly object[] {
  return proxmox.map((simulator, index) => {
    return {
      name: names[index] ?? `cluster-${index + 1}`,
      domain: hostName,
      ip_address: '127.0.0.1',
      port: simulator.port,
      username: simulator.username,
      token_name: simulator.tokenName,
      token_value: simulator.tokenValue,
      verify_ssl: false,
    };
  });
}

/** What the NetBox plugin keeps itself: a row per endpoint, cluster and node; their numbers. undefined: it is not installed. */
export async function registerInPlugin({
  netbox,
  estate,
  proxmox,
}: RegistrationTarget): Promise<readonly number[] | undefined> {
  const post = async (path: string, body: object): Promise<number | undefined> => {
    const response = await fetch(`${netbox.url}/api/plugins/proxbox/${path}/`, {
      method: 'POST',
      headers: { authorization: `Token ${netbox.tokenV1}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    if (response.status === 404) return undefined;
    const answer: unknown = await response.json();
    if (response.status !== 201) throw new Error(`NetBox refused ${path}: ${JSON.stringify(answer)}`);
    return typeof answer === 'object' && answer !== null && 'id' in answer ? Number(answer.id) : undefined;
  };
  const ids: number[] = [];
  for (const [index, cluster] of estate.clusters.entries()) {
    const port = proxmox[index]?.port ?? 8006;
    const endpoint = await post('endpoints/proxmox', {
      name: cluster.name,
      mode: 'cluster',
      domain: hostName,
      port,
      verify_ssl: false,
    });
    if (endpoint === undefined) return undefined;
    const row = await post('proxmox-clusters', {
      endpoint,
      name: cluster.name,
      mode: 'cluster',
      nodes_count: cluster.nodes.length,
    });
    for (const node of cluster.nodes) {
      await post('proxmox-nodes', {
        endpoint,
        proxmox_cluster: row,
        name: node.name,
        ip_address: node.address,
        online: node.online,
      });
    }
    ids.push(endpoint);
  }
  return ids;
}
