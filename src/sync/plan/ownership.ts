/**
 * Whose an object in NetBox is, and what an operator put on it. What we created is ours; what was there and stands for
 * something in Proxmox is adopted, which is not ours; everything else is foreign. Pure.
 */
import type { StoredTag } from '../../netbox/kinds/fields.js';
import { kindDefinition, theirFields, type ObjectKind, type RecordOf } from '../../netbox/kinds/index.js';
import { canonicalJson } from '../../netbox/kinds/values.js';
import { isDiskKey } from '../../proxmox/parse/disks.js';
import { parseGuestName } from '../../proxmox/parse/guest-name.js';
import { guestStatuses } from '../../proxmox/parse/guest-status.js';
import { isOsName } from '../../proxmox/parse/os-type.js';
import { isObject } from '../../values/plain-object.js';
import { ref, type JudgedKind, type ObjectKey, type TagRef } from '../types.js';
import { operatorStatuses, type KnownIds } from './diff-object.js';
import { isNameOfGuest } from './names.js';
import { ownTexts } from './own-texts.js';

interface Tagged {
  readonly tags: readonly StoredTag[];
}

/** What tells whose an object is, besides its own tags. */
export interface Marks {
  /** The ids of the tags that a run ensures (`RunContext.supportIds`). */
  readonly supportIds: KnownIds;
  /** The row of the plugin beside it, where its kind has one that we write. */
  readonly sidecar?: Tagged | undefined;
}

/**
 * Whether a sync created the object: its sidecar carries the Proxbox tag, or the object itself does (of the kinds that pages
 * of the plugin find by it: a discovery tag). Rows that older versions tagged count as well; that these also tagged what they adopted is
 * why `operatorDataOf` has the last word on what may go.
 */
export function isOurs(kind: ObjectKind, record: Tagged, { supportIds, sidecar }: Marks): boolean {
  if (sidecar !== undefined && has(sidecar, 'proxbox', supportIds)) return true;
  if (kindDefinition(kind).foundByTag !== true) return has(record, 'proxbox', supportIds);
  return discoveryTags.some((slug) => has(record, slug, supportIds));
}

const discoveryTags = ['qemu', 'lxc', 'cluster', 'node'].map((what) => `proxbox-discovered-${what}`);

/**
 * The tags of a sidecar that is created: those that say, beside the object, that a sync made it. None for one that was there.
 */
export function sidecarTags<K extends ObjectKind>(
  kind: K,
  current: (RecordOf<K> & Tagged) | undefined,
  supportIds: KnownIds,
): readonly TagRef[] {
  return current === undefined || isOurs(kind, current, { supportIds }) ? [ref('tag', 'proxbox')] : [];
}

/** By id where the run knows it: an operator may have given the tag another slug. */
function has({ tags }: Tagged, slug: string, supportIds: KnownIds): boolean {
  const id = supportIds.get(`tag:${slug}`);
  return tags.some((tag) => (id === undefined ? tag.slug === slug : tag.id === id));
}

/** What was found, in words for a sentence. */
export type Words = readonly string[];

/** Values that NetBox itself gives every new object, by custom field. */
export type CustomFieldDefaults = ReadonlyMap<string, unknown>;

/** What was read of NetBox because a plan asked for it. */
export interface Learnt {
  readonly customFieldDefaults?: CustomFieldDefaults;
  /** What hangs on a row and is no sync's (`a journal entry`), by kind and id of the row. */
  readonly attached?: ReadonlyMap<ObjectKey, Words>;
  /** Of these words those that only say what may hang on the row, as it cannot be read. */
  readonly inDoubt?: ReadonlyMap<ObjectKey, Words>;
}

/** What on an object is ours, where that cannot be seen on the object alone. */
export interface OwnValues {
  readonly supportIds: KnownIds;
  /** Further tags of ours: those that stand for tags in Proxmox. */
  readonly tagIds?: ReadonlySet<number>;
  /** Names that we gave or would give, in lower case. */
  readonly dnsNames?: ReadonlySet<string>;
  /** Of a machine: what a sync wrote last, from its sidecar. */
  readonly role?: number | null;
  /** Of a machine: its guest, as its sidecar has it. Absent: the name is not looked at. */
  readonly guest?: { readonly vmid: number; readonly name: string };
  /** Of an interface: ids of the VLANs that a sync may have put it into. */
  readonly vlans?: ReadonlySet<number>;
  readonly customFieldDefaults?: CustomFieldDefaults | undefined;
  /** Absent: nobody looked. */
  readonly attached?: Words | undefined;
  /** Ids of the addresses that a service names. */
  readonly ofServices?: ReadonlySet<number>;
}

/** Of fields that syncs write: which of their values no sync gave, or keeps though it would give another (`FieldRule`). */
type Judges = { readonly [K in JudgedKind]: (record: RecordOf<K>, own: OwnValues) => readonly Words[] };

