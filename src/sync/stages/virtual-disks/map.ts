import { relationId, textOf } from '../../../netbox/records/compare.js';
import type { NetBoxRecord } from '../../../netbox/types.js';
import type { DiskEntry } from '../../../proxmox/parse/disks.js';
import { cut } from '../../plan/names.js';
import type { SyncOptions } from '../../plan/options.js';
import { proxboxTag } from '../../plan/support-objects.js';
import type { Fields, FieldRules, Ref } from '../../types.js';

/** Texts that the parser of disks writes. */
const ownDescription = /^(Storage: \S+( \| Format: \S+)?|Format: \S+|Cloud-init drive|CD-ROM drive( \| ISO: .+)?)$/;

/** The NetBox disk of a disk entry. Drives for removable media have size 0, which NetBox accepts. */
export function diskFields({ name, sizeMb, description }: DiskEntry, virtualMachine: Ref): Fields {
  return {
    virtual_machine: virtualMachine,
    name,
    size: sizeMb,
    description: cut(description, 200),
    tags: [proxboxTag],
  };
}

export const diskRules: FieldRules = {
  virtual_machine: 'create-only',
  name: 'create-only',
  description: { ours: ownDescription },
  tags: 'union',
};

/** The sidecar: on which storage of the plugin the disk lies. */
export function diskStateFields(virtualDisk: Ref, storageId: number | null): Fields {
  return { virtual_disk: virtualDisk, proxbox_storage: storageId };
}

export function diskStateRules({ overwrite }: SyncOptions): FieldRules {
  return {
    virtual_disk: 'create-only',
    proxbox_storage: overwrite.overwrite_vm_custom_fields ? 'always' : 'create-only',
  };
}

/** Storages of the plugin by NetBox cluster and name, and by name alone where only one cluster has it. */
export class StorageIndex {
  readonly #byName = new Map<string, NetBoxRecord[]>();

  constructor(rows: readonly NetBoxRecord[]) {
    for (const row of rows) {
      const name = textOf(row['name']);
      const others = this.#byName.get(name);
      if (others === undefined) this.#byName.set(name, [row]);
      else others.push(row);
    }
  }

  /** The id of the storage; null when the disk lies on none, or on one that NetBox does not have. */
  find(name: string | null, clusterId: number | undefined): number | null {
    const rows = name === null ? [] : (this.#byName.get(name) ?? []);
    const own = rows.find((row) => relationId(row['cluster']) === clusterId);
    return own?.id ?? (rows.length === 1 ? (rows[0]?.id ?? null) : null);
  }
}
