/**
 * Remembers what each Proxmox endpoint led to, and which NetBox cluster that is. A hint: where it is lost NetBox tells the
 * rest, so nothing here throws, and nobody waits for a locked file.
 */
import { and, eq } from 'drizzle-orm';
import { z } from 'zod';
import type { Database } from '../db/open.js';
import { endpointIds, knownClusters } from '../db/schema.js';

/** A row of NetBox. Another NetBox, and one that was restored, gives the same ids to others. */
export interface KnownRow {
  readonly id: number;
  /** The one that it had. */
  readonly name: string;
  /** When NetBox made it; null: it was remembered without, or NetBox does not tell. */
  readonly created: string | null;
}

export interface KnownCluster {
  readonly endpointId: number;
  /** Of the root certificate; null: it could not be read. */
  readonly identity: string | null;
  readonly mode: 'cluster' | 'standalone';
  /** Proxmox's. */
  readonly name: string;
  readonly nodes: readonly { readonly name: string; readonly ip: string }[];
  /** Null: not found there yet. */
  readonly netboxCluster: KnownRow | null;
  /** Rows of NetBox with the endpoint's id are this cluster's; absent: nobody has looked. */
  readonly isConfirmed?: true;
}

export interface KnownClusterStore {
  /** Of one NetBox, by Proxmox endpoint id, also of endpoints that are gone; empty when the file cannot be read. */
  all(netboxEndpointId: number): ReadonlyMap<number, KnownCluster>;
  /** False when it could not be kept; the log says why. */
  remember(netboxEndpointId: number, known: KnownCluster): boolean;
  /** The endpoint leads to another NetBox, or is gone. */
  forget(netboxEndpointId: number): void;
  /** Endpoints that were stored before ids were kept: their rows in NetBox are taken for theirs, as they were. */
  older(): ReadonlySet<number>;
}

const Nodes = z.array(z.object({ name: z.string(), ip: z.string() }));
export function createKnownClusters({ db }: { readonly db: Database }): KnownClusterStore {
  const attempt = <T>(otherwise: T, work: () => T): T =>
    db.attempt(
      otherwise,
      'What is known of clusters cannot be read or kept in the database; NetBox is asked instead',
      work,
    );

  function remember(netboxEndpointId: number, known: KnownCluster): boolean {
    const columns = columnsOf(known);
    const key = { proxmoxEndpointId: known.endpointId, netboxEndpointId };
    return attempt(false, () => {
      const target = [knownClusters.proxmoxEndpointId, knownClusters.netboxEndpointId];
      const row = { ...key, ...columns };
      db.unsynced(() => db.orm.insert(knownClusters).values(row).onConflictDoUpdate({ target, set: columns }).run());
      return true;
    });
  }

  return {
    all: (netboxEndpointId) =>
      attempt(new Map(), () => {
        const rows = db.orm
          .select()
          .from(knownClusters)
          .where(eq(knownClusters.netboxEndpointId, netboxEndpointId))
          .all();
        return new Map(rows.flatMap((row) => parsed(row) ?? []).map((known) => [known.endpointId, known]));
      }),
    remember,
    forget: (netboxEndpointId) =>
      attempt(undefined, () => {
        db.orm.delete(knownClusters).where(eq(knownClusters.netboxEndpointId, netboxEndpointId)).run();
      }),
    older: () =>
      attempt(new Set(), () => {
        const areOlder = and(eq(endpointIds.kind, 'proxmox'), eq(endpointIds.isOlder, true));
        const rows = db.orm.select({ id: endpointIds.id }).from(endpointIds).where(areOlder).all();
        return new Set(rows.map(({ id }) => id));
      }),
  };
}

function columnsOf({ identity, mode, name, nodes, netboxCluster, isConfirmed }: KnownCluster) {
  return {
    identity,
    mode,
    name,
    nodes: JSON.stringify(nodes.map((node) => ({ name: node.name, ip: node.ip }))),
    netboxClusterId: netboxCluster?.id ?? null,
    netboxClusterName: netboxCluster?.name ?? null,
    netboxClusterCreated: netboxCluster?.created ?? null,
    isConfirmed: isConfirmed ?? false,
  };
}

/** Null for a row that somebody has edited. */
function parsed(row: typeof knownClusters.$inferSelect): KnownCluster | null {
  const { proxmoxEndpointId: endpointId, identity, mode, name, netboxClusterId: id, netboxClusterName } = row;
  const { netboxClusterCreated: created } = row;
  const nodes = Nodes.safeParse(safeJson(row.nodes));
  if (!nodes.success) return null;
  const netboxCluster = id === null ? null : { id, name: netboxClusterName ?? name, created };
  const confirmed = row.isConfirmed ? ({ isConfirmed: true } as const) : {};
  return { endpointId, identity, mode, name, nodes: nodes.data, netboxCluster, ...confirmed };
}

function safeJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
