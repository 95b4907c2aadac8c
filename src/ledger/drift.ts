/** By how much NetBox differed from Proxmox, and when: counted while a run is taken down, and read by endpoint. */
import { sql } from 'drizzle-orm';
import type { Database } from '../db/open.js';
import { runs } from '../db/schema.js';
import { changingOutcomes, type Look, type LookDay, type StageEntry } from './types.js';

export interface DriftReader {
  /** The newest of each endpoint and kind of run that is in the ledger, the oldest first. Throws what SQLite throws. */
  newestLooks(): readonly Look[];
  /** Of each endpoint, the earliest first. `since`: ISO 8601, UTC. Throws what SQLite throws. */
  lookDays(since: string): readonly LookDay[];
}

/** Changes by endpoint. */
export class DriftCount {
  readonly #changes = new Map<number, number>();
  #isWhole = true;

  add({ items, itemsLeftOut }: Pick<StageEntry, 'items' | 'itemsLeftOut'>): void {
    if (itemsLeftOut > 0) this.#isWhole = false;
    for (const { outcome, endpointId } of items)
      if (endpointId !== null && changingOutcomes.includes(outcome))
        this.#changes.set(endpointId, (this.#changes.get(endpointId) ?? 0) + 1);
  }

  /** As the column of a run has it; null where some of what was found is not known object by object. */
  of(endpointIds: readonly number[] = []): string | null {
    if (!this.#isWhole || endpointIds.length === 0) return null;
    return JSON.stringify(Object.fromEntries(endpointIds.map((id) => [id, this.#changes.get(id) ?? 0])));
  }
}

export function createDriftReader({ orm }: Database): DriftReader {
  return {
    newestLooks() {
      const newest = sql`SELECT max(number) FROM ${runs} WHERE drift IS NOT NULL GROUP BY kind, endpoint_ids`;
      const looks = orm.all<Look>(sql`
        SELECT CAST(found.key AS INTEGER) AS endpointId, looked.id AS runId, kind, ended_at AS endedAt, found.value AS changes
        FROM (SELECT * FROM ${runs} WHERE number IN (${newest})) AS looked, json_each(looked.drift) AS found
        ORDER BY number`);
      return looks.filter(
        (look) => looks.findLast(({ endpointId: id, kind }) => id === look.endpointId && kind === look.kind) === look,
      );
    },
    // Most looks of a day find the same, nothing: each of these is taken apart once.
    lookDays: (since) =>
      orm.all<LookDay>(sql`
        WITH seen AS (
          SELECT substr(started_at, 1, 10) AS day, drift, count(*) AS looks FROM ${runs}
          WHERE drift IS NOT NULL AND started_at >= ${since} GROUP BY 1, 2
        )
        SELECT CAST(found.key AS INTEGER) AS endpointId, day, sum(looks) AS looks, max(found.value) AS most
        FROM seen, json_each(seen.drift) AS found GROUP BY 1, 2 ORDER BY 1, 2`),
  };
}
