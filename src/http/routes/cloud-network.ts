/** Free addresses of the network that the guests of customers belong to. */
import { z } from 'zod';
import type { CloudNetwork } from '../../netbox/cloud-network.js';
import type { App } from '../app-type.js';
import { integerField } from '../query-fields.js';
import { answers } from '../route-document.js';

const Query = z.object({ limit: integerField({ min: 1, max: 256 }).default(10).describe('How many addresses') });

const Network = z.object({
  prefix: z.int(),
  gateway: z.string(),
  bridge: z.string(),
  vlan_tag: z.int().nullable(),
  lock_enabled: z.boolean(),
  available: z.array(z.object({ address: z.string() })),
});

export interface CloudNetworkRouteDeps {
  /** @param limit addresses at most @throws ProxboxError `conflict` while no network is described, `not_found`, `netbox_*` */
  readonly cloudNetwork: (limit: number) => Promise<CloudNetwork>;
}

export function registerCloudNetworkRoute(app: App, { cloudNetwork }: CloudNetworkRouteDeps): void {
  app.get(
    '/cloud/network/available-ips',
    {
      config: answers(Network),
      schema: { tags: ['cloud'], summary: 'Free addresses of the network of customers', querystring: Query },
    },
    ({ query: { limit } }) => cloudNetwork(limit),
  );
}
