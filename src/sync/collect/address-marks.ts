/** What tells whether rows that guests or nodes have let go may be deleted: asked only when there are such rows. */
import type { RecordOf } from '../../netbox/kinds/index.js';
import { relationId } from '../../netbox/kinds/values.js';
import { claimsIn } from '../plan/address-notes.js';
import { isOurs } from '../plan/ownership.js';
import type { AddressMarks } from '../plan/unclaimed-addresses.js';
import type { RunContext } from '../run-context.js';
import { loadIfAllowed, WarningLists } from './machine-rows.js';

interface LetGoRow {
  readonly row: RecordOf<'ip-address'>;
  readonly mayGo: boolean;
}

/** `coming`: rows that may come to an interface; a note on one tells that a run was cut off before it took it. */
export async function collectMarks(
  run: RunContext,
  letGo: readonly LetGoRow[],
  coming: readonly RecordOf<'ip-address'>[] = [],
): Promise<AddressMarks> {
  const rows = letGo.filter(({ mayGo }) => mayGo).map(({ row }) => row);
  const ours = rows.filter((row) => isOurs('ip-address', row, run));
  const others = [...rows, ...coming].filter((row) => !isOurs('ip-address', row, run));
  const warnings = new WarningLists();
  const ofServices = loadIfAllowed(
    run,
    warnings.next(),
    { kind: 'service', without: 'Addresses that guests or nodes no longer have are unassigned and not deleted.' },
    () => run.collections.load('service', {}, { filter: 'ip_address_id', of: idsOf(ours) }, { fresh: true }),
  );
  const ofOthers = loadIfAllowed(
    run,
    warnings.next(),
    {
      kind: 'journal-entry',
      without:
        'Addresses that a sync has not made stay assigned to guests and nodes that no longer have them, and none is taken for a guest or node.',
    },
    () =>
      run.collections.load(
        'journal-entry',
        { assigned_object_type: 'ipam.ipaddress' },
        { filter: 'assigned_object_id', of: idsOf(others) },
        { fresh: true },
      ),
  );
  const [services, notes] = await Promise.all([ofServices, ofOthers]);
  return {
    ofServices:
      services === undefined ? undefined : new Set(services.flatMap(({ ipaddresses }) => addressIds(ipaddresses))),
    claims: notes === undefined ? undefined : claimsIn(notes),
    warnings: warnings.all(),
  };
}

function idsOf(rows: readonly RecordOf<'ip-address'>[]): readonly number[] {
  return [...new Set(rows.map(({ id }) => id))].sort((a, b) => a - b);
}

function addressIds(rendered: unknown): readonly number[] {
  return Array.isArray(rendered) ? rendered.flatMap((one: unknown) => relationId(one) ?? []) : [];
}
