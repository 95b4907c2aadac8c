/** Whose an object is, and what an operator put on it. */
import { describe, expect, it } from 'vitest';
import { fieldInventory } from '../../../../src/custom-fields/inventory.js';
import type { ObjectKey } from '../../../../src/sync/types.js';
import { isOurs, operatorDataOf, type Marks } from '../../../../src/sync/plan/ownership.js';
import {
  clusterDescription,
  deviceDescription,
  machineDescription,
  ownTexts,
} from '../../../../src/sync/plan/own-texts.js';
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

describe('texts that we generate', () => {
  it('are recognised again', () => {
    expect(clusterDescription('standalone')).toMatch(ownTexts.cluster.description);
    expect(deviceDescription('pve1')).toMatch(ownTexts.device.description);
    expect(machineDescription('pve1')).toMatch(ownTexts['virtual-machine'].description);
  });
});
