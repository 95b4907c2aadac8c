import { describe, expect, it } from 'vitest';
import type { RecordOf } from '../../../../src/netbox/kinds/index.js';
import { planInfrastructure } from '../../../../src/sync/plan/infrastructure.js';
import type { InfrastructureInput, InfrastructureRecords } from '../../../../src/sync/plan/infrastructure-types.js';
import { chooseCluster } from '../../../../src/sync/plan/netbox-cluster.js';
import { PlanBuilder } from '../../../../src/sync/plan/plan-builder.js';
import { type Change, type Fields, type Plan, ref } from '../../../../src/sync/types.js';
import { kindOf } from '../../../support/changes.js';
import { aCluster, aSite, stored, tagsOf } from '../../../support/factories/netbox-records.js';
import { aClusterView, anEndpointTarget, noRecords, now, syncOptions } from '../../../support/factories/sync.js';

const placed = { id: 7, slug: null, name: null };
const site7 = aSite(7, 'Berlin');

function planFor(records: Partial<InfrastructureRecords> = {}, input: Partial<InfrastructureInput> = {}): Plan {
  const builder = new PlanBuilder({ known: new Map([['tag:proxbox', 1]]), bootstrapOnlyTag: 9 });
  const { views = [aClusterView()] } = input;
  const named = views.map(({ owner, name }) => ({ endpointId: owner.endpointId, name }));
  planInfrastructure(builder, {
    views,
    records: noRecords({ named, ...records }),
    endpoints: new Map([[1, anEndpointTarget()]]),
    options: syncOptions(),
    now,
    purpose: 'inventory',
    asItIs: false,
    ...input,
  });
  return builder.build('devices');
}

function changesOf(plan: Plan, kind: string): readonly Change[] {
  return plan.changes.filter((change) => kindOf(change) === kind);
}

function actions(plan: Plan, kind: string): readonly string[] {
  return changesOf(plan, kind).map(({ action }) => action);
}

function patchOf(plan: Plan, kind: string): Fields | string | undefined {
  const [change] = changesOf(plan, kind);
  return change?.action === 'update' ? change.patch : change?.action;
}

const typed = {
  clusterTypes: [stored('cluster-type', { id: 1, slug: 'cluster', name: 'Cluster', tags: tagsOf(1) })],
};

/** The sidecar of cluster 5. */
function aClusterState(fields: Readonly<Record<string, unknown>> = {}): RecordOf<'cluster-state'> {
  return stored('cluster-state', { id: 2, cluster: { id: 5 }, proxmox_cluster_name: 'lab', ...fields });
}

function aClusterLink(id: number, endpoint: number, cluster: number | null, name = 'LAB'): RecordOf<'cluster-link'> {
  const netbox_cluster = cluster === null ? null : { id: cluster };
  return stored('cluster-link', { id, name, endpoint: { id: endpoint }, netbox_cluster });
}

