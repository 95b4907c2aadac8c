/**
 * The NetBox endpoint: at most one row, its token sealed, read in plain only through `credentials`. Errors with the
 * codes bad_request and not_found are answered as `{"detail": ...}`.
 */
import { asc, eq } from 'drizzle-orm';
import type { Logger } from 'pino';
import { insertRow } from '../db/insert-row.js';
import type { Database } from '../db/open.js';
import { netboxEndpoints } from '../db/schema.js';
import { ProxboxError } from '../errors/proxbox-error.js';
import type { CredentialVault, SecretPlace } from '../security/credential-vault.js';
import type { GuardSettings } from '../security/outbound-guard.js';
import type { Secret } from '../security/secret.js';
import { logSecurityEvent } from '../telemetry/security-events.js';
import { headerSafe } from './header-safe.js';
import { createChangeFeed, type ChangeFeed, type ChangeListener } from './endpoint-changes.js';
import { windowOf, type ListWindow } from './list-window.js';
import type { NetBoxEndpointCreate, NetBoxEndpointUpdate } from './netbox-body.js';
import { changedNetBoxColumns, newNetBoxColumns } from './netbox-columns.js';
import {
  toNetBoxEndpoint,
  toNetBoxRecord,
  tokenVersionOf,
  type NetBoxEndpointRecord,
  type NetBoxRow,
} from './netbox-rows.js';
import { createRevisionMaker } from './revision.js';
import type { NetBoxCredentials, NetBoxEndpoint } from './types.js';

export interface NetBoxEndpointStore {
  /** Ascending id; every row when no limit is given. */
  list(window?: ListWindow): readonly NetBoxEndpointRecord[];
  /** @throws ProxboxError `not_found` (404) */
  get(id: number): NetBoxEndpointRecord;
  /** @throws ProxboxError `bad_request` (400), `encryption_unavailable` (400), `key_pending` (503) */
  create(body: NetBoxEndpointCreate): NetBoxEndpointRecord;
  /** Errors as get and create. */
  update(id: number, body: NetBoxEndpointUpdate): NetBoxEndpointRecord;
  /** @throws ProxboxError `not_found` (404) */
  remove(id: number): void;
  all(): readonly NetBoxEndpoint[];
  /** The enabled row with the lowest id; null when there is none. */
  active(): NetBoxEndpoint | null;
  find(id: number): NetBoxEndpoint | null;
  /**
   * @throws ProxboxError `credentials_unreadable` (503), `key_pending` (503), `not_configured` (no token stored),
   * `not_found`
   */
  credentials(id: number): NetBoxCredentials;
  onChange(listener: ChangeListener): void;
}

export interface NetBoxEndpointDeps {
  readonly db: Database;
  readonly vault: CredentialVault;
  readonly guardSettings: () => GuardSettings;
  readonly logger: Logger;
}

interface Context extends NetBoxEndpointDeps {
  readonly feed: ChangeFeed;
  readonly revisionOf: (parts: readonly unknown[]) => string;
}

function connectionOf(row: NetBoxRow): readonly unknown[] {
  const { id, ipAddress, domain, port, tokenVersion, tokenKey, token, verifySsl, enabled } = row;
  return [id, ipAddress, domain, port, tokenVersion, tokenKey, token, verifySsl, enabled];
}

function rows({ db }: Context): readonly NetBoxRow[] {
  return db.orm.select().from(netboxEndpoints).orderBy(asc(netboxEndpoints.id)).all();
}

function rowOf(context: Context, id: number, message: string): NetBoxRow {
  const row = rows(context).find((candidate) => candidate.id === id);
  if (row === undefined) throw new ProxboxError('not_found', message);
  return row;
}

function toEndpoint(context: Context, row: NetBoxRow | undefined): NetBoxEndpoint | null {
  return row === undefined ? null : toNetBoxEndpoint(row, context.revisionOf(connectionOf(row)));
}

