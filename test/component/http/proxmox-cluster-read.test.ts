import { describe, expect, it } from 'vitest';
import { createEstate } from '../../simulator/estate/index.js';
import { aLab, exampleOn, type Json } from './proxmox-lab.js';

const backupJobs = [{ id: 'backup-1', enabled: 1, 'prune-backups': { 'keep-last': '3' }, schedule: '02:00' }];
const replicationJobs = [
  { id: '100-0', type: 'local', guest: 100, jobnum: 0, source: 'pve1', target: 'pve2', schedule: '*/15', disable: 1 },
];

describe('reads of a cluster', () => {
  it.each(['8.4', '9.1', '9.2'] as const)('give the overview of Proxmox %s', async (profile) => {
    const { read } = await aLab({ estate: exampleOn(profile) });

    const { body } = await read('/proxmox/');

    expect(body).toMatchObject({
      message: 'Proxmox API',
      clusters: [{ lab: { pools: [], version: { release: profile } } }],
    });
    expect(body.clusters[0].lab.nodes.map(({ node }: Json) => node).sort()).toEqual(['pve1', 'pve2']);
    expect(body.clusters[0].lab.access).toContain('users');
    expect(body.clusters[0].lab.cluster).toContain('resources');
    expect(body.clusters[0].lab.storage.map(({ storage }: Json) => storage).sort()).toEqual(['local', 'local-lvm']);
  });

  it.each([
    ['/proxmox/access', { subdir: 'users' }],
    ['/proxmox/cluster', { name: 'resources' }],
  ])('pass %s through as it is', async (url, row) => {
    const { read } = await aLab();

    expect((await read(url)).body).toEqual([{ lab: expect.arrayContaining([row]) }]);
  });

  it('refuse other parts of the Proxmox API', async () => {
    const { read } = await aLab();

    expect((await read('/proxmox/pools')).status).toBe(422);
  });

  it('list backup jobs of all clusters under the keys of Proxmox, once for each', async () => {
    const { read, app, headers, simulators } = await aLab({ estate: exampleOn('9.1', { backupJobs }) });
    const { username, password, port } = simulators[0]!;
    const again = { name: 'again', ip_address: '127.0.0.1', port, username, password, verify_ssl: false };
    await app.inject({ method: 'POST', url: '/proxmox/endpoints', headers, payload: again });

    const { body } = await read('/proxmox/cluster/backup');

    const job = { id: 'backup-1', enabled: 1, schedule: '02:00', 'prune-backups': 'keep-last=3' };
    expect((await read('/proxmox/sessions')).body).toHaveLength(2);
    expect(body).toEqual([{ ...job, cluster_name: 'lab' }]);
  });

  it('list replication jobs with a status', async () => {
    const { read } = await aLab({ estate: exampleOn('8.4', { replicationJobs }) });

    const { body } = await read('/proxmox/replication?proxmox_endpoint_ids=1');

    const [{ id, guest, source, target, schedule }] = replicationJobs as [(typeof replicationJobs)[number]];
    expect(body).toEqual([
      {
        ...{ cluster_name: 'lab', status: 'ok', error: null, id, guest, jobnum: 0, source, target, schedule },
        ...{ type: 'local', disable: true, comment: null, rate: null, remove_job: null },
      },
    ]);
  });

  it('make a cluster that fails a row of its own, and name its endpoint', async () => {
    const { read } = await aLab({ estate: exampleOn('8.4', { backupJobs, replicationJobs }), withDeadEndpoint: true });

    const backups = await read('/proxmox/cluster/backup');
    const replications = await read('/proxmox/replication');

    expect(backups).toMatchObject({ status: 200, failed: '2' });
    expect(backups.body).toEqual([
      expect.objectContaining({ id: 'backup-1' }),
      { cluster_name: 'endpoint 2', error: expect.stringMatching(/connection refused/) },
    ]);
    expect(replications).toMatchObject({ status: 200, failed: '2' });
    expect(replications.body).toMatchObject([
      { cluster_name: 'lab', status: 'ok' },
      { cluster_name: 'endpoint 2', status: 'error', error: expect.stringMatching(/connection refused/), id: null },
    ]);
  });

  it.each(['/proxmox', '/proxmox/access', '/proxmox/cluster/backup', '/proxmox/replication'])(
    'fail on %s when the only endpoint asked for is down',
    async (url) => {
      const { read } = await aLab({ withDeadEndpoint: true });

      expect(await read(`${url}?proxmox_endpoint_ids=2`)).toMatchObject({
        status: 502,
        body: { reason: 'proxmox_unreachable' },
      });
    },
  );

  it('name the privilege that is missing for backup jobs', async () => {
    const { read } = await aLab({ acl: 'nothing' });

    const { status, body } = await read('/proxmox/cluster/backup');

    expect({ status, detail: body.detail }).toEqual({ status: 502, detail: expect.stringMatching(/Sys\.Audit/) });
  });
});