describe('a cluster that NetBox does not have', () => {
  it('is created in a default site of its own when no site is configured', () => {
    const plan = planFor();
    expect(changesOf(plan, 'site')).toMatchObject([
      {
        action: 'create',
        desired: { fields: { name: 'Proxmox Default Site - lab', slug: 'proxmox-default-site-lab', status: 'active' } },
      },
    ]);
    expect(changesOf(plan, 'cluster')).toMatchObject([
      {
        action: 'create',
        desired: {
          fields: {
            name: 'lab',
            type: ref('cluster-type', 'cluster'),
            scope_type: 'dcim.site',
            scope_id: ref('site', 'proxmox-default-site-lab'),
            description: 'Proxmox cluster cluster.',
            tags: [ref('tag', 'proxbox')],
          },
          createTags: [ref('tag', 'proxbox-discovered-cluster')],
        },
      },
    ]);
  });

  it('takes a default site that is there already', () => {
    const site = aSite(4, 'renamed', {
      slug: 'proxmox-default-site-lab',
      status: { value: 'retired' },
      tags: tagsOf(1),
    });
    const plan = planFor({ sites: [site] });
    expect(actions(plan, 'site')).toEqual(['keep']);
    expect(changesOf(plan, 'cluster')).toMatchObject([{ desired: { fields: { scope_id: 4 } } }]);
  });

  it.each([
    [{ id: 7, slug: null, name: null }],
    [{ id: null, slug: 'berlin', name: null }],
    [{ id: null, slug: null, name: 'Berlin' }],
    [{ id: 99, slug: 'berlin', name: null }],
    // Of another NetBox, where the id is Paris's.
    [{ id: 8, slug: 'berlin', name: 'Berlin' }],
    // Renamed since the endpoint was saved.
    [{ id: 7, slug: 'hq', name: 'Headquarters' }],
  ])('is created in the configured site %j, and no default site with it', (site) => {
    const plan = planFor({ sites: [aSite(8, 'paris'), site7] }, { views: [aClusterView({ site })] });
    expect(actions(plan, 'site')).toEqual([]);
    expect(changesOf(plan, 'cluster')).toMatchObject([{ desired: { fields: { scope_id: 7 } } }]);
  });

  it('gets the configured tenant, and none otherwise', () => {
    const tenants = [stored('tenant', { id: 3, name: 'ACME', slug: 'acme' })];
    const plan = planFor({ tenants }, { views: [aClusterView({ tenant: { id: null, slug: 'acme', name: null } })] });
    expect(changesOf(plan, 'cluster')).toMatchObject([{ desired: { fields: { tenant: 3 } } }]);
    const [without] = changesOf(planFor({ tenants }), 'cluster');
    expect(without?.action === 'create' && 'tenant' in without.desired.fields).toBe(false);
  });

  it.each(['site', 'tenant'] as const)('is refused with its nodes when the configured %s does not exist', (what) => {
    const plan = planFor({}, { views: [aClusterView({ [what]: { id: 5, slug: 's', name: null } })] });
    const [cluster] = changesOf(plan, 'cluster');
    expect(cluster).toMatchObject({ action: 'refuse', reason: { code: 'placement_not_found' } });
    expect(cluster?.action === 'refuse' && cluster.reason.message).toBe(
      `Configured NetBox ${what} was not found. Could not resolve ${what} for Proxmox endpoint placement (id=5, slug=s, name=) of "lab (nb:1)".`,
    );
    expect(changesOf(plan, 'device')).toMatchObject([
      { action: 'refuse', label: 'pve1', reason: { code: 'dependency_failed' } },
      { action: 'refuse', label: 'pve2', reason: { code: 'dependency_failed' } },
    ]);
    expect(plan.discovered.get('device')).toBe(2);
  });

  it('does not stop the other clusters of the run', () => {
    const views = [
      aClusterView({ site: { id: 5, slug: null, name: null } }),
      aClusterView({ endpointId: 2, name: 'b', nodes: [] }),
    ];
    expect(actions(planFor({}, { views }), 'cluster')).toEqual(['refuse', 'create']);
  });
});

