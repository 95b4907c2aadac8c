import { describe, expect, it } from 'vitest';
import type { RecordOf } from '../../../../src/netbox/kinds/index.js';
import { planInfrastructure } from '../../../../src/sync/plan/infrastructure.js';
import type {
  InfrastructureInput,
  InfrastructureRecords,
  PlannedCluster,
} from '../../../../src/sync/plan/infrastructure-types.js';
import { PlanBuilder } from '../../../../src/sync/plan/plan-builder.js';
import { type Change, type Fields, type Plan, ref } from '../../../../src/sync/types.js';
import { currentIdOf, kindOf } from '../../../support/changes.js';
import { aCluster, aDevice, aDeviceState, aNodeLink, tagsOf } from '../../../support/factories/netbox-records.js';
import { aNode } from '../../../support/factories/proxmox.js';
import { aClusterView, anEndpointTarget, noRecords, now, syncOptions } from '../../../support/factories/sync.js';

const ids = new Map([
  ['tag:proxbox', 1],
  ['device-type:proxmox-generic-device', 1],
  ['device-role:proxmox-node', 1],
] as const);

interface Planned {
  readonly plan: Plan;
  readonly homes: ReadonlyMap<string, PlannedCluster>;
}

/** Cluster 5 `lab` in site 1 with the single node pve1. */
function planFor(records: Partial<InfrastructureRecords> = {}, input: Partial<InfrastructureInput> = {}): Planned {
  const builder = new PlanBuilder({ known: ids, bootstrapOnlyTag: 9 });
  const homes = planInfrastructure(builder, {
    views: [aClusterView({ nodes: [aNode('pve1')] })],
    records: noRecords({ clusters: [aCluster(5)], ...records }),
    endpoints: new Map([
      [1, anEndpointTarget()],
      [2, anEndpointTarget({ ipAddress: '10.0.0.20' })],
    ]),
    options: syncOptions(),
    now,
    purpose: 'inventory',
    asItIs: false,
    ...input,
  });
  return { plan: builder.build('devices'), homes };
}

function ofKind({ plan }: Planned, kind: string): readonly Change[] {
  return plan.changes.filter((change) => kindOf(change) === kind);
}

function deviceChange(planned: Planned): Change | undefined {
  return ofKind(planned, 'device')[0];
}

function deviceResult(planned: Planned): Fields | string | undefined {
  const change = deviceChange(planned);
  return change?.action === 'update' ? change.patch : change?.action;
}

function chosen(planned: Planned): number | string | undefined {
  const change = deviceChange(planned);
  return change === undefined ? undefined : (currentIdOf(change) ?? change.action);
}

const inCluster = { cluster: { id: 5 } };
const nowhere = { cluster: null };
const untagged = { tags: tagsOf(77) };

describe('a node without a device', () => {
  it('gets one in the site and cluster', () => {
    expect(deviceChange(planFor())).toMatchObject({
      action: 'create',
      desired: {
        key: '1/pve1',
        fields: {
          name: 'pve1',
          cluster: ref('cluster', '1'),
          status: 'active',
          description: 'Proxmox Node pve1',
          device_type: ref('device-type', 'proxmox-generic-device'),
          role: ref('device-role', 'proxmox-node'),
          site: 1,
          tags: [ref('tag', 'proxbox')],
        },
        createTags: [ref('tag', 'proxbox-discovered-node')],
      },
    });
  });

  it('gets one also while it is offline', () => {
    const views = [aClusterView({ nodes: [aNode('pve1', { online: false })] })];
    expect(deviceChange(planFor({}, { views }))).toMatchObject({ desired: { fields: { status: 'active' } } });
  });

  it('is planned for guests only when it hosts one', () => {
    const views = [aClusterView()];
    const planned = planFor({}, { views, purpose: { nodesOf: new Map([['1', new Set(['pve2'])]]) } });
    expect(ofKind(planned, 'device')).toMatchObject([{ desired: { fields: { name: 'pve2' } } }]);
    expect([...(planned.homes.get('1')?.devices.keys() ?? [])]).toEqual(['pve2']);
  });
});

