/**
 * Finds the stored key that a presented one can only be: by an HMAC of it under a secret that the database keeps. Only a key
 * whose fingerprint is not written yet (the Python service writes none) has to be hashed against row after row.
 */
import { createHmac, randomBytes } from 'node:crypto';
import { and, eq, isNull, sql } from 'drizzle-orm';
import type { Database } from '../db/open.js';
import { apiKeyFingerprints, apiKeys, serviceSecrets } from '../db/schema.js';

export type KeyRow = typeof apiKeys.$inferSelect;

/** A fingerprint is one of a hash, not of an id: the Python service deletes rows and gives their ids again. */
export interface KeyFingerprints {
  /** Of any text; 44 characters. */
  of(key: string): string;
  /** The active key with this fingerprint, and whether it has let anybody in before. */
  find(fingerprint: string): { readonly row: KeyRow; readonly hasBeenUsed: boolean } | undefined;
  /** Active keys that have none yet. */
  rowsWithout(): readonly KeyRow[];
  /** Replaces what was there. A database that cannot be written costs the next look its speed, and nobody the way in. */
  write(row: Pick<KeyRow, 'id' | 'keyHash'>, fingerprint: string, hasBeenUsed: boolean): void;
}

const secretName = 'key_fingerprint';

function storedSecret({ orm }: Database): string | undefined {
  return orm.select().from(serviceSecrets).where(eq(serviceSecrets.name, secretName)).get()?.value;
}

/** Of two processes that make one at once, both get the first. */
function secretOf(db: Database): Buffer {
  const known = storedSecret(db);
  if (known !== undefined) return Buffer.from(known, 'base64');
  const made = randomBytes(32);
  db.orm
    .insert(serviceSecrets)
    .values({ name: secretName, value: made.toString('base64') })
    .onConflictDoNothing()
    .run();
  return Buffer.from(storedSecret(db) ?? made.toString('base64'), 'base64');
}

/** The questions of every request, made ready once. */
function prepareQueries({ orm }: Database) {
  const isOfKey = and(eq(apiKeys.id, apiKeyFingerprints.apiKeyId), eq(apiKeys.keyHash, apiKeyFingerprints.keyHash));
  const isIt = eq(apiKeyFingerprints.fingerprint, sql.placeholder('fingerprint'));
  return {
    find: orm
      .select({ row: apiKeys, hasBeenUsed: apiKeyFingerprints.hasBeenUsed })
      .from(apiKeyFingerprints)
      .innerJoin(apiKeys, isOfKey)
      .where(and(isIt, eq(apiKeys.isActive, true)))
      .prepare(),
    without: orm
      .select({ row: apiKeys })
      .from(apiKeys)
      .leftJoin(apiKeyFingerprints, isOfKey)
      .where(and(eq(apiKeys.isActive, true), isNull(apiKeyFingerprints.apiKeyId)))
      .orderBy(apiKeys.id)
      .prepare(),
  };
}

export function createKeyFingerprints({ db }: { readonly db: Database }): KeyFingerprints {
  const { orm } = db;
  const queries = prepareQueries(db);
  // At the start, where the database was written already: later its disk may be full.
  const secret = secretOf(db);

  return {
    of(key) {
      return createHmac('sha256', secret).update(key, 'utf8').digest('base64');
    },
    find(fingerprint) {
      return queries.find.get({ fingerprint });
    },
    rowsWithout() {
      return queries.without.all().map(({ row }) => row);
    },
    write({ id: apiKeyId, keyHash }, fingerprint, hasBeenUsed) {
      db.attempt(undefined, 'The fingerprint of an API key cannot be written; the key is hashed again', () =>
        db.immediate(() => {
          orm.delete(apiKeyFingerprints).where(eq(apiKeyFingerprints.fingerprint, fingerprint)).run();
          orm.delete(apiKeyFingerprints).where(eq(apiKeyFingerprints.apiKeyId, apiKeyId)).run();
          orm.insert(apiKeyFingerprints).values({ apiKeyId, fingerprint, keyHash, hasBeenUsed }).run();
        }),
      );
    },
  };
}
