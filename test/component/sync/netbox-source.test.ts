import { afterEach, describe, expect, it } from 'vitest';
import { path } from '../../contract/netbox/target.js';
import { aCluster, anEstate } from '../../contract/sync/estates.js';
import { machineOf, sync, syncPartly, watchedSync } from '../../contract/sync/target.js';
import { openSimulated, type SimulatedTarget } from './simulated-target.js';

const rowsPath = '/api/plugins/proxbox/endpoints/proxmox/';

describe('source=netbox', () => {
  let target: SimulatedTarget;
  afterEach(() => target.close());

  /** Two clusters; ids of the plugin and of the service differ, and the plugin knows the user. */
  const open = async (): Promise<void> => {
    const guests = [{ vmid: 100 }];
    target = await openSimulated(anEstate(aCluster({ guests }), aCluster({ name: 'edge', guests })));
    const { world } = target;
    for (const [index, simulator] of world.proxmox.entries())
      await target.netbox.patch(`${rowsPath}${index + 1}/`, { username: simulator.username });
    const { body } = await world.ask('GET', '/proxmox/endpoints/1');
    const { tokenName, tokenValue } = world.proxmox[0]!;
    await world.ask('DELETE', '/proxmox/endpoints/1');
    const stored = { ...body, name: 'lab', token_name: tokenName, token_value: tokenValue, id: undefined };
    expect((await world.ask('POST', '/proxmox/endpoints', stored)).body).toMatchObject({ id: 3 });
    expect((await world.ask('PUT', '/proxmox/endpoints/3', { name: 'lab (nb:1)' })).status).toBe(200);
  };

  it('writes the same identity as source=database: the next run from the other source writes nothing', async () => {
    await open();
    await sync(target, '/full-update/stream?source=netbox');
    const { state } = await machineOf(target, 100, 'lab');

    const second = await watchedSync(target, '/full-update/stream?source=database');

    expect(state.proxmox_endpoint_raw_id).toBe(3);
    expect(state.endpoint.id).toBe(1);
    expect(second.writes).toEqual([]);
  });

  it('takes ids of the plugin', async () => {
    await open();

    const { complete } = await target.world.stream('/dcim/devices/create/stream?source=netbox&proxmox_endpoint_ids=1');

    expect(complete.ok).toBe(true);
    const { body } = await target.netbox.get(`${path.clusters}?limit=10`);
    expect(body.results.map(({ name }: { name: string }) => name)).toEqual(['lab']);
  });

  it('goes on without an endpoint that has no stored secrets, and says so', async () => {
    await open();
    await target.world.ask('DELETE', '/proxmox/endpoints/3');

    const { complete } = await syncPartly(target, '/full-update/stream?source=netbox', ['endpoint_unreachable']);

    const warnings = complete.result!.warnings!.filter(({ reason }) => reason === 'endpoint_unreachable');
    expect(warnings).toMatchObject([
      {
        message: expect.stringContaining(
          "Proxmox endpoint 'lab': credentials are not readable from NetBox; push the endpoint or use source=database",
        ),
      },
    ]);
  });

  it('fails the run when it is the only one, without any write', async () => {
    await open();
    await target.world.ask('DELETE', '/proxmox/endpoints/3');

    const seen = await target.watch(async () => {
      const { complete } = await target.world.stream('/full-update/stream?source=netbox&proxmox_endpoint_ids=1');
      expect(complete).toMatchObject({ ok: false });
      expect(complete.errors[0]?.detail).toContain('push the endpoint or use source=database');
    });

    expect(seen.writes).toEqual([]);
  });

  it('says that unknown ids are those of the plugin', async () => {
    await open();

    const { complete } = await target.world.stream('/full-update/stream?source=netbox&proxmox_endpoint_ids=3');

    expect(complete.errors[0]?.detail).toContain('the ids that the NetBox plugin gives its endpoints');
  });

  it('leads to the host that NetBox says', async () => {
    await open();
    await target.netbox.patch(`${rowsPath}1/`, { port: 1 });

    const fromNetBox = await target.world.ask('GET', '/proxmox/version?source=netbox&proxmox_endpoint_ids=1');
    const stored = await target.world.ask('GET', '/proxmox/version?proxmox_endpoint_ids=3');

    expect([fromNetBox.status, fromNetBox.body.reason, stored.status]).toEqual([502, 'proxmox_unreachable', 200]);
  });

  it('serves reads, and names failed endpoints by the ids of the plugin', async () => {
    await open();
    await target.world.ask('DELETE', '/proxmox/endpoints/3');

    const some = await target.world.ask('GET', '/proxmox/version?source=netbox');
    const named = await target.world.ask('GET', '/proxmox/version?source=netbox&name=lab');
    const edge = await target.world.ask('GET', '/proxmox/version?source=netbox&name=edge');

    expect([some.status, some.body.flatMap(Object.keys)]).toEqual([200, ['edge']]);
    expect(some.headers.get('x-proxbox-failed-endpoints')).toBe('1');
    expect([named.status, JSON.stringify(named.body)]).toEqual([400, expect.stringContaining('push the endpoint')]);
    expect(edge.status).toBe(200);
  });
});
