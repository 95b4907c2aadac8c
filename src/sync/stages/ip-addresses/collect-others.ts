/** What NetBox has of the addresses of guests beside the rows of virtual machines: free ones, and those of others. */
import { breathe } from '../../../config/breathe.js';
import type { RecordOf } from '../../../netbox/kinds/index.js';
import { hostOf } from '../../plan/address-ownership.js';
import type { RunContext } from '../../run-context.js';

type Row = RecordOf<'ip-address'>;

/** As many as three requests ask for; above that NetBox may have fewer addresses than are asked for. */
const manyAddresses = 300;
/** What one page holds. */
const fewRows = 1000;

/** Rows that have a wanted address and are not among the addresses of virtual machines, after those. */
export async function withOthers(
  run: RunContext,
  wanted: ReadonlySet<string>,
  assigned: readonly Row[],
): Promise<readonly Row[]> {
  const known = new Set(assigned.map((row) => hostOf(row.address)));
  await breathe();
  const others = await loadOthers(run, [...wanted].filter((host) => !known.has(host)).sort());
  const seen = new Set(assigned.map(({ id }) => id));
  return [...assigned, ...others.filter(({ id }) => !seen.has(id))];
}

/** A first run wants thousands of addresses of a NetBox that has few: one page tells more than a request for each hundred. */
async function loadOthers({ collections }: RunContext, hosts: readonly string[]): Promise<readonly Row[]> {
  if (hosts.length > manyAddresses && (await collections.count('ip-address')) <= fewRows) {
    const rows = await collections.load('ip-address', {}, undefined, { fresh: true });
    const asked = new Set(hosts);
    return rows.filter((row) => asked.has(hostOf(row.address)));
  }
  return collections.load('ip-address', {}, { filter: 'address', of: hosts }, { fresh: true });
}
