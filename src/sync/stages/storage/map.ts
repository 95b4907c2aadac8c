import type { Storage } from '../../../proxmox/parse/storages.js';
import { relationId, textOf } from '../../../netbox/records/compare.js';
import type { NetBoxRecord } from '../../../netbox/types.js';
import type { KnownIds } from '../../plan/diff-object.js';
import type { SyncOptions } from '../../plan/options.js';
import { PlanBuilder } from '../../plan/plan-builder.js';
import { bootstrapOnlyTag, proxboxTag, ref } from '../../plan/support-objects.js';
import type { Fields, Plan, SourceRef } from '../../types.js';

export interface ClusterStorages {
  readonly cluster: string;
  readonly endpointId: number;
  /** The NetBox cluster; undefined when there is none yet. */
  readonly netboxCluster: NetBoxRecord | undefined;
  readonly storages: readonly Storage[];
}

export interface StorageInput {
  readonly clusters: readonly ClusterStorages[];
  readonly rows: readonly NetBoxRecord[];
  readonly options: SyncOptions;
  readonly supportIds: KnownIds;
}

/** Every Proxmox storage as a row of the plugin, identified by NetBox cluster and name. Rows are never deleted. */
export function planStorages({ clusters, rows, options, supportIds }: StorageInput): Plan {
  const builder = new PlanBuilder({ known: supportIds, bootstrapOnlyTag: bootstrapOnlyTag(supportIds) });
  for (const { cluster, endpointId, netboxCluster, storages } of clusters) {
    builder.discovered('storage', storages.length);
    const clusterKey = `netbox-${netboxCluster?.id ?? 'none'}`;
    if (netboxCluster !== undefined) builder.know('cluster', clusterKey, netboxCluster.id);
    for (const storage of storages) {
      const source: SourceRef = { endpointId, cluster, name: storage.name };
      const subject = {
        kind: 'storage' as const,
        key: `${netboxCluster?.id ?? cluster}/${storage.name}`,
        label: storage.name,
        source,
      };
      if (options.modes.storage === 'disabled') {
        builder.skip(subject, {
          code: 'mode_disabled',
          message: `Storage "${storage.name}" of "${cluster}" is left alone (sync_mode_storage=disabled).`,
        });
      } else if (netboxCluster === undefined) {
        builder.skip(subject, {
          code: 'cluster_missing',
          message: `Storage "${storage.name}" needs the NetBox cluster "${cluster}"; sync the devices first.`,
        });
      } else {
        builder.add(
          {
            ...subject,
            fields: storageFields(storage, clusterKey),
            rules: {
              cluster: 'create-only',
              name: 'create-only',
              tags: options.overwrite.overwrite_storage_tags ? 'union' : 'union-if-unset',
            },
          },
          rows.find((row) => relationId(row['cluster']) === netboxCluster.id && textOf(row['name']) === storage.name),
          { mode: options.modes.storage },
        );
      }
    }
  }
  return builder.build('storage');
}

function storageFields(storage: Storage, clusterKey: string): Fields {
  return {
    cluster: ref('cluster', clusterKey),
    name: storage.name,
    storage_type: storage.type,
    content: storage.content,
    path: storage.path,
    nodes: storage.nodes,
    shared: storage.shared,
    enabled: storage.enabled,
    server: storage.server,
    port: storage.port,
    username: storage.username,
    export: storage.export,
    share: storage.share,
    pool: storage.pool,
    monhost: storage.monhost,
    namespace: storage.namespace,
    datastore: storage.datastore,
    subdir: storage.subdir,
    mountpoint: storage.mountpoint,
    is_mountpoint: storage.isMountpoint,
    preallocation: storage.preallocation,
    format: storage.format,
    prune_backups: storage.pruneBackups,
    max_protected_backups: storage.maxProtectedBackups,
    raw_config: storage.rawConfig,
    tags: [proxboxTag],
  };
}
