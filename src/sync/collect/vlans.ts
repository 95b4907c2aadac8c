/** The VLANs of NetBox that numbers may mean at the sites of a run. */
import type { NamedVlan, StoredVlans } from '../plan/vlans.js';
import type { RunContext } from '../run-context.js';
import type { Warning } from '../types.js';
import { askUnlisted } from './hidden-rows.js';
import { loadIfAllowed } from './machine-rows.js';

/** Beyond so many numbers the whole table is fewer requests. */
const manyNumbers = 100;

/** Undefined, with a warning, where the token may not view them: interfaces are written without. */
export function loadVlans(
  run: RunContext,
  warnings: Warning[],
  numbers: readonly number[],
  sites: readonly (number | null)[],
): Promise<StoredVlans | undefined> {
  const without = 'Interfaces are written without a VLAN.';
  return loadIfAllowed(run, warnings, { kind: 'vlan', without, code: 'vlan_unavailable' }, () =>
    load(run, numbers, sites),
  );
}

/**
 * With those that interfaces are in and that are in no list (hidden-rows.ts).
 * @param numbers for which VLANs were loaded
 */
export async function withHidden(
  run: Pick<RunContext, 'collections'>,
  stored: StoredVlans | undefined,
  { numbers, named }: { readonly numbers: readonly number[]; readonly named: readonly NamedVlan[] },
): Promise<StoredVlans | undefined> {
  if (stored === undefined) return undefined;
  const wanted = new Set(numbers);
  const { seen, hidden } = await askUnlisted(run, 'vlan', {
    named: named.filter(({ vid }) => wanted.has(vid)),
    listed: stored.rows,
  });
  return { ...stored, rows: [...stored.rows, ...seen], hidden };
}

/** One list; a further one per site where groups have a wanted number, as only NetBox knows what their scope covers. */
async function load(
  { collections }: Pick<RunContext, 'collections'>,
  numbers: readonly number[],
  sites: readonly (number | null)[],
): Promise<StoredVlans> {
  const of = ascending(numbers);
  const rows =
    of.length > manyNumbers
      ? await collections.load('vlan', {})
      : await collections.load('vlan', {}, { filter: 'vid', of });
  const grouped = ascending(
    rows.flatMap(({ vid, group, site }) =>
      group !== null && site === null && vid !== null && of.includes(vid) ? [vid] : [],
    ),
  );
  const ofGroups = new Map<number, ReadonlySet<number>>();
  if (grouped.length === 0) return { rows, ofGroups, hidden: [] };
  for (const site of ascending(sites.filter((one) => one !== null))) {
    const covered = await collections.load('vlan', { available_at_site: site }, { filter: 'vid', of: grouped });
    ofGroups.set(site, new Set(covered.map(({ id }) => id)));
  }
  return { rows, ofGroups, hidden: [] };
}

function ascending(numbers: readonly number[]): readonly number[] {
  return [...new Set(numbers)].sort((a, b) => a - b);
}
