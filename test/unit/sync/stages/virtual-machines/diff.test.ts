import { atOnce } from '../../../../support/at-once.js';
import { describe, expect, it } from 'vitest';
import type { RecordOf } from '../../../../../src/netbox/kinds/index.js';
import { planGuests, type GuestPlanInput } from '../../../../../src/sync/stages/virtual-machines/diff.js';
import type { CollectedGuest, CollectedGuests } from '../../../../../src/sync/stages/virtual-machines/types.js';
import type { GuestConfig, GuestResource } from '../../../../../src/proxmox/types.js';
import type { Change, ObjectKey, Plan } from '../../../../../src/sync/types.js';
import { kindOf } from '../../../../support/changes.js';
import {
  aCluster,
  aDevice,
  aSite,
  aVirtualMachine,
  aVirtualMachineState,
  tagsOf,
} from '../../../../support/factories/netbox-records.js';
import { aGuestResource, anUndescribedGuest, aNode } from '../../../../support/factories/proxmox.js';
import {
  aClusterView,
  anEndpointTarget,
  noRecords,
  now,
  syncOptions,
  type OptionChanges,
} from '../../../../support/factories/sync.js';

const supportIds = new Map<ObjectKey, number>([
  ['tag:proxbox', 1],
  ['tag:proxbox-discovered-qemu', 2],
  ['tag:proxbox-discovered-lxc', 3],
  ['tag:bootstrap-only', 9],
  ['cluster-type:cluster', 1],
  ['device-type:proxmox-generic-device', 1],
  ['device-role:proxmox-node', 1],
  ['device-role:virtual-machine-qemu', 21],
  ['vm-type:qemu-virtual-machine', 1],
  ['vm-type:lxc-container', 2],
]);

const view = aClusterView({ nodes: [aNode('pve1')] });

function guest(
  resource: Partial<GuestResource> = {},
  config: GuestConfig = { scsi0: 'local:d,size=32G' },
): CollectedGuest {
  return { view, resource: aGuestResource(resource), config: { status: 'read', config } };
}

interface Scene extends Partial<Omit<CollectedGuests, 'guests'>> {
  readonly options?: OptionChanges;
  readonly input?: Partial<GuestPlanInput>;
}

/** Cluster 1 `lab` with node pve1 as NetBox has it after a devices stage. */
function planFor(guests: readonly CollectedGuest[], { options = {}, input = {}, ...collected }: Scene = {}): Plan {
  return atOnce(
    planGuests(
      {
        guests,
        views: [view],
        infrastructure: noRecords({ clusters: [aCluster(1)], devices: [aDevice(1, 'pve1')] }),
        states: [],
        virtualMachines: [],
        tags: [],
        platforms: [],
        metadataIds: { role: new Set(), site: new Set(), platform: new Set() },
        colours: new Map(),
        gone: new Map(),
        unseen: new Map(),
        remembered: new Map(),
        cloudInits: [],
        warnings: [],
        ...collected,
      },
      {
        options: syncOptions(options),
        supportIds,
        endpoints: new Map([[1, anEndpointTarget()]]),
        virtualMachineTypes: true,
        hasPlugin: true,
        defaultRoles: { qemu: null, lxc: null },
        legacyFields: new Set(),
        runId: 'R1',
        now,
        stampEveryRun: false,
        ...input,
      },
    ),
  );
}

function changesOf(plan: Plan, kind = 'virtual-machine'): readonly Change[] {
  return plan.changes.filter((change) => kindOf(change) === kind);
}

/** What is decided about each guest, in the words of a queue: CREATE, KEEP <id>, UPDATE <id> {patch}, or a reason. */
function queue(plan: Plan): readonly string[] {
  return changesOf(plan).map((change) => {
    switch (change.action) {
      case 'create':
        return 'CREATE';
      case 'keep':
        return `KEEP ${change.current?.id ?? ''}`;
      case 'update':
        return `UPDATE ${change.current.id} ${JSON.stringify(change.patch)}`;
      case 'delete':
        return `DELETE ${change.current.id}`;
      case 'skip':
      case 'refuse':
        return `${change.action} ${change.reason.code}`;
    }
  });
}

const stored = (
  id: number,
  vmid: number,
  machine: Readonly<Record<string, unknown>> = {},
  state: Readonly<Record<string, unknown>> = {},
) => ({
  machine: aVirtualMachine(id, { name: `vm${vmid}`, ...machine }),
  state: aVirtualMachineState(id + 1000, id, {
    proxmox_vm_id: vmid,
    proxmox_vm_name: `vm${vmid}`,
    proxmox_link: `https://10.0.0.10:8006/#v1:0:=qemu/${vmid}`,
    ...state,
  }),
});