describe('choosing the device of a node', () => {
  const state = (device: number, fields: Readonly<Record<string, unknown>>): RecordOf<'device-state'> =>
    aDeviceState(900 + device, device, fields);
  const pluginEndpoints = ['10.0.0.10', '10.0.0.20'].map((address, index) => ({
    id: 71 + index,
    name: '',
    domain: '',
    ip_address: { address: `${address}/24` },
    port: 8006,
  }));

  it.each<[string, Partial<InfrastructureRecords>, number | 'create' | 'refuse']>([
    ['takes the one in the site of the cluster', { devices: [aDevice(11, 'pve1', inCluster)] }, 11],
    ['does not see case', { devices: [aDevice(11, 'PVE1', inCluster)] }, 11],
    [
      'prefers a tagged one in the site',
      { devices: [aDevice(11, 'pve1', untagged), aDevice(12, 'pve1', { ...nowhere })] },
      12,
    ],
    [
      'prefers the site to the cluster',
      {
        devices: [
          aDevice(11, 'pve1', { ...inCluster, site: { id: 4 } }),
          aDevice(12, 'pve1', { ...nowhere, ...untagged }),
        ],
      },
      12,
    ],
    [
      'takes one of the cluster in another site',
      { devices: [aDevice(11, 'pve1', { ...inCluster, ...untagged, site: { id: 4 } })] },
      11,
    ],
    ['takes a tagged one elsewhere', { devices: [aDevice(11, 'pve1', { ...nowhere, site: { id: 4 } })] }, 11],
    [
      'does not take an untagged one elsewhere',
      { devices: [aDevice(11, 'pve1', { ...nowhere, ...untagged, site: { id: 4 } })] },
      'create',
    ],
    ['does not take one of another name', { devices: [aDevice(11, 'pve10', inCluster)] }, 'create'],
    [
      'does not take one that belongs to another configured endpoint',
      {
        devices: [aDevice(11, 'pve1', { ...inCluster, site: { id: 4 } })],
        deviceStates: [state(11, { proxmox_endpoint_raw_id: 2 })],
      },
      'create',
    ],
    [
      'takes the one whose sidecar names the node, whatever it is called',
      {
        devices: [aDevice(11, 'pve1', inCluster), aDevice(12, 'rack7', inCluster)],
        deviceStates: [state(12, { proxmox_endpoint_raw_id: 1, proxmox_node_name: 'pve1' })],
      },
      12,
    ],
    [
      'takes the one of nobody when cluster and node fit',
      {
        devices: [aDevice(12, 'rack7', inCluster)],
        deviceStates: [
          state(12, { proxmox_endpoint_raw_id: 0, proxmox_node_name: 'pve1', proxmox_cluster_name: 'lab' }),
        ],
      },
      12,
    ],
    [
      'does not take that of an endpoint which is gone, although cluster and node fit',
      {
        devices: [aDevice(12, 'rack7', inCluster)],
        deviceStates: [
          state(12, { proxmox_endpoint_raw_id: 77, proxmox_node_name: 'pve1', proxmox_cluster_name: 'lab' }),
        ],
      },
      'create',
    ],
    [
      'does not take one of a forgotten endpoint in another cluster',
      {
        devices: [aDevice(12, 'rack7', { cluster: { id: 44 } })],
        deviceStates: [
          state(12, { proxmox_endpoint_raw_id: 77, proxmox_node_name: 'pve1', proxmox_cluster_name: 'lab' }),
        ],
      },
      'create',
    ],
    [
      'takes one named after the node although its sidecar is about a node that is gone',
      {
        devices: [aDevice(11, 'pve1', inCluster)],
        deviceStates: [state(11, { proxmox_endpoint_raw_id: 1, proxmox_node_name: 'old' })],
      },
      11,
    ],
    [
      'does not take one that the plugin has linked to the node of another endpoint',
      {
        devices: [aDevice(11, 'pve1', { ...nowhere, site: { id: 4 } })],
        deviceStates: [state(11, { proxmox_cluster_name: 'other' })],
        nodeLinks: [aNodeLink(1, 'pve1', { endpoint: { id: 72 }, netbox_device: { id: 11 } })],
        pluginEndpoints,
      },
      'create',
    ],
    [
      'takes one that the plugin has linked to its own node, although the cluster was renamed',
      {
        devices: [aDevice(11, 'pve1', inCluster)],
        deviceStates: [state(11, { proxmox_cluster_name: 'old' })],
        nodeLinks: [aNodeLink(1, 'pve1', { endpoint: { id: 71 }, netbox_device: { id: 11 } })],
        pluginEndpoints,
      },
      11,
    ],
    [
      'does not take one of another cluster when nothing tells its endpoint',
      {
        devices: [aDevice(11, 'pve1', { cluster: { id: 44 }, site: { id: 4 } })],
        deviceStates: [state(11, { proxmox_cluster_name: 'other' })],
      },
      'create',
    ],
    [
      'takes one of its name that is nobody’s',
      { devices: [aDevice(11, 'pve1', inCluster)], deviceStates: [state(11, { proxmox_endpoint_raw_id: 0 })] },
      11,
    ],
    [
      'does not take one of its name that is an endpoint’s which is gone',
      { devices: [aDevice(11, 'pve1', inCluster)], deviceStates: [state(11, { proxmox_endpoint_raw_id: 77 })] },
      'refuse',
    ],
    [
      'takes its own although the cluster was renamed',
      {
        devices: [aDevice(11, 'pve1', inCluster)],
        deviceStates: [state(11, { proxmox_endpoint_raw_id: 1, proxmox_cluster_name: 'old' })],
      },
      11,
    ],
  ])('%s', (_behaviour, records, expected) => {
    expect(chosen(planFor(records))).toBe(expected);
  });

  it('takes one whose sidecar names another cluster when there is no other endpoint', () => {
    const device = aDevice(11, 'pve1', { cluster: { id: 44 }, site: { id: 4 } });
    const deviceStates = [state(11, { proxmox_cluster_name: 'old' })];
    const endpoints = new Map([[1, anEndpointTarget()]]);
    expect(chosen(planFor({ devices: [device], deviceStates }, { endpoints }))).toBe(11);
  });

  it.each([
    ['has no sidecar yet', []],
    ['has a sidecar that names no endpoint', [state(11, { proxmox_cluster_name: 'lab' })]],
  ])('rule 4: never takes the device of a cluster that is called alike, which %s', (_what, deviceStates) => {
    const tags = tagsOf([1, 'proxbox'], [2, 'proxbox-discovered-node']);
    const device = aDevice(11, 'pve1', { cluster: { id: 44 }, site: { id: 4 }, tags });
    expect(chosen(planFor({ devices: [device], deviceStates }))).toBe('create');
  });

  it('never takes one that another service has just made for a cluster of its own', () => {
    const tags = tagsOf([1, 'proxbox'], [2, 'proxbox-discovered-node']);
    const device = aDevice(11, 'pve1', { cluster: { id: 44 }, site: { id: 4 }, tags });
    const endpoints = new Map([[1, anEndpointTarget()]]);
    expect(chosen(planFor({ devices: [device] }, { endpoints }))).toBe('create');
    // Without the plugin no device gets a sidecar: there the only endpoint takes it, as when its cluster was renamed.
    expect(chosen(planFor({ hasPlugin: false, devices: [device] }, { endpoints }))).toBe(11);
  });

  it('never takes the device of another cluster of the run', () => {
    const views = [
      aClusterView({ nodes: [aNode('pve1')] }),
      aClusterView({ endpointId: 2, name: 'other', nodes: [aNode('pve1')] }),
    ];
    const planned = planFor(
      {
        clusters: [aCluster(5), aCluster(6, { name: 'other', scope_id: 2 })],
        devices: [aDevice(11, 'pve1', inCluster), aDevice(12, 'pve1', { cluster: { id: 6 }, site: { id: 2 } })],
        deviceStates: [state(11, { proxmox_cluster_name: 'lab' }), state(12, { proxmox_cluster_name: 'other' })],
      },
      { views },
    );
    expect(ofKind(planned, 'device').map(currentIdOf)).toEqual([11, 12]);
  });
});

