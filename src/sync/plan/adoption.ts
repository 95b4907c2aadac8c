/** Gives machines of ours without a sidecar back to their guests. Pure. */
import type { RecordOf } from '../../netbox/kinds/index.js';
import { choiceValue, toNumber } from '../../netbox/kinds/values.js';
import type { GuestResource } from '../../proxmox/types.js';
import { isVariantOf } from './names.js';

export interface Adoption {
  /** The machine of the NetBox cluster that is this guest; given away once. */
  take(
    guest: Pick<GuestResource, 'vmid' | 'type'>,
    name: string,
    clusterId: number,
  ): RecordOf<'virtual-machine'> | undefined;
}

/**
 * Machines with the Proxbox tag and no sidecar: a run that was cut off left them, or an installation that is older than the
 * sidecars. That one may have written the custom fields `proxmox_vm_id` and `proxmox_vm_type`: they say whose the machine is,
 * whatever it is called; without them the name does.
 */
export function createAdoption(orphans: readonly RecordOf<'virtual-machine'>[]): Adoption {
  const left = new Set(orphans);
  return {
    take({ vmid, type }, name, clusterId) {
      const candidates = [...left].filter((record) => record.cluster === clusterId);
      const unclaimed = candidates.filter((record) => claimOf(record).vmid === null);
      const machine =
        candidates.find((record) => {
          const claim = claimOf(record);
          return claim.vmid === vmid && (claim.type === '' || claim.type === type);
        }) ??
        unclaimed.find((record) => record.name.toLowerCase() === name.toLowerCase()) ??
        unclaimed.find((record) => isVariantOf(record.name, name));
      if (machine !== undefined) left.delete(machine);
      return machine;
    },
  };
}

function claimOf({ custom_fields: fields }: RecordOf<'virtual-machine'>): {
  readonly vmid: number | null;
  readonly type: string;
} {
  const said = choiceValue(fields['proxmox_vm_type'])?.toLowerCase() ?? '';
  // What netbox-proxmox-automation calls a QEMU machine.
  return { vmid: toNumber(fields['proxmox_vm_id']), type: said === 'vm' ? 'qemu' : said };
}
