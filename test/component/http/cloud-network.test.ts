/** The network that customers' guests belong to, and its free addresses. */
import { describe, expect, it } from 'vitest';
import { aVerbWorld, type VerbWorld } from './verb-world.js';

const at = '/cloud/network/available-ips';
const settingsPath = 'plugins/proxbox/settings';

/** What an operator puts into the settings of the plugin; the service reads them anew. */
async function configure(world: VerbWorld, fields: Readonly<Record<string, unknown>>): Promise<void> {
  const { state, operator } = world.netbox;
  const [settings] = state.objects(settingsPath);
  operator.update(settingsPath, settings!.id, fields);
  await world.ask('GET', '/clear-cache');
}

async function aNetwork(prefix = '198.18.0.0/29', more: object = {}) {
  const world = await aVerbWorld();
  const { id } = world.netbox.operator.create('ipam/prefixes', { prefix, ...more });
  await configure(world, {
    cloud_customer_prefix_id: id,
    cloud_customer_bridge: 'vmbr7',
    cloud_customer_vlan_tag: 42,
    cloud_customer_gateway: '198.18.0.1',
    cloud_network_lock_enabled: true,
  });
  return { world, id };
}

describe('the network of customers', () => {
  it('is told with the first addresses that nobody has, and none is taken', async () => {
    const { world, id } = await aNetwork();
    world.netbox.operator.create('ipam/ip-addresses', { address: '198.18.0.1/29' });
    world.netbox.operator.create('ipam/ip-addresses', { address: '198.18.0.3/32' });
    const before = world.netbox.state.objects('ipam/ip-addresses').length;

    const { status, body } = await world.ask('GET', at);

    expect([status, body]).toEqual([
      200,
      {
        prefix: id,
        gateway: '198.18.0.1',
        bridge: 'vmbr7',
        vlan_tag: 42,
        lock_enabled: true,
        available: ['198.18.0.2/29', '198.18.0.4/29', '198.18.0.5/29', '198.18.0.6/29'].map((address) => ({ address })),
      },
    ]);
    expect(world.netbox.state.objects('ipam/ip-addresses')).toHaveLength(before);
  });

  it('is told with as many as are asked for, 10 otherwise', async () => {
    const { world } = await aNetwork('198.18.4.0/24');
    const count = async (query: string) => (await world.ask('GET', `${at}${query}`)).body.available.length;

    expect([await count(''), await count('?limit=3'), await count('?limit=256')]).toEqual([10, 3, 254]);
    expect([
      (await world.ask('GET', `${at}?limit=0`)).status,
      (await world.ask('GET', `${at}?limit=257`)).status,
    ]).toEqual([422, 422]);
  });

  it.each([
    ['without a prefix', { cloud_customer_prefix_id: null }],
    ['without a gateway', { cloud_customer_gateway: '' }],
    ['with a gateway that is no address', { cloud_customer_gateway: 'router' }],
  ])('is a conflict %s, and NetBox is not asked for addresses', async (_, fields) => {
    const { world } = await aNetwork();
    await configure(world, fields);
    world.netbox.resetCounters();

    const { status, body } = await world.ask('GET', at);

    expect([status, body]).toEqual([409, { detail: expect.stringContaining('The cloud network is not configured') }]);
    expect(world.netbox.requestLog.filter(({ target }) => target.includes('available-ips'))).toEqual([]);
  });

  it('whose prefix NetBox does not have is not found, and one that cannot be read is an error', async () => {
    const { world } = await aNetwork();
    await configure(world, { cloud_customer_prefix_id: 9999 });
    const unknown = await world.ask('GET', at);
    world.netbox.faults.add({ match: { path: /available-ips/ }, action: { status: 403, body: {} } });
    const refused = await world.ask('GET', at);

    expect([unknown.status, unknown.body]).toEqual([404, { detail: 'NetBox has no prefix with the id 9999.' }]);
    expect(refused.status).toBeGreaterThanOrEqual(400);
  });
});