describe('a cluster that NetBox has', () => {
  it('is kept when nothing differs, without a default site', () => {
    const plan = planFor({ ...typed, clusters: [aCluster(5)] });
    expect([actions(plan, 'cluster'), actions(plan, 'site'), actions(plan, 'cluster-type')]).toEqual([
      ['keep'],
      [],
      ['keep'],
    ]);
  });

  it('keeps the scope that an operator gave it when no site is configured', () => {
    const plan = planFor({ ...typed, clusters: [aCluster(5, { scope_id: 44 })] });
    expect([patchOf(plan, 'cluster'), actions(plan, 'site')]).toEqual(['keep', []]);
  });

  it.each([['dcim.region'], ['dcim.location']])('keeps a scope that is a %s', (scope_type) => {
    expect(patchOf(planFor({ ...typed, clusters: [aCluster(5, { scope_type, scope_id: 44 })] }), 'cluster')).toBe(
      'keep',
    );
  });

  it('gets the default site when it has no scope', () => {
    const plan = planFor({ ...typed, clusters: [aCluster(5, { scope_type: null, scope_id: null })] });
    expect(patchOf(plan, 'cluster')).toEqual({
      scope_type: 'dcim.site',
      scope_id: ref('site', 'proxmox-default-site-lab'),
    });
  });

  it('is moved to the configured site', () => {
    const plan = planFor(
      { ...typed, clusters: [aCluster(5, { scope_id: 1 })], sites: [site7] },
      { views: [aClusterView({ site: placed })] },
    );
    expect(patchOf(plan, 'cluster')).toEqual({ scope_type: 'dcim.site', scope_id: 7 });
  });

  it('keeps the tenant that an operator gave it', () => {
    expect(patchOf(planFor({ ...typed, clusters: [aCluster(5, { tenant: { id: 3 } })] }), 'cluster')).toBe('keep');
  });

  it.each<[string, boolean, Readonly<Record<string, unknown>>, Fields | 'keep']>([
    ['an own description', true, { description: 'mine' }, 'keep'],
    ['an own description, flag off', false, { description: 'mine' }, 'keep'],
    ['no description', true, { description: '' }, { description: 'Proxmox cluster cluster.' }],
    ['no description, flag off', false, { description: '' }, { description: 'Proxmox cluster cluster.' }],
    [
      'our old description',
      true,
      { description: 'Proxmox standalone cluster.' },
      { description: 'Proxmox cluster cluster.' },
    ],
    ['our old description, flag off', false, { description: 'Proxmox standalone cluster.' }, 'keep'],
    ['own tags', true, { tags: tagsOf(77) }, { tags: [1, 77] }],
    ['own tags, flag off', false, { tags: tagsOf(77) }, 'keep'],
    ['no tags, flag off', false, { tags: [] }, { tags: [1] }],
  ])('with %s', (_what, flag, fields, expected) => {
    const overwrite = { overwrite_cluster_description: flag, overwrite_cluster_tags: flag };
    const plan = planFor({ ...typed, clusters: [aCluster(5, fields)] }, { options: syncOptions({ overwrite }) });
    expect(patchOf(plan, 'cluster')).toEqual(expected);
  });

  it('is left alone in mode disabled, and so are its site, type and rows', () => {
    const plan = planFor(
      { clusters: [aCluster(5, { scope_type: null, scope_id: null, description: '' })] },
      {
        options: syncOptions({ modes: { cluster: 'disabled' } }),
        purpose: { nodesOf: new Map([['1', new Set<string>()]]) },
      },
    );
    expect(plan.changes).toMatchObject([{ action: 'skip', kind: 'cluster', reason: { code: 'mode_disabled' } }]);
    expect(plan.known.get('cluster:1')).toBe(5);
  });

  it('is created in mode disabled when guests need it', () => {
    const plan = planFor(
      {},
      {
        options: syncOptions({ modes: { cluster: 'disabled' } }),
        purpose: { nodesOf: new Map([['1', new Set<string>()]]) },
      },
    );
    expect(actions(plan, 'cluster')).toEqual(['create']);
  });

  it.each([
    [[9], 'skip'],
    [[1], 'update'],
  ])('in mode bootstrap_only with the tags %j: %s', (tags, expected) => {
    const clusters = [aCluster(5, { description: '', tags: tagsOf(...tags) })];
    const plan = planFor({ ...typed, clusters }, { options: syncOptions({ modes: { cluster: 'bootstrap_only' } }) });
    expect(actions(plan, 'cluster')).toEqual([expected]);
  });
});

describe('several clusters of one name', () => {
  const two = [aCluster(5, { scope_id: 1 }), aCluster(6, { scope_id: 7 })];

  it.each<[string, Partial<InfrastructureRecords>, typeof placed | undefined, string]>([
    ['the one in the configured site is taken', { sites: [site7] }, placed, 'lab 6'],
    ['the one with our sidecar is taken', { clusterStates: [aClusterState()] }, undefined, 'lab 5'],
    ['nobody can tell', {}, undefined, 'cluster_ambiguous'],
  ])('%s', (_behaviour, records, site, expected) => {
    const plan = planFor({ clusters: two, ...records }, { views: [aClusterView(site === undefined ? {} : { site })] });
    const [change] = changesOf(plan, 'cluster');
    const said = change?.action === 'refuse' ? change.reason.code : `lab ${plan.known.get('cluster:1') ?? ''}`;
    expect(said).toBe(expected);
  });

  it('get a NetBox cluster each when their endpoints have different sites', () => {
    const views = [
      aClusterView({ site: { id: 1, slug: null, name: null } }),
      aClusterView({ endpointId: 2, site: placed, nodes: [] }),
    ];
    const sites = [aSite(1, 'Paris'), site7];
    expect(actions(planFor({ sites }, { views }), 'cluster')).toEqual(['create', 'create']);
    const later = planFor({ ...typed, sites, clusters: [aCluster(5, { scope_id: 1 })] }, { views });
    expect(actions(later, 'cluster')).toEqual(['keep', 'create']);
  });

  it('stay apart when their endpoints are synced one at a time', () => {
    const pluginEndpoints = [
      { id: 1, name: 'a', domain: '', ip_address: '10.0.0.10', port: 8006 },
      { id: 2, name: 'b', domain: '', ip_address: '10.0.0.20', port: 8006 },
    ];
    const linkedTo = (endpoint: number) => [aClusterLink(8, endpoint, 5, 'lab')];
    const records = { ...typed, sites: [site7], clusters: [aCluster(5, { scope_id: 1 })], pluginEndpoints };
    const views = [aClusterView({ site: placed })];
    expect(actions(planFor({ ...records, clusterLinks: linkedTo(2) }, { views }), 'cluster')).toEqual(['create']);
    const moved = patchOf(planFor({ ...records, clusterLinks: linkedTo(1) }, { views }), 'cluster');
    expect(moved).toEqual({ scope_type: 'dcim.site', scope_id: 7 });
  });

  it('chooses the only one, also outside of the configured site', () => {
    expect([chooseCluster([aCluster(5)], 99)?.id, chooseCluster([], 99), chooseCluster(two, null)]).toEqual([
      5,
      undefined,
      undefined,
    ]);
  });
});

