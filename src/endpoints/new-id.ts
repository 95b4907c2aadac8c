/**
 * The ids of new endpoints. None is given twice: rows in NetBox, and our own tables, name an endpoint by its id long after it
 * is gone.
 */
import { and, eq, max } from 'drizzle-orm';
import type { Database } from '../db/open.js';
import { endpointIds, knownClusters, machineMemory, netboxEndpoints, proxmoxEndpoints } from '../db/schema.js';

export type EndpointKind = 'proxmox' | 'netbox';

/** Where ids of endpoints stand; of those that were deleted before ids were kept, what is remembered of them. */
const places = {
  proxmox: [proxmoxEndpoints.id, knownClusters.proxmoxEndpointId],
  netbox: [netboxEndpoints.id, knownClusters.netboxEndpointId, machineMemory.netboxEndpointId],
} as const;

/** Within the transaction that writes the endpoint. */
export function newEndpointId(db: Database, kind: EndpointKind): number {
  const given = db.orm
    .select({ id: max(endpointIds.id) })
    .from(endpointIds)
    .where(eq(endpointIds.kind, kind))
    .get();
  const others = places[kind].map((column) =>
    db.orm
      .select({ id: max(column) })
      .from(column.table)
      .get(),
  );
  return Math.max(0, ...[given, ...others].map((row) => row?.id ?? 0)) + 1;
}

/** The name of the endpoint that had the id last; undefined: nobody has had it. */
export function holderOfId(db: Database, kind: EndpointKind, id: number): string | undefined {
  const isIt = and(eq(endpointIds.kind, kind), eq(endpointIds.id, id));
  return db.orm.select({ name: endpointIds.name }).from(endpointIds).where(isIt).get()?.name;
}
