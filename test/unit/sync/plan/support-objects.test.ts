import { describe, expect, it } from 'vitest';
import type { RecordOf } from '../../../../src/netbox/kinds/index.js';
import { PlanBuilder } from '../../../../src/sync/plan/plan-builder.js';
import {
  bootstrapOnlyTag,
  planSupportObjects,
  supportObjects,
  type SupportKind,
  type SupportRecords,
} from '../../../../src/sync/plan/support-objects.js';
import { stored, tagsOf } from '../../../support/factories/netbox-records.js';

/** All kinds were read, and NetBox has none of them. */
const none: SupportRecords = new Map(supportObjects.map(({ kind }) => [kind, []]));

function changesFor(records = none, virtualMachineTypes = true) {
  const builder = new PlanBuilder();
  planSupportObjects(builder, records, virtualMachineTypes);
  return builder.build('support-objects').changes;
}

describe('support objects', () => {
  it('are created when NetBox has none, tags first', () => {
    const changes = changesFor();
    expect(changes.map(({ action }) => action)).toEqual(supportObjects.map(() => 'create'));
    expect(changes.slice(0, 5).every((change) => change.action === 'create' && change.desired.kind === 'tag')).toBe(
      true,
    );
  });

  it('leave out virtual machine types before NetBox 4.6', () => {
    const kinds = changesFor(none, false).map((change) => change.action === 'create' && change.desired.kind);
    expect(kinds).not.toContain('vm-type');
    expect(kinds).toHaveLength(supportObjects.length - 2);
  });

  it('of a kind that was not read are not planned', () => {
    expect(changesFor(new Map())).toEqual([]);
    expect(changesFor(new Map([['manufacturer', []]]))).toMatchObject([{ desired: { kind: 'manufacturer' } }]);
  });

  it('that an operator renamed, recoloured and described stay as they are', () => {
    const tag = stored('tag', { id: 1, slug: 'proxbox', name: 'My tag', color: '4caf50', description: 'mine' });
    const role = stored('device-role', {
      id: 2,
      slug: 'virtual-machine-qemu',
      name: 'VMs',
      color: '123456',
      description: 'mine',
      vm_role: true,
      tags: tagsOf([1, 'proxbox']),
    });
    const changes = changesFor(
      new Map<SupportKind, readonly RecordOf<SupportKind>[]>([
        ['tag', [tag]],
        ['device-role', [role]],
      ]),
    );
    const kept = changes.flatMap((change) => (change.action === 'keep' ? [change.current?.id] : []));
    expect(kept).toEqual([1, 2]);
  });

  it('that were there get vm_role, and nothing else', () => {
    const tag = stored('tag', { id: 1, slug: 'proxbox', name: 'Proxbox', color: 'ff5722', description: '' });
    const role = stored('device-role', {
      id: 2,
      slug: 'container-lxc',
      name: 'x',
      color: '',
      description: '',
      vm_role: false,
      tags: tagsOf(77),
    });
    const changes = changesFor(
      new Map<SupportKind, readonly RecordOf<SupportKind>[]>([
        ['tag', [tag]],
        ['device-role', [role]],
      ]),
    );
    const patches = changes.flatMap((change) => (change.action === 'update' ? [change.patch] : []));
    expect(patches).toEqual([{ vm_role: true }]);
  });

  it('are found by name when an operator changed the slug', () => {
    const type = stored('device-type', {
      id: 4,
      slug: 'generic',
      model: 'proxmox GENERIC device',
      manufacturer: { id: 9 },
      tags: tagsOf(1),
    });
    const changes = changesFor(new Map<SupportKind, readonly RecordOf<SupportKind>[]>([['device-type', [type]]]));
    expect(changes.find((change) => change.action !== 'create')).toMatchObject({ current: { id: 4 } });
  });

  it.each([
    [
      'tag',
      'proxbox',
      {
        name: 'Proxbox',
        color: 'ff5722',
        description: 'Proxbox Identifier (used to identify the items the plugin created)',
      },
    ],
    ['tag', 'proxbox-discovered-qemu', { name: 'Proxbox: Discovered QEMU VM', color: '2196f3' }],
    ['tag', 'proxbox-discovered-lxc', { name: 'Proxbox: Discovered LXC Container', color: '00bcd4' }],
    ['tag', 'proxbox-discovered-cluster', { name: 'Proxbox: Discovered Cluster', color: '4caf50' }],
    ['tag', 'proxbox-discovered-node', { name: 'Proxbox: Discovered Node', color: '9c27b0' }],
    ['cluster-type', 'cluster', { name: 'Cluster', description: 'Proxmox cluster mode' }],
    ['manufacturer', 'proxmox', { name: 'Proxmox' }],
    ['device-type', 'proxmox-generic-device', { model: 'Proxmox Generic Device' }],
    ['device-role', 'proxmox-node', { name: 'Proxmox Node', color: '00bcd4', description: 'Proxmox node' }],
    ['device-role', 'virtual-machine-qemu', { name: 'Virtual Machine (QEMU)', color: '00ffff', vm_role: true }],
    ['device-role', 'container-lxc', { name: 'Container (LXC)', color: '7fffd4', vm_role: true }],
    ['device-role', 'unknown', { name: 'Unknown', color: '000000', vm_role: true }],
    [
      'vm-type',
      'qemu-virtual-machine',
      { name: 'QEMU Virtual Machine', description: 'Proxmox QEMU/KVM Virtual Machine' },
    ],
    ['vm-type', 'lxc-container', { name: 'LXC Container', description: 'Proxmox LXC Container' }],
  ] as const)('include the %s %s', (kind, slug, fields) => {
    const object = supportObjects.find((one) => one.kind === kind && one.slug === slug);
    expect(object?.desired.fields).toMatchObject({ ...fields, slug });
  });

  it('know the tag of mode bootstrap_only when NetBox has it', () => {
    expect(bootstrapOnlyTag(new Map([['tag:bootstrap-only', 8]]))).toBe(8);
    expect(bootstrapOnlyTag(new Map())).toBeUndefined();
  });
});
