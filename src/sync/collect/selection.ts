/** The guests of an explicit selection of NetBox machines (`netbox_vm_ids`): it never widens or shrinks in silence. */
import { counted, nameList } from '../../values/short-text.js';
import type { RecordOf } from '../../netbox/kinds/index.js';
import { ProxboxError } from '../../errors/proxbox-error.js';
import type { ListedResource } from '../../proxmox/types.js';
import type { RunContext } from '../run-context.js';
import type { ConnectedCluster } from '../guests.js';

interface Listed {
  readonly cluster: ConnectedCluster;
  readonly resource: ListedResource;
}

/** Every selected machine must lead to exactly one live guest, or the whole stage fails. */
export async function selectGuests<T extends Listed>(
  run: RunContext,
  listed: readonly T[],
  states: readonly RecordOf<'vm-state'>[],
): Promise<readonly T[]> {
  const ids = run.options.netboxVmIds;
  if (ids === null) return listed;
  const machines = await run.collections.load('virtual-machine', {}, { filter: 'id', of: ids });
  const missing = ids.filter((id) => !machines.some((record) => record.id === id));
  if (missing.length > 0 && ids.length === 1)
    throw new ProxboxError('not_found', `Virtual machine id=${ids[0] ?? ''} was not found in NetBox.`);
  if (missing.length > 0) throw unresolved(`missing id(s): [${nameList(missing.map(String))}]`);
  return ids.map((id) => ownGuest(id, listed, states));
}

function ownGuest<T extends Listed>(id: number, listed: readonly T[], states: readonly RecordOf<'vm-state'>[]): T {
  const rows = states.filter((state) => state.virtual_machine === id);
  const [row] = rows;
  if (row === undefined || rows.length > 1)
    throw unresolved(
      `virtual machine ${id} has ${counted(
        'sync-state row',
        rows.map(({ id }) => String(id)),
      )}; exactly one is needed. Run a full sync first.`,
    );
  const vmid = row.proxmox_vm_id;
  const endpointId = row.proxmox_endpoint_raw_id;
  const type = row.proxmox_vm_type;
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
      `virtual machine ${id} is ${type} ${vmid ?? '?'} of endpoint ${endpointId ?? '?'}, and ${counted(
        'live guest',
        matches.map(({ resource }) => resource.id),
      )} match`,
    );
  }
  return match;
}

const remedy =
  'Look whether the guest is in Proxmox, and whether the account may see it (GET /proxmox/doctor). The machine of one that is gone is marked by a full update, and deleted on the page "Soft-deleted VMs" of the plugin.';

function unresolved(detail: string): ProxboxError {
  return new ProxboxError('stage_failed', 'Unable to resolve explicitly selected VM ownership', {
    detail: `${detail}. ${remedy}`,
    retryable: false,
  });
}
