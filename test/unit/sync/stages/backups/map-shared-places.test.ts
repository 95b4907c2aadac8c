/** Which storages of two clusters are one place. */
import { describe, expect, it } from 'vitest';
import type { RecordOf } from '../../../../../src/netbox/kinds/index.js';
import { parseStorage } from '../../../../../src/proxmox/parse/storages.js';
import { sharedPlaces, storedPlace } from '../../../../../src/sync/stages/backups/map-shared-places.js';
import { stored } from '../../../../support/factories/netbox-records.js';

const nothing = {
  ...{ content: null, path: null, nodes: null, shared: true, enabled: true, server: null, port: null, username: null },
  ...{ export: null, share: null, pool: null, monhost: null, namespace: null, datastore: null, subdir: null },
  ...{ mountpoint: null, is_mountpoint: null, preallocation: null, format: null, prune_backups: null },
  ...{ max_protected_backups: null, raw_config: {}, tags: [] },
};
/** The storage of the other cluster as NetBox has it. */
const theirs = (row: object, cluster: number | null = 2): RecordOf<'storage'> =>
  stored('storage', {
    ...nothing,
    id: 7,
    name: 'theirs',
    cluster: cluster === null ? null : { id: cluster },
    ...row,
  });
const ours = (row: object) => {
  const parsed = parseStorage({ storage: 'ours', content: 'backup', ...row });
  if (parsed === null) throw new Error('no storage');
  return parsed;
};
const pbs = { type: 'pbs', server: 'pbs.example', datastore: 'main' };
const theirPbs = { storage_type: 'pbs', server: 'pbs.example', datastore: 'main' };

const clustersAt = (own: object, row: RecordOf<'storage'>) => [
  ...(sharedPlaces([ours(own)], [storedPlace(row)], 1).get('ours') ?? []),
];

describe('a storage of another cluster is the same place', () => {
  it.each<[string, object, object]>([
    ['a datastore without a namespace', pbs, theirPbs],
    [
      'a namespace, with or without a slash at its ends',
      { ...pbs, namespace: 'lab/' },
      { ...theirPbs, namespace: 'lab' },
    ],
    ['a host written in other letters', { ...pbs, server: 'PBS.example' }, theirPbs],
    ['the usual port, written down or not', { ...pbs, port: 8007 }, theirPbs],
    [
      'an export',
      { type: 'nfs', server: '192.0.2.9', export: '/srv' },
      { storage_type: 'nfs', server: '192.0.2.9', export: '/srv' },
    ],
    [
      'a share with its folder',
      { type: 'cifs', server: '192.0.2.9', share: 'backup', subdir: '/pve' },
      { storage_type: 'cifs', server: '192.0.2.9', share: 'backup', subdir: '/pve' },
    ],
    [
      'an export, with or without a slash at its end',
      { type: 'nfs', server: '192.0.2.9', export: '/srv/', subdir: '/pve' },
      { storage_type: 'nfs', server: '192.0.2.9', export: '/srv', subdir: '/pve/' },
    ],
    ['a CephFS', { type: 'cephfs', monhost: '192.0.2.1' }, { storage_type: 'cephfs', monhost: '192.0.2.1' }],
  ])('%s', (_, own, row) => {
    expect(clustersAt(own, theirs(row))).toEqual([2]);
  });
});

describe('it is another place, or nobody can tell', () => {
  it.each<[string, object, RecordOf<'storage'>]>([
    ['another namespace', { ...pbs, namespace: 'lab' }, theirs({ ...theirPbs, namespace: 'north' })],
    ['a namespace and the root of the datastore', { ...pbs, namespace: 'lab' }, theirs(theirPbs)],
    ['another datastore', pbs, theirs({ ...theirPbs, datastore: 'second' })],
    ['another server', pbs, theirs({ ...theirPbs, server: 'other.example' })],
    ['another port', { ...pbs, port: 8008 }, theirs(theirPbs)],
    [
      'another folder of a share',
      { type: 'cifs', server: '192.0.2.9', share: 'backup', subdir: '/a' },
      theirs({ storage_type: 'cifs', server: '192.0.2.9', share: 'backup', subdir: '/b' }),
    ],
    ['a local folder', { type: 'dir', path: '/srv' }, theirs({ storage_type: 'dir', path: '/srv' })],
    ['a row of this cluster', pbs, theirs(theirPbs, 1)],
    ['a row of no cluster', pbs, theirs(theirPbs, null)],
    ['a row without a server', { type: 'pbs', datastore: 'main' }, theirs({ storage_type: 'pbs', datastore: 'main' })],
  ])('%s', (_, own, row) => {
    expect(clustersAt(own, row)).toEqual([]);
  });
});
