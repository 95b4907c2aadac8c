import { isObject, relationId, textOf, toNumber } from '../../netbox/records/compare.js';
import type { NetBoxRecord } from '../../netbox/types.js';
import type { GuestResource } from '../../proxmox/types.js';
import { isVariantOf } from './names.js';

export interface Adoption {
  /** The machine of the NetBox cluster that is this guest; given away once. */
  take(guest: Pick<GuestResource, 'vmid' | 'type'>, name: string, clusterId: number): NetBoxRecord | undefined;
}

/**
 * Machines with the Proxbox tag and no sidecar: a run that was cut off left them, or an installation that is older than the
 * sidecars. That one may have written the custom fields `proxmox_vm_id` and `proxmox_vm_type`: they say whose the machine is,
 * whatever it is called; without them the name does.
 */
export function createAdoption(orphans: readonly NetBoxRecord[]): Adoption {
  const left = new Set(orphans);
  return {
    take({ vmid, type }, name, clusterId) {
      const candidates = [...left].filter((record) => relationId(record['cluster']) === clusterId);
      const unclaimed = candidates.filter((record) => claimOf(record).vmid === null);
      const found =
        candidates.find((record) => {
          const claim = claimOf(record);
          return claim.vmid === vmid && (claim.type === '' || claim.type === type);
        }) ??
        unclaimed.find((record) => textOf(record['name']).toLowerCase() === name.toLowerCase()) ??
        unclaimed.find((record) => isVariantOf(textOf(record['name']), name));
      if (found !== undefined) left.delete(found);
      return found;
    },
  };
}

function claimOf({ custom_fields: fields }: NetBoxRecord): { readonly vmid: number | null; readonly type: string } {
  if (!isObject(fields)) return { vmid: null, type: '' };
  return { vmid: toNumber(fields['proxmox_vm_id']), type: textOf(fields['proxmox_vm_type']).toLowerCase() };
}
