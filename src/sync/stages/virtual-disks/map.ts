/** Disks in the fields of NetBox, and the storages they lie on. Pure. */
import type { DiskEntry } from '../../../proxmox/parse/disks.js';
import { cut } from '../../plan/names.js';
import type { SyncOptions } from '../../plan/options.js';
import { ownTexts } from '../../plan/own-texts.js';
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
