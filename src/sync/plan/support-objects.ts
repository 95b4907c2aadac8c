/**
 * The objects that others hang on: tags, roles, types. They are created when missing; on existing ones only `vm_role` is
 * set, so that operators may rename and recolour them. Pure.
 */
import type { RecordOf } from '../../netbox/kinds/index.js';
import { objectKey, ref, type Desired, type FieldsOf, type Ref, type RulesOf, type TagRef } from '../types.js';
import type { PlanBuilder } from './plan-builder.js';

export type SupportKind = 'tag' | 'cluster-type' | 'manufacturer' | 'device-type' | 'device-role' | 'vm-type';

export interface SupportObject<K extends SupportKind = SupportKind> {
  /** How `/extras/bootstrap-status` names it. */
  readonly label: string;
  readonly kind: K;
  readonly slug: string;
  readonly desired: Desired<K>;
}

export const proxboxTag = ref('tag', 'proxbox');
const tags: readonly TagRef[] = [proxboxTag];

const once = 'create-only';
const named = { name: once, slug: once, description: once, tags: 'union' } as const satisfies RulesOf<'cluster-type'>;
const rules: { readonly [K in SupportKind]: RulesOf<K> } = {
  tag: { name: once, slug: once, color: once, description: once },
  'cluster-type': named,
  manufacturer: named,
  'device-type': { model: once, slug: once, manufacturer: once, tags: 'union' },
  'device-role': { ...named, color: once },
  'vm-type': named,
};

interface Titled {
  readonly name?: string;
  readonly model?: string;
}

function supportObject<K extends SupportKind>(
  label: string,
  kind: K,
  slug: string,
  fields: FieldsOf<K> & Titled,
): SupportObject<K> {
  const title = fields.name ?? fields.model ?? slug;
  return {
    label,
    kind,
    slug,
    desired: { kind, key: slug, label: title, fields: { ...fields, slug }, rules: rules[kind] },
  };
}

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
  supportObject('tag:proxbox-soft-deleted', 'tag', 'proxbox-soft-deleted', {
    name: 'Proxbox: Soft-deleted VM',
    color: 'd32f2f',
    description: 'Proxbox VM or LXC container marked for human review before NetBox deletion.',
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
export type SupportRecords = ReadonlyMap<SupportKind, readonly RecordOf<SupportKind>[]>;

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
  const stored = records.get('tag')?.find(({ slug }) => slug === bootstrapOnly.slug);
  if (stored !== undefined) builder.know('tag', bootstrapOnly.slug, stored.id);
  else if (isNeeded) builder.add(bootstrapOnly.desired, undefined);
}

/** By slug, then by name as NetBox keeps names unique too: an operator may have changed the slug. */
function findSupport(
  { kind, slug, desired }: SupportObject,
  records: SupportRecords,
): RecordOf<SupportKind> | undefined {
  return findNamed(records.get(kind) ?? [], { slug, title: desired.label });
}

/** The row with the slug, else with the name, in any case. A device type is called its model. */
export function findNamed<Row extends RecordOf<SupportKind | 'site'>>(
  rows: readonly Row[],
  { slug, title }: { readonly slug: string; readonly title: string },
): Row | undefined {
  const titleOf = (row: RecordOf<SupportKind | 'site'>): string => ('model' in row ? row.model : row.name);
  return (
    rows.find((row) => row.slug === slug) ?? rows.find((row) => titleOf(row).toLowerCase() === title.toLowerCase())
  );
}

/** The id of the tag that marks objects which syncs leave alone in mode `bootstrap_only`; undefined when NetBox has none. */
export function bootstrapOnlyTag(known: ReadonlyMap<string, number>): number | undefined {
  return known.get(objectKey('tag', 'bootstrap-only'));
}

/** The id of the tag that we put on what we make; undefined when NetBox has none (yet). */
export function proxboxTagId(known: ReadonlyMap<string, number>): number | undefined {
  return known.get(objectKey('tag', 'proxbox'));
}

/** The tag that says of a machine that a sync made it. */
export function discoveryTag(type: 'qemu' | 'lxc'): Ref<'tag'> {
  return ref('tag', `proxbox-discovered-${type}`);
}

/** The id of the tag that marks machines whose guest is gone; undefined when NetBox has none (yet). */
export function softDeletedTag(known: ReadonlyMap<string, number>): number | undefined {
  return known.get(objectKey('tag', 'proxbox-soft-deleted'));
}
