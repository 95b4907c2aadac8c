/** Asks an endpoint what the diagnosis needs to know, with the credentials and through the sessions that a sync uses. */
import type { ProxmoxCredentials, ProxmoxEndpoint } from '../endpoints/types.js';
import { ProxboxError, toProxboxError } from '../errors/proxbox-error.js';
import { targetsOf } from '../proxmox/connection.js';
import { accountOf, resolveLogin, type Account } from '../proxmox/credentials.js';
import { parseAclEntry, type AccessFacts } from '../proxmox/access.js';
import { rowsOf, toBool, toText } from '../proxmox/parse/coerce.js';
import type { Permissions } from '../proxmox/parse/permissions.js';
import { holdsAny, majorOf, requiredPrivileges } from '../proxmox/privileges.js';
import { readPermissionsWith } from '../proxmox/reads/cluster.js';
import { listRows, present } from '../proxmox/reads/rows.js';
import type { ProxmoxSessions } from '../proxmox/sessions.js';
import type { ClusterStatus, ProxmoxSession } from '../proxmox/types.js';
import { greet } from './greeting.js';
import { findHiddenGuests } from './hidden-guests.js';
import { tryReads } from './reads.js';
import type { Address, Findings, OpenFindings } from './types.js';

export interface CollectDeps {
  readonly proxmoxSessions: Pick<ProxmoxSessions, 'open'>;
  /** @throws ProxboxError when the stored secrets cannot be used */
  readonly credentials: (endpointId: number) => ProxmoxCredentials;
  readonly caBundle?: string;
  /** Of one call of the guest agent, and of one TLS handshake. */
  readonly timeouts: () => { readonly agentMs: number; readonly handshakeMs: number };
}

/** Never throws what an endpoint did: it is in the findings. */
export async function collectFindings(
  endpoint: ProxmoxEndpoint,
  usable: () => ProxmoxEndpoint,
  deps: CollectDeps,
): Promise<Findings> {
  const [addresses, opened] = await Promise.all([greetAll(endpoint, deps), open(usable, deps)]);
  return { endpoint, addresses, ...opened };
}

async function greetAll(endpoint: ProxmoxEndpoint, { caBundle, timeouts }: CollectDeps): Promise<readonly Address[]> {
  const options = { timeoutMs: timeouts().handshakeMs, ...(caBundle === undefined ? {} : { ca: caBundle }) };
  return Promise.all(targetsOf(endpoint).map(async (target) => ({ target, greeting: await greet(target, options) })));
}

async function open(usable: () => ProxmoxEndpoint, deps: CollectDeps): Promise<Pick<Findings, 'account' | 'session'>> {
  let account: Account | null = null;
  try {
    const endpoint = usable();
    const credentials = deps.credentials(endpoint.id);
    account = accountOf(resolveLogin(endpoint, credentials).login);
    const session = await deps.proxmoxSessions.open(endpoint, credentials);
    return { account, session: { ok: true, open: await examine(session, deps.timeouts().agentMs) } };
  } catch (error) {
    return { account, session: { ok: false, error: toProxboxError(error) } };
  }
}

async function examine(session: ProxmoxSession, agentMs: number): Promise<OpenFindings> {
  const { version, name, mode } = session;
  const status = await session.clusterStatus();
  const [permissions, roles, reads] = await Promise.all([
    orNull(() => readPermissionsWith(session, requiredPaths(version.release))),
    orNull(() => readRoles(session)),
    tryReads(session, status, agentMs),
  ]);
  const access = permissions === null ? null : await orNull(() => readAccess(session, permissions));
  const silentNodes = (await orNull(() => silentNodesOf(session, status))) ?? [];
  const hidden = await orNull(() => findHiddenGuests(session, access?.acl ?? []));
  return { version, name, mode, status, permissions, roles, access, reads, silentNodes, hidden };
}

/** Of every privilege that is wanted. */
function requiredPaths(release: string): readonly string[] {
  return requiredPrivileges(majorOf(release)).map(({ on }) => on);
}

async function silentNodesOf(session: ProxmoxSession, { nodes }: ClusterStatus): Promise<readonly string[]> {
  const online = new Set(nodes.filter((node) => node.online).map(({ name }) => name));
  const silent = (await session.guests({ fresh: true })).filter(
    (guest) => !guest.isDescribed && guest.unfinished === undefined && online.has(guest.node),
  );
  return [...new Set(silent.map(({ node }) => node))].sort();
}

/** `access/roles` is open to every account. */
async function readRoles(session: ProxmoxSession): Promise<ReadonlyMap<string, readonly string[]>> {
  const rows = await listRows(session, 'access/roles');
  return new Map(
    rows.map((row) => [
      toText(row.roleid) ?? '',
      (toText(row.privs) ?? '').split(/[\s,]+/).filter((privilege) => privilege !== ''),
    ]),
  );
}

/**
 * Lists that are open to every account, and cut to what it may see: the whole list of entries takes `Sys.Audit` on
 * `/access`, the user behind a token with its groups one of two privileges on `/access/groups`.
 */
async function readAccess(session: ProxmoxSession, permissions: Permissions): Promise<AccessFacts | null> {
  const { user, token } = session.account;
  // A user who has nothing on any path has no entry, neither an own one nor through a group.
  if (token === null && permissions.isEmpty) return { acl: [], groups: [], isSeparated: false };
  const seesUsers = holdsAny(permissions, '/access/groups', ['Sys.Audit', 'User.Modify']);
  if (!permissions.has('/access', 'Sys.Audit') || !seesUsers) return null;
  const [entries, users] = await Promise.all([
    listRows(session, 'access/acl'),
    listRows(session, 'access/users', { query: { full: true } }),
  ]);
  const row = users.find(({ userid }) => toText(userid) === user);
  if (row === undefined) return null;
  const own = rowsOf(row.tokens).find(({ tokenid }) => toText(tokenid) === token);
  return {
    acl: present(entries, parseAclEntry),
    groups: (toText(row.groups) ?? '').split(',').filter((group) => group !== ''),
    // A token that is not listed counts as separated: an entry for one that is not changes nothing.
    isSeparated: toBool(own?.privsep) ?? true,
  };
}

async function orNull<T>(read: () => Promise<T>): Promise<T | null> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof ProxboxError && error.code !== 'cancelled') return null;
    throw error;
  }
}
