/**
 * The NetBox endpoint: at most one row, its token sealed, read in plain only through `credentials`. Errors with the
 * codes bad_request and not_found are answered as `{"detail": ...}`.
 */
import { asc, eq } from 'drizzle-orm';
import { netboxColumns } from '../db/endpoint-columns.js';
import { netboxEndpoints } from '../db/schema.js';
import { ProxboxError } from '../errors/proxbox-error.js';
import type { SecretPlace } from '../security/credential-vault.js';
import type { Secret } from '../config/secret.js';
import { headerSafe } from './header-safe.js';
import type { NetBoxEndpointCreate, NetBoxEndpointRecord, NetBoxEndpointUpdate } from './bodies.js';
import { createChangeFeed } from './endpoint-changes.js';
import {
  loggingRefusals,
  windowOf,
  type EndpointStore,
  type EndpointStoreDeps,
  type StoreContext,
} from './endpoint-store.js';
import { sealPlain } from './seal-plain.js';
import { newEndpointId } from './new-id.js';
import { changedNetBoxRow, newNetBoxColumns } from './netbox-rules.js';
import { toNetBoxEndpoint, toNetBoxRecord, type NetBoxRow } from './records.js';
import type { NetBoxCredentials, NetBoxEndpoint } from './types.js';

export interface NetBoxEndpointStore extends EndpointStore<
  NetBoxEndpointRecord,
  NetBoxEndpointCreate,
  NetBoxEndpointUpdate,
  NetBoxEndpoint
> {
  /** The enabled row with the lowest id; null when there is none. */
  active(): NetBoxEndpoint | null;
  /** Errors as those of the Proxmox endpoints, and `not_configured` (no token stored). */
  credentials(id: number): NetBoxCredentials;
}

function rows({ db }: StoreContext): readonly NetBoxRow[] {
  return db.orm.select().from(netboxEndpoints).orderBy(asc(netboxEndpoints.id)).all();
}

function rowOf(context: StoreContext, id: number, message: string): NetBoxRow {
  const row = rows(context).find((candidate) => candidate.id === id);
  if (row === undefined) throw new ProxboxError('not_found', message);
  return row;
}

function toEndpoint({ feed }: StoreContext, row: NetBoxRow | undefined): NetBoxEndpoint | null {
  return row === undefined ? null : toNetBoxEndpoint(row, feed.revisionOf(row));
}

function create(context: StoreContext, body: NetBoxEndpointCreate): NetBoxEndpointRecord {
  const { db, feed } = context;
  const id = db.immediate(() => {
    if (rows(context).length > 0) throw new ProxboxError('bad_request', 'Only one NetBox endpoint is allowed');
    return db.insert(netboxEndpoints, { id: newEndpointId(db, 'netbox'), ...newNetBoxColumns(body, context) });
  });
  feed.created(id, Object.keys(body));
  return toNetBoxRecord(rowOf(context, id, 'Netbox Endpoint not found'));
}

function update(context: StoreContext, id: number, body: NetBoxEndpointUpdate): NetBoxEndpointRecord {
  const { db, feed } = context;
  const { before, after } = db.immediate(() => {
    const row = rowOf(context, id, 'NetBox Endpoint not found');
    const changed = changedNetBoxRow(row, body, context);
    db.orm.update(netboxEndpoints).set(changed).where(eq(netboxEndpoints.id, id)).run();
    return { before: row, after: changed };
  });
  feed.updated(before, after, Object.keys(body));
  return toNetBoxRecord(after);
}

function remove(context: StoreContext, id: number): void {
  rowOf(context, id, 'Netbox Endpoint not found.');
  context.db.orm.delete(netboxEndpoints).where(eq(netboxEndpoints.id, id)).run();
  context.feed.deleted(id);
}

function readSecret(context: StoreContext, row: NetBoxRow, column: 'token' | 'token_key'): Secret | null {
  const place: SecretPlace = { scope: 'netbox', table: 'netboxendpoint', column, name: row.name };
  const secret = context.vault.read(row[column], place);
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

function credentials(context: StoreContext, id: number): NetBoxCredentials {
  const row = rowOf(context, id, 'Netbox Endpoint not found');
  const isV2 = toNetBoxRecord(row).token_version === 'v2';
  const token = readSecret(context, row, 'token');
  const tokenKey = isV2 ? readSecret(context, row, 'token_key') : null;
  if (token === null || (isV2 && tokenKey === null)) {
    throw new ProxboxError('not_configured', `NetBox endpoint '${row.name}' has no complete API token. Save it again.`);
  }
  return { token, tokenKey };
}

export function createNetBoxEndpointStore(deps: EndpointStoreDeps): NetBoxEndpointStore {
  const { logger, vault } = deps;
  const contentOf = (stored: string): string => vault.content(stored, 'netbox');
  const feed = createChangeFeed({ kind: 'netbox', columns: netboxColumns, logger, contentOf });
  const context: StoreContext = { ...deps, feed };
  const first = (fits: (row: NetBoxRow) => boolean) => toEndpoint(context, rows(context).find(fits));
  return {
    list: (window) => windowOf(rows(context), window).map(toNetBoxRecord),
    get: (id) => toNetBoxRecord(rowOf(context, id, 'Netbox Endpoint not found')),
    create: (body) => loggingRefusals({ logger, kind: 'NetBox', name: body.name }, () => create(context, body)),
    update: (id, body) =>
      loggingRefusals({ logger, kind: 'NetBox', name: body.name ?? String(id) }, () => update(context, id, body)),
    remove: (id) => remove(context, id),
    all: () => rows(context).flatMap((row) => toEndpoint(context, row) ?? []),
    active: () => first((row) => row.enabled),
    find: (id) => first((row) => row.id === id),
    credentials: (id) => credentials(context, id),
    sealPlain: () => sealPlain({ ...deps, table: 'netboxendpoint', columns: netboxColumns, scope: 'netbox' }),
    onChange: (listener) => feed.subscribe(listener),
  };
}
