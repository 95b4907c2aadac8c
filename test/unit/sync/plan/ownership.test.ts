/** Whose an object is, and what an operator put on it. */
import { describe, expect, it } from 'vitest';
import { fieldInventory } from '../../../../src/custom-fields/inventory.js';
import { isKind, isPluginKind, kindDefinition } from '../../../../src/netbox/kinds/index.js';
import { modelOf } from '../../../../src/netbox/kinds/models.js';
import { attachments } from '../../../../src/sync/collect/attachments.js';
import type { ObjectKey } from '../../../../src/sync/types.js';
import { isOurs, operatorDataOf, type Marks } from '../../../../src/sync/plan/ownership.js';
import {
  clusterDescription,
  deviceDescription,
  machineDescription,
  ownTexts,
} from '../../../../src/sync/plan/own-texts.js';
import { kindsFor } from '../../../simulator/netbox/kinds/index.js';
import { aCluster, aVirtualMachine, stored, tagsOf } from '../../../support/factories/netbox-records.js';

const supportIds: ReadonlyMap<ObjectKey, number> = new Map([
  ['tag:proxbox', 1],
  ['tag:proxbox-discovered-qemu', 2],
  ['tag:proxbox-discovered-cluster', 3],
]);
const marks: Marks = { supportIds };
const own = { supportIds };
const withTag = stored('vm-state', { id: 7, tags: tagsOf([1, 'proxbox']) });
const without = stored('vm-state', { id: 7 });

describe('what a sync created', () => {
  it('carries the Proxbox tag, whatever slug an operator gave it', () => {
    const address = { address: '10.0.0.1/24' };
    expect(isOurs('ip-address', stored('ip-address', { id: 1, ...address, tags: tagsOf([1, 'pbx']) }), marks)).toBe(
      true,
    );
    expect(isOurs('ip-address', stored('ip-address', { id: 1, ...address, tags: tagsOf([9, 'proxbox']) }), marks)).toBe(
      false,
    );
    expect(isOurs('ip-address', stored('ip-address', { id: 1, ...address }), marks)).toBe(false);
  });

  it('of the kinds that pages of the plugin find by that tag: a discovery tag, or the tag on the sidecar', () => {
    expect(isOurs('virtual-machine', aVirtualMachine(1), marks)).toBe(false);
    expect(isOurs('virtual-machine', aVirtualMachine(1), { ...marks, sidecar: without })).toBe(false);
    expect(isOurs('virtual-machine', aVirtualMachine(1), { ...marks, sidecar: withTag })).toBe(true);
    const discovered = aVirtualMachine(1, { tags: tagsOf([1, 'proxbox'], [2, 'proxbox-discovered-qemu']) });
    expect(isOurs('virtual-machine', discovered, marks)).toBe(true);
    expect(isOurs('cluster', aCluster(1), marks)).toBe(false);
    expect(isOurs('cluster', aCluster(1, { tags: tagsOf([3, 'x']) }), marks)).toBe(true);
  });
});

describe('what an operator put on an object', () => {
  const address = { id: 1, address: '10.0.0.1/24', status: { value: 'active' }, tags: tagsOf([1, 'proxbox']) };

  it('is nothing on what a sync wrote', () => {
    expect(operatorDataOf('ip-address', stored('ip-address', address), own)).toEqual([]);
    const machine = aVirtualMachine(1, { role: { id: 5 }, tags: tagsOf([1, 'pbx'], [2, 'x'], [30, 'prod']) });
    expect(operatorDataOf('virtual-machine', machine, { ...own, role: 5, tagIds: new Set([30]) })).toEqual([]);
    const disk = stored('virtual-disk', { id: 1, name: 'scsi0', description: 'Storage: ceph | Format: raw' });
    expect(operatorDataOf('virtual-disk', disk, own)).toEqual([]);
  });

  it.each([
    [{ tenant: { id: 3 } }, 'a tenant'],
    [{ vrf: { id: 3 } }, 'a VRF'],
    [{ role: { value: 'vip' } }, 'a role'],
    [{ status: { value: 'reserved' } }, 'the status "reserved"'],
    [{ nat_inside: { id: 3 } }, 'a NAT address'],
    [{ nat_outside: [{ id: 3 }] }, 'a NAT address'],
    [{ description: 'ticket 4711' }, 'a description'],
    [{ comments: 'do not touch' }, 'comments'],
    [{ owner: { id: 3 } }, 'an owner'],
    [{ dns_name: 'shop.acme.example' }, 'a DNS name'],
    [{ assigned_object_type: 'ipam.fhrpgroup', assigned_object_id: 3 }, 'an FHRP group'],
    [{ tags: tagsOf([1, 'proxbox'], [8, 'prod']) }, 'the tag "prod"'],
    [{ custom_fields: { owner: 'web team', room: null, ids: [] } }, 'the custom field "owner"'],
    [{ custom_fields: { approved: false } }, 'the custom field "approved"'],
  ])('on an address: %j', (fields, word) => {
    expect(operatorDataOf('ip-address', stored('ip-address', { ...address, ...fields }), own)).toEqual([word]);
  });

  it('is not what the run knows to be its own', () => {
    const row = stored('ip-address', { ...address, dns_name: 'Web.lan', custom_fields: { zone: 'dmz' } });
    const known = { dnsNames: new Set(['web.lan']), customFieldDefaults: new Map([['zone', 'dmz']]) };
    expect(operatorDataOf('ip-address', row, { ...own, ...known })).toEqual([]);
    expect(operatorDataOf('ip-address', row, { ...own, ...known, ofServices: new Set([1]) })).toEqual(['a service']);
  });

  it('is every description but those that we generate', () => {
    const described = (description: string) => aVirtualMachine(1, { description });
    expect(operatorDataOf('virtual-machine', described('front end'), own)).toEqual(['a description']);
    expect(operatorDataOf('virtual-machine', described(machineDescription('pve1')), own)).toEqual([]);
    const disk = stored('virtual-disk', { id: 1, name: 'scsi0', description: 'journal' });
    expect(operatorDataOf('virtual-disk', disk, own)).toEqual(['a description']);
  });

  it('is no custom field in which the Python service mirrored Proxmox', () => {
    const custom_fields = Object.fromEntries(fieldInventory.map(({ name }) => [name, 'x']));
    expect(operatorDataOf('mac-address', stored('mac-address', { id: 1, custom_fields }), own)).toEqual([]);
  });
});