const ha = {
  resources: [{ sid: 'vm:100', type: 'vm', state: 'started', group: 'near', max_relocate: 1, max_restart: 2 }],
  groups: [{ group: 'near', type: 'group', nodes: 'pve1:2', restricted: 1, nofailback: 0 }],
  rules: [
    {
      ...{ rule: 'near', type: 'node-affinity', nodes: 'pve1:2', resources: 'vm:100', strict: 1 },
      errors: { resources: ["'vm:100' is in another rule\n"], nodes: 'no such node' },
    },
  ],
};
const root = '/proxmox/cluster/ha';
const group = {
  ...{ cluster_name: 'lab', group: 'near', type: 'group', nodes: 'pve1:2', comment: null, digest: null },
  ...{ restricted: true, nofailback: false },
};
const rule = {
  ...{ cluster_name: 'lab', rule: 'near', type: 'node-affinity', affinity: null, nodes: 'pve1:2', comment: null },
  ...{ resources: 'vm:100', strict: true, disable: false },
  errors: ['nodes: no such node', "resources: 'vm:100' is in another rule"],
};
const resource = {
  ...{ cluster_name: 'lab', sid: 'vm:100', type: 'vm', state: 'started', max_relocate: 1, max_restart: 2 },
  ...{
    failback: null,
    comment: null,
    digest: expect.any(String),
    node: 'pve1',
    crm_state: 'started',
    request_state: 'started',
  },
  status: 'vm:100 (pve1, started)',
};

