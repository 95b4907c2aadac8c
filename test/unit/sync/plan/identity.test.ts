import { describe, expect, it } from 'vitest';
import type { RecordOf } from '../../../../src/netbox/kinds/index.js';
import { buildIdentityIndex, type GuestIdentity, type Resolution } from '../../../../src/sync/plan/identity.js';
import { aVirtualMachine, aVirtualMachineState } from '../../../support/factories/netbox-records.js';

const guest: GuestIdentity = { endpointIds: [1], unverifiedEndpointIds: [], cluster: 'lab', vmid: 100, type: 'qemu' };

function resolve(
  states: readonly RecordOf<'vm-state'>[],
  who: Partial<GuestIdentity> = {},
  machineIds = [10, 11, 12],
): Resolution {
  const machines = new Map(machineIds.map((id) => [id, aVirtualMachine(id)]));
  return buildIdentityIndex(states, machines).resolve({ ...guest, ...who });
}

function found(resolution: Resolution): number | string {
  return resolution.status === 'found' ? resolution.virtualMachine.id : resolution.status;
}

function codeOf(resolution: Resolution): string | undefined {
  if (resolution.status === 'refused') return resolution.reason.code;
  return resolution.status === 'found' ? resolution.note?.code : undefined;
}

const state = (id: number, machine: number, fields: Readonly<Record<string, unknown>> = {}) =>
  aVirtualMachineState(id, machine, fields);

describe('recognising a guest', () => {
  it('goes by endpoint, VMID and type', () => {
    expect(found(resolve([state(1, 10)]))).toBe(10);
    expect(codeOf(resolve([state(1, 10)]))).toBeUndefined();
  });

  it.each<[string, Readonly<Record<string, unknown>>]>([
    ['another VMID', { proxmox_vm_id: 101 }],
    ['another endpoint, although the VMID is equal', { proxmox_endpoint_raw_id: 2 }],
    ['no VMID', { proxmox_vm_id: null }],
    ['no virtual machine', { virtual_machine: null }],
  ])('does not take a row of %s', (_what, fields) => {
    expect(resolve([state(1, 10, fields)]).status).toBe('absent');
  });

  it('takes a row of any endpoint that leads to the cluster', () => {
    expect(found(resolve([state(1, 10, { proxmox_endpoint_raw_id: 2 })], { endpointIds: [1, 2] }))).toBe(10);
  });

  it('keeps equal VMIDs of two clusters apart', () => {
    const states = [state(1, 10), state(2, 11, { proxmox_endpoint_raw_id: 2 })];
    expect(found(resolve(states))).toBe(10);
    expect(found(resolve(states, { endpointIds: [2], cluster: 'other' }))).toBe(11);
  });

  it('survives the renaming of the cluster', () => {
    expect(found(resolve([state(1, 10, { proxmox_cluster_name: 'old name' })]))).toBe(10);
  });

  it('reads ids and types that arrive as text', () => {
    const row = state(1, 10, { proxmox_vm_id: '100', proxmox_endpoint_raw_id: '1', proxmox_vm_type: 'QEMU' });
    expect(found(resolve([row]))).toBe(10);
  });

  it('takes a row without a type', () => {
    expect(found(resolve([state(1, 10, { proxmox_vm_type: '' })]))).toBe(10);
  });

  it('prefers the row of the type to one without a type', () => {
    expect(found(resolve([state(1, 10, { proxmox_vm_type: '' }), state(2, 11)]))).toBe(11);
  });

  it('tells a machine from a container of the same VMID', () => {
    const states = [state(1, 10), state(2, 11, { proxmox_vm_type: 'lxc' })];
    expect(found(resolve(states))).toBe(10);
    expect(found(resolve(states, { type: 'lxc' }))).toBe(11);
  });

  it('takes the same machine when the VMID changed its type, and says so', () => {
    const resolution = resolve([state(1, 10, { proxmox_vm_type: 'lxc' })]);
    expect([found(resolution), codeOf(resolution)]).toEqual([10, 'type_changed']);
  });

  it('takes two rows of one machine for one', () => {
    expect(found(resolve([state(1, 10), state(2, 10)]))).toBe(10);
  });
});

