/** Options of the datacenter, CPU models, and further properties of nodes, storages, pools and tokens. */
import { describe, expect, it } from 'vitest';
import { createEstate } from '../../simulator/estate/index.js';
import { aLab, exampleOn, type Json } from './proxmox-lab.js';

const twoClusters = () => createEstate({ vms: 8, clusters: 2, nodesPerCluster: 1 });

const firstFree = (guests: ReadonlyMap<number, unknown>): number =>
  Array.from({ length: 1000 }, (_, index) => 100 + index).find((vmid) => !guests.has(vmid))!;

describe('options of the datacenter', () => {
  it.each([
    ['lower=200,upper=300', { lower: 200, upper: 300 }],
    [
      { lower: '200', upper: 300 },
      { lower: 200, upper: 300 },
    ],
    [undefined, { lower: null, upper: null }],
  ])('with the range %j have the number of the next guest', async (nextId, range) => {
    const options = { keyboard: 'de', crs: { ha: 'static' }, ...(nextId === undefined ? {} : { 'next-id': nextId }) };
    const { read, simulators } = await aLab({ estate: exampleOn('9.2', { options }) });

    const { status, body } = await read('/proxmox/datacenter/options');

    const free = firstFree(simulators[0]!.state.guests);
    expect([status, body]).toEqual([
      200,
      [
        {
          cluster_name: 'lab',
          keyboard: 'de',
          language: null,
          email_from: null,
          max_workers: null,
          migration_unsecure: null,
          next_id: { ...range, vmid: free },
          notify: null,
          crs: { ha: 'static' },
          location: null,
          status: 'ok',
          error: null,
        },
      ],
    ]);
  });

  it('have a row for an endpoint that fails, and the number of one that may read nothing else', async () => {
    const { read, simulators } = await aLab({ acl: 'nothing', withDeadEndpoint: true });

    const { status, body, failed } = await read('/proxmox/datacenter/options');

    expect([status, failed]).toEqual([200, '2']);
    expect(body.map(({ status: told, next_id: id }: Json) => [told, id])).toEqual([
      ['ok', { lower: null, upper: null, vmid: firstFree(simulators[0]!.state.guests) }],
      ['error', null],
    ]);
  });
});

describe('CPU models', () => {
  const cpuModels = [
    { cputype: 'custom-a', 'reported-model': 'qemu64', flags: '+aes', 'hv-vendor-id': 'me', level: 13, hidden: 1 },
    { cputype: 'custom-b', level: 4_294_967_295, flags: 'x'.repeat(600) },
    { flags: '+aes' },
  ];

  it('have every text that the plugin stores, and figures that it can', async () => {
    const { read } = await aLab({ estate: exampleOn('9.2', { cpuModels }) });

    const { status, body } = await read('/proxmox/datacenter/cpu-models?proxmox_endpoint_ids=1');

    expect(status).toBe(200);
    expect(body).toMatchObject([
      {
        cluster_name: 'lab',
        cputype: 'custom-a',
        base_cputype: 'qemu64',
        flags: '+aes',
        vendor_id: 'me',
        level: 13,
        description: '',
        hidden: 1,
      },
      { cputype: 'custom-b', base_cputype: '', vendor_id: '', level: null, description: '', flags: 'x'.repeat(512) },
    ]);
    expect(body).toHaveLength(2);
  });

  it.each(['8.4', '9.1'] as const)('are none on Proxmox %s', async (profile) => {
    const { read } = await aLab({ estate: exampleOn(profile, { cpuModels }) });

    expect(await read('/proxmox/datacenter/cpu-models')).toMatchObject({ status: 200, body: [] });
  });

  it('are one or null by name', async () => {
    const { read } = await aLab({ estate: exampleOn('9.2', { cpuModels }) });

    const one = await read('/proxmox/datacenter/cpu-models/custom-a?cluster_name=LAB');
    const none = await read('/proxmox/datacenter/cpu-models/custom-z');
    const elsewhere = await read('/proxmox/datacenter/cpu-models/custom-a?cluster_name=edge');

    expect([one.status, one.body.cputype]).toEqual([200, 'custom-a']);
    expect([none, elsewhere].map(({ status, body }) => [status, body])).toEqual([
      [200, null],
      [200, null],
    ]);
  });

  it('are an error when the only endpoint cannot be read: never an empty list', async () => {
    const { read, simulators } = await aLab({ estate: exampleOn('9.2', { cpuModels }) });
    simulators[0]!.faults.add({ match: { path: /cpu-models/ }, action: { status: 500, reason: 'no quorum' } });

    const { status, body } = await read('/proxmox/datacenter/cpu-models?proxmox_endpoint_ids=1');

    expect(status).toBeGreaterThanOrEqual(500);
    expect(JSON.stringify(body)).toContain('no quorum');
  });
});

