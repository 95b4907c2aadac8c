/**
 * The Proxmox endpoints: names unique, secrets sealed and read in plain only through `credentials`, `allow_writes`
 * changed only by an explicit field or by the mirror of the plugin's own row. Errors with the codes bad_request and
 * not_found are answered as `{"detail": ...}`.
 */
import { asc, eq } from 'drizzle-orm';
import BetterSqlite3 from 'better-sqlite3';
import type { Logger } from 'pino';
import { insertRow } from '../db/insert-row.js';
import type { Database } from '../db/open.js';
import { proxmoxEndpoints } from '../db/schema.js';
import { ProxboxError } from '../errors/proxbox-error.js';
import type { CredentialVault } from '../security/credential-vault.js';
import type { GuardSettings } from '../security/outbound-guard.js';
import type { Secret } from '../security/secret.js';
import { logSecurityEvent } from '../telemetry/security-events.js';
import { headerSafe } from './header-safe.js';
import { createChangeFeed, type ChangeFeed, type ChangeListener } from './endpoint-changes.js';
import { windowOf, type ListWindow } from './list-window.js';
import type { ProxmoxEndpointCreate, ProxmoxEndpointUpdate } from './proxmox-body.js';
import { changedProxmoxColumns, newProxmoxColumns, type ColumnRules } from './proxmox-columns.js';
import {
  proxmoxConnectionOf,
  toProxmoxEndpoint,
  toProxmoxRecord,
  type ProxmoxEndpointRecord,
  type ProxmoxRow,
} from './proxmox-rows.js';
import { createRevisionMaker } from './revision.js';
import type { ProxmoxCredentials, ProxmoxEndpoint } from './types.js';

/** What the plugin's own endpoint row says. */
interface PluginEndpointValues {
  readonly endpointId: number;
  readonly allowWrites: boolean;
  readonly enabled: boolean;
}

export interface ProxmoxEndpointStore {
  /** Ascending id; every row when no limit is given. */
  list(window?: ListWindow): readonly ProxmoxEndpointRecord[];
  /** @throws ProxboxError `not_found` (404) */
  get(id: number): ProxmoxEndpointRecord;
  /** @throws ProxboxError `bad_request` (400), `encryption_unavailable` (400), `key_pending` (503) */
  create(body: ProxmoxEndpointCreate): ProxmoxEndpointRecord;
  /** Errors as get and create. */
  update(id: number, body: ProxmoxEndpointUpdate): ProxmoxEndpointRecord;
  /** @throws ProxboxError `not_found` (404) */
  remove(id: number): void;
  /** Every row, disabled ones included, ascending id. */
  all(): readonly ProxmoxEndpoint[];
  find(id: number): ProxmoxEndpoint | null;
  /** @throws ProxboxError `credentials_unreadable` (503), `key_pending` (503), `not_found` */
  credentials(id: number): ProxmoxCredentials;
  /**
   * Remembers what the plugin's row says; a change of its `allow_writes` since the last time (never seen counts as
   * false) is copied to `allow_writes`.
   * @returns true when `allow_writes` was copied and thereby changed; false also when the row is gone
   */
  mirrorPlugin(id: number, seen: PluginEndpointValues): boolean;
  onChange(listener: ChangeListener): void;
}

export interface ProxmoxEndpointDeps {
  readonly db: Database;
  readonly vault: CredentialVault;
  readonly guardSettings: () => GuardSettings;
  readonly logger: Logger;
}

interface Context extends ProxmoxEndpointDeps {
  readonly feed: ChangeFeed;
  readonly revisionOf: (parts: readonly unknown[]) => string;
}

function rows({ db }: Context): readonly ProxmoxRow[] {
  return db.orm.select().from(proxmoxEndpoints).orderBy(asc(proxmoxEndpoints.id)).all();
}

function findRow({ db }: Context, id: number): ProxmoxRow | undefined {
  return db.orm.select().from(proxmoxEndpoints).where(eq(proxmoxEndpoints.id, id)).get();
}

function rowOf(context: Context, id: number, message = 'Proxmox endpoint not found'): ProxmoxRow {
  const row = findRow(context, id);
  if (row === undefined) throw new ProxboxError('not_found', message);
  return row;
}

