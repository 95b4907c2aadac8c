/** What NetBox deletes along with a machine: read before one is deleted, as people may have put something on it. */
import { kindDefinition, type ObjectKind, type RecordOf } from '../../../netbox/kinds/index.js';
import { relationId } from '../../../netbox/kinds/values.js';
import type { NetBoxRecord } from '../../../netbox/types.js';
import { loadIfAllowed, loadRowsOf } from '../../collect/machine-rows.js';
import { isOurs } from '../../plan/ownership.js';
import type { RunContext } from '../../run-context.js';
import type { Warning } from '../../types.js';
import type { Belongings } from './types.js';

const without = 'No machine is deleted; those whose guest is gone are marked.';

/**
 * Snapshots and backups are asked for by VMID, as their tables filter by one machine only.
 * @returns undefined where the token may not read some of it: then nobody knows what would go. */
export async function collectBelongings(
  run: RunContext,
  orphans: readonly RecordOf<'vm-state'>[],
  warnings: Warning[],
): Promise<Belongings | undefined> {
  const hidden: ObjectKind[] = [];
  const rowsOf = async <K extends ObjectKind>(kind: K, filter: string, of: readonly number[]) => {
    if (hidden.length > 0) return [];
    const load = () => loadRowsOf(run, kind, { filter, of }, { fresh: true });
    const rows = await loadIfAllowed(run, warnings, { kind, without }, load);
    if (rows === undefined) hidden.push(kind);
    return rows ?? [];
  };
  const machines = orphans.flatMap(({ virtual_machine: id }) => id ?? []);
  const vmids = orphans.flatMap(({ proxmox_vm_id: vmid }) => vmid ?? []);
  const ofMachines = <K extends ObjectKind>(kind: K) => rowsOf(kind, 'virtual_machine_id', machines);
  const addresses = await ofMachines('ip-address');
  const services = await rowsOf(
    'service',
    'ip_address_id',
    addresses.map(({ id }) => id),
  );
  const { path } = kindDefinition('virtual-machine');
  const counts = await run.client.listByValues(path, 'id', machines, { fields: countFields }, { cache: 'bypass' });
  const interfaces = await ofMachines('vm-interface');
  const disks = await ofMachines('virtual-disk');
  const vlans = await rowsOf(
    'vlan',
    'id',
    interfaces.flatMap(({ untagged_vlan: id }) => id ?? []),
  );
  const belongings: Belongings = {
    addresses,
    interfaces,
    disks,
    macs: await ofMachines('mac-address'),
    snapshots: await rowsOf('snapshot', 'vmid', vmids),
    backups: await rowsOf('backup', 'vmid', vmids),
    vlans: new Set(vlans.filter((row) => isOurs('vlan', row, { supportIds: run.supportIds })).map(({ id }) => id)),
    notSeenWhole: new Set(counts.filter((row) => !isSeenWhole(row, interfaces, disks)).map(({ id }) => id)),
    ofServices: new Set(services.flatMap(addressesOf)),
    remembered: run.memory.recall() ?? new Map(),
  };
  return hidden.length === 0 ? belongings : undefined;
}

const countFields = 'id,interface_count,virtual_disk_count';

/** NetBox leaves out of a list what the conditions of a permission hide, without a word, and counts it all the same. */
function isSeenWhole(
  { id, interface_count: interfaceCount, virtual_disk_count: diskCount }: NetBoxRecord,
  interfaces: Belongings['interfaces'],
  disks: Belongings['disks'],
): boolean {
  const isOfIt = ({ virtual_machine: machine }: { readonly virtual_machine: number | null }): boolean => machine === id;
  return interfaceCount === interfaces.filter(isOfIt).length && diskCount === disks.filter(isOfIt).length;
}

function addressesOf({ ipaddresses }: RecordOf<'service'>): readonly number[] {
  return Array.isArray(ipaddresses) ? ipaddresses.flatMap((one) => relationId(one) ?? []) : [];
}