describe('properties of a node', () => {
  it('are its configuration under the names of clients', async () => {
    const estate = exampleOn('9.2');
    estate.clusters[0]!.nodes[0]!.config = { description: 'x\n', 'startall-onboot-delay': '30', wakeonlan: 'aa' };
    const { read } = await aLab({ estate });

    const { body } = await read('/proxmox/nodes/pve1/config');

    expect(body).toEqual({
      cluster_name: 'lab',
      node: 'pve1',
      description: 'x',
      wakeonlan: 'aa',
      startall_onboot_delay: 30,
      location: null,
      status: 'ok',
      error: null,
    });
  });

  it.each([
    ['9.2', 'a1b2', { instance_id: 'a1b2', type: 'dir', status: 'ok' }],
    ['9.2', undefined, { instance_id: null, type: null, status: 'unsupported' }],
    ['8.4', 'a1b2', { instance_id: null, type: null, status: 'unsupported' }],
  ] as const)('on %s are the identity %s of a storage, if it has one', async (profile, identity, told) => {
    const estate = exampleOn(profile);
    const storages = estate.clusters[0]!.storages;
    if (identity !== undefined) storages.find(({ name }) => name === 'local')!.options['identity'] = identity;
    const { read } = await aLab({ estate });

    const { status, body } = await read('/proxmox/nodes/pve1/storage/local/identity');

    expect([status, body]).toEqual([
      200,
      { cluster_name: 'lab', node: 'pve1', storage: 'local', error: null, ...told },
    ]);
  });

  it.each([
    ['/proxmox/nodes/elsewhere/config', 404],
    ['/proxmox/nodes/elsewhere/storage/local/identity', 404],
    ['/proxmox/nodes/-x/config', 422],
    ['/proxmox/storage/zfs/pools/tank', 404],
  ])('at %s are %i', async (url, expected) => {
    const { read } = await aLab();

    expect((await read(url)).status).toBe(expected);
  });

  it('ask which cluster is meant when two have the node', async () => {
    const { read } = await aLab({ estate: twoClusters() });

    const open = await read('/proxmox/nodes/pve1/config');
    const named = await read('/proxmox/nodes/pve1/config?cluster_name=edge');

    expect([open.status, named.status, named.body.cluster_name]).toEqual([400, 200, 'edge']);
  });
});

describe('ZFS pools', () => {
  const pool = { name: 'tank', size: 10, alloc: 4, free: 6, frag: 1, dedup: 1, health: 'ONLINE' };
  const children = [
    { name: 'mirror-0', state: 'ONLINE', read: 0, write: 0, cksum: '3', msg: '', children: [{ name: 'sda' }] },
  ];
  const detail = { state: 'ONLINE', errors: 'No known data errors', scan: 'none', children };
  const withPools = () => {
    const estate = twoClusters();
    for (const { nodes } of estate.clusters) nodes[0]!.zfsPools = [{ pool, detail }];
    return estate;
  };

  it('are listed by cluster and node, and one by one with their devices', async () => {
    const { read } = await aLab({ estate: withPools() });

    const all = await read('/proxmox/storage/zfs/pools');
    const one = await read('/proxmox/storage/zfs/pools/tank?cluster_name=edge');

    expect(all.body.source).toBe('proxmox_api');
    expect(all.body.pools.map(({ cluster_name: name, node }: Json) => [name, node])).toEqual([
      ['lab', 'pve1'],
      ['edge', 'pve1'],
    ]);
    expect(one.body.pools).toEqual([
      expect.objectContaining({
        cluster_name: 'edge',
        size: 10,
        errors: 'No known data errors',
        children: [
          expect.objectContaining({ name: 'mirror-0', cksum: 3, children: [expect.objectContaining({ name: 'sda' })] }),
        ],
      }),
    ]);
  });

  it('that the account may not see are an error', async () => {
    const { read } = await aLab({ estate: withPools(), acl: 'nothing' });

    expect((await read('/proxmox/storage/zfs/pools?proxmox_endpoint_ids=1')).status).toBe(502);
  });
});

it('a token is shown without its secret, and null when there is none', async () => {
  const { read, simulators } = await aLab();
  const { username, tokenName } = simulators[0]!;
  const at = (userid: string, tokenid: string) => `/proxmox/access/tokens/${encodeURIComponent(userid)}/${tokenid}`;

  const one = await read(at(username, tokenName));
  const none = [await read(at(username, 'never')), await read(at('nobody@pve', 'x'))];

  expect(one.body).toMatchObject({ cluster_name: 'lab', userid: username, tokenid: tokenName, value: null, expire: 0 });
  expect(none.map(({ status, body }) => [status, body])).toEqual([
    [200, null],
    [200, null],
  ]);
});
