import { describe, expect, it } from 'vitest';
import { parseStorage } from '../../../../../src/proxmox/parse/storages.js';
import type { RecordOf } from '../../../../../src/netbox/kinds/index.js';
import { planStorages, type ClusterStorages } from '../../../../../src/sync/stages/storage/diff.js';
import { ref } from '../../../../../src/sync/types.js';
import { aCluster, stored, tagsOf } from '../../../../support/factories/netbox-records.js';
import { syncOptions, type OptionChanges } from '../../../../support/factories/sync.js';

const withoutSecrets = {
  storage: 'backup',
  type: 'pbs',
  content: 'backup,images',
  path: '/mnt/x',
  nodes: 'pve1,pve2',
  shared: 1,
  disable: 0,
  server: '10.0.0.5',
  port: '8007',
  username: 'u@pbs',
  export: '/export',
  share: 'smb',
  pool: 'rbd',
  monhost: '10.0.0.6',
  namespace: 'ns',
  datastore: 'ds',
  subdir: 'sub',
  mountpoint: '/mnt/pool',
  is_mountpoint: 'yes',
  preallocation: 'off',
  format: 'qcow2',
  'prune-backups': 'keep-last=3',
  'max-protected-backups': 5,
};
const everything = { ...withoutSecrets, password: 'geheim', keyring: 'geheim', 'encryption-key': 'geheim' };

function storages(
  rows: readonly Readonly<Record<string, unknown>>[],
  netboxCluster: RecordOf<'cluster'> | undefined = aCluster(1),
): ClusterStorages {
  return {
    cluster: 'lab',
    endpointId: 1,
    netboxCluster,
    storages: rows.map(parseStorage).filter((one) => one !== null),
  };
}

function changes(
  clusters: readonly ClusterStorages[],
  rows: readonly RecordOf<'storage'>[] = [],
  options: OptionChanges = {},
  hasPlugin = true,
) {
  const supportIds = new Map([
    ['tag:proxbox', 1],
    ['tag:bootstrap-only', 9],
  ] as const);
  return planStorages({ clusters, rows, options: syncOptions(options), supportIds, hasPlugin });
}

const local = { storage: 'local', type: 'dir', content: 'iso', path: '/var/lib/vz' };
const row = (id: number, cluster: number, fields: Readonly<Record<string, unknown>> = {}): RecordOf<'storage'> =>
  stored('storage', {
    id,
    cluster: { id: cluster },
    name: 'local',
    storage_type: 'dir',
    content: 'iso',
    path: '/var/lib/vz',
    shared: false,
    enabled: true,
    tags: tagsOf(1),
    ...fields,
  });

describe('storages', () => {
  it('are written with every field that the plugin has', () => {
    const [change] = changes([storages([everything])]).changes;
    expect(change?.action === 'create' && change.desired.fields).toEqual({
      cluster: ref('cluster', 'netbox-1'),
      name: 'backup',
      storage_type: 'pbs',
      content: 'backup,images',
      path: '/mnt/x',
      nodes: 'pve1,pve2',
      shared: true,
      enabled: true,
      server: '10.0.0.5',
      port: 8007,
      username: 'u@pbs',
      export: '/export',
      share: 'smb',
      pool: 'rbd',
      monhost: '10.0.0.6',
      namespace: 'ns',
      datastore: 'ds',
      subdir: 'sub',
      mountpoint: '/mnt/pool',
      is_mountpoint: 'yes',
      preallocation: 'off',
      format: 'qcow2',
      prune_backups: 'keep-last=3',
      max_protected_backups: 5,
      raw_config: withoutSecrets,
      tags: [ref('tag', 'proxbox')],
    });
  });

  it('never carry a secret', () => {
    expect(JSON.stringify(changes([storages([everything])]).changes)).not.toContain('geheim');
  });

  it.each([
    ['equal', {}, 'keep'],
    ['switched off in NetBox', { enabled: false }, 'update'],
    ['with an older plugin that lacks fields', { shared: false }, 'keep'],
  ])('that are %s', (_what, fields, expected) => {
    expect(changes([storages([local])], [row(5, 1, fields)]).changes.map(({ action }) => action)).toEqual([expected]);
  });

  it('are recognised by cluster and name', () => {
    const plan = changes([storages([local])], [row(5, 2), row(6, 1, { name: 'Local' })]);
    expect(plan.changes.map(({ action }) => action)).toEqual(['create']);
  });

  it('of one name in two clusters are two', () => {
    const plan = changes(
      [storages([local]), { ...storages([local], aCluster(2)), cluster: 'b' }],
      [row(5, 1), row(6, 2)],
    );
    expect(plan.changes.map((change) => change.action === 'keep' && change.current?.id)).toEqual([5, 6]);
    expect(plan.discovered.get('storage')).toBe(2);
  });

  it('of a cluster that NetBox does not have are skipped with what to do', () => {
    const plan = changes([{ ...storages([local]), netboxCluster: undefined }]);
    expect(plan.changes).toMatchObject([{ action: 'skip', reason: { code: 'cluster_missing' } }]);
    expect(plan.changes[0]?.action === 'skip' && plan.changes[0].reason.message).toContain('sync the devices first');
  });

  it('have no place in a NetBox without the plugin', () => {
    const plan = changes([storages([local])], [], {}, false);
    expect(plan.changes).toMatchObject([{ action: 'skip', reason: { code: 'plugin_route_missing' } }]);
  });

  it('are left alone in mode disabled', () => {
    const plan = changes([storages([local])], [row(5, 1, { path: '/other' })], { modes: { storage: 'disabled' } });
    expect(plan.changes).toMatchObject([{ action: 'skip', reason: { code: 'mode_disabled' } }]);
  });

  it('with the tag are left alone in mode bootstrap_only', () => {
    const plan = changes([storages([local])], [row(5, 1, { path: '/other', tags: tagsOf(9) })], {
      modes: { storage: 'bootstrap_only' },
    });
    expect(plan.changes).toMatchObject([{ action: 'skip', reason: { code: 'bootstrap_only' } }]);
  });

  it.each([
    [true, [77]],
    [true, []],
    [false, [77]],
    [false, []],
  ])('that were there get no tag, with overwrite_storage_tags=%j and the tags %j', (overwrite_storage_tags, tags) => {
    const plan = changes([storages([local])], [row(5, 1, { tags: tagsOf(...tags) })], {
      overwrite: { overwrite_storage_tags },
    });
    expect(plan.changes).toMatchObject([{ action: 'keep' }]);
  });

  it('that Proxmox no longer has are never deleted', () => {
    expect(changes([storages([])], [row(5, 1)]).changes).toEqual([]);
  });
});
