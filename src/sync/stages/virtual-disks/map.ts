/** Disks in the fields of NetBox, and the storages they lie on. Pure. */
import type { RecordOf } from '../../../netbox/kinds/index.js';
import type { DiskEntry } from '../../../proxmox/parse/disks.js';
import { cut } from '../../plan/names.js';
import type { SyncOptions } from '../../plan/options.js';
import { ownTexts } from '../../plan/own-texts.js';
import { keptReference } from '../../plan/plugin-storages.js';
import { proxboxTag } from '../../plan/support-objects.js';
import type { FieldsOf, RulesOf, Ref } from '../../types.js';

/** The NetBox disk of a disk entry. Drives for removable media have size 0, which NetBox accepts. */
export function diskFields(
  { name, sizeMb, description }: DiskEntry,
  virtualMachine: Ref<'virtual-machine'>,
): FieldsOf<'virtual-disk'> {
  return {
    virtual_machine: virtualMachine,
    name,
    size: sizeMb,
    description: cut(description, 200),
    tags: [proxboxTag],
  };
}

export const diskRules: RulesOf<'virtual-disk'> = {
  virtual_machine: 'create-only',
  name: 'create-only',
  description: { ours: ownTexts['virtual-disk'].description },
  tags: 'union',
};

/** The sidecar: on which storage of the plugin the disk lies. */
export function diskStateFields(
  virtualDisk: Ref<'virtual-disk'>,
  storageId: number | null,
): FieldsOf<'virtual-disk-state'> {
  return { virtual_disk: virtualDisk, proxbox_storage: storageId };
}

export function diskStateRules({ overwrite }: SyncOptions): RulesOf<'virtual-disk-state'> {
  return {
    virtual_disk: 'create-only',
    proxbox_storage: overwrite.overwrite_vm_custom_fields ? 'always' : 'create-only',
  };
}

/** Storages of the plugin by NetBox cluster and name, and by name alone where only one cluster has it. */
export class StorageIndex {
  readonly #byName = new Map<string, RecordOf<'storage'>[]>();
  readonly #kept: ReturnType<typeof keptReference>;

  constructor(rows: readonly RecordOf<'storage'>[]) {
    this.#kept = keptReference(rows);
    for (const row of rows) {
      const name = row.name;
      const others = this.#byName.get(name);
      if (others === undefined) this.#byName.set(name, [row]);
      else others.push(row);
    }
  }

  /**
   * The id of the storage; null when the disk lies on none, or on one that NetBox does not have.
   * @param current the reference that is stored
   */
  find(name: string | null, clusterId: number | undefined, current?: number | null): number | null {
    if (name === null) return null;
    const rows = this.#byName.get(name) ?? [];
    const own = rows.find((row) => row.cluster === clusterId);
    const only = rows.length === 1 ? rows[0] : undefined;
    return own?.id ?? this.#kept(current, clusterId) ?? only?.id ?? null;
  }
}
