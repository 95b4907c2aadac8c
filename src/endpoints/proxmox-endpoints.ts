/**
 * The Proxmox endpoints: names unique, secrets sealed and read in plain only through `credentials`, `allow_writes`
 * changed only by an explicit field or by the mirror of the plugin's own row. Errors with the codes bad_request and
 * not_found are answered as `{"detail": ...}`.
 */
import { asc, eq } from 'drizzle-orm';
import BetterSqlite3 from 'better-sqlite3';
import { proxmoxColumns } from '../db/endpoint-columns.js';
import { proxmoxEndpoints } from '../db/schema.js';
import { ProxboxError } from '../errors/proxbox-error.js';
import type { Secret } from '../config/secret.js';
import { logSecurityEvent } from '../telemetry/security-events.js';
import { pluginIdOf } from '../values/plugin-id.js';
import { headerSafe } from './header-safe.js';
import type { ProxmoxEndpointCreate, ProxmoxEndpointRecord, ProxmoxEndpointUpdate } from './bodies.js';
import { createChangeFeed } from './endpoint-changes.js';
import { holderOfId, newEndpointId } from './new-id.js';
import { sealPlain } from './seal-plain.js';
import {
  loggingRefusals,
  windowOf,
  type Saved,
  type EndpointStore,
  type EndpointStoreDeps,
  type StoreContext,
} from './endpoint-store.js';
import { changedProxmoxRow, newProxmoxColumns, type ProxmoxColumnRules, proxmoxWarnings } from './proxmox-rules.js';
import { toProxmoxEndpoint, toProxmoxRecord, type ProxmoxRow } from './records.js';
import type { ProxmoxCredentials, ProxmoxEndpoint } from './types.js';

/** What the plugin's own endpoint row says. */
interface PluginEndpointValues {
  readonly endpointId: number;
  readonly allowWrites: boolean;
  readonly enabled: boolean;
}

export interface ProxmoxEndpointStore extends EndpointStore<
  ProxmoxEndpointRecord,
  ProxmoxEndpointCreate,
  ProxmoxEndpointUpdate,
  ProxmoxEndpoint
> {
  /** @throws ProxboxError `credentials_unreadable` (503), `key_pending` (503), `not_found` */
  credentials(id: number): ProxmoxCredentials;
  /**
   * Remembers what the plugin's row says; a change of its `allow_writes` since the last time (never seen counts as
   * false) is copied to `allow_writes`.
   * @returns true when `allow_writes` was copied and thereby changed; false also when the row is gone or cannot be written now
   */
  mirrorPlugin(id: number, seen: PluginEndpointValues): boolean;
}

function rows({ db }: StoreContext): readonly ProxmoxRow[] {
  return db.orm.select().from(proxmoxEndpoints).orderBy(asc(proxmoxEndpoints.id)).all();
}

function findRow({ db }: StoreContext, id: number): ProxmoxRow | undefined {
  return db.orm.select().from(proxmoxEndpoints).where(eq(proxmoxEndpoints.id, id)).get();
}

function rowOf(context: StoreContext, id: number, message = 'Proxmox endpoint not found'): ProxmoxRow {
  const row = findRow(context, id);
  if (row === undefined) throw new ProxboxError('not_found', message);
  return row;
}

function toEndpoint(context: StoreContext, row: ProxmoxRow): ProxmoxEndpoint {
  return toProxmoxEndpoint(row, context.feed.revisionOf(row));
}

function nameTaken(): ProxboxError {
  return new ProxboxError(
    'bad_request',
    'Proxmox endpoint name already exists. Give this one another name, or change that one.',
  );
}