describe('high availability', () => {
  it.each([
    { profile: '8.4', groups: [group], rules: [], groupOfResource: 'near' },
    { profile: '9.1', groups: [], rules: [rule], groupOfResource: null },
    { profile: '9.2', groups: [], rules: [rule], groupOfResource: null },
  ] as const)('is summarised on Proxmox $profile', async ({ profile, groups, rules, groupOfResource }) => {
    // The status tells the time, and is read twice.
    const now = (): number => 1_777_600_000_000;
    const { read } = await aLab({ estate: exampleOn(profile, { ha }), now });
    const resources = [{ ...resource, group: groupOfResource }];

    const { body } = await read(`${root}/summary?source=database&proxmox_endpoint_ids=1`);

    expect(body).toEqual({ status: expect.any(Array), groups, resources, rules });
    expect(body.status).toContainEqual(expect.objectContaining({ id: 'quorum', quorate: true, sid: null }));
    expect(body.status).toContainEqual(
      expect.objectContaining({
        id: 'service:vm:100',
        sid: 'vm:100',
        failback: profile === '8.4' ? null : true,
        max_relocate: 1,
      }),
    );
    expect((await read(`${root}/status`)).body).toEqual(body.status);
    expect((await read(`${root}/resources`)).body).toEqual(resources);
    expect((await read(`${root}/groups`)).body).toEqual(groups);
    expect((await read(`${root}/groups/near`)).body).toEqual(groups[0] ?? null);
    expect((await read(`${root}/rules`)).body).toEqual(rules);
    expect((await read(`${root}/resources/by-vm/100`)).body).toEqual(resources[0]);
  });

  it.each(['resources/by-vm/101', 'resources/by-vm/10', 'groups/nobody'])(
    'answers %s with 200 and null',
    async (url) => {
      const { read } = await aLab({ estate: exampleOn('8.4', { ha }) });

      expect(await read(`${root}/${url}`)).toMatchObject({ status: 200, body: null });
    },
  );

  it('is empty where nothing is managed', async () => {
    const { read } = await aLab();

    const { body } = await read(`${root}/summary`);

    expect(body).toMatchObject({ groups: [], resources: [], rules: [] });
    expect(body.status.filter(({ type }: { type: string }) => type === 'service')).toEqual([]);
    expect(body.status).toContainEqual(expect.objectContaining({ id: 'quorum' }));
  });

  it('keeps resources whose status cannot be read', async () => {
    const { read, simulators } = await aLab({ estate: exampleOn('9.1', { ha }) });
    simulators[0]!.faults.add({
      match: { path: /\/ha\/status\/current$/ },
      action: { status: 500, reason: 'no quorum' },
    });

    const { body } = await read(`${root}/summary?proxmox_endpoint_ids=1`);
    const status = await read(`${root}/status?proxmox_endpoint_ids=1`);

    expect(body.resources).toMatchObject([{ sid: 'vm:100', state: 'started', node: null, status: null }]);
    expect(body.status).toEqual([{ cluster_name: 'lab', status: expect.stringMatching(/^error: .*no quorum/) }]);
    expect(status.status).toBe(502);
  });

  it('goes on without an endpoint that is down, and fails when only that one is asked for', async () => {
    const { read } = await aLab({ estate: exampleOn('9.2', { ha }), withDeadEndpoint: true });

    const all = await read(`${root}/summary`);
    const dead = await read(`${root}/summary?proxmox_endpoint_ids=2`);
    const guest = await read(`${root}/resources/by-vm/100`);

    expect(all).toMatchObject({ status: 200, failed: '2' });
    expect(all.body.status.at(-1)).toEqual({ cluster_name: 'endpoint 2', status: expect.stringMatching(/^error: /) });
    expect(dead).toMatchObject({ status: 502, body: { reason: 'proxmox_unreachable' } });
    expect(guest).toMatchObject({ status: 200, failed: '2', body: { sid: 'vm:100' } });
  });

  it('lists equal names of two clusters for each', async () => {
    const { read } = await aLab({
      estate: createEstate({ vms: 8, clusters: 2, nodesPerCluster: 1, profile: ['8.4'], guest: { disks: 1 } }),
    });

    const { body } = await read(`${root}/groups`);

    expect(body.map((row: Json) => [row.cluster_name, row.group])).toEqual([
      ['lab', 'all-nodes'],
      ['edge', 'all-nodes'],
    ]);
  });

  it('names the privilege that is missing', async () => {
    const { read } = await aLab({ acl: 'nothing' });

    const { status, body } = await read(`${root}/summary?proxmox_endpoint_ids=1`);

    expect({ status, detail: body.detail }).toEqual({ status: 502, detail: expect.stringMatching(/Sys\.Audit/) });
  });

  it('tells the state of the manager and how resources are placed', async () => {
    const options = { crs: 'ha=static,ha-rebalance-on-start=1' };
    const { read } = await aLab({ estate: exampleOn('9.1', { ha, options }) });

    const manager = await read(`${root}/manager-status`);
    const crs = await read(`${root}/crs`);

    expect(manager.body).toMatchObject([
      { cluster_name: 'lab', quorum_ok: true, mode: 'active', manager_status: { master_node: 'pve1' } },
    ]);
    expect(crs.body).toEqual([{ cluster_name: 'lab', ha: 'static', status: 'ok', error: null }]);
  });
});