describe('fields of objects that syncs delete', () => {
  const judged = Object.keys(attachments)
    .filter(isKind)
    .filter((kind) => !isPluginKind(kind));
  const isWritable = ({ type }: { readonly type: string }): boolean =>
    !['computed', 'count', 'constant'].includes(type);

  it.each(judged)('all that people can write on one is known: %s', (kind) => {
    const { fields, reads = {} } = kindDefinition(kind);
    const known = new Set([...Object.keys(fields), ...Object.keys(reads)]);
    const { fields: all = {} } = kindsFor('4.7.3', true).find((spec) => spec.model === modelOf(kind)) ?? {};
    const written = Object.keys(all).filter((field) => isWritable(all[field]!));

    expect(written.length).toBeGreaterThan(3);
    expect(written.filter((field) => !known.has(field))).toEqual([]);
  });

  it.each([
    ['mtu', 9000],
    ['parent', { id: 3 }],
    ['bridge', { id: 3 }],
    ['tagged_vlans', [{ id: 3 }]],
    ['qinq_svlan', { id: 3 }],
    ['vlan_translation_policy', { id: 3 }],
    ['mode', { value: 'tagged-all' }],
    ['untagged_vlan', { id: 3, vid: 30 }],
  ])('keep an interface: %s', (field, value) => {
    const row = { id: 1, name: 'net0', tags: tagsOf([1, 'proxbox']) };
    expect(operatorDataOf('vm-interface', stored('vm-interface', { ...row, [field]: value }), own)).toHaveLength(1);
    const vlans = new Set([3]);
    const ours = stored('vm-interface', { ...row, mode: { value: 'access' }, untagged_vlan: { id: 3, vid: 30 } });
    expect(operatorDataOf('vm-interface', ours, { ...own, vlans })).toEqual([]);
  });

  it.each([
    [{ status: { value: 'staged' } }, ['the status "staged"']],
    [{ status: { value: 'paused' } }, ['the status "paused"']],
    [{ status: { value: 'decommissioning' } }, ['the status "decommissioning"']],
    [{ status: { value: 'decommissioning' }, tags: tagsOf([1, 'proxbox'], [8, 'proxbox-soft-deleted']) }, []],
    [{ start_on_boot: { value: 'laststate' } }, ['the start on boot "laststate"']],
    [{ virtual_machine_type: { id: 9, slug: 'appliance' } }, ['a type']],
    [{ virtual_machine_type: { id: 4, slug: 'kvm' } }, []],
    [{ name: 'Payroll' }, ['a name that an operator gave']],
    [{ name: 'vm100 (2)' }, []],
    [{ name: 'VM100 (gone 100)' }, []],
    [{ name: 'vm100 (gone 100) (2)' }, []],
    [{ name: 'vm100 (gone 101)' }, ['a name that an operator gave']],
    [{ name: 'Payroll (gone 100)' }, ['a name that an operator gave']],
  ])('keep a machine, or do not: %j', (fields, words) => {
    const ids = new Map<ObjectKey, number>([...supportIds, ['vm-type:qemu-virtual-machine', 4]]);
    const machine = aVirtualMachine(1, fields);
    const guest = { vmid: 100, name: 'vm100' };
    expect(operatorDataOf('virtual-machine', machine, { supportIds: ids, guest })).toEqual(words);
  });
});

describe('texts that we generate', () => {
  it('are recognised again', () => {
    expect(clusterDescription('standalone')).toMatch(ownTexts.cluster.description);
    expect(deviceDescription('pve1')).toMatch(ownTexts.device.description);
    expect(machineDescription('pve1')).toMatch(ownTexts['virtual-machine'].description);
  });
});
