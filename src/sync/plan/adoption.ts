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
  const claimed = new Map<string, RecordOf<'virtual-machine'>[]>();
  const named = new Map<string, RecordOf<'virtual-machine'>[]>();
  /** By cluster: those whose name may be another with a suffix, or one that was cut to make room for it. */
  const variants = new Map<string, RecordOf<'virtual-machine'>[]>();
  for (const record of orphans) {
    const { vmid } = claimOf(record);
    if (vmid !== null) {
      put(claimed, `${record.cluster ?? ''}/${vmid}`, record);
      continue;
    }
    put(named, `${record.cluster ?? ''}/${record.name.toLowerCase()}`, record);
    if (mayBeVariant.test(record.name)) put(variants, `${record.cluster ?? ''}`, record);
  }
  const first = (
    candidates: readonly RecordOf<'virtual-machine'>[] | undefined,
    fits: (record: RecordOf<'virtual-machine'>) => boolean,
  ) => candidates?.find((record) => left.has(record) && fits(record));
  return {
    take({ vmid, type }, name, clusterId) {
      const isOfType = (record: RecordOf<'virtual-machine'>): boolean => ['', type].includes(claimOf(record).type);
      const machine =
        first(claimed.get(`${clusterId}/${vmid}`), isOfType) ??
        first(named.get(`${clusterId}/${name.toLowerCase()}`), () => true) ??
        first(variants.get(`${clusterId}`), (record) => isVariantOf(record.name, name));
      if (machine !== undefined) left.delete(machine);
      return machine;
    },
  };
}

/** With a number behind it, or as long as a name may be. */
const mayBeVariant = / \(\d+\)$|^.{60,}$/u;

function put<Row>(groups: Map<string, Row[]>, key: string, row: Row): void {
  const group = groups.get(key);
  if (group === undefined) groups.set(key, [row]);
  else group.push(row);
}

function claimOf({ custom_fields: fields }: RecordOf<'virtual-machine'>): {
  readonly vmid: number | null;
  readonly type: string;
} {
  const said = choiceValue(fields['proxmox_vm_type'])?.toLowerCase() ?? '';
  // What netbox-proxmox-automation calls a QEMU machine.
  return { vmid: toNumber(fields['proxmox_vm_id']), type: said === 'vm' ? 'qemu' : said };
}