function toEndpoint(context: Context, row: ProxmoxRow): ProxmoxEndpoint {
  return toProxmoxEndpoint(row, context.revisionOf(proxmoxConnectionOf(row)));
}

function nameTaken(): ProxboxError {
  return new ProxboxError('bad_request', 'Proxmox endpoint name already exists');
}

function rulesFor(context: Context, ownId: number | null): ColumnRules {
  return {
    vault: context.vault,
    guardSettings: context.guardSettings,
    checkName(name) {
      const holder = context.db.orm
        .select({ id: proxmoxEndpoints.id })
        .from(proxmoxEndpoints)
        .where(eq(proxmoxEndpoints.name, name))
        .get();
      if (holder !== undefined && holder.id !== ownId) throw nameTaken();
    },
  };
}

/** Another process may take the name between the check and the write. */
function withUniqueName<T>(write: () => T): T {
  try {
    return write();
  } catch (error) {
    const isTaken = error instanceof BetterSqlite3.SqliteError && error.code === 'SQLITE_CONSTRAINT_UNIQUE';
    throw isTaken ? nameTaken() : error;
  }
}

const pluginSuffix = / \(nb:([1-9]\d{0,8})\)$/;

/**
 * The plugin's number of the endpoint, as its name tells, while no row here has it as id. Versions of the plugin differ in
 * which of the two numbers they send as `endpoint_id`; equal ones serve them all.
 */
function preferredId(context: Context, name: string): { readonly id?: number } {
  const [, digits] = pluginSuffix.exec(name) ?? [];
  if (digits === undefined) return {};
  const id = Number(digits);
  return findRow(context, id) === undefined ? { id } : {};
}

/**
 * The row of an endpoint of the plugin that was renamed. Up to 0.0.24 the plugin looks for its row under the whole name, so
 * it pushes a renamed endpoint as a new one, with the same number and target.
 */
function renamedRow(
  context: Context,
  { name, domain, ip_address, port }: ProxmoxEndpointCreate,
): ProxmoxRow | undefined {
  const [suffix] = pluginSuffix.exec(name) ?? [];
  if (suffix === undefined) return undefined;
  const rows = context.db.orm.select().from(proxmoxEndpoints).all();
  const own = rows.filter((row) => row.name.endsWith(suffix));
  const [row] = own;
  if (own.length !== 1 || row === undefined || row.name === name) return undefined;
  const isSame = (row.domain ?? '') === (domain ?? '') && row.ipAddress === ip_address && row.port === port;
  return isSame ? row : undefined;
}

function create(context: Context, body: ProxmoxEndpointCreate): ProxmoxEndpointRecord {
  const { db, logger, feed } = context;
  const renamed = renamedRow(context, body);
  if (renamed !== undefined) return update(context, renamed.id, { ...body, allow_writes: renamed.allowWrites });
  const id = withUniqueName(() =>
    db.immediate(() => {
      const columns = newProxmoxColumns(body, rulesFor(context, null));
      return insertRow(db.sqlite, proxmoxEndpoints, { ...preferredId(context, body.name), ...columns });
    }),
  );
  logSecurityEvent(logger, { event: 'endpoint_created', kind: 'proxmox', endpointId: id, fields: Object.keys(body) });
  feed.publish({ kind: 'created', id, isConnectionChanged: true });
  return toProxmoxRecord(rowOf(context, id));
}

function update(context: Context, id: number, body: ProxmoxEndpointUpdate): ProxmoxEndpointRecord {
  const { db, logger, feed, revisionOf } = context;
  const { before, after } = withUniqueName(() =>
    db.immediate(() => {
      const row = rowOf(context, id, 'Proxmox Endpoint not found');
      const columns = changedProxmoxColumns(row, body, rulesFor(context, id));
      db.orm.update(proxmoxEndpoints).set(columns).where(eq(proxmoxEndpoints.id, id)).run();
      return { before: row, after: { id, ...columns } };
    }),
  );
  logSecurityEvent(logger, { event: 'endpoint_updated', kind: 'proxmox', endpointId: id, fields: Object.keys(body) });
  if (before.allowWrites !== after.allowWrites) {
    const { allowWrites } = after;
    logSecurityEvent(logger, { event: 'allow_writes_changed', endpointId: id, allowWrites, origin: 'put' });
  }
  const isConnectionChanged = revisionOf(proxmoxConnectionOf(before)) !== revisionOf(proxmoxConnectionOf(after));
  feed.publish({ kind: 'updated', id, isConnectionChanged });
  return toProxmoxRecord(after);
}