function inNetBox(...rows: readonly ReturnType<typeof stored>[]): Scene {
  return { virtualMachines: rows.map(({ machine }) => machine), states: rows.map(({ state }) => state) };
}

describe('the reconciliation queue', () => {
  it('creates, keeps and updates, in the order of VMIDs', () => {
    const scene = inNetBox(stored(11, 101), stored(12, 102, { memory: 1024 }));
    const plan = planFor([guest({ vmid: 102 }), guest({ vmid: 100 }), guest({ vmid: 101 })], scene);
    expect(queue(plan)).toEqual(['CREATE', 'KEEP 11', 'UPDATE 12 {"memory":2048}']);
  });

  it.each<[string, readonly (number | [number, string])[], OptionChanges, readonly string[]]>([
    ['merges tags', [77], {}, ['UPDATE 11 {"tags":[1,77]}']],
    ['keeps tags when they are not to be overwritten', [77], { overwrite: { overwrite_vm_tags: false } }, ['KEEP 11']],
    [
      'sets tags where there are none, also then',
      [],
      { overwrite: { overwrite_vm_tags: false } },
      ['UPDATE 11 {"tags":[1]}'],
    ],
    ['does not see the order of tags', [77, 1, 5], {}, ['KEEP 11']],
  ])('%s', (_behaviour, tags, options, expected) => {
    const scene = inNetBox(stored(11, 100, { tags: tagsOf(...tags) }));
    expect(queue(planFor([guest()], { ...scene, options }))).toEqual(expected);
  });

  it.each([true, false])('keeps the role of an operator with overwrite_vm_role=%j', (overwrite_vm_role) => {
    const scene = inNetBox(stored(11, 100, { role: { id: 20 }, virtual_machine_type: undefined }));
    const options = { overwrite: { overwrite_vm_role } };
    expect(queue(planFor([guest()], { ...scene, options, input: { virtualMachineTypes: false } }))).toEqual([
      'KEEP 11',
    ]);
  });

  it('fills an empty role on NetBox 4.5', () => {
    const plan = planFor([guest()], { ...inNetBox(stored(11, 100)), input: { virtualMachineTypes: false } });
    expect(queue(plan)).toEqual(['UPDATE 11 {"role":21}']);
  });

  it.each([
    [true, 8, 'UPDATE 11 {"virtual_machine_type":1}'],
    [false, 8, 'KEEP 11'],
    [false, null, 'UPDATE 11 {"virtual_machine_type":1}'],
  ])('with overwrite_vm_type=%j and the stored type %j: %s', (overwrite_vm_type, type, expected) => {
    const scene = inNetBox(stored(11, 100, { virtual_machine_type: type === null ? null : { id: type } }));
    expect(queue(planFor([guest()], { ...scene, options: { overwrite: { overwrite_vm_type } } }))).toEqual([expected]);
  });

  it('creates a guest whose sidecar has no VMID', () => {
    const scene = inNetBox(stored(11, 100, {}, { proxmox_vm_id: null }));
    expect(queue(planFor([guest()], scene))).toEqual(['CREATE']);
  });

  it('creates a guest whose VMID another cluster has', () => {
    const scene = inNetBox(stored(11, 100, {}, { proxmox_endpoint_raw_id: 2 }));
    const endpoints = new Map([1, 2].map((id) => [id, anEndpointTarget()]));
    expect(queue(planFor([guest()], { ...scene, input: { endpoints } }))).toEqual(['CREATE']);
  });

  it('tells a machine from a container of one VMID', () => {
    const container = { virtual_machine_type: { id: 2 }, name: 'ct100' };
    const scene = inNetBox(
      stored(3001, 100),
      stored(3002, 100, container, {
        proxmox_vm_type: 'lxc',
        proxmox_link: 'https://10.0.0.10:8006/#v1:0:=lxc/100',
        proxmox_vm_name: 'ct100',
      }),
    );
    const plan = planFor([guest(), guest({ type: 'lxc', name: 'ct100' })], scene);
    expect(queue(plan)).toEqual(['KEEP 3001', 'KEEP 3002']);
  });

  it.each<[string, Readonly<Record<string, unknown>>]>([
    ['relations as ids', { cluster: 1, device: 1, site: 1, virtual_machine_type: 1 }],
    ['numbers with decimals', { vcpus: 2.0, memory: 2048.0, disk: 32_768.0 }],
    ['numbers as text', { vcpus: '2.00', memory: '2048', disk: '32768' }],
    ['a status as text', { status: 'active' }],
  ])('sees no difference in %s', (_what, fields) => {
    expect(queue(planFor([guest()], inNetBox(stored(11, 100, fields))))).toEqual(['KEEP 11']);
  });
});