const judges: Judges = {
  'ip-address': (row, own) => [
    unless(row.status === null || row.status === 'active', `the status "${row.status}"`),
    unless(row.dns_name === '' || own.dnsNames?.has(row.dns_name.toLowerCase()) === true, 'a DNS name'),
    unless(row.assigned_object_type !== 'ipam.fhrpgroup', 'an FHRP group'),
    unless(own.ofServices?.has(row.id) !== true, 'a service'),
  ],
  'mac-address': () => [],
  'vm-interface': ({ mode, untagged_vlan: vlan }, own) => [
    unless(mode === null || mode === 'access', `the mode "${mode}"`),
    unless(vlan === null || own.vlans?.has(vlan) === true, 'a VLAN that no sync made'),
  ],
  'virtual-disk': (row) => [
    unless(isDiskKey(row.name), 'a name that an operator gave'),
    another('a description', row.description, ownTexts['virtual-disk'].description),
  ],
  'virtual-machine': (row, own) => [
    unless(isGivenName(row.name, own.guest), 'a name that an operator gave'),
    unless(isGivenStatus(row, own), `the status "${row.status}"`),
    unless(row.start_on_boot !== 'laststate', `the start on boot "${row.start_on_boot}"`),
    unless(isGivenType(row, own), 'a type'),
    unless(row.platform === null || isOsName(row.platform_name), 'a platform'),
    unless(row.role === null || row.role === own.role, 'a role'),
    another('a description', row.description, ownTexts['virtual-machine'].description),
  ],
  snapshot: () => [],
  backup: () => [],
};

/**
 * What an operator put on an object, in words for a sentence (`a tenant`, `the tag "prod"`); empty: nothing. An object with
 * operator data is never deleted.
 */
export function operatorDataOf<K extends JudgedKind>(kind: K, record: RecordOf<K>, own: OwnValues): Words {
  const found = [...untouched(kind, record), ...judges[kind](record, own).flat(), ...anywhere(record, own).flat()];
  return [...new Set(found)];
}

/** What stands in fields of which no sync knows anything. */
function untouched<K extends JudgedKind>(kind: K, record: RecordOf<K>): Words {
  return theirFields(kind).flatMap(({ field, words }) => unless(isEmpty(Reflect.get(record, field)), words));
}

function isGivenName(name: string, guest: OwnValues['guest']): boolean {
  return guest === undefined || isNameOfGuest(name, parseGuestName(guest.name, guest.vmid).name, guest.vmid);
}

/** Whether a sync gave a machine its status. That of a mark is ours where the tag is there that says who gave it. */
export function isGivenStatus(
  { status, tags }: RecordOf<'virtual-machine'>,
  { supportIds }: Pick<OwnValues, 'supportIds'>,
): boolean {
  if (status === 'decommissioning') return has({ tags }, 'proxbox-soft-deleted', supportIds);
  return status === null || (guestStatuses.has(status) && !operatorStatuses.has(status));
}

/** Of this run, or by the slug where the run did not read the types. */
function isGivenType(
  { virtual_machine_type: type, type_slug: slug }: RecordOf<'virtual-machine'>,
  { supportIds }: Pick<OwnValues, 'supportIds'>,
): boolean {
  if (type === null) return true;
  return typeSlugs.some((one) => one === slug || supportIds.get(`vm-type:${one}`) === type);
}

const typeSlugs = ['qemu-virtual-machine', 'lxc-container'];

interface Anything extends Tagged {
  readonly custom_fields: Readonly<Record<string, unknown>>;
}

/** What every kind can have. */
function anywhere({ tags, custom_fields }: Anything, own: OwnValues): readonly Words[] {
  return [furtherTags(tags, own), customFields(custom_fields, own), own.attached ?? []];
}

function unless(isOurs: boolean, word: string): Words {
  return isOurs ? [] : [word];
}

function another(word: string, text: string, ours: RegExp): Words {
  return unless(text === '' || ours.test(text), word);
}

/** Tags that this service, the Python service and the plugin make; any other one is an operator's, whatever it is called. */
const tagsOfSyncs =
  /^(proxbox|proxbox-discovered-(qemu|lxc|cluster|node)|proxbox-(soft-deleted|orphaned|pending-deletion)|bootstrap-only)$/;

function furtherTags(tags: readonly StoredTag[], { supportIds, tagIds }: OwnValues): Words {
  const ensured = new Set([...supportIds].flatMap(([key, id]) => (key.startsWith('tag:') ? [id] : [])));
  return tags
    .filter(({ id, slug }) => !ensured.has(id) && tagIds?.has(id) !== true && !tagsOfSyncs.test(slug))
    .map(({ slug }) => `the tag "${slug}"`);
}

/** Custom fields in which releases of the Python service mirrored Proxmox. */
const mirrored = /^(prox(mox|box)_|hardware_chassis_|nic_(speed_gbps|duplex|link)$)/;

function customFields(fields: Readonly<Record<string, unknown>>, { customFieldDefaults }: OwnValues): Words {
  return Object.entries(fields)
    .filter(([name, value]) => !mirrored.test(name) && !isEmpty(value))
    .filter(([name, value]) => canonicalJson(asWritten(value)) !== canonicalJson(customFieldDefaults?.get(name)))
    .map(([name]) => `the custom field "${name}"`);
}

/** NetBox shows choices with their label and objects with their name, and takes, as it keeps for a default, the bare value. */
function asWritten(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(asWritten);
  if (!isObject(value)) return value;
  if ('value' in value && 'label' in value) return value['value'];
  return typeof value['id'] === 'number' && 'url' in value ? value['id'] : value;
}

function isEmpty(value: unknown): boolean {
  return value === null || value === undefined || value === '' || (Array.isArray(value) && value.length === 0);
}
