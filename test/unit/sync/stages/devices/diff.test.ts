/** The stage as a whole; how a device is chosen and named is in test/unit/sync/plan. */
import { describe, expect, it } from 'vitest';
import type { InfrastructureInput, InfrastructureRecords } from '../../../../../src/sync/plan/infrastructure-types.js';
import { planDevicesStage } from '../../../../../src/sync/stages/devices/diff.js';
import type { Plan } from '../../../../../src/sync/types.js';
import { aCluster, aDevice, aSite, tagsOf } from '../../../../support/factories/netbox-records.js';
import { aNode } from '../../../../support/factories/proxmox.js';
import {
  aClusterView,
  anEndpointTarget,
  noRecords,
  now,
  syncOptions,
  type OptionChanges,
} from '../../../../support/factories/sync.js';

const support = new Map([
  ['tag:proxbox', 1],
  ['tag:bootstrap-only', 9],
  ['device-type:proxmox-generic-device', 1],
  ['device-role:proxmox-node', 1],
] as const);
const pve1 = aClusterView({ nodes: [aNode('pve1')] });
const edge = aClusterView({ endpointId: 2, name: 'edge', host: '10.0.0.20', nodes: [aNode('pve1'), aNode('pve2')] });
const placed = { sites: [aSite(1, 'Berlin')], clusters: [aCluster(1)] };

function plan(
  records: Partial<InfrastructureRecords>,
  options: OptionChanges = {},
  input: Partial<InfrastructureInput> = {},
): Plan {
  return planDevicesStage(
    {
      views: [pve1],
      records: noRecords({ hasPlugin: false, ...records }),
      endpoints: new Map([
        [1, anEndpointTarget()],
        [2, anEndpointTarget({ ipAddress: '10.0.0.20' })],
      ]),
      options: syncOptions(options),
      now,
      purpose: 'inventory',
      asItIs: false,
      ...input,
    },
    support,
  );
}

/** `create device pve1`, in the order of the plan. */
const told = ({ changes }: Plan): readonly string[] =>
  changes.map((change) => {
    const { kind, label } = 'desired' in change ? change.desired : change;
    const patch = change.action === 'update' ? ` ${JSON.stringify(change.patch)}` : '';
    return `${change.action} ${kind} ${label}${patch}${'reason' in change ? ` ${change.reason.code}` : ''}`;
  });

describe('the stage of clusters and nodes', () => {
  it('plans one cluster after the other, what others hang on first', () => {
    const built = plan({}, {}, { views: [pve1, edge] });

    expect(built.stage).toBe('devices');
    expect(told(built).filter((line) => / (site|cluster|device) /.test(line))).toEqual([
      'create site Proxmox Default Site - lab',
      'create cluster lab',
      'create device pve1',
      'create site Proxmox Default Site - edge',
      'create cluster edge',
      'create device pve1',
      'create device pve2',
    ]);
    expect(built.discovered).toEqual(
      new Map([
        ['cluster', 2],
        ['device', 3],
      ]),
    );
  });

  it.each<[string, Partial<InfrastructureRecords>, OptionChanges, readonly string[]]>([
    ['keeps what is as it should be', { devices: [aDevice(1, 'pve1')] }, {}, ['keep device pve1']],
    ['makes the device of a new node', {}, {}, ['create device pve1']],
    [
      'changes what is ours',
      { devices: [aDevice(1, 'pve1', { status: { value: 'offline' } })] },
      {},
      ['update device pve1 {"status":"active"}'],
    ],
    [
      'leaves alone what was made once and for all',
      {
        devices: [
          aDevice(1, 'pve1', { status: { value: 'offline' }, tags: tagsOf([1, 'proxbox'], [9, 'bootstrap-only']) }),
        ],
      },
      { modes: { node: 'bootstrap_only' } },
      ['skip device pve1 bootstrap_only'],
    ],
    [
      'makes no device when nodes are switched off',
      {},
      { modes: { node: 'disabled' } },
      ['skip device pve1 mode_disabled'],
    ],
  ])('%s', (_text, records, options, expected) => {
    const devices = told(plan({ ...placed, ...records }, options)).filter((line) => line.includes(' device '));

    expect(devices).toEqual(expected);
  });
});