function rulesFor(context: StoreContext, ownId: number | null): ProxmoxColumnRules {
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

/** The plugin's number in the name of an endpoint, where it can be an id here. */
function pluginNumber(name: string): number | undefined {
  const id = pluginIdOf(name) ?? 0;
  return id > 0 && id < 1_000_000_000 ? id : undefined;
}

/**
 * The plugin's number of the endpoint, as its name tells, unless another endpoint has or had it as id; else a new one.
 * Versions of the plugin differ in which of the two numbers they send as `endpoint_id`; equal ones serve them all.
 */
function idFor(context: StoreContext, name: string): number {
  const id = pluginNumber(name);
  if (id === undefined || findRow(context, id) !== undefined) return newEndpointId(context.db, 'proxmox');
  const holder = holderOfId(context.db, 'proxmox', id);
  return holder === undefined || pluginNumber(holder) === id ? id : newEndpointId(context.db, 'proxmox');
}

/**
 * The row of an endpoint of the plugin that was renamed. Up to 0.0.24 the plugin looks for its row under the whole name, so
 * it pushes a renamed endpoint as a new one, with the same number and target.
 */
function renamedRow(
  context: StoreContext,
  { name, domain, ip_address, port }: ProxmoxEndpointCreate,
): ProxmoxRow | undefined {
  const id = pluginNumber(name);
  if (id === undefined) return undefined;
  const own = rows(context).filter((row) => pluginNumber(row.name) === id);
  const [row] = own;
  if (own.length !== 1 || row === undefined || row.name === name) return undefined;
  const isSame = (row.domain ?? '') === (domain ?? '') && row.ip_address === ip_address && row.port === port;
  return isSame ? row : undefined;
}

function saved(context: StoreContext, row: ProxmoxRow, body: ProxmoxEndpointUpdate): Saved<ProxmoxEndpointRecord> {
  const warnings = [...proxmoxWarnings(body)];
  warnings.forEach((warning) => context.logger.warn({ endpoint: row.name }, warning));
  return warnings.length === 0 ? toProxmoxRecord(row) : { ...toProxmoxRecord(row), warnings };
}

function create(context: StoreContext, body: ProxmoxEndpointCreate): Saved<ProxmoxEndpointRecord> {
  const { db, feed } = context;
  const renamed = renamedRow(context, body);
  if (renamed !== undefined) return update(context, renamed.id, { ...body, allow_writes: renamed.allow_writes });
  const id = withUniqueName(() =>
    db.immediate(() => {
      const columns = newProxmoxColumns(body, rulesFor(context, null));
      return db.insert(proxmoxEndpoints, { id: idFor(context, body.name), ...columns });
    }),
  );
  feed.created(id, Object.keys(body));
  return saved(context, rowOf(context, id), body);
}

function update(context: StoreContext, id: number, body: ProxmoxEndpointUpdate): Saved<ProxmoxEndpointRecord> {
  const { db, logger, feed } = context;
  const { before, after } = withUniqueName(() =>
    db.immediate(() => {
      const row = rowOf(context, id, 'Proxmox Endpoint not found');
      const changed = changedProxmoxRow(row, body, rulesFor(context, id));
      db.orm.update(proxmoxEndpoints).set(changed).where(eq(proxmoxEndpoints.id, id)).run();
      return { before: row, after: changed };
    }),
  );
  const { allow_writes: allowWrites } = after;
  if (before.allow_writes !== allowWrites)
    logSecurityEvent(logger, { event: 'allow_writes_changed', endpointId: id, allowWrites, origin: 'put' });
  feed.updated(before, after, Object.keys(body));
  return saved(context, after, body);
}

function remove(context: StoreContext, id: number): void {
  rowOf(context, id);
  context.db.orm.delete(proxmoxEndpoints).where(eq(proxmoxEndpoints.id, id)).run();
  context.feed.deleted(id);
}

function mirrorPlugin(context: StoreContext, id: number, seen: PluginEndpointValues): boolean {
  const { db, logger } = context;
  const isNews = (row: ProxmoxRow | undefined): row is ProxmoxRow => {
    const last = [row?.plugin_endpoint_id, row?.plugin_allow_writes, row?.plugin_enabled];
    const now = [seen.endpointId, seen.allowWrites, seen.enabled];
    return row !== undefined && now.some((value, index) => value !== last[index]);
  };
  // Mostly there is nothing to write.
  if (!isNews(findRow(context, id))) return false;
  const what = "The switches of an endpoint on the plugin's page cannot be taken over, and are read again later";
  const isChanged = db.attempt(false, what, () =>
    db.immediate(() => {
      const row = findRow(context, id);
      if (!isNews(row)) return false;
      const copies = (row.plugin_allow_writes ?? false) !== seen.allowWrites;
      const columns = {
        plugin_endpoint_id: seen.endpointId,
        plugin_allow_writes: seen.allowWrites,
        plugin_enabled: seen.enabled,
        allow_writes: copies ? seen.allowWrites : row.allow_writes,
      };
      db.orm.update(proxmoxEndpoints).set(columns).where(eq(proxmoxEndpoints.id, id)).run();
      return columns.allow_writes !== row.allow_writes;
    }),
  );
  if (isChanged) {
    const { allowWrites } = seen;
    logSecurityEvent(logger, { event: 'allow_writes_changed', endpointId: id, allowWrites, origin: 'plugin' });
  }
  return isChanged;
}

function readSecret(context: StoreContext, row: ProxmoxRow, column: 'password' | 'token_value'): Secret | null {
  const place = { scope: 'other', table: 'proxmoxendpoint', column, name: row.name } as const;
  const secret = context.vault.read(row[column], place);
  if (secret !== 'unreadable') return secret;
  throw new ProxboxError('credentials_unreadable', 'Could not decrypt Proxmox endpoint credentials', {
    detail:
      `Endpoint '${row.name}' has encrypted ${column} data, but no usable encryption key was available. ` +
      'Restore the key it was written with, or save the endpoint again.',
    where: { endpoint: row.name },
  });
}

/** A token wins over a password, so a password that cannot be read does not matter beside a token. */
function credentials(context: StoreContext, id: number): ProxmoxCredentials {
  const row = rowOf(context, id);
  const tokenName = row.token_name === '' ? null : row.token_name;
  const tokenValue = tokenName === null ? null : readSecret(context, row, 'token_value');
  if (tokenValue !== null) return { password: null, tokenName, tokenValue: headerSafe(tokenValue) };
  return { password: readSecret(context, row, 'password'), tokenName: null, tokenValue: null };
}

export function createProxmoxEndpointStore(deps: EndpointStoreDeps): ProxmoxEndpointStore {
  const { logger, vault } = deps;
  const contentOf = (stored: string): string => vault.content(stored, 'other');
  const feed = createChangeFeed({ kind: 'proxmox', columns: proxmoxColumns, logger, contentOf });
  const context: StoreContext = { ...deps, feed };
  return {
    list: (window) => windowOf(rows(context), window).map(toProxmoxRecord),
    get: (id) => toProxmoxRecord(rowOf(context, id)),
    create: (body) => loggingRefusals({ logger, kind: 'Proxmox', name: body.name }, () => create(context, body)),
    update: (id, body) =>
      loggingRefusals({ logger, kind: 'Proxmox', name: body.name ?? String(id) }, () => update(context, id, body)),
    remove: (id) => remove(context, id),
    all: () => rows(context).map((row) => toEndpoint(context, row)),
    find(id) {
      const row = findRow(context, id);
      return row === undefined ? null : toEndpoint(context, row);
    },
    credentials: (id) => credentials(context, id),
    mirrorPlugin: (id, seen) => mirrorPlugin(context, id, seen),
    sealPlain: () => sealPlain({ ...deps, table: 'proxmoxendpoint', columns: proxmoxColumns, scope: 'other' }),
    onChange: (listener) => feed.subscribe(listener),
  };
}