describe('the name of a device', () => {
  const named = (template: string, records: Partial<InfrastructureRecords> = {}) =>
    planFor(records, { options: syncOptions({ more: { nodeDeviceNameTemplate: template } }) });
  const state = aDeviceState(9, 11, { proxmox_node_name: 'pve1', proxmox_endpoint_raw_id: 1 });
  const stored = (name: string, description = `Proxmox Node ${name}`, tags = tagsOf([1, 'proxbox'])) => ({
    devices: [aDevice(11, name, { ...inCluster, description, tags })],
    deviceStates: [state],
  });
  const foreign = (name: string, more: Readonly<Record<string, unknown>> = {}) =>
    aDevice(20, name, { ...nowhere, ...more });
  const ofOther = aDeviceState(8, 20, { proxmox_endpoint_raw_id: 2 });
  const codes = ({ plan }: Planned) => plan.warnings.map(({ code }) => code);

  it('is what the template gives', () => {
    const planned = named('{cluster}-{node}');
    expect(deviceChange(planned)).toMatchObject({
      action: 'create',
      desired: { label: 'pve1', fields: { name: 'lab-pve1', description: 'Proxmox Node lab-pve1' } },
    });
    expect(ofKind(planned, 'device-state')).toMatchObject([{ desired: { fields: { proxmox_node_name: 'pve1' } } }]);
  });

  it('follows the template of the endpoint before that of the settings', () => {
    const endpoints = new Map([[1, anEndpointTarget({ nodeDeviceNameTemplate: '{endpoint}-{node}' })]]);
    const options = syncOptions({ more: { nodeDeviceNameTemplate: '{cluster}-{node}' } });
    expect(deviceChange(planFor({}, { endpoints, options }))).toMatchObject({
      desired: { fields: { name: 'lab-pve1' } },
    });
  });

  it.each<[string, string, Partial<InfrastructureRecords>, Fields | string]>([
    [
      'that is the name of the node',
      'x-{node}',
      stored('pve1'),
      { name: 'x-pve1', description: 'Proxmox Node x-pve1' },
    ],
    ['of an earlier template', 'x-{node}', stored('y-pve1'), { name: 'x-pve1', description: 'Proxmox Node x-pve1' }],
    [
      'of an earlier template, now the default',
      '{node}',
      stored('y-pve1'),
      { name: 'pve1', description: 'Proxmox Node pve1' },
    ],
    ['of an operator', 'x-{node}', stored('rack7', 'Proxmox Node pve1'), 'keep'],
    [
      'of an operator, without our tag',
      'x-{node}',
      { ...stored('rack7'), ...stored('rack7', 'Rack 7', tagsOf([1, 'proxbox'])) },
      'keep',
    ],
    ['that differs in case only', 'x-{node}', stored('X-PVE1'), 'keep'],
  ])('follows the template from one %s as far as it is ours', (_what, template, records, expected) => {
    expect(deviceResult(named(template, records))).toEqual(expected);
  });

  it('is adopted from a device without a sidecar that has it', () => {
    const devices = [
      aDevice(11, 'pve1', inCluster),
      aDevice(12, 'x-pve1', { ...inCluster, description: 'Proxmox Node x-pve1' }),
    ];
    expect(chosen(named('x-{node}', { devices }))).toBe(12);
  });

  it('stays, with a warning, when the template gives none', () => {
    const kept = named('{nodes}', stored('y-pve1'));
    const made = named('{nodes}');
    expect([deviceResult(kept), codes(kept)]).toEqual(['keep', ['device_name_invalid']]);
    expect(deviceChange(made)).toMatchObject({ desired: { fields: { name: 'pve1' } } });
    expect(made.plan.warnings).toMatchObject([
      { code: 'device_name_invalid', source: { endpointId: 1, node: 'pve1' } },
    ]);
  });

  it.each<[string, readonly RecordOf<'device'>[], string | Fields, readonly string[]]>([
    ['in the same site', [foreign('x-pve1')], 'keep', ['name_conflict']],
    [
      'in another site',
      [foreign('x-pve1', { site: { id: 4 } })],
      { name: 'x-pve1', description: 'Proxmox Node x-pve1' },
      [],
    ],
    [
      'of a tenant',
      [foreign('X-PVE1', { tenant: { id: 4 } })],
      { name: 'x-pve1', description: 'Proxmox Node x-pve1' },
      [],
    ],
  ])('that another device %s has is not taken from it', (_where, others, expected, warned) => {
    const { devices } = stored('pve1');
    const planned = named('x-{node}', { devices: [...devices, ...others], deviceStates: [state, ofOther] });
    expect([deviceResult(planned), codes(planned)]).toEqual([expected, warned]);
  });

  it('that another device in the same site has leaves a new node without a device', () => {
    const change = deviceChange(named('{node}', { devices: [foreign('PVE1')], deviceStates: [ofOther] }));
    expect(change).toMatchObject({ action: 'refuse', reason: { code: 'name_conflict' } });
    expect(change?.action === 'refuse' && change.reason.message).toMatch(
      /the device with the id 20 .* with \{cluster\}/,
    );
  });

  it('goes to the first of two new nodes with one name in one site', () => {
    const views = [
      aClusterView({ nodes: [aNode('pve1')] }),
      aClusterView({ endpointId: 2, name: 'other', nodes: [aNode('pve1')] }),
    ];
    const clusters = [aCluster(5), aCluster(6, { name: 'other' })];
    expect(ofKind(planFor({ clusters }, { views }), 'device').map(({ action }) => action)).toEqual([
      'create',
      'refuse',
    ]);
  });

  it('of the template of another endpoint of the cluster is known, and only the owner changes it', () => {
    const [view] = [aClusterView({ nodes: [aNode('pve1')] })];
    const endpoints = new Map([
      [1, anEndpointTarget({ nodeDeviceNameTemplate: 'a-{node}' })],
      [2, anEndpointTarget({ nodeDeviceNameTemplate: 'b-{node}' })],
    ]);
    const devices = [aDevice(11, 'b-pve1', { ...inCluster, description: 'Proxmox Node b-pve1' })];
    const planned = planFor({ devices }, { views: [{ ...view, endpointIds: [1, 2] }], endpoints });
    expect(deviceResult(planned)).toMatchObject({ name: 'a-pve1' });
  });
});

