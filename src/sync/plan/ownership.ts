/**
 * Whose an object in NetBox is, and what an operator put on it. What we created is ours; what was there and stands for
 * something in Proxmox is adopted, which is not ours; everything else is foreign. Pure.
 */
import type { StoredTag } from '../../netbox/kinds/fields.js';
import { kindDefinition, type ObjectKind, type RecordOf } from '../../netbox/kinds/index.js';
import { canonicalJson } from '../../netbox/kinds/values.js';
import { isDiskKey } from '../../proxmox/parse/disks.js';
import { isOsName } from '../../proxmox/parse/os-type.js';
import { isObject } from '../../values/plain-object.js';
import { ref, type JudgedKind, type ObjectKey, type TagRef } from '../types.js';
import type { KnownIds } from './diff-object.js';
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
  readonly customFieldDefaults?: CustomFieldDefaults | undefined;
  /** Absent: nobody looked. */
  readonly attached?: Words | undefined;
  /** Ids of the addresses that a service names. */
  readonly ofServices?: ReadonlySet<number>;
}

type Judges = { readonly [K in JudgedKind]: (record: RecordOf<K>, own: OwnValues) => readonly Words[] };

const judges: Judges = {
  'ip-address': (row, own) => [
    present('a tenant', row.tenant),
    present('a VRF', row.vrf),
    present('a role', row.role),
    unless(row.status === null || row.status === 'active', `the status "${row.status}"`),
    unless(row.nat_inside === null && isEmpty(row.nat_outside), 'a NAT address'),
    present('a description', row.description),
    unless(row.dns_name === '' || own.dnsNames?.has(row.dns_name.toLowerCase()) === true, 'a DNS name'),
    unless(row.assigned_object_type !== 'ipam.fhrpgroup', 'an FHRP group'),
    unless(own.ofServices?.has(row.id) !== true, 'a service'),
    ...anywhere(row, own),
  ],
  'mac-address': (row, own) => [present('a description', row.description), ...anywhere(row, own)],
  'vm-interface': (row, own) => [
    present('a VRF', row.vrf),
    present('a description', row.description),
    ...anywhere(row, own),
  ],
  'virtual-disk': (row, own) => [
    unless(isDiskKey(row.name), 'a name that an operator gave'),
    another('a description', row.description, ownTexts['virtual-disk'].description),
    ...anywhere(row, own),
  ],
  'virtual-machine': (row, own) => [
    present('a tenant', row.tenant),
    unless(row.platform === null || isOsName(row.platform_name), 'a platform'),
    unless(row.role === null || row.role === own.role, 'a role'),
    another('a description', row.description, ownTexts['virtual-machine'].description),
    present('a serial number', row.serial),
    present('a configuration template', row.config_template),
    unless(isEmpty(row.local_context_data), 'local context data'),
    ...anywhere(row, own),
  ],
  snapshot: anywhere,
  backup: anywhere,
};

/**
 * What an operator put on an object, in words for a sentence (`a tenant`, `the tag "prod"`); empty: nothing. An object with
 * operator data is never deleted.
 */
export function operatorDataOf<K extends JudgedKind>(kind: K, record: RecordOf<K>, own: OwnValues): Words {
  return judges[kind](record, own).flat();
}

interface Anything extends Tagged {
  readonly custom_fields: Readonly<Record<string, unknown>>;
  readonly owner?: number | null;
  readonly comments?: string;
}

/** What every kind can have, or most. */
function anywhere({ owner = null, comments = '', tags, custom_fields }: Anything, own: OwnValues): readonly Words[] {
  return [
    present('an owner', owner),
    present('comments', comments),
    furtherTags(tags, own),
    customFields(custom_fields, own),
    own.attached ?? [],
  ];
}

function unless(isOurs: boolean, word: string): Words {
  return isOurs ? [] : [word];
}

function present(word: string, value: string | number | null): Words {
  return unless(value === null || value === '', word);
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
