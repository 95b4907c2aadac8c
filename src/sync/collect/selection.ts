import { ProxboxError } from '../../errors/proxbox-error.js';
import { relationId, textOf, toNumber } from '../../netbox/records/compare.js';
import type { NetBoxRecord } from '../../netbox/types.js';
import type { GuestResource } from '../../proxmox/types.js';
import type { RunContext } from '../run-context.js';
import type { ConnectedCluster } from '../guests.js';

interface Listed {
  readonly cluster: ConnectedCluster;
  readonly resource: GuestResource;
}

/**
 * The guests of an explicit selection of NetBox virtual machines (`netbox_vm_ids`): every selected machine must lead to
 * exactly one live guest, or the whole stage fails. A selection never widens and never shrinks in silence.
 */
export async function selectGuests<T extends Listed>(
  run: RunContext,
  listed: readonly T[],
  states: readonly NetBoxRecord[],
): Promise<readonly T[]> {
  const ids = run.options.netboxVmIds;
  if (ids === null) return listed;
  const found = await run.collections.load('virtual-machine', {}, { filter: 'id', of: ids });
  const missing = ids.filter((id) => !found.some((record) => record.id === id));
  if (missing.length > 0 && ids.length === 1)
    throw new ProxboxError('not_found', `Virtual machine id=${ids[0] ?? ''} was not found in NetBox.`);
  if (missing.length > 0) throw unresolved(`missing id(s): [${missing.join(', ')}]`);
  return ids.map((id) => ownGuest(id, listed, states));
}

function ownGuest<T extends Listed>(id: number, listed: readonly T[], states: readonly NetBoxRecord[]): T {
  const rows = states.filter((state) => relationId(state['virtual_machine']) === id);
  const [row] = rows;
  if (row === undefined || rows.length > 1)
    throw unresolved(
      `virtual machine ${id} has ${rows.length} sync-state rows; exactly one is needed. Run a full sync first.`,
    );
  const vmid = toNumber(row['proxmox_vm_id']);
  const endpointId = toNumber(row['proxmox_endpoint_raw_id']);
  const type = textOf(row['proxmox_vm_type']);
  const matches = listed.filter(
    ({ cluster, resource }) =>
      resource.vmid === vmid &&
      resource.type === type &&
      endpointId !== null &&
      cluster.view.endpointIds.includes(endpointId),
  );
  const [match] = matches;
  if (match === undefined || matches.length > 1) {
    throw unresolved(
      `virtual machine ${id} is ${type} ${vmid ?? '?'} of endpoint ${endpointId ?? '?'}, and ${matches.length} live guests match`,
    );
  }
  return match;
}

function unresolved(detail: string): ProxboxError {
  return new ProxboxError('stage_failed', 'Unable to resolve explicitly selected VM ownership', {
    detail,
    retryable: false,
  });
}
