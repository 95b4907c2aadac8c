/** What NetBox deletes along with a machine: read before one is deleted, as people may have put something on it. */
import { relationId } from '../../../netbox/kinds/values.js';
import { loadIfAllowed, loadRowsOf } from '../../collect/machine-rows.js';
import type { RunContext } from '../../run-context.js';
import type { JudgedKind, Warning } from '../../types.js';
import type { Belongings } from './types.js';

const fresh = { fresh: true };
const without = 'No machine is deleted; those whose guest is gone are marked.';

/** undefined where the token may not read some of it: then nobody knows what would go. */
export async function collectBelongings(
  run: RunContext,
  machines: readonly number[],
  warnings: Warning[],
): Promise<Belongings | undefined> {
  const rowsOf = async <K extends JudgedKind | 'vm-interface'>(kind: K) =>
    loadIfAllowed(run, warnings, { kind, without }, () =>
      loadRowsOf(run, kind, { filter: 'virtual_machine_id', of: machines }, fresh),
    );
  const interfaces = await rowsOf('vm-interface');
  const addresses = await rowsOf('ip-address');
  const macs = await rowsOf('mac-address');
  const disks = await rowsOf('virtual-disk');
  const services = await loadIfAllowed(run, warnings, { kind: 'service', without }, () =>
    loadRowsOf(run, 'service', { filter: 'ip_address_id', of: (addresses ?? []).map(({ id }) => id) }, fresh),
  );
  if (!interfaces || !addresses || !macs || !disks || !services) return undefined;
  const named = services.flatMap(({ ipaddresses }): readonly unknown[] =>
    Array.isArray(ipaddresses) ? ipaddresses : [],
  );
  return {
    machineOf: new Map(interfaces.map(({ id, virtual_machine: machine }) => [id, machine ?? -1])),
    addresses,
    macs,
    disks,
    ofServices: new Set(named.flatMap((one) => relationId(one) ?? [])),
    remembered: run.memory.recall() ?? new Map(),
  };
}
