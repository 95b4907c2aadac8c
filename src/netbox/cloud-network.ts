/** The network that the guests of customers belong to: what the plugin's settings say of it, and which of its addresses are free. */
import type { SettingsResolver, Tunables } from '../config/types.js';
import { ProxboxError } from '../errors/proxbox-error.js';
import { isObject } from '../values/plain-object.js';
import type { NetBoxAccess } from './access.js';
import { isAddressText } from './kinds/values.js';
import { orNotFound } from './or-not-found.js';

export interface CloudNetworkDeps {
  readonly netboxAccess: Pick<NetBoxAccess, 'client'>;
  readonly settings: Pick<SettingsResolver, 'refresh'>;
}

export interface CloudNetwork {
  /** Id of the prefix in NetBox. */
  readonly prefix: number;
  readonly gateway: string;
  readonly bridge: string;
  readonly vlan_tag: number | null;
  readonly lock_enabled: boolean;
  /** With the length of the prefix: `192.0.2.5/24`. */
  readonly available: readonly { readonly address: string }[];
}

/** @throws ProxboxError `conflict` (409) while the settings do not describe a network */
function configuredNetwork(values: Tunables): Omit<CloudNetwork, 'available'> {
  const { cloudCustomerPrefixId: prefix, cloudCustomerBridge, cloudCustomerGateway } = values;
  const [bridge, gateway] = [cloudCustomerBridge.trim(), cloudCustomerGateway.trim()];
  if (prefix === null || bridge === '' || !isAddressText(gateway))
    throw new ProxboxError(
      'conflict',
      'The cloud network is not configured: cloud_customer_prefix_id, cloud_customer_bridge and cloud_customer_gateway (an IP address) of the plugin’s settings are needed.',
    );
  const { cloudCustomerVlanTag, cloudNetworkLockEnabled } = values;
  return { prefix, gateway, bridge, vlan_tag: cloudCustomerVlanTag, lock_enabled: cloudNetworkLockEnabled };
}

/**
 * The network and its first free addresses, at most so many. None is taken.
 * @throws ProxboxError `conflict` (409) while it is not configured, `not_found` when NetBox has no such prefix, `netbox_*`
 */
export async function cloudNetwork(limit: number, { netboxAccess, settings }: CloudNetworkDeps): Promise<CloudNetwork> {
  const { values } = await settings.refresh({ maxAgeMs: 30_000, budgetMs: 2_000 });
  const network = configuredNetwork(values);
  const client = await netboxAccess.client();
  const path = `/api/ipam/prefixes/${network.prefix}/available-ips/`;
  const rows = await orNotFound(`NetBox has no prefix with the id ${network.prefix}.`, () =>
    client.get(path, { limit }, { cache: 'bypass' }),
  );
  const addresses = (Array.isArray(rows) ? rows : []).map((row: unknown) => (isObject(row) ? row['address'] : null));
  return {
    ...network,
    available: addresses.filter((address) => typeof address === 'string').map((address) => ({ address })),
  };
}
