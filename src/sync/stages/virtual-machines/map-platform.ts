/** Which platform a machine is to have. Pure. */
import type { RecordOf } from '../../../netbox/kinds/index.js';
import { parseOsName } from '../../../proxmox/parse/os-type.js';
import type { GuestConfig } from '../../../proxmox/types.js';
import type { SyncOptions } from '../../plan/options.js';

/**
 * The name of what the guest's configuration says. null: nothing that is known, platforms cannot be read, or the machine has one
 * and `overwrite_vm_platform` is off: an empty field is nobody's choice, another one may be an operator's.
 */
export function platformName(
  { config, current }: { readonly config: GuestConfig; readonly current: RecordOf<'virtual-machine'> | undefined },
  platforms: readonly RecordOf<'platform'>[] | undefined,
  { overwrite }: SyncOptions,
): string | null {
  const isTaken = current !== undefined && current.platform !== null && !overwrite.overwrite_vm_platform;
  return isTaken || platforms === undefined ? null : parseOsName(config);
}