describe("the plugin's rows about a cluster", () => {
  const records = { ...typed, clusters: [aCluster(5)] };
  const endpointRow = (id: number, address: string) => ({
    id,
    name: `e${id}`,
    domain: '',
    ip_address: address,
    port: 8006,
  });
  const pluginEndpoints = [endpointRow(1, '10.0.0.10'), endpointRow(2, '10.0.0.99')];
  it('are written for a new cluster', () => {
    expect(changesOf(planFor(), 'cluster-state')).toMatchObject([
      {
        action: 'create',
        desired: { fields: { cluster: ref('cluster', '1'), proxmox_cluster_name: 'lab', proxmox_last_updated: now } },
      },
    ]);
  });

  it('are not written for a new time alone', () => {
    const clusterStates = [aClusterState({ proxmox_last_updated: '2020-01-01T00:00:00Z' })];
    expect(patchOf(planFor({ ...records, clusterStates }), 'cluster-state')).toBe('keep');
  });

  it('stay as they are when their flag is off, and are created all the same', () => {
    const options = syncOptions({ overwrite: { overwrite_cluster_custom_fields: false } });
    const clusterStates = [aClusterState({ proxmox_cluster_name: 'old', proxmox_last_updated: null })];
    expect(actions(planFor({ ...records, clusterStates }, { options }), 'cluster-state')).toEqual([]);
    expect(actions(planFor(records, { options }), 'cluster-state')).toEqual(['create']);
  });

  it('are not there without the plugin', () => {
    const plan = planFor({ ...records, hasPlugin: false, pluginEndpoints, clusterLinks: [aClusterLink(8, 1, null)] });
    expect([actions(plan, 'cluster-state'), actions(plan, 'cluster-link')]).toEqual([[], []]);
  });

  it.each<[string, readonly RecordOf<'cluster-link'>[], Fields | 'keep' | undefined]>([
    ['an unlinked row of our endpoint is linked', [aClusterLink(8, 1, null)], { netbox_cluster: 5 }],
    ['a linked row stays', [aClusterLink(8, 1, 5)], 'keep'],
    ['a row that an operator linked elsewhere stays', [aClusterLink(8, 1, 44)], 'keep'],
    ['a row of another endpoint stays', [aClusterLink(8, 2, null)], undefined],
    ['a row of another name stays', [aClusterLink(8, 1, null, 'other')], undefined],
    ['a second row is not linked to the same cluster', [aClusterLink(8, 1, null), aClusterLink(9, 2, 5)], undefined],
  ])('%s', (_behaviour, clusterLinks, expected) => {
    expect(patchOf(planFor({ ...records, pluginEndpoints, clusterLinks }), 'cluster-link')).toEqual(expected);
  });

  it('are reported when two of them claim the cluster, and never unlinked', () => {
    const plan = planFor({ ...records, pluginEndpoints, clusterLinks: [aClusterLink(8, 1, 5), aClusterLink(9, 2, 5)] });
    expect(plan.warnings.map(({ code }) => code)).toEqual(['cluster_link_ambiguous']);
    expect(plan.warnings[0]?.message).toContain('8, 9');
    expect(actions(plan, 'cluster-link')).toEqual([]);
  });

  it('are left alone when our endpoint cannot be told', () => {
    const unsure = [endpointRow(3, '10.0.0.98'), endpointRow(2, '10.0.0.99')];
    expect(
      actions(
        planFor({ ...records, pluginEndpoints: unsure, clusterLinks: [aClusterLink(8, 3, null)] }),
        'cluster-link',
      ),
    ).toEqual([]);
  });
});
