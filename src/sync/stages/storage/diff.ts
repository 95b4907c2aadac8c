/** Storages of Proxmox against the plugin's rows. Pure. */
import type { RecordOf } from '../../../netbox/kinds/index.js';
import type { Storage } from '../../../proxmox/parse/storages.js';
import type { KnownIds } from '../../plan/diff-object.js';
import type { SyncOptions } from '../../plan/options.js';
import { PlanBuilder } from '../../plan/plan-builder.js';
import { bootstrapOnlyTag } from '../../plan/support-objects.js';
import type { Plan, SourceRef } from '../../types.js';
import { storageFields } from './map.js';

export interface ClusterStorages {
  readonly cluster: string;
  readonly endpointId: number;
  /** The NetBox cluster; undefined when there is none yet. */
  readonly netboxCluster: RecordOf<'cluster'> | undefined;
  readonly storages: readonly Storage[];
}

export interface StorageInput {
  readonly clusters: readonly ClusterStorages[];
  readonly rows: readonly RecordOf<'storage'>[];
  readonly options: SyncOptions;
  readonly supportIds: KnownIds;
  /** Without the netbox-proxbox plugin NetBox has no table for storages. */
  readonly hasPlugin: boolean;
}

/** Every Proxmox storage as a row of the plugin, identified by NetBox cluster and name. Rows are never deleted. */
export function planStorages(input: StorageInput): Plan {
  const { clusters, supportIds } = input;
  const builder = new PlanBuilder({ known: supportIds, bootstrapOnlyTag: bootstrapOnlyTag(supportIds) });
  for (const cluster of clusters) {
    builder.discovered('storage', cluster.storages.length);
    for (const storage of cluster.storages) planStorage(builder, storage, { ...input, cluster });
  }
  return builder.build('storage');
}

function planStorage(
  builder: PlanBuilder,
  storage: Storage,
  { cluster, rows, options, hasPlugin }: StorageInput & { readonly cluster: ClusterStorages },
): void {
  const { netboxCluster } = cluster;
  const source: SourceRef = { endpointId: cluster.endpointId, cluster: cluster.cluster, name: storage.name };
  const key = `${netboxCluster?.id ?? cluster.cluster}/${storage.name}`;
  const subject = { kind: 'storage' as const, key, label: storage.name, source };
  const name = `Storage "${storage.name}" of "${cluster.cluster}"`;
  if (options.modes.storage === 'disabled') {
    builder.skip(subject, { code: 'mode_disabled', message: `${name} is left alone (sync_mode_storage=disabled).` });
    return;
  }
  if (!hasPlugin) {
    builder.skip(subject, {
      code: 'plugin_route_missing',
      message: `${name} has no place in this NetBox: the netbox-proxbox plugin is not installed.`,
    });
    return;
  }
  if (netboxCluster === undefined) {
    builder.skip(subject, {
      code: 'cluster_missing',
      message: `${name} needs the NetBox cluster; sync the devices first.`,
    });
    return;
  }
  builder.know('cluster', `netbox-${netboxCluster.id}`, netboxCluster.id);
  const tags = options.overwrite.overwrite_storage_tags ? 'union' : 'union-if-unset';
  builder.add(
    {
      ...subject,
      fields: storageFields(storage, `netbox-${netboxCluster.id}`),
      rules: { cluster: 'create-only', name: 'create-only', tags },
    },
    rows.find((row) => row.cluster === netboxCluster.id && row.name === storage.name),
    { mode: options.modes.storage },
  );
}
