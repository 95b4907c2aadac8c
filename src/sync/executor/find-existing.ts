import { equalValues, relationId, tagIds, textOf, toNumber } from '../../netbox/records/compare.js';
import { kindDefinition, type ObjectKind } from '../../netbox/records/kinds.js';
import type { FindExisting, JsonObject, NetBoxRecord, Query } from '../../netbox/types.js';

/** How objects of a kind are found again: which filter is asked for, and which row is really the one. */
interface Finder {
  readonly filter: string;
  readonly value: (body: JsonObject) => string | number | null;
  readonly matches: (body: JsonObject, record: NetBoxRecord) => boolean;
  readonly query?: Query;
}

const sameText = (field: string) => (body: JsonObject, record: NetBoxRecord) =>
  textOf(body[field]) === textOf(record[field]);
const sameName = (body: JsonObject, record: NetBoxRecord) =>
  textOf(body['name']).toLowerCase() === textOf(record['name']).toLowerCase();
const sameRelation = (field: string) => (body: JsonObject, record: NetBoxRecord) =>
  relationId(body[field]) === relationId(record[field]);

const bySlug: Finder = { filter: 'slug', value: (body) => textOf(body['slug']), matches: sameText('slug') };
const byName = (matches: Finder['matches'], query: Query = {}): Finder => ({
  filter: 'name',
  value: (body) => textOf(body['name']),
  matches,
  query,
});
/** Where NetBox keeps names unique without regard to case. */
const byNameInAnyCase = (matches: Finder['matches'], query: Query = {}): Finder => ({
  ...byName(matches, query),
  filter: 'name__ie',
});
const byParent = (parent: string): Finder => ({
  filter: `${parent}_id`,
  value: (body) => relationId(body[parent]),
  matches: sameRelation(parent),
});

/** Only what carries one of the tags that we give to new objects is ours to adopt. */
const sharesTag = (body: JsonObject, record: NetBoxRecord) =>
  tagIds(body['tags']).some((id) => tagIds(record['tags']).includes(id));
/** A device of another cluster that happens to have the node's name is not ours to take. */
const inSameCluster = (body: JsonObject, record: NetBoxRecord) =>
  relationId(record['cluster']) === null || sameRelation('cluster')(body, record);
const both =
  (...tests: readonly Finder['matches'][]) =>
  (body: JsonObject, record: NetBoxRecord) =>
    tests.every((test) => test(body, record));

const sameNumber = (field: string) => (body: JsonObject, record: NetBoxRecord) =>
  toNumber(body[field]) === toNumber(record[field]);
const sameMac = (body: JsonObject, record: NetBoxRecord) =>
  equalValues('mac', record['mac_address'], body['mac_address']);
const sameAddress = (body: JsonObject, record: NetBoxRecord) =>
  equalValues('address', record['address'], body['address']);
/** An address of another object is never taken over because it was met by chance. */
const sameAssignment = (body: JsonObject, record: NetBoxRecord) =>
  sameNumber('assigned_object_id')(body, record) &&
  equalValues('content-type', record['assigned_object_type'], body['assigned_object_type']);
const sameSnapshot = both(sameText('name'), sameNumber('vmid'), sameText('node'), sameRelation('virtual_machine'));
const ofMachine = (matches: Finder['matches']): Finder => ({
  filter: 'virtual_machine_id',
  value: (body) => relationId(body['virtual_machine']),
  matches: both(sameRelation('virtual_machine'), matches),
});

const finders: Partial<Record<ObjectKind, Finder>> = {
  tag: bySlug,
  'cluster-type': bySlug,
  manufacturer: bySlug,
  'device-type': bySlug,
  'device-role': bySlug,
  'vm-type': bySlug,
  site: bySlug,
  cluster: byName(both(sameText('name'), sameRelation('scope_id'))),
  'cluster-state': byParent('cluster'),
  device: byNameInAnyCase(both(sameName, sameRelation('site'), inSameCluster), { exclude: 'config_context' }),
  'device-state': byParent('device'),
  storage: byName(both(sameText('name'), sameRelation('cluster'))),
  'virtual-machine': byNameInAnyCase(both(sameName, sameRelation('cluster'), sharesTag), { exclude: 'config_context' }),
  'vm-state': byParent('virtual_machine'),
  'cloud-init': { ...byParent('virtual_machine'), filter: 'virtual_machine' },
  vlan: {
    filter: 'vid',
    value: (body) => toNumber(body['vid']),
    matches: both(sameNumber('vid'), sameRelation('site'), sameRelation('tenant')),
  },
  'node-interface': {
    filter: 'device_id',
    value: (body) => relationId(body['device']),
    matches: both(sameRelation('device'), sameText('name')),
  },
  'vm-interface': ofMachine(sameText('name')),
  'mac-address': {
    filter: 'mac_address',
    value: (body) => textOf(body['mac_address']),
    matches: both(sameMac, sameNumber('assigned_object_id')),
  },
  'vm-interface-state': byParent('vm_interface'),
  'ip-address': {
    filter: 'address',
    value: (body) => textOf(body['address']),
    matches: both(sameAddress, sameAssignment),
  },
  'guest-vm-interface': ofMachine(sameText('name')),
  'guest-vm-interface-address': {
    filter: 'guest_interface_id',
    value: (body) => relationId(body['guest_interface']),
    matches: both(sameRelation('guest_interface'), sameRelation('ip_address')),
  },
  'virtual-disk': ofMachine(sameText('name')),
  'virtual-disk-state': byParent('virtual_disk'),
  snapshot: { filter: 'name', value: (body) => textOf(body['name']), matches: sameSnapshot },
  backup: {
    filter: 'volume_id',
    value: (body) => textOf(body['volume_id']),
    matches: both(sameText('volume_id'), sameRelation('virtual_machine')),
  },
  'task-history': { filter: 'upid', value: (body) => textOf(body['upid']), matches: sameText('upid') },
  replication: {
    filter: 'replication_id',
    value: (body) => textOf(body['replication_id']),
    matches: both(sameText('replication_id'), sameRelation('endpoint')),
  },
  'backup-routine': {
    filter: 'job_id',
    value: (body) => textOf(body['job_id']),
    matches: both(sameText('job_id'), sameRelation('endpoint')),
  },
};

/** The look-up for a kind; undefined for kinds that are never created. NetBox ignores unknown filters: rows are verified. */
export function finderOf(kind: ObjectKind): FindExisting | undefined {
  const finder = finders[kind];
  if (finder === undefined) return undefined;
  return async (bodies, client) => {
    const values = [
      ...new Set(bodies.map(finder.value).filter((value): value is string | number => value !== null && value !== '')),
    ];
    const rows = await client.listByValues(kindDefinition(kind).path, finder.filter, values, finder.query ?? {}, {
      cache: 'bypass',
    });
    return bodies.map((body) => rows.find((row) => finder.matches(body, row)));
  };
}
