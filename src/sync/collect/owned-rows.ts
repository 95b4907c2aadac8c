/** Sidecars with the endpoints that they belong to, as far as their ids can be trusted: see plan/reused-ids.ts. */
import { withoutReusedIds, type OwnedRow } from '../plan/reused-ids.js';
import type { Installation } from '../plan/same-cluster.js';
import type { RunContext } from '../run-context.js';

/** By what is read now and what is remembered: a host that was renamed since is still the same. */
export function trustedRows<Row extends OwnedRow>(
  { known, clusters }: Pick<RunContext, 'known' | 'clusters'>,
  rows: readonly Row[],
): readonly Row[] {
  const installations = new Map<number, Installation[]>();
  for (const [id, before] of known.byEndpoint) installations.set(id, [before]);
  for (const { view } of clusters)
    for (const id of view.endpointIds) installations.set(id, [...(installations.get(id) ?? []), view]);
  return withoutReusedIds(rows, installations);
}
