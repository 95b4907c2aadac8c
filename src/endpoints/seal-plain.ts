/** Seals secrets that were stored as plain text while there was no key, as soon as there is one. */
import { partsOf, type EndpointColumns } from '../db/endpoint-columns.js';
import type { Database } from '../db/open.js';
import type { CredentialVault } from '../security/credential-vault.js';
import type { SecretScope } from '../security/key-sources.js';

export interface SealPlainDeps {
  readonly db: Database;
  readonly vault: Pick<CredentialVault, 'reseal'>;
  readonly table: 'netboxendpoint' | 'proxmoxendpoint';
  readonly columns: EndpointColumns;
  readonly scope: SecretScope;
}

interface Stored {
  readonly id: number;
  readonly value: string;
}

/** @returns how many values were sealed; 0 also where there is no key for them, or the file cannot be written now */
export function sealPlain({ db, vault, table, columns, scope }: SealPlainDeps): number {
  const what = 'Secrets that are stored as plain text cannot be encrypted now, and are when their endpoints are saved';
  const seal = (column: string): number => {
    const plain = db.sqlite
      .prepare<[], Stored>(
        `SELECT id, ${column} AS value FROM ${table} WHERE ${column} <> '' AND ${column} NOT LIKE 'enc:%'`,
      )
      .all();
    const sealed = plain.flatMap(({ id, value }) => {
      const text = vault.reseal(value, scope);
      return text === null || text === value ? [] : [{ id, text }];
    });
    const write = db.sqlite.prepare(`UPDATE ${table} SET ${column} = ? WHERE id = ?`);
    for (const { id, text } of sealed) write.run(text, id);
    return sealed.length;
  };
  const names = Object.keys(partsOf(columns, 'isSealed'));
  return db.attempt(0, what, () => db.immediate(() => names.reduce((count, name) => count + seal(name), 0)));
}