describe('the device of a node', () => {
  it('is kept when nothing differs', () => {
    expect(deviceResult(planFor({ devices: [aDevice(11, 'pve1', inCluster)] }))).toBe('keep');
  });

  it('keeps its name, tenant and the tags of the operator', () => {
    const device = aDevice(11, 'PVE1', {
      ...inCluster,
      tenant: { id: 4 },
      tags: tagsOf([1, 'proxbox'], 77),
      description: 'Proxmox Node pve1',
    });
    expect(deviceResult(planFor({ devices: [device] }))).toBe('keep');
  });

  it('keeps its site in the cluster', () => {
    expect(deviceResult(planFor({ devices: [aDevice(11, 'pve1', { ...inCluster, site: { id: 4 } })] }))).toBe('keep');
  });

  it('gets cluster and site together, because NetBox refuses one without the other', () => {
    const device = aDevice(11, 'pve1', { cluster: { id: 44 }, site: { id: 4 } });
    expect(deviceResult(planFor({ devices: [device] }))).toEqual({ cluster: 5, site: 1 });
  });

  it('gets the cluster alone when the site fits', () => {
    expect(deviceResult(planFor({ devices: [aDevice(11, 'pve1', nowhere)] }))).toEqual({ cluster: 5 });
  });

  it('that an operator moved out of the cluster stays there, and guests on it have no device', () => {
    const moved = aDevice(11, 'pve1', { ...nowhere, site: { id: 4 } });
    const planned = planFor({
      devices: [moved],
      deviceStates: [aDeviceState(1, 11, { proxmox_cluster_name: 'lab' })],
    });
    expect(deviceResult(planned)).toBe('keep');
    expect(planned.plan.warnings).toMatchObject([{ code: 'node_missing' }]);
    expect(planned.homes.get('1')?.devices.get('pve1')?.inCluster).toBe(false);
  });

  it('that somebody made elsewhere for us to adopt is brought into the cluster', () => {
    const prepared = aDevice(11, 'pve1', { ...nowhere, site: { id: 4 } });
    expect(deviceResult(planFor({ devices: [prepared] }))).toEqual({ cluster: 5, site: 1 });
  });

  it.each<[string, string, Readonly<Record<string, unknown>>, Fields | 'keep', Fields | 'keep']>([
    ['status that differs', 'overwrite_device_status', { status: { value: 'offline' } }, { status: 'active' }, 'keep'],
    ['status of an operator', 'overwrite_device_status', { status: { value: 'planned' } }, 'keep', 'keep'],
    ['no status', 'overwrite_device_status', { status: null }, { status: 'active' }, { status: 'active' }],
    ['own description', 'overwrite_device_description', { description: 'mine' }, 'keep', 'keep'],
    [
      'old description of ours',
      'overwrite_device_description',
      { description: 'Proxmox Node old' },
      { description: 'Proxmox Node pve1' },
      'keep',
    ],
    [
      'no description',
      'overwrite_device_description',
      { description: '' },
      { description: 'Proxmox Node pve1' },
      { description: 'Proxmox Node pve1' },
    ],
    ['another type', 'overwrite_device_type', { device_type: { id: 8 } }, { device_type: 1 }, 'keep'],
    ['another role', 'overwrite_device_role', { role: { id: 8 } }, { role: 1 }, 'keep'],
    ['own tags', 'overwrite_device_tags', { tags: tagsOf(77) }, { tags: [1, 77] }, 'keep'],
    ['no tags', 'overwrite_device_tags', { tags: [] }, { tags: [1] }, { tags: [1] }],
  ])('with %s', (_what, flag, fields, on, off) => {
    const devices = [aDevice(11, 'pve1', { ...inCluster, ...fields })];
    expect(deviceResult(planFor({ devices }))).toEqual(on);
    expect(deviceResult(planFor({ devices }, { options: syncOptions({ overwrite: { [flag]: false } }) }))).toEqual(off);
  });

  it.each([
    ['disabled', tagsOf([1, 'proxbox']), 'skip', 'mode_disabled'],
    ['bootstrap_only', tagsOf([1, 'proxbox'], 9), 'skip', 'bootstrap_only'],
    ['bootstrap_only', tagsOf([1, 'proxbox']), 'update', undefined],
  ] as const)('in mode %s with the tags %j: %s', (node, tags, action, code) => {
    const devices = [aDevice(11, 'pve1', { ...inCluster, description: '', tags })];
    const planned = planFor({ devices }, { options: syncOptions({ modes: { node } }) });
    const change = deviceChange(planned);
    expect(change?.action).toBe(action);
    expect(change?.action === 'skip' ? change.reason.code : undefined).toBe(code);
    expect(planned.homes.get('1')?.devices.get('pve1')?.inCluster).toBe(true);
  });

  it('is not created in mode disabled by the devices stage, and is when a guest needs it', () => {
    const options = syncOptions({ modes: { node: 'disabled' } });
    expect(deviceChange(planFor({}, { options }))?.action).toBe('skip');
    const purpose = { nodesOf: new Map([['1', new Set(['pve1'])]]) };
    expect(deviceChange(planFor({}, { options, purpose }))?.action).toBe('create');
  });
});

