/**
 * API keys: stored as bcrypt hashes, registered once per database without a key, retired only while another active one
 * is left. Errors of this file are answered as `{"detail": ...}`.
 */
import { randomBytes } from 'node:crypto';
import { desc, eq, sql } from 'drizzle-orm';
import type { Logger } from 'pino';
import type { Clock } from '../config/clock.js';
import type { Database } from '../db/open.js';
import { apiKeys, bootstrapClaims } from '../db/schema.js';
import { ProxboxError } from '../errors/proxbox-error.js';
import { logSecurityEvent } from '../telemetry/security-events.js';
import { createKeyFingerprints, type KeyFingerprints, type KeyRow } from './key-fingerprints.js';
import { createKeyVerifier, hashKey, isHashableKey } from './key-verifier.js';

/** Wire shape of `/auth/keys`. */
interface ApiKeyRecord {
  readonly id: number;
  readonly label: string;
  readonly is_active: boolean;
  /** Unix seconds. */
  readonly created_at: number;
}

export interface ApiKeys {
  bootstrapStatus(): { readonly needs_bootstrap: boolean; readonly has_db_keys: boolean };
  /** False: no request can be authenticated until a key is registered or activated. */
  hasActiveKey(): boolean;
  /**
   * The first key of a database.
   * @throws ProxboxError `bad_request` (400) too short or too long, `conflict` (409) already registered
   */
  register(rawKey: string, label: string): Promise<void>;
  /** Newest first. */
  list(): readonly ApiKeyRecord[];
  /** The raw key (64 characters) is in this answer only. */
  create(label: string): Promise<ApiKeyRecord & { readonly raw_key: string }>;
  /** @throws ProxboxError `not_found` (404), `conflict` (409) it is the last active key */
  remove(id: number): void;
  /** Errors as remove. */
  deactivate(id: number): ApiKeyRecord;
  /** @throws ProxboxError `not_found` (404) */
  activate(id: number): ApiKeyRecord;
  /**
   * The id of the active key that the text belongs to, or null. Slow (bcrypt) for a key it has not seen lately.
   * @throws ProxboxError `rate_limited` when too many unknown keys are being checked already
   */
  verify(presentedKey: string): Promise<number | null>;
  /** The same from memory only: false also when the key would first have to be hashed. */
  isVerifiedCached(presentedKey: string): boolean;
  /** It has let somebody in before, also before a restart. */
  hasWorked(presentedKey: string): boolean;
}

export interface ApiKeysDeps {
  readonly db: Database;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Default 12. Less is for tests of other things. */
  readonly bcryptCost?: number;
}

interface Parts extends ApiKeysDeps {
  readonly fingerprints: KeyFingerprints;
  /** The questions of every request, made ready once. */
  readonly queries: ReturnType<typeof prepareQueries>;
}

const minimumCharacters = 32;
const defaultCost = 12;

function toRecord(row: KeyRow): ApiKeyRecord {
  return { id: row.id, label: row.label, is_active: row.isActive, created_at: row.createdAt };
}

function checkRawKey(rawKey: string): void {
  if (Array.from(rawKey).length < minimumCharacters) {
    throw new ProxboxError(
      'bad_request',
      `API key must be at least ${minimumCharacters} characters. Make one with: openssl rand -hex 24`,
    );
  }
  if (!isHashableKey(rawKey)) throw new ProxboxError('bad_request', 'API key must be at most 72 bytes.');
  // Such a key could never be sent in a header.
  if (/[\u0000-\u001F\u007F]/.test(rawKey)) {
    throw new ProxboxError('bad_request', 'API key must not contain control characters.');
  }
}

const alreadyConfigured = (): ProxboxError =>
  new ProxboxError(
    'conflict',
    'An API key is already configured. Use that one, or add another with: proxbox-api keys add',
  );

function lastActive(): ProxboxError {
  const message = 'Create and verify another active API key before retiring this key.';
  return new ProxboxError('conflict', message, { detail: { code: 'last_active_api_key_required', message } });
}

function prepareQueries({ orm }: Database) {
  return {
    /** Two tell whether one is the last. */
    twoActive: orm.select({ id: apiKeys.id }).from(apiKeys).where(eq(apiKeys.isActive, true)).limit(2).prepare(),
    byId: orm
      .select()
      .from(apiKeys)
      .where(eq(apiKeys.id, sql.placeholder('id')))
      .prepare(),
  };
}

function existing({ queries }: Parts, id: number): KeyRow {
  const row = queries.byId.get({ id });
  if (row === undefined) throw new ProxboxError('not_found', 'API key not found.');
  return row;
}

function hasClaim({ db }: ApiKeysDeps): boolean {
  return db.orm.select().from(bootstrapClaims).get() !== undefined;
}

function hasAnyKey({ db }: ApiKeysDeps): boolean {
  return db.orm.select({ id: apiKeys.id }).from(apiKeys).limit(1).get() !== undefined;
}