function create(context: Context, body: NetBoxEndpointCreate): NetBoxEndpointRecord {
  const { db, logger, feed } = context;
  const id = db.immediate(() => {
    if (rows(context).length > 0) throw new ProxboxError('bad_request', 'Only one NetBox endpoint is allowed');
    return insertRow(db.sqlite, netboxEndpoints, newNetBoxColumns(body, context));
  });
  logSecurityEvent(logger, { event: 'endpoint_created', kind: 'netbox', endpointId: id, fields: Object.keys(body) });
  feed.publish({ kind: 'created', id, isConnectionChanged: true });
  return toNetBoxRecord(rowOf(context, id, 'Netbox Endpoint not found'));
}

function update(context: Context, id: number, body: NetBoxEndpointUpdate): NetBoxEndpointRecord {
  const { db, logger, feed, revisionOf } = context;
  const { before, after } = db.immediate(() => {
    const row = rowOf(context, id, 'NetBox Endpoint not found');
    const columns = changedNetBoxColumns(row, body, context);
    db.orm.update(netboxEndpoints).set(columns).where(eq(netboxEndpoints.id, id)).run();
    return { before: row, after: { id, ...columns } };
  });
  logSecurityEvent(logger, { event: 'endpoint_updated', kind: 'netbox', endpointId: id, fields: Object.keys(body) });
  const isConnectionChanged = revisionOf(connectionOf(before)) !== revisionOf(connectionOf(after));
  feed.publish({ kind: 'updated', id, isConnectionChanged });
  return toNetBoxRecord(after);
}

function remove(context: Context, id: number): void {
  rowOf(context, id, 'Netbox Endpoint not found.');
  context.db.orm.delete(netboxEndpoints).where(eq(netboxEndpoints.id, id)).run();
  logSecurityEvent(context.logger, { event: 'endpoint_deleted', kind: 'netbox', endpointId: id });
  context.feed.publish({ kind: 'deleted', id, isConnectionChanged: true });
}

function readSecret(context: Context, row: NetBoxRow, column: 'token' | 'token_key'): Secret | null {
  const place: SecretPlace = { scope: 'netbox', table: 'netboxendpoint', column, name: row.name };
  const secret = context.vault.read(column === 'token' ? row.token : row.tokenKey, place);
  if (secret !== 'unreadable') return secret === null ? null : headerSafe(secret);
  throw new ProxboxError(
    'credentials_unreadable',
    'Credential decryption failed for the NetBox endpoint. Save the endpoint again with its token.',
    {
      detail: `NetBox endpoint '${row.name}' has an encrypted ${column} that no configured encryption key decrypts.`,
      where: { endpoint: row.name },
    },
  );
}

function credentials(context: Context, id: number): NetBoxCredentials {
  const row = rowOf(context, id, 'Netbox Endpoint not found');
  const isV2 = tokenVersionOf(row) === 'v2';
  const token = readSecret(context, row, 'token');
  const tokenKey = isV2 ? readSecret(context, row, 'token_key') : null;
  if (token === null || (isV2 && tokenKey === null)) {
    throw new ProxboxError('not_configured', `NetBox endpoint '${row.name}' has no complete API token. Save it again.`);
  }
  return { token, tokenKey };
}

export function createNetBoxEndpointStore(deps: NetBoxEndpointDeps): NetBoxEndpointStore {
  const context: Context = { ...deps, feed: createChangeFeed(), revisionOf: createRevisionMaker() };
  return {
    list: (window) => windowOf(rows(context), window).map(toNetBoxRecord),
    get: (id) => toNetBoxRecord(rowOf(context, id, 'Netbox Endpoint not found')),
    create: (body) => create(context, body),
    update: (id, body) => update(context, id, body),
    remove: (id) => remove(context, id),
    all: () => rows(context).flatMap((row) => toEndpoint(context, row) ?? []),
    active: () =>
      toEndpoint(
        context,
        rows(context).find((row) => row.enabled),
      ),
    find: (id) =>
      toEndpoint(
        context,
        rows(context).find((row) => row.id === id),
      ),
    credentials: (id) => credentials(context, id),
    onChange: (listener) => context.feed.subscribe(listener),
  };
}
