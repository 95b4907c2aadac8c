/** Rows of `GET storage`: the configuration of storages, cluster-wide. */
import { field, type Row, toBool, toInt, toText } from './coerce.js';
import { withoutSecrets } from './secrets.js';
import { inOneOrder, membersOf, propertyText } from './sets.js';

export interface Storage {
  readonly name: string;
  readonly type: string | null;
  /** Comma-separated kinds, in one order. */
  readonly content: string | null;
  readonly contentKinds: readonly string[];
  readonly path: string | null;
  /** Comma-separated node names, in one order; null = every node. */
  readonly nodes: string | null;
  readonly nodeNames: readonly string[];
  readonly shared: boolean;
  readonly enabled: boolean;
  readonly server: string | null;
  readonly port: number | null;
  readonly username: string | null;
  readonly export: string | null;
  readonly share: string | null;
  readonly pool: string | null;
  readonly monhost: string | null;
  readonly namespace: string | null;
  readonly datastore: string | null;
  readonly subdir: string | null;
  readonly mountpoint: string | null;
  readonly isMountpoint: string | null;
  readonly preallocation: string | null;
  readonly format: string | null;
  readonly pruneBackups: string | null;
  readonly maxProtectedBackups: number | null;
  /** The row without secrets. */
  readonly rawConfig: Row;
}

/** null for a row without name. */
export function parseStorage(configured: Row): Storage | null {
  const row = inOneOrder(configured);
  const name = toText(row.storage);
  if (name === null) return null;
  const content = toText(row.content);
  const nodes = toText(row.nodes);
  return {
    name,
    type: toText(field(row, 'type', 'plugintype')),
    content,
    contentKinds: membersOf(content),
    nodes,
    nodeNames: membersOf(nodes),
    shared: toBool(row.shared) ?? false,
    enabled: toBool(row.disable) !== true,
    port: toInt(row.port),
    ...textFields(row),
    isMountpoint: toText(field(row, 'is_mountpoint', 'is-mountpoint')),
    pruneBackups: propertyText(field(row, 'prune-backups', 'prune_backups')),
    maxProtectedBackups: toInt(field(row, 'max-protected-backups', 'max_protected_backups')),
    rawConfig: withoutSecrets(row),
  };
}

function textFields(row: Row) {
  return {
    path: toText(row.path),
    server: toText(row.server),
    username: toText(row.username),
    export: toText(row.export),
    share: toText(row.share),
    pool: toText(row.pool),
    monhost: toText(row.monhost),
    namespace: toText(row.namespace),
    datastore: toText(row.datastore),
    subdir: toText(row.subdir),
    mountpoint: toText(row.mountpoint),
    preallocation: toText(row.preallocation),
    format: toText(row.format),
  };
}

/** Whether a node may use the storage: no restriction, or named in it. */
export function isStorageOnNode(storage: Storage, node: string): boolean {
  return storage.nodeNames.length === 0 || storage.nodeNames.includes(node);
}
