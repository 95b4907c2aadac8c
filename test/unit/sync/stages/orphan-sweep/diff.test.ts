import { describe, expect, it } from 'vitest';
import type { NetBoxRecord } from '../../../../../src/netbox/types.js';
import { planSweep } from '../../../../../src/sync/stages/orphan-sweep/diff.js';
import type { CollectedOrphans, SweptCluster } from '../../../../../src/sync/stages/orphan-sweep/types.js';
import { aVirtualMachine, aVirtualMachineState, tagsOf } from '../../../../support/factories/netbox-records.js';
import { aGuestResource } from '../../../../support/factories/proxmox.js';
import { aClusterView, syncOptions, type OptionChanges } from '../../../../support/factories/sync.js';

const supportIds = new Map([
  ['tag:proxbox-discovered-qemu', 2],
  ['tag:proxbox-discovered-lxc', 3],
  ['tag:bootstrap-only', 9],
] as const);

/** Cluster `lab` of endpoint 1 with guest 101; the machine of guest 100 is the one in question. */
const lab: SweptCluster = { view: aClusterView(), guests: [aGuestResource({ vmid: 101 })] };
const other: SweptCluster = { view: aClusterView({ endpointId: 2, name: 'other' }), guests: lab.guests };
const machine = (...tags: readonly number[]): NetBoxRecord => aVirtualMachine(7, { tags: tagsOf(1, ...tags) });

interface Case {
  readonly clusters?: readonly SweptCluster[];
  readonly state?: Readonly<Record<string, unknown>>;
  readonly machines?: readonly NetBoxRecord[];
  readonly guards?: CollectedOrphans['guards'];
  readonly options?: OptionChanges;
}

function plan({ clusters = [lab], state = {}, machines = [machine(2)], guards = new Map(), options = {} }: Case) {
  const states = [aVirtualMachineState(70, 7, state)];
  const collected = { clusters, states, virtualMachines: machines, guards, warnings: [] };
  return planSweep(collected, { options: syncOptions(options), supportIds });
}

const deleted = (what: Case): string[] =>
  plan(what).changes.map((change) =>
    change.action === 'delete' ? `${change.kind} ${change.current.id}` : change.action,
  );

const goes = ['virtual-machine 7'];

describe('the machine of a guest that its cluster does not list', () => {
  it.each<[string, Case, readonly string[]]>([
    ['goes', {}, goes],
    ['goes when a container was discovered', { machines: [machine(3)] }, goes],
    ['stays when the guest is listed', { state: { proxmox_vm_id: 101 } }, []],
    [
      'stays when a guest of another type has the VMID',
      { clusters: [{ ...lab, guests: [aGuestResource({ vmid: 100, type: 'lxc' })] }] },
      [],
    ],
    ['stays when no sync has discovered it', { machines: [machine()] }, []],
    ['stays when only another tag is on it', { machines: [machine(44)] }, []],
    ['stays when its endpoint is not in the run', { state: { proxmox_endpoint_raw_id: 2 } }, []],
    ['stays when its row names no endpoint', { state: { proxmox_endpoint_raw_id: null } }, []],
    ['stays when its row names no VMID', { state: { proxmox_vm_id: null } }, []],
    ['stays when the cluster lists no guest at all', { clusters: [{ ...lab, guests: [] }] }, []],
    ['stays when the list is not known', { clusters: [] }, []],
    [
      'stays when the account may see but a part',
      { clusters: [{ ...lab, view: aClusterView({ mode: 'restricted' }) }] },
      [],
    ],
    ['stays when NetBox does not have it any more', { machines: [] }, []],
    ['goes when another cluster lists the VMID', { clusters: [lab, { ...other, guests: [aGuestResource()] }] }, goes],
    [
      'is known through every endpoint of the cluster',
      { clusters: [{ ...lab, view: { ...lab.view, endpointIds: [1, 2] } }], state: { proxmox_endpoint_raw_id: 2 } },
      goes,
    ],
    ['goes with bootstrap-only on it, in the mode always', { machines: [machine(2, 9)] }, goes],
    [
      'stays with it in the mode bootstrap_only',
      { machines: [machine(2, 9)], options: { modes: { vm: 'bootstrap_only' } } },
      [],
    ],
    [
      'stays with it in that mode of templates: nobody knows what it was',
      { machines: [machine(2, 9)], options: { modes: { vm_template: 'bootstrap_only' } } },
      [],
    ],
    ['goes without it in that mode', { options: { modes: { vm: 'bootstrap_only' } } }, goes],
    ['stays in a rehearsal', { options: { more: { dryRun: true } } }, []],
    [
      'goes after the rows that protect it',
      { guards: new Map([[7, [{ id: 31 }, { id: 32 }]]]) },
      ['guest-vm-interface-address 31', 'guest-vm-interface-address 32', ...goes],
    ],
  ])('%s', (_behaviour, what, expected) => {
    expect(deleted(what)).toEqual(expected);
  });

  it('is named in a rehearsal, with its cluster and VMID', () => {
    const { notes } = plan({ options: { more: { dryRun: true } } });
    expect(notes).toMatchObject([
      {
        code: 'gone_from_proxmox',
        operation: 'would_delete',
        label: 'vm100',
        source: { endpointId: 1, cluster: 'lab', vmid: 100 },
      },
    ]);
  });
});

describe('many machines without a guest', () => {
  function many(gone: number, of: number, more: OptionChanges = {}) {
    const states = Array.from({ length: of }, (_, n) =>
      aVirtualMachineState(1000 + n, n + 1, { proxmox_vm_id: 500 + n }),
    );
    const virtualMachines = states.map((_, n) => aVirtualMachine(n + 1, { tags: tagsOf(2) }));
    const guests = states.slice(gone).map((state) => aGuestResource({ vmid: Number(state['proxmox_vm_id']) }));
    const clusters = [{ ...lab, guests }, other];
    const collected = { clusters, states, virtualMachines, guards: new Map(), warnings: [] };
    const { changes, warnings } = planSweep(collected, { options: syncOptions(more), supportIds });
    return { deleted: changes.length, warned: warnings.map(({ code }) => code) };
  }

  it.each<[string, number, number, OptionChanges, number, readonly string[]]>([
    ['ten may always go', 10, 12, {}, 10, []],
    ['eleven of twelve are too many', 11, 12, {}, 0, ['delete_limit']],
    ['eleven of forty are not', 11, 40, {}, 11, []],
    [
      'unless the limit is lower',
      11,
      40,
      { more: { deleteLimit: { percent: 20, force: false } } },
      0,
      ['delete_limit'],
    ],
    ['they go when the caller says so', 11, 12, { more: { deleteLimit: { percent: 30, force: true } } }, 11, []],
  ])('%s', (_what, gone, of, more, expected, warned) => {
    expect(many(gone, of, more)).toEqual({ deleted: expected, warned });
  });
});
