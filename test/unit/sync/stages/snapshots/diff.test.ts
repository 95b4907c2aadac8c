import { atOnce } from '../../../../support/at-once.js';
import { describe, expect, it } from 'vitest';
import type { RecordOf } from '../../../../../src/netbox/kinds/index.js';
import { PlanBuilder } from '../../../../../src/sync/plan/plan-builder.js';
import { ref } from '../../../../../src/sync/types.js';
import { planSnapshots } from '../../../../../src/sync/stages/snapshots/diff.js';
import type { SnapshotGuest, SnapshotListing } from '../../../../../src/sync/stages/snapshots/types.js';
import { currentIdOf } from '../../../../support/changes.js';
import {
  aCluster,
  aVirtualMachine,
  aVirtualMachineState,
  stored,
  tagsOf,
} from '../../../../support/factories/netbox-records.js';
import { aGuestResource } from '../../../../support/factories/proxmox.js';
import { aClusterView, syncOptions, type OptionChanges } from '../../../../support/factories/sync.js';

interface Draft {
  readonly endpointId?: number;
  readonly machineId?: number;
  readonly node?: string;
  readonly names?: readonly string[];
  readonly storage?: string | null;
  readonly unread?: boolean;
}

/** Guest 100 of a cluster, with snapshots. */
function aSnapshotGuest(draft: Draft = {}): SnapshotGuest {
  const { endpointId = 1, machineId = endpointId, node = 'pve1', names = ['clean'], storage, unread } = draft;
  const view = aClusterView({ endpointId, name: `lab${endpointId}` });
  const snapshots = names.map((name) => ({
    name,
    description: '',
    vmid: 100,
    node,
    subtype: 'qemu' as const,
    snaptime: '2026-01-01T00:00:00Z',
    parent: null,
    vmstate: false,
  }));
  const listing: SnapshotListing =
    unread === true
      ? { status: 'unread', reason: { code: 'read_incomplete', message: 'Broken.' } }
      : { status: 'read', snapshots, storage };
  return {
    cluster: { view, sessions: [] },
    resource: aGuestResource({ vmid: 100, node }),
    key: `${endpointId}/qemu/100`,
    virtualMachine: aVirtualMachine(machineId, { name: `vm of ${endpointId}` }),
    state: aVirtualMachineState(1, machineId),
    source: { endpointId, cluster: view.name, vmid: 100 },
    listing,
  };
}

const row = (id: number, machine: number, more: object = {}): RecordOf<'snapshot'> =>
  stored('snapshot', {
    id,
    virtual_machine: { id: machine, name: `machine ${machine}` },
    proxmox_storage: null,
    name: 'clean',
    description: '',
    vmid: 100,
    node: 'pve1',
    snaptime: '2026-01-01T00:00:00+00:00',
    parent: null,
    subtype: { value: 'qemu' },
    status: { value: 'active' },
    tags: [],
    ...more,
  });

function plan(
  guests: readonly SnapshotGuest[],
  rows: readonly RecordOf<'snapshot'>[] = [],
  options: OptionChanges = {},
) {
  const builder = new PlanBuilder({ bootstrapOnlyTag: 9 });
  for (const { key, virtualMachine } of guests) builder.know('virtual-machine', key, virtualMachine.id);
  const roster = {
    guests,
    omitted: [],
    clusters: [],
    listedClusters: new Set<string>(),
    states: [],
    virtualMachines: [],
    netboxClusters: new Map([['1', aCluster(1, { name: 'lab1' })]]),
    warnings: [],
  };
  const storages = [stored('storage', { id: 7, name: 'ceph', cluster: { id: 1 } })];
  atOnce(planSnapshots(builder, { roster, guests, rows, storages }, syncOptions(options)));
  return builder.build('snapshots');
}

const deleting: OptionChanges = { more: { deleteNonexistentSnapshots: true } };
const told = (built: ReturnType<typeof plan>) =>
  built.changes.map((change) => {
    const id = currentIdOf(change);
    return `${change.action}${id === undefined ? '' : ` ${id}`}${'reason' in change ? ` ${change.reason.code}` : ''}`;
  });