function remove(context: Context, id: number): void {
  rowOf(context, id);
  context.db.orm.delete(proxmoxEndpoints).where(eq(proxmoxEndpoints.id, id)).run();
  logSecurityEvent(context.logger, { event: 'endpoint_deleted', kind: 'proxmox', endpointId: id });
  context.feed.publish({ kind: 'deleted', id, isConnectionChanged: true });
}

function mirrorPlugin(context: Context, id: number, seen: PluginEndpointValues): boolean {
  const { db, logger } = context;
  const isChanged = db.immediate(() => {
    const row = findRow(context, id);
    if (row === undefined) return false;
    const last = [row.pluginEndpointId, row.pluginAllowWrites, row.pluginEnabled];
    if ([seen.endpointId, seen.allowWrites, seen.enabled].every((value, index) => value === last[index])) return false;
    const copies = (row.pluginAllowWrites ?? false) !== seen.allowWrites;
    const columns = {
      pluginEndpointId: seen.endpointId,
      pluginAllowWrites: seen.allowWrites,
      pluginEnabled: seen.enabled,
      allowWrites: copies ? seen.allowWrites : row.allowWrites,
    };
    db.orm.update(proxmoxEndpoints).set(columns).where(eq(proxmoxEndpoints.id, id)).run();
    return columns.allowWrites !== row.allowWrites;
  });
  if (isChanged) {
    const { allowWrites } = seen;
    logSecurityEvent(logger, { event: 'allow_writes_changed', endpointId: id, allowWrites, origin: 'plugin' });
  }
  return isChanged;
}

function readSecret(context: Context, row: ProxmoxRow, column: 'password' | 'token_value'): Secret | null {
  const place = { scope: 'other', table: 'proxmoxendpoint', column, name: row.name } as const;
  const secret = context.vault.read(column === 'password' ? row.password : row.tokenValue, place);
  if (secret !== 'unreadable') return secret;
  throw new ProxboxError('credentials_unreadable', 'Could not decrypt Proxmox endpoint credentials', {
    detail:
      `Endpoint '${row.name}' has encrypted ${column} data, but no usable encryption key was available. ` +
      'Restore the key it was written with, or save the endpoint again.',
    where: { endpoint: row.name },
  });
}

/** A token wins over a password, so a password that cannot be read does not matter beside a token. */
function credentials(context: Context, id: number): ProxmoxCredentials {
  const row = rowOf(context, id);
  const tokenName = row.tokenName === '' ? null : row.tokenName;
  const tokenValue = tokenName === null ? null : readSecret(context, row, 'token_value');
  if (tokenValue !== null) return { password: null, tokenName, tokenValue: headerSafe(tokenValue) };
  return { password: readSecret(context, row, 'password'), tokenName: null, tokenValue: null };
}

export function createProxmoxEndpointStore(deps: ProxmoxEndpointDeps): ProxmoxEndpointStore {
  const context: Context = { ...deps, feed: createChangeFeed(), revisionOf: createRevisionMaker() };
  return {
    list: (window) => windowOf(rows(context), window).map(toProxmoxRecord),
    get: (id) => toProxmoxRecord(rowOf(context, id)),
    create: (body) => create(context, body),
    update: (id, body) => update(context, id, body),
    remove: (id) => remove(context, id),
    all: () => rows(context).map((row) => toEndpoint(context, row)),
    find(id) {
      const row = findRow(context, id);
      return row === undefined ? null : toEndpoint(context, row);
    },
    credentials: (id) => credentials(context, id),
    mirrorPlugin: (id, seen) => mirrorPlugin(context, id, seen),
    onChange: (listener) => context.feed.subscribe(listener),
  };
}
