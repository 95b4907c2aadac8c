/** Which platform a machine is to have. Pure. */
import type { RecordOf } from '../../../netbox/kinds/index.js';
import { parseOsName } from '../../../proxmox/parse/os-type.js';
import type { GuestConfig } from '../../../proxmox/types.js';
import { buildIdentityIndex } from '../../plan/identity.js';
import type { SyncOptions } from '../../plan/options.js';
import type { CollectedGuest } from './types.js';

/**
 * The name of what the guest's configuration says. null: nothing that is known, platforms cannot be read, or the machine has one
 * and `overwrite_vm_platform` is off: an empty field is nobody's choice, another one may be an operator's.
 */
export function platformName(
  { config, current }: { readonly config: GuestConfig; readonly current: RecordOf<'virtual-machine'> | undefined },
  platforms: readonly RecordOf<'platform'>[] | undefined,
  { overwrite }: SyncOptions,
): string | null {
  return isTaken(current, overwrite) || platforms === undefined ? null : parseOsName(config);
}

function isTaken(current: RecordOf<'virtual-machine'> | undefined, overwrite: SyncOptions['overwrite']): boolean {
  return current !== undefined && current.platform !== null && !overwrite.overwrite_vm_platform;
}

interface StoredMachines {
  readonly states: readonly RecordOf<'vm-state'>[];
  readonly virtualMachines: readonly RecordOf<'virtual-machine'>[];
}

/** Whether some guest may be given a platform: else nobody needs to know those of NetBox. */
export function lackPlatforms(
  guests: readonly CollectedGuest[],
  { states, virtualMachines }: StoredMachines,
  { overwrite }: SyncOptions,
): boolean {
  const identities = buildIdentityIndex(states, new Map(virtualMachines.map((machine) => [machine.id, machine])));
  return guests.some(({ view, resource: { vmid, type }, config }) => {
    if (config.status !== 'read' || parseOsName(config.config) === null) return false;
    const { endpointIds, unverifiedEndpointIds, name } = view;
    const found = identities.resolve({ endpointIds, unverifiedEndpointIds, cluster: name, vmid, type });
    return !isTaken(found.status === 'found' ? found.virtualMachine : undefined, overwrite);
  });
}