describe('what an operator changed', () => {
  it.each<[string, Readonly<Record<string, unknown>>, OptionChanges]>([
    ['a tenant', { tenant: { id: 4 } }, {}],
    ['comments', { comments: 'mine' }, {}],
    ['a description', { description: 'mine' }, {}],
    ['a description, flag off', { description: 'mine' }, { overwrite: { overwrite_vm_description: false } }],
    ['a status', { status: { value: 'decommissioning' } }, {}],
    ['further tags', { tags: tagsOf(1, 77) }, {}],
    ['custom fields', { custom_fields: { owner: 'me' } }, {}],
    ['a name', { name: 'shop' }, {}],
  ])('stays: %s', (_what, fields, options) => {
    expect(queue(planFor([guest()], { ...inNetBox(stored(11, 100, fields)), options }))).toEqual(['KEEP 11']);
  });

  it.each<[string, Readonly<Record<string, unknown>>, OptionChanges, string]>([
    [
      'our description of another node',
      { description: 'Synced from Proxmox node old' },
      {},
      'UPDATE 11 {"description":"Synced from Proxmox node pve1"}',
    ],
    [
      'our description, flag off',
      { description: 'Synced from Proxmox node old' },
      { overwrite: { overwrite_vm_description: false } },
      'KEEP 11',
    ],
    [
      'no description, flag off',
      { description: '' },
      { overwrite: { overwrite_vm_description: false } },
      'UPDATE 11 {"description":"Synced from Proxmox node pve1"}',
    ],
    ['a disk without virtual disks', { disk: 5 }, {}, 'UPDATE 11 {"disk":32768}'],
    ['a disk with virtual disks', { disk: 5, virtual_disk_count: 1 }, {}, 'KEEP 11'],
  ])('%s', (_what, fields, options, expected) => {
    expect(queue(planFor([guest()], { ...inNetBox(stored(11, 100, fields)), options }))).toEqual([expected]);
  });
});

describe('a guest that NetBox does not know', () => {
  it('is refused when the sidecars could not be read, because nobody knows whether it exists', () => {
    const plan = planFor([guest()], { states: 'unreadable', virtualMachines: [aVirtualMachine(11)] });
    expect(queue(plan)).toEqual(['refuse identity_unreadable']);
    expect(changesOf(plan, 'vm-state')).toEqual([]);
  });

  it('is refused when two machines claim it', () => {
    expect(queue(planFor([guest()], inNetBox(stored(11, 100), stored(12, 100))))).toEqual([
      'refuse identity_ambiguous',
    ]);
  });

  it.each<[string, RecordOf<'virtual-machine'>, string]>([
    ['adopts what a cut-off run left behind: our tag, no sidecar', aVirtualMachine(11), 'KEEP 11'],
    ['adopts it under its suffixed name', aVirtualMachine(11, { name: 'vm100 (2)' }), 'UPDATE 11 {"name":"vm100"}'],
    ['does not adopt a machine without our tag', aVirtualMachine(11, { tags: tagsOf(77) }), 'CREATE'],
    ['does not adopt a machine of another cluster', aVirtualMachine(11, { cluster: { id: 2 } }), 'CREATE'],
    ['does not adopt a machine of another name', aVirtualMachine(11, { name: 'web' }), 'CREATE'],
    [
      'adopts one that an old installation marked with the VMID under the name that it has, whoever gave it',
      aVirtualMachine(11, { name: 'web', custom_fields: { proxmox_vm_id: 100, proxmox_vm_type: 'qemu' } }),
      'KEEP 11',
    ],
    [
      'does not adopt one of its name that was marked with another VMID',
      aVirtualMachine(11, { custom_fields: { proxmox_vm_id: 101 } }),
      'CREATE',
    ],
    [
      'does not adopt one that was marked with the VMID as a container',
      aVirtualMachine(11, { custom_fields: { proxmox_vm_id: '100', proxmox_vm_type: 'lxc' } }),
      'CREATE',
    ],
  ])('%s', (_behaviour, machine, expected) => {
    const plan = planFor([guest()], { virtualMachines: [machine] });
    expect(queue(plan)).toEqual([expected]);
    expect(changesOf(plan, 'vm-state')).toMatchObject([{ action: 'create' }]);
  });

  it('adopts a machine once', () => {
    const plan = planFor([guest({ name: 'web' }), guest({ vmid: 101, name: 'web' })], {
      virtualMachines: [aVirtualMachine(11, { name: 'web' })],
    });
    expect(queue(plan)).toEqual(['KEEP 11', 'CREATE']);
  });

  it('is not taken for one of another cluster that has the same name in another site', () => {
    const here = aClusterView({ nodes: [aNode('pve1')], site: { id: 1, slug: null, name: null } });
    const plan = planFor([{ ...guest(), view: here }], {
      views: [here],
      virtualMachines: [aVirtualMachine(11, { cluster: { id: 2 } })],
      infrastructure: noRecords({
        sites: [aSite(1, 'a')],
        clusters: [aCluster(1), aCluster(2, { scope_id: 2 })],
        devices: [aDevice(1, 'pve1')],
      }),
    });
    expect(queue(plan)).toEqual(['CREATE']);
  });

  it('gets another name than the machine of an operator', () => {
    const plan = planFor([guest()], { virtualMachines: [aVirtualMachine(11, { tags: [] })] });
    expect(changesOf(plan)).toMatchObject([{ action: 'create', desired: { fields: { name: 'vm100 (2)' } } }]);
    expect(plan.nameResolutions).toEqual([
      {
        cluster: 'lab',
        originalName: 'vm100',
        resolvedName: 'vm100 (2)',
        vmid: 100,
        suffixIndex: 2,
        operatorRenamed: false,
      },
    ]);
  });
});

