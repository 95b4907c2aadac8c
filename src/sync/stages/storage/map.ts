/** What NetBox should hold of a storage. Pure. */
import type { Storage } from '../../../proxmox/parse/storages.js';
import { lastingConfig } from '../../plan/job-rows.js';
import { proxboxTag } from '../../plan/support-objects.js';
import { ref, type FieldsOf } from '../../types.js';

export function storageFields(storage: Storage, clusterKey: string): FieldsOf<'storage'> {
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
    raw_config: lastingConfig(storage.rawConfig),
    tags: [proxboxTag],
  };
}
