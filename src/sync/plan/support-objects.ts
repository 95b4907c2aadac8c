import type { ObjectKind } from '../../netbox/records/kinds.js';
import type { NetBoxRecord } from '../../netbox/types.js';
import { textOf } from '../../netbox/records/compare.js';
import { objectKey, type Desired, type FieldRules, type Ref, type TagRef } from '../types.js';
import type { PlanBuilder } from './plan-builder.js';

/**
 * The objects that others hang on: tags, roles, types. They are created when missing; on existing ones only the Proxbox
 * tag and `vm_role` are set, so that operators may rename and recolour them.
 */
export interface SupportObject {
  /** How `/extras/bootstrap-status` names it. */
  readonly label: string;
  readonly kind: ObjectKind;
  readonly slug: string;
  readonly desired: Desired;
}

export const proxboxTag = ref('tag', 'proxbox');

const addTagOnly: FieldRules = {
  name: 'create-only',
  slug: 'create-only',
  description: 'create-only',
  color: 'create-only',
  tags: 'union',
};

export function ref(kind: ObjectKind, key: string): Ref {
  return { ref: objectKey(kind, key) };
}

function supportObject(label: string, kind: ObjectKind, slug: string, fields: Desired['fields']): SupportObject {
  const rules: FieldRules =
    kind === 'tag'
      ? { name: 'create-only', slug: 'create-only', color: 'create-only', description: 'create-only' }
      : { ...addTagOnly, model: 'create-only', manufacturer: 'create-only' };
  return {
    label,
    kind,
    slug,
    desired: { kind, key: slug, label: textOf(fields['name'] ?? fields['model']), fields: { ...fields, slug }, rules },
  };
}

const tags: readonly TagRef[] = [proxboxTag];
const discovered = (what: string): string => `${what} first discovered by Proxbox (apply-on-create-only).`;

export const supportObjects: readonly SupportObject[] = [
  supportObject('tag:Proxbox', 'tag', 'proxbox', {
    name: 'Proxbox',
    color: 'ff5722',
    description: 'Proxbox Identifier (used to identify the items the plugin created)',
  }),
  supportObject('tag:proxbox-discovered-qemu', 'tag', 'proxbox-discovered-qemu', {
    name: 'Proxbox: Discovered QEMU VM',
    color: '2196f3',
    description: discovered('QEMU virtual machine'),
  }),
  supportObject('tag:proxbox-discovered-lxc', 'tag', 'proxbox-discovered-lxc', {
    name: 'Proxbox: Discovered LXC Container',
    color: '00bcd4',
    description: discovered('LXC container'),
  }),
  supportObject('tag:proxbox-discovered-cluster', 'tag', 'proxbox-discovered-cluster', {
    name: 'Proxbox: Discovered Cluster',
    color: '4caf50',
    description: discovered('Cluster'),
  }),
  supportObject('tag:proxbox-discovered-node', 'tag', 'proxbox-discovered-node', {
    name: 'Proxbox: Discovered Node',
    color: '9c27b0',
    description: discovered('Proxmox node'),
  }),
  supportObject('cluster_type:proxmox', 'cluster-type', 'cluster', {
    name: 'Cluster',
    description: 'Proxmox cluster mode',
    tags,
  }),
  supportObject('manufacturer:proxmox', 'manufacturer', 'proxmox', { name: 'Proxmox', tags }),
  supportObject('device_type:proxmox-generic-device', 'device-type', 'proxmox-generic-device', {
    model: 'Proxmox Generic Device',
    manufacturer: ref('manufacturer', 'proxmox'),
    tags,
  }),
  supportObject('device_role:proxmox-node', 'device-role', 'proxmox-node', {
    name: 'Proxmox Node',
    color: '00bcd4',
    description: 'Proxmox node',
    tags,
  }),
  supportObject('vm_role:virtual-machine-qemu', 'device-role', 'virtual-machine-qemu', {
    name: 'Virtual Machine (QEMU)',
    color: '00ffff',
    description: 'Proxmox Virtual Machine',
    vm_role: true,
    tags,
  }),
  supportObject('vm_role:container-lxc', 'device-role', 'container-lxc', {
    name: 'Container (LXC)',
    color: '7fffd4',
    description: 'Proxmox LXC Container',
    vm_role: true,
    tags,
  }),
  supportObject('vm_role:unknown', 'device-role', 'unknown', {
    name: 'Unknown',
    color: '000000',
    description: 'VM Type not found. Neither QEMU nor LXC.',
    vm_role: true,
    tags,
  }),
  supportObject('vm_type:qemu-virtual-machine', 'vm-type', 'qemu-virtual-machine', {
    name: 'QEMU Virtual Machine',
    description: 'Proxmox QEMU/KVM Virtual Machine',
    tags,
  }),
  supportObject('vm_type:lxc-container', 'vm-type', 'lxc-container', {
    name: 'LXC Container',
    description: 'Proxmox LXC Container',
    tags,
  }),
];

const bootstrapOnly = supportObject('tag:bootstrap-only', 'tag', 'bootstrap-only', {
  name: 'bootstrap-only',
  color: '9e9e9e',
  description: 'Created once by Proxbox and left alone since; remove the tag to let syncs change the object again.',
});

/** Stored support objects by kind, as read by slug (and model). */
export type SupportRecords = ReadonlyMap<ObjectKind, readonly NetBoxRecord[]>;

/** Plans every support object of the kinds that were read and this NetBox can hold. `virtualMachineTypes` is false before NetBox 4.6. */
export function planSupportObjects(builder: PlanBuilder, records: SupportRecords, virtualMachineTypes: boolean): void {
  for (const object of supportObjects) {
    if (object.kind === 'vm-type' && !virtualMachineTypes) continue;
    // Not read: a run that makes nothing of the kind needs none.
    if (!records.has(object.kind)) continue;
    builder.add(object.desired, findSupport(object, records));
  }
}

/** The tag of the mode `bootstrap_only`, which the plugin makes as well; created only when a run is in that mode. */
export function planBootstrapOnlyTag(builder: PlanBuilder, records: SupportRecords, isNeeded: boolean): void {
  const stored = records.get('tag')?.find((record) => textOf(record['slug']) === bootstrapOnly.slug);
  if (stored !== undefined) builder.know('tag', bootstrapOnly.slug, stored.id);
  else if (isNeeded) builder.add(bootstrapOnly.desired, undefined);
}

/** By slug, then by name as NetBox keeps names unique too: an operator may have changed the slug. */
function findSupport(object: SupportObject, records: SupportRecords): NetBoxRecord | undefined {
  const candidates = records.get(object.kind) ?? [];
  const name = object.desired.label.toLowerCase();
  return (
    candidates.find((record) => textOf(record['slug']) === object.slug) ??
    candidates.find((record) => textOf(record['name'] ?? record['model']).toLowerCase() === name)
  );
}

/** The id of the tag that marks objects which syncs leave alone in mode `bootstrap_only`; undefined when NetBox has none. */
export function bootstrapOnlyTag(known: ReadonlyMap<string, number>): number | undefined {
  return known.get(objectKey('tag', 'bootstrap-only'));
}