describe('snapshots of guests', () => {
  it('carry every field of the plugin that Proxmox knows', () => {
    const [change] = plan([aSnapshotGuest({ storage: 'ceph' })]).changes;

    expect(change?.action === 'create' && change.desired.fields).toEqual({
      virtual_machine: ref('virtual-machine', '1/qemu/100'),
      proxmox_storage: 7,
      name: 'clean',
      description: '',
      vmid: 100,
      node: 'pve1',
      snaptime: '2026-01-01T00:00:00Z',
      parent: null,
      subtype: 'qemu',
      status: 'active',
    });
  });

  it.each<[string, readonly Draft[], readonly RecordOf<'snapshot'>[], OptionChanges, string[]]>([
    ['a stored one is kept', [{}], [row(1, 1)], {}, ['keep 1']],
    ['a storage that is not known is left as it is', [{}], [row(1, 1, { proxmox_storage: { id: 3 } })], {}, ['keep 1']],
    [
      'a storage that NetBox lacks is unset',
      [{ storage: 'x' }],
      [row(1, 1, { proxmox_storage: { id: 7 } })],
      {},
      ['update 1'],
    ],
    [
      'one whose row is not seen stays',
      [{ storage: 'x' }],
      [row(1, 1, { proxmox_storage: { id: 3 } })],
      {},
      ['keep 1'],
    ],
    ['a stale one is active again', [{}], [row(1, 1, { status: { value: 'stale' } })], {}, ['update 1']],
    ['one on another node has moved', [{ node: 'pve2' }], [row(1, 1)], deleting, ['update 1']],
    [
      'of two rows the one on the right node is kept, the other one goes',
      [{ node: 'pve2' }],
      [row(1, 1), row(2, 1, { node: 'pve2' })],
      deleting,
      ['delete 1 gone_from_proxmox', 'keep 2'],
    ],
    ['a vanished one stays unless asked for', [{ names: [] }], [row(1, 1)], {}, []],
    ['a vanished one goes when asked for', [{ names: [] }], [row(1, 1)], deleting, ['delete 1 gone_from_proxmox']],
    ['nothing goes of a guest that was not read', [{ unread: true }], [row(1, 1)], deleting, []],
    ['nothing goes of another machine', [{ names: [] }], [row(1, 8)], deleting, []],
    ['nothing goes of another VMID of the machine', [{ names: [] }], [row(1, 1, { vmid: 7 })], deleting, []],
    [
      'a tagged one stays in the mode bootstrap_only',
      [{ names: [] }],
      [row(1, 1, { tags: tagsOf(9) })],
      { ...deleting, modes: { vm: 'bootstrap_only' } },
      [],
    ],
    ['the owner of a key keeps it', [{}, { endpointId: 2 }], [row(1, 2)], {}, ['skip snapshot_conflict', 'keep 1']],
    [
      'without an owner the lowest endpoint wins',
      [{ endpointId: 2 }, {}],
      [],
      {},
      ['create', 'skip snapshot_conflict'],
    ],
    [
      'what goes makes room in the same run for one of its key',
      [{ names: [] }, { endpointId: 2 }],
      [row(1, 1)],
      deleting,
      ['delete 1 gone_from_proxmox', 'create'],
    ],
    [
      'what moves to another node makes room in the same run, whoever is planned first',
      [{ endpointId: 1 }, { endpointId: 2, node: 'pve2' }],
      [row(1, 2)],
      {},
      ['create', 'update 1'],
    ],
    ['other nodes are no conflict', [{}, { endpointId: 2, node: 'x1' }], [], {}, ['create', 'create']],
    [
      'a move to a key of another machine does not happen, and nothing goes',
      [{ node: 'pve2' }],
      [row(1, 1), row(2, 8, { node: 'pve2' })],
      deleting,
      ['skip snapshot_conflict'],
    ],
  ])('%s', (_, guests, rows, options, expected) => {
    expect(told(plan(guests.map(aSnapshotGuest), rows, options))).toEqual(expected);
  });

  it('the sentence of a conflict names the owner', () => {
    const [change] = plan([aSnapshotGuest()], [row(1, 8)]).changes;
    expect(change?.action === 'skip' && change.reason.message).toContain('belongs to "machine 8"');
  });

  it('a cause that concerns several guests is told once', () => {
    const guests = [aSnapshotGuest({ unread: true }), aSnapshotGuest({ unread: true, endpointId: 2 })];
    expect(plan(guests).warnings).toMatchObject([{ code: 'read_incomplete' }]);
  });
});