describe('two guests and one machine', () => {
  it('never change it both', () => {
    const row = stored(11, 100, { memory: 1 }, { proxmox_vm_type: 'lxc' });
    const plan = planFor([guest(), guest({ type: 'lxc' })], inNetBox(row));
    const [first, second] = queue(plan);
    expect(first).toMatch(/^UPDATE 11/);
    expect(second).toBe('refuse duplicate');
    expect(changesOf(plan, 'vm-state')).toHaveLength(1);
  });
});

describe('names', () => {
  it('are told when they change, not on every run', () => {
    const scene = inNetBox(
      stored(11, 100, { name: 'gateway' }, { proxmox_vm_name: 'gateway' }),
      stored(12, 205, { name: 'gateway (2)' }, { proxmox_vm_name: 'gateway' }),
    );
    const plan = planFor([guest({ name: 'gateway' }), guest({ vmid: 205, name: 'gateway' })], scene);
    expect(queue(plan)).toEqual(['KEEP 11', 'KEEP 12']);
    expect(plan.nameResolutions).toEqual([]);
  });

  it('swap when the guests swapped', () => {
    const scene = inNetBox(
      stored(11, 100, { name: 'a' }, { proxmox_vm_name: 'a' }),
      stored(12, 101, { name: 'b' }, { proxmox_vm_name: 'b' }),
    );
    const plan = planFor([guest({ name: 'b' }), guest({ vmid: 101, name: 'a' })], scene);
    expect(queue(plan)).toEqual(['UPDATE 11 {"name":"b"}', 'UPDATE 12 {"name":"a"}']);
  });

  it.each([
    ['a\nb\u0000c', 'a b c', true],
    ['', 'vm-100', true],
    ['x'.repeat(80), 'x'.repeat(64), true],
    ['web', 'web', false],
  ])('that NetBox cannot take are adjusted: %j becomes %j', (name, expected, told) => {
    const plan = planFor([guest({ name })]);
    expect(changesOf(plan)).toMatchObject([{ desired: { fields: { name: expected } } }]);
    expect(plan.warnings.map(({ code }) => code)).toEqual(told ? ['name_adjusted'] : []);
    expect(changesOf(plan, 'vm-state')).toMatchObject([{ desired: { fields: { proxmox_vm_name: name } } }]);
  });
});