const nowS = ({ clock }: ApiKeysDeps): number => clock.now().getTime() / 1000;

function insertKey(deps: ApiKeysDeps, label: string, keyHash: string): number {
  return deps.db.insert(apiKeys, { label, keyHash, isActive: true, createdAt: nowS(deps) });
}

function bootstrapStatus(deps: ApiKeysDeps): ReturnType<ApiKeys['bootstrapStatus']> {
  const isClaimed = hasClaim(deps);
  const hasKeys = hasAnyKey(deps);
  if (isClaimed && !hasKeys) {
    deps.logger.error(
      'The database says that API keys were registered, but holds none. Restore a backup, or delete the row of ' +
        'api_key_bootstrap_claim by hand to register a first key again.',
    );
  }
  const needsBootstrap = !isClaimed && !hasKeys;
  return { needs_bootstrap: needsBootstrap, has_db_keys: !needsBootstrap };
}

/** Claim and key are written together: of two first registrations, also in two processes, one gets the claim. */
async function register(deps: Parts, rawKey: string, label: string): Promise<void> {
  checkRawKey(rawKey);
  if (hasClaim(deps) || hasAnyKey(deps)) throw alreadyConfigured();
  const keyHash = await hashKey(rawKey, deps.bcryptCost ?? defaultCost);
  const keyId = deps.db.immediate(() => {
    if (hasClaim(deps) || hasAnyKey(deps)) throw alreadyConfigured();
    deps.db.insert(bootstrapClaims, { id: 1, initializedAt: nowS(deps) });
    return insertKey(deps, label, keyHash);
  });
  deps.fingerprints.write({ id: keyId, keyHash }, deps.fingerprints.of(rawKey), false);
  logSecurityEvent(deps.logger, { event: 'key_registered', keyId });
}

async function create(deps: Parts, label: string): ReturnType<ApiKeys['create']> {
  const rawKey = randomBytes(48).toString('base64url');
  const keyHash = await hashKey(rawKey, deps.bcryptCost ?? defaultCost);
  const keyId = deps.db.immediate(() => insertKey(deps, label, keyHash));
  deps.fingerprints.write({ id: keyId, keyHash }, deps.fingerprints.of(rawKey), false);
  logSecurityEvent(deps.logger, { event: 'key_created', keyId });
  return { ...toRecord(existing(deps, keyId)), raw_key: rawKey };
}

/** Inside BEGIN IMMEDIATE, so that two retirements at once cannot take the last two active keys. */
function retire(deps: Parts, id: number, change: () => void): void {
  deps.db.immediate(() => {
    const row = existing(deps, id);
    if (row.isActive && deps.queries.twoActive.all().length === 1) throw lastActive();
    change();
  });
}

function remove(deps: Parts, id: number): void {
  retire(deps, id, () => deps.db.orm.delete(apiKeys).where(eq(apiKeys.id, id)).run());
  logSecurityEvent(deps.logger, { event: 'key_deleted', keyId: id });
}

function deactivate(deps: Parts, id: number): ApiKeyRecord {
  retire(deps, id, () => deps.db.orm.update(apiKeys).set({ isActive: false }).where(eq(apiKeys.id, id)).run());
  logSecurityEvent(deps.logger, { event: 'key_deactivated', keyId: id });
  return toRecord(existing(deps, id));
}

function activate(deps: Parts, id: number): ApiKeyRecord {
  const row = existing(deps, id);
  deps.db.orm.update(apiKeys).set({ isActive: true }).where(eq(apiKeys.id, id)).run();
  logSecurityEvent(deps.logger, { event: 'key_activated', keyId: id });
  return toRecord({ ...row, isActive: true });
}

export function createApiKeys(options: ApiKeysDeps): ApiKeys {
  const { db, clock } = options;
  const deps = { ...options, fingerprints: createKeyFingerprints(options), queries: prepareQueries(db) };
  const { fingerprints, queries } = deps;
  const verifier = createKeyVerifier({ fingerprints, rowById: (id) => queries.byId.get({ id }), clock });
  return {
    bootstrapStatus: () => bootstrapStatus(deps),
    hasActiveKey: () => queries.twoActive.all().length > 0,
    register: (rawKey, label) => register(deps, rawKey, label),
    list: () => db.orm.select().from(apiKeys).orderBy(desc(apiKeys.createdAt), desc(apiKeys.id)).all().map(toRecord),
    create: (label) => create(deps, label),
    remove: (id) => remove(deps, id),
    deactivate: (id) => deactivate(deps, id),
    activate: (id) => activate(deps, id),
    verify: (presentedKey) => verifier.verify(presentedKey),
    isVerifiedCached: (presentedKey) => verifier.fromCache(presentedKey) !== null,
    hasWorked: (presentedKey) => verifier.hasWorked(presentedKey),
  };
}