describe("the plugin's rows about a node", () => {
  const devices = [aDevice(11, 'pve1', inCluster)];
  const stateRow = {
    proxmox_node_name: 'pve1',
    proxmox_cluster_name: 'lab',
    proxmox_endpoint_raw_id: 1,
    proxmox_last_updated: '2020-01-01T00:00:00Z',
  };
  const pluginEndpoints = [
    { id: 21, name: 'a', domain: '', ip_address: '10.0.0.10', port: 8006 },
    { id: 22, name: 'b', domain: '', ip_address: '10.0.0.20', port: 8006 },
  ];
  const link = (endpoint: number, device: number | null) =>
    aNodeLink(31, 'pve1', { endpoint: { id: endpoint }, netbox_device: device === null ? null : { id: device } });
  const result = (planned: Planned, kind: string): unknown => {
    const [change] = ofKind(planned, kind);
    return change?.action === 'update' ? change.patch : change?.action;
  };

  it('are written for a new device', () => {
    expect(ofKind(planFor(), 'device-state')).toMatchObject([
      {
        desired: {
          fields: {
            device: ref('device', '1/pve1'),
            proxmox_node_name: 'pve1',
            proxmox_cluster_name: 'lab',
            proxmox_endpoint_raw_id: 1,
            proxmox_last_updated: now,
          },
        },
      },
    ]);
  });

  it.each<[string, Readonly<Record<string, unknown>>, boolean, unknown]>([
    ['a new time alone', {}, true, 'keep'],
    [
      'another cluster name',
      { proxmox_cluster_name: 'old' },
      true,
      { proxmox_cluster_name: 'lab', proxmox_last_updated: now },
    ],
    ['another cluster name, flag off', { proxmox_cluster_name: 'old' }, false, undefined],
  ])('with %s', (_what, fields, flag, expected) => {
    const options = syncOptions({ overwrite: { overwrite_device_custom_fields: flag } });
    expect(
      result(
        planFor({ devices, deviceStates: [aDeviceState(3, 11, { ...stateRow, ...fields })] }, { options }),
        'device-state',
      ),
    ).toEqual(expected);
  });

  it.each<[string, RecordOf<'node-link'>, unknown]>([
    ['links an unlinked row of our endpoint', link(21, null), { netbox_device: 11 }],
    ['leaves a row linked elsewhere', link(21, 99), 'keep'],
    ['leaves a row of another endpoint', link(22, null), undefined],
  ])('%s', (_behaviour, row, expected) => {
    expect(result(planFor({ devices, pluginEndpoints, nodeLinks: [row] }), 'node-link')).toEqual(expected);
  });

  it.each<[string, RecordOf<'node-link'> | undefined, object]>([
    [
      'names them, and the cluster of the row of the node',
      aNodeLink(31, 'pve1', { endpoint: { id: 21 }, netbox_device: null, proxmox_cluster: { id: 41 } }),
      { endpoint: 21, proxmox_node: { ...ref('node-link', '1/pve1'), or: [] }, proxmox_cluster: 41 },
    ],
    [
      'does not name a row that is linked to another device',
      link(21, 99),
      { endpoint: 21, proxmox_node: null, proxmox_cluster: null },
    ],
    ['names the endpoint alone where the plugin has no row of the node', undefined, { endpoint: 21 }],
  ])('the sidecar of a device %s', (_behaviour, row, expected) => {
    const planned = planFor({ devices, pluginEndpoints, nodeLinks: row === undefined ? [] : [row] });
    const [change] = ofKind(planned, 'device-state');
    expect(change).toMatchObject({ action: 'create', desired: { fields: expected } });
  });

  it('the sidecar of a device that names its rows stays as it is', () => {
    const named = { ...stateRow, endpoint: { id: 21 }, proxmox_node: { id: 31 }, proxmox_cluster: { id: 41 } };
    const row = aNodeLink(31, 'pve1', {
      endpoint: { id: 21 },
      netbox_device: { id: 11 },
      proxmox_cluster: { id: 41 },
    });
    const deviceStates = [aDeviceState(3, 11, named)];
    expect(result(planFor({ devices, pluginEndpoints, nodeLinks: [row], deviceStates }), 'device-state')).toBe('keep');
    // The plugin has not made its row anew yet: what is stored coheres, and its parts do not without each other.
    expect(result(planFor({ devices, pluginEndpoints, deviceStates }), 'device-state')).toBe('keep');
  });

  it('are not there without the plugin', () => {
    const planned = planFor({ devices, hasPlugin: false, pluginEndpoints, nodeLinks: [link(21, null)] });
    expect([result(planned, 'device-state'), result(planned, 'node-link')]).toEqual([undefined, undefined]);
  });
});
