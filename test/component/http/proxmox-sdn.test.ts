/** Live reads of software-defined networks. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aCluster, anEstate } from '../../contract/sync/estates.js';
import { aNetworkedCluster } from '../../contract/sync/sdn-estate.js';
import { openWorld, type World } from '../../support/world.js';

describe('the routes below /proxmox/sdn', () => {
  let world: World;

  beforeAll(async () => {
    const lab = Object.assign(aNetworkedCluster(), { profile: '9.2' as const });
    Object.assign(lab.sdn, {
      fabrics: { fabrics: [{ id: 'core', protocol: 'ospf' }], nodes: [] },
      routeMaps: [{ 'route-map-id': 'out', order: 10, action: 'permit', match: ['key=peer,value=192.0.2.254'] }],
      prefixLists: [{ id: 'own', entries: [{ seq: 5, action: 'permit', prefix: '10.0.0.0/8', le: 24 }] }],
    });
    lab.sdn.vnets.push({ vnet: 'guests', type: 'vnet', state: 'new', pending: { zone: 'trunk', tag: 60 } });
    const old = { ...aCluster({ name: 'edge', guests: [{ vmid: 100 }] }), profile: '8.4' as const };
    world = await openWorld({ estate: anEstate(lab, old) });
  });
  afterAll(() => world.close());

  const common = { endpoint_id: null, cluster_name: 'lab', status: 'ok', error: null };

  it.each([
    [
      'controllers',
      2,
      { controller: 'bgppve1', type: 'bgp', asn: 65_001, node: 'pve1', loopback: 'dummy1', state: null },
    ],
    ['zones', 3, { zone: 'overlay', vrf_vxlan: 10_000, rt_import: ['65000:100', '65000:200'], pending: null }],
    ['vnets', 4, { vnet: 'guests', zone: 'trunk', tag: 60, state: 'new', pending: { zone: 'trunk', tag: 60 } }],
    ['subnets', 3, { vnet: 'office', zone: 'overlay', subnet: '10.11.0.0/24', gateway: '10.11.0.1', snat: true }],
    ['fabrics', 1, { fabric: 'core', type: 'ospf', asn: null, peers: [] }],
    ['fabrics/all', 1, { fabric: 'core' }],
    ['route-maps', 1, { name: 'out', order: 10, action: 'permit', match_peer: '192.0.2.254', match_ip: null }],
    ['prefix-lists', 1, { name: 'own', cidr: '10.0.0.0/8', action: 'permit', le: 24, ge: null }],
    ['node-status', 8, { node: 'pve1', zone: 'overlay', kind: 'zone', name: 'available' }],
  ])('%s: all rows of all clusters, none of a release without them', async (what, count, row) => {
    const { status, body } = await world.ask('GET', `/proxmox/sdn/${what}`);

    expect(status).toBe(200);
    expect(body).toHaveLength(count);
    expect(body).toContainEqual(expect.objectContaining({ ...common, ...row }));
    expect(body[0].raw_config).not.toEqual({});
  });

  it('tell of a cluster that failed by a row of its own, and of the only one by its error', async () => {
    world.proxmox[0]!.faults.add({ match: { path: /cluster\/sdn/ }, action: { status: 500, reason: 'no' } });

    const all = await world.ask('GET', '/proxmox/sdn/zones');
    const one = await world.ask('GET', '/proxmox/sdn/zones?proxmox_endpoint_ids=1');

    expect(all.body).toEqual([
      { cluster_name: expect.stringMatching(/^lab/), status: 'error', error: expect.any(String) },
    ]);
    expect(all.headers.get('x-proxbox-failed-endpoints')).toBe('1');
    expect(one.status).toBe(502);
  });
});
