/**
 * Whether the NetBox behind an endpoint is still the one that it was: the address alone does not tell. The settings of the
 * plugin are one row, which NetBox made when the plugin was installed and which each run reads.
 */
import { eq } from 'drizzle-orm';
import type { Database } from '../db/open.js';
import { netboxInstallations } from '../db/schema.js';

export interface NetBoxInstallations {
  /**
   * Remembers it.
   * @param settingsCreated `created` of the plugin's settings, ISO 8601; anything else tells nothing
   * @returns when the former one's were made, where this is another NetBox; else undefined
   */
  formerAt(netboxEndpointId: number, settingsCreated: unknown): string | undefined;
}

export function createNetBoxInstallations({ db }: { readonly db: Database }): NetBoxInstallations {
  return {
    formerAt(netboxEndpointId, settingsCreated) {
      if (typeof settingsCreated !== 'string' || settingsCreated === '') return undefined;
      return db.attempt(undefined, 'Which NetBox an endpoint led to cannot be read or kept in the database', () => {
        const isIt = eq(netboxInstallations.netboxEndpointId, netboxEndpointId);
        const last = db.orm.select().from(netboxInstallations).where(isIt).get()?.settingsCreated;
        if (last === settingsCreated) return undefined;
        const set = { settingsCreated };
        const target = netboxInstallations.netboxEndpointId;
        db.orm
          .insert(netboxInstallations)
          .values({ netboxEndpointId, ...set })
          .onConflictDoUpdate({ target, set })
          .run();
        return last;
      });
    },
  };
}