describe('endpoints that were numbered anew', () => {
  const old = (id: number, machine: number, fields: Readonly<Record<string, unknown>> = {}) =>
    state(id, machine, { proxmox_endpoint_raw_id: 0, ...fields });

  it('lose nothing: a row of nobody is adopted when cluster, VMID and type fit', () => {
    const resolution = resolve([old(1, 10)]);
    expect([found(resolution), codeOf(resolution)]).toEqual([10, 'endpoint_renumbered']);
  });

  it('lose nothing when the row has no endpoint at all', () => {
    expect(found(resolve([old(1, 10, { proxmox_endpoint_raw_id: null })]))).toBe(10);
  });

  it.each<[string, readonly RecordOf<'vm-state'>[]]>([
    ['the cluster has another name', [old(1, 10, { proxmox_cluster_name: 'other' })]],
    ['the type is another', [old(1, 10, { proxmox_vm_type: 'lxc' })]],
    ['two rows fit', [old(1, 10), old(2, 11)]],
    ['the row is that of an endpoint which is gone', [old(1, 10, { proxmox_endpoint_raw_id: 77 })]],
  ])('adopt nothing when %s', (_when, states) => {
    expect(resolve(states).status).toBe('absent');
  });

  it('are not asked when the endpoint itself knows the guest', () => {
    expect(found(resolve([old(1, 10), state(2, 11)]))).toBe(11);
  });
});

describe('a guest is refused', () => {
  it('when two machines claim it, naming both', () => {
    const resolution = resolve([state(1, 10), state(2, 11)]);
    expect(codeOf(resolution)).toBe('identity_ambiguous');
    expect(resolution.status === 'refused' && resolution.reason.message).toContain('10, 11');
    expect(resolution.status === 'refused' && resolution.reason.message).toContain(
      'Refusing to create or bind a VM from ambiguous sync-state identity.',
    );
  });

  it('when its machine cannot be seen, naming it', () => {
    const resolution = resolve([state(1, 99)]);
    expect(codeOf(resolution)).toBe('identity_unreadable');
    expect(resolution.status === 'refused' && resolution.reason.message).toContain('99');
  });
});

it('finds the sidecar of a machine, also one without a VMID', () => {
  const index = buildIdentityIndex([state(5, 10, { proxmox_vm_id: null })], new Map());
  expect(index.stateOf(10)?.id).toBe(5);
  expect(index.stateOf(11)).toBeUndefined();
});

describe('a guest known from an endpoint outside of the run', () => {
  it('is the same guest when that endpoint leads to the same cluster', () => {
    const resolution = resolve(
      [
        aVirtualMachineState(1, 10, {
          proxmox_endpoint_raw_id: 1,
          proxmox_vm_id: 100,
          proxmox_vm_type: 'qemu',
          proxmox_cluster_name: 'lab',
        }),
      ],
      { endpointIds: [2, 1] },
    );

    expect(resolution).toMatchObject({ status: 'found', virtualMachine: { id: 10 } });
  });

  it('is refused, not duplicated, when that endpoint cannot be asked', () => {
    const resolution = resolve(
      [
        aVirtualMachineState(1, 10, {
          proxmox_endpoint_raw_id: 1,
          proxmox_vm_id: 100,
          proxmox_vm_type: 'qemu',
          proxmox_cluster_name: 'lab',
        }),
      ],
      { endpointIds: [2], unverifiedEndpointIds: [1] },
    );

    expect(resolution).toMatchObject({ status: 'refused', reason: { code: 'identity_ambiguous' } });
  });

  it('is another guest when that endpoint is known to be another cluster', () => {
    const resolution = resolve(
      [
        aVirtualMachineState(1, 10, {
          proxmox_endpoint_raw_id: 1,
          proxmox_vm_id: 100,
          proxmox_vm_type: 'qemu',
          proxmox_cluster_name: 'lab',
        }),
      ],
      { endpointIds: [2] },
    );

    expect(resolution).toEqual({ status: 'absent' });
  });
});
