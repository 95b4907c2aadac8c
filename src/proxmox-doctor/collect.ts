/** Asks an endpoint what the diagnosis needs to know, with the credentials and through the sessions that a sync uses. */
import type { ProxmoxCredentials, ProxmoxEndpoint } from '../endpoints/types.js';
import { ProxboxError, toProxboxError } from '../errors/proxbox-error.js';
import { targetsOf } from '../proxmox/connection.js';
import { accountOf, resolveLogin, type Account } from '../proxmox/credentials.js';
import { toText } from '../proxmox/parse/coerce.js';
import { readPermissions } from '../proxmox/reads/cluster.js';
import { listRows } from '../proxmox/reads/rows.js';
import type { ProxmoxSessions } from '../proxmox/sessions.js';
import type { ProxmoxSession } from '../proxmox/types.js';
import { greet } from './greeting.js';
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
    orNull(() => readPermissions(session)),
    orNull(() => readRoles(session)),
    tryReads(session, status, agentMs),
  ]);
  return { version, name, mode, status, permissions, roles, reads };
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

async function orNull<T>(read: () => Promise<T>): Promise<T | null> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof ProxboxError && error.code !== 'cancelled') return null;
    throw error;
  }
}