describe('templates and modes', () => {
  it('takes a template for a machine', () => {
    expect(queue(planFor([guest({ template: true, status: 'stopped' })]))).toEqual(['CREATE']);
  });

  it.each<[string, OptionChanges, readonly string[]]>([
    ['vm', { modes: { vm: 'disabled' } }, ['skip mode_disabled', 'CREATE']],
    ['vm_template', { modes: { vm_template: 'disabled' } }, ['skip mode_disabled', 'CREATE']],
  ])('leaves out what is disabled: %s', (_mode, options, expected) => {
    expect(queue(planFor([guest(), guest({ vmid: 101, template: true })], { options }))).toEqual(expected);
  });

  it('makes no cluster and no device for guests that are switched off', () => {
    const plan = planFor([guest()], { options: { modes: { vm: 'disabled' } }, infrastructure: noRecords() });
    expect(plan.changes.map(({ action }) => action)).toEqual(['skip']);
  });

  it.each([
    [tagsOf(1, 9), 'skip bootstrap_only'],
    [tagsOf(1), 'UPDATE 11 {"memory":2048}'],
  ])('in mode bootstrap_only leaves alone what has the tag: %j', (tags, expected) => {
    const scene = inNetBox(stored(11, 100, { tags, memory: 1 }));
    const plan = planFor([guest()], { ...scene, options: { modes: { vm: 'bootstrap_only' } } });
    expect(queue(plan)).toEqual([expected]);
  });

  it('gives the tag of the mode to new machines only', () => {
    const plan = planFor([guest()], { options: { modes: { vm: 'bootstrap_only' } } });
    expect(changesOf(plan)).toMatchObject([
      { desired: { createTags: [{ ref: 'tag:proxbox-discovered-qemu' }, { ref: 'tag:bootstrap-only' }] } },
    ]);
  });
});

describe('guests that cannot be read', () => {
  const reason = { code: 'config_unreadable' as const, message: 'no' };

  it.each([
    ['failed', 'refuse config_unreadable'],
    ['skip', 'skip config_unreadable'],
  ] as const)('%s: nothing of them is written', (status, expected) => {
    const unread: CollectedGuest = { ...guest(), config: { status, reason } };
    const plan = planFor([unread], inNetBox(stored(11, 100)));
    expect(queue(plan)).toEqual([expected]);
    expect(changesOf(plan, 'vm-state')).toEqual([]);
  });

  it('depend on a cluster that cannot be written, and fail with it', () => {
    const infrastructure = noRecords({ clusters: [aCluster(1), aCluster(2, { scope_id: 2 })] });
    expect(queue(planFor([guest()], { infrastructure }))).toEqual(['refuse dependency_failed']);
  });

  it.each(['/dev/sdb', '/dev/disk/by-id/ata-one,size=100G'])('name disks that are not counted: %s', (scsi1) => {
    const plan = planFor([guest({}, { scsi1 })]);
    expect(plan.warnings).toMatchObject([{ code: 'disk_passed_through' }]);
    expect(plan.warnings[0]?.message).toContain(`scsi1 (${scsi1.split(',')[0]}) of`);
    expect(plan.warnings[0]?.message).toContain('is no volume of Proxmox');
  });
});

it('writes no sidecars without the plugin', () => {
  const plan = planFor([guest()], { input: { hasPlugin: false } });
  expect(changesOf(plan, 'vm-state')).toEqual([]);
});

it('plans the same whatever the order of the guests', () => {
  const guests = [guest({ vmid: 5, name: 'a' }), guest({ vmid: 3, name: 'a' }), guest({ vmid: 4, name: 'A' })];
  expect(planFor([...guests].reverse())).toEqual(planFor(guests));
});

describe('a guest that is listed and not described', () => {
  const off = aClusterView({ nodes: [aNode('pve1', { online: false })] });

  it.each([
    ['guest_undescribed', view, /on node "pve1" of "lab".*systemctl restart pvestatd/],
    ['node_offline', off, /"pve1".*offline/],
  ] as const)('is skipped as %s, whatever of it could be read', (code, of, message) => {
    const machine = aVirtualMachine(7, { name: 'web', cluster: { id: 1 } });
    const state = aVirtualMachineState(7, 7, { proxmox_vm_id: 100 });
    const plan = planFor([{ view: of, resource: anUndescribedGuest(), config: { status: 'read', config: {} } }], {
      views: [of],
      virtualMachines: [machine],
      states: [state],
    });

    expect(changesOf(plan)).toMatchObject([
      { action: 'skip', label: 'qemu 100', reason: { code, message: expect.stringMatching(message) } },
    ]);
    expect(changesOf(plan, 'vm-state')).toEqual([]);
  });
});
